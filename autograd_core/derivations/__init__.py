"""Derivations: the gradient of a loss written as an author of a textbook would.

`derive` replays the graph and runs the engine's own rules inside a recorder (`recorder`), which
writes down expression trees (`expression`). They are cut at values that have names (`naming`,
`steps`), simplified (`rules`), compared with the engine's numbers, and printed (`printing`,
`dialects`) as LaTeX, text and MathML (`derivation`).
"""

from __future__ import annotations

from .derivation import Derivation as Derivation
from .derivation import Step as Step
from .entry import derive as derive
from .equations import Formula as Formula
from .equations import equations_of as equations_of
from .equations import trace_formula as trace_formula
from .numerals import latex_value as latex_value
from .words import latex_of as latex_symbol

__all__ = [
    "Derivation",
    "Formula",
    "Step",
    "derive",
    "equations_of",
    "latex_symbol",
    "latex_value",
    "trace_formula",
]
