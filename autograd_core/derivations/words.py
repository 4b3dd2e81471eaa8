"""Names as LaTeX: the chapter's symbols from their letters, all others as escaped text."""

from __future__ import annotations

import re

from ..visualize.wording import shorten, visible

_UP = {c: str(i) for i, c in enumerate("⁰¹²³⁴⁵⁶⁷⁸⁹")}
_DOWN = {c: str(i) for i, c in enumerate("₀₁₂₃₄₅₆₇₈₉")}
_GREEK = {"μ": r"\mu", "σ": r"\sigma", "η": r"\eta", "γ": r"\gamma", "β": r"\beta",
          "ε": r"\epsilon", "λ": r"\lambda", "α": r"\alpha", "ρ": r"\rho", "δ": r"\delta",
          "θ": r"\theta", "τ": r"\tau", "φ": r"\phi"}  # fmt: skip
_HATS = {"Â": r"\hat{A}", "Ẑ": r"\hat{Z}", "ŷ": r"\hat{y}", "ḡ": r"\bar{g}"}
_SPECIAL = {"\\": r"$\backslash$", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&",
            "#": r"\#", "%": r"\%", "_": r"\_", "^": r"$\wedge$",
            "~": r"$\sim$", "≈": r"$\approx$", "×": r"$\times$", "−": "$-$"}  # fmt: skip
_NAME = re.compile(r"([A-Za-zμσηγβελαρδθτφÂẐŷḡ])([₀-₉]*)([⁰¹²³⁴-⁹]*)(′*)")
_PRIME = r"\prime "
_SQUARED = re.compile(r"\(σ([⁰¹²³⁴-⁹]*)\)²(′*)")
_TIMED = re.compile(r"([A-Za-z])(_t|_\{t-1\})")
_PLAIN = re.compile(r"([A-Za-z])_?([0-9]{1,3})")


def escaped(text: str, limit: int = 40) -> str:
    """Any text, for inside of ``\\text{…}``."""
    return "".join([_SPECIAL.get(c, c) for c in shorten(visible(text), limit)])


def latex_of(name: str) -> str:
    """A name as LaTeX.

    Examples
    --------
    >>> latex_of("W₀¹"), latex_of("x2"), latex_of("learning_rate")
    ('W_{0}^{1}', 'x_{2}', '\\\\text{learning\\\\_rate}')
    """
    squared = _SQUARED.fullmatch(name)
    if squared:
        if not squared[1] and not squared[2]:
            return r"\sigma^{2}"
        level = _digits(squared[1], _UP)
        inner = rf"\sigma^{{{level}}}" if level else r"\sigma"
        return rf"\left({inner}\right)^{{2}}" + _primes(squared[2], True)
    if _TIMED.fullmatch(name):
        return name
    if name == "η(t)":
        return r"\eta(t)"
    plain = _PLAIN.fullmatch(name)
    if plain:
        return rf"{plain[1]}_{{{plain[2]}}}"
    found = _NAME.fullmatch(name)
    if not found:
        return rf"\text{{{escaped(name)}}}"
    letter, below, above, primes = found.groups()
    latex = _GREEK.get(letter) or _HATS.get(letter) or letter
    if below:
        latex += rf"_{{{_digits(below, _DOWN)}}}"
    raised = _digits(above, _UP) + _PRIME * len(primes)
    return latex + (rf"^{{{raised.strip()}}}" if raised else "")


def _digits(text: str, table: dict[str, str]) -> str:
    return "".join([table[c] for c in text])


def _primes(text: str, grouped: bool) -> str:
    return "{}^{" + (_PRIME * len(text)).strip() + "}" if text and grouped else ""


_LETTER = re.compile(r"(?<![\\A-Za-z])[abcxy](?![A-Za-z])")


def substituted(formula: str, letters: dict[str, str], latex: bool) -> str:
    """A declared formula, such as ``1 - y^2``, with formulas in the place of its letters."""
    source = formula if latex else plain(formula)
    form = "{{{0}}}" if latex else "{0}"
    return _LETTER.sub(lambda m: form.format(letters[m[0]]) if m[0] in letters else m[0], source)


def plain(latex: str) -> str:
    """A short formula of LaTeX in a line of text.

    Examples
    --------
    >>> plain(r"\\frac{1}{\\sqrt{1 - x^2}}")
    '1/√(1 - x²)'
    """
    for _ in range(4):
        latex = re.sub(r"\\(?:operatorname|text)\{([^{}]*)\}", r"\1", latex)
        latex = re.sub(r"\\sqrt\{([^{}]*)\}", lambda m: "√" + _held(m[1]), latex)
        latex = re.sub(
            r"\\frac\{([^{}]*)\}\{([^{}]*)\}", lambda m: f"{_held(m[1])}/{_held(m[2])}", latex
        )
        latex = re.sub(r"\^\{([^{}]*)\}", lambda m: "^" + _held(m[1]), latex)
    latex = latex.replace("^2", "²").replace(r"\#", "#")
    for command, sign in _SIGNS.items():
        latex = latex.replace(command, sign)
    return latex.replace("\\", "")


def _held(text: str) -> str:
    one = re.fullmatch(r"√?\([^()]*\)", text) or not re.search(r"[ +*/-]", text.lstrip("-"))
    return text if one else f"({text})"


_SIGNS = {r"\lfloor ": "⌊", r" \rfloor": "⌋", r"\in": "∈", r"\le": "≤", r"\sigma": "σ",
          r"\pi": "π", r"\bar x": "x̄", r"\max": "max"}  # fmt: skip
