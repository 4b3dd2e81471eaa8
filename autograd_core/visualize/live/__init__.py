"""The live page: a picture that is stepped through, forward and backward, in any browser.

`steps` finds the numbers, with the engine's own rules; `page` puts them beside the picture into
one file; ``live.js`` and ``live.css`` show them.
"""
