"""How the parts of a formula are written: in LaTeX, and in plain text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from ..visualize.wording import parameter_text
from .expression import Symbol
from .words import escaped, latex_of

_RAISED = str.maketrans("0123456789-/", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻ᐟ")


class Latex:
    """Formulas for amsmath, MathJax and KaTeX."""

    hadamard = r" \odot "
    times = r" \, "
    dots = r"\cdots"

    def symbol(self, s: Symbol) -> str:
        return s.latex

    def number(self, value: Any) -> str:
        if isinstance(value, Fraction):
            if value.denominator == 1:
                return str(value)
            sign = "-" if value < 0 else ""
            return rf"{sign}\frac{{{abs(value.numerator)}}}{{{value.denominator}}}"
        return scientific(value, r"{0} \cdot 10^{{{1}}}", r"10^{{{0}}}", r"\infty", r"\text{NaN}")

    def fraction(self, above: str, below: str) -> str:
        return rf"\frac{{{above}}}{{{below}}}"

    def raised(self, base: str, exponent: str, array: bool) -> str:
        mark = rf"\odot {exponent}" if array else exponent
        return rf"{{{base}}}^{{{mark}}}"

    def root(self, inside: str) -> str:
        return rf"\sqrt{{{inside}}}"

    def group(self, inside: str) -> str:
        return rf"\left({inside}\right)"

    def indicator(self, inside: str) -> str:
        return rf"\left[{inside}\right]"

    def transposed(self, inside: str) -> str:
        raised = re.fullmatch(r"([^{}^]*|\\hat\{\w\}|\w_\{\w+\})\^\{([^{}]*)\}", inside)
        if raised:  # as the chapter writes it: both in one place
            return rf"{raised[1]}^{{{raised[2]} T}}"
        if re.fullmatch(r"\w|\\[a-z]+", inside):
            return rf"{inside}^{{T}}"
        simple = re.fullmatch(r"\\?\w+|\w_\{\w+\}|\\text\{\w+\}|\\left.*\\right.", inside)
        return rf"{{{inside if simple else self.group(inside)}}}^{{T}}"

    def reduced(self, name: str, template: str, indices: str, inside: str) -> str:
        text = template.format(inside)
        if not indices:
            return text
        if name == "logsumexp":
            return text.replace(r"\sum ", rf"\sum_{{{indices}}} ", 1)
        head, found, _ = template.partition(" {0}")
        if found:
            return f"{head.format()}_{{{indices}}} {inside}"
        return f"{text}_{{{indices}}}"

    def total(self, indices: str, inside: str) -> str:
        return rf"\sum_{{{indices}}} {inside}"

    def ones(self) -> str:
        return r"\mathbf{1}"

    def under(self, inside: str, label: str) -> str:
        return rf"\underbrace{{{inside}}}_{{{label}}}"

    def shape(self, shape: Sequence[int]) -> str:
        return r" \times ".join(map(str, shape)) if shape else "1"

    def softmax(self, inside: str) -> str:
        return rf"\operatorname{{softmax}}{self.group(inside)}"

    def function(self, name: str, template: str, args: Sequence[str], closed: bool) -> str:
        """By the template of a primitive."""
        if name == "concatenate":
            return rf"\left[{', '.join(args)}\right]"
        highest = max([int(n) for n in re.findall(r"\{(\d)\}", template)], default=0)
        if highest >= len(args) or (r"\dots" in template and len(args) > 1):
            return rf"\operatorname{{{escaped(name)}}}\left({', '.join(args)}\right)"
        return template.format(*args)

    def either(self, condition: str, first: str, second: str) -> str:
        cases = rf"{first} & \text{{if }} {condition} \\ {second} & \text{{otherwise}}"
        return rf"\begin{{cases}} {cases} \end{{cases}}"

    def index(self, inside: str, index: Any) -> str:
        return rf"{{{inside}}}_{{[\text{{{escaped(parameter_text(index))}}}]}}"

    def name(self, name: str) -> str:
        return latex_of(name)


class Text:
    """Formulas in a line of Unicode."""

    hadamard = " ⊙ "
    times = " "
    dots = "⋯"

    def symbol(self, s: Symbol) -> str:
        return s.text

    def number(self, value: Any) -> str:
        if isinstance(value, Fraction):
            return str(value)
        return scientific(value, "{0}e{1}", "1e{0}", "∞", "NaN")

    def fraction(self, above: str, below: str) -> str:
        return f"{_tight(above)}/{_tight(below)}"

    def raised(self, base: str, exponent: str, array: bool) -> str:
        digits = exponent.translate(_RAISED) if re.fullmatch(r"-?\d+", exponent) else ""
        return f"{_tight(base)}{digits or '^' + _tight(exponent)}"

    def root(self, inside: str) -> str:
        return f"√{_tight(inside)}"

    def group(self, inside: str) -> str:
        return f"({inside})"

    def indicator(self, inside: str) -> str:
        return f"[{inside}]"

    def transposed(self, inside: str) -> str:
        return f"({inside})ᵀ" if re.search(r"[ /∂+]", inside) else f"{inside}ᵀ"

    def reduced(self, name: str, template: str, indices: str, inside: str) -> str:
        word = {"norm": "norm", "logsumexp": "logsumexp"}.get(name, name)
        return f"{word}{_lower(indices)}({inside})"

    def total(self, indices: str, inside: str) -> str:
        return f"Σ{_lower(indices)} {inside}"

    def ones(self) -> str:
        return "𝟏"

    def under(self, inside: str, label: str) -> str:
        return inside

    def shape(self, shape: Sequence[int]) -> str:
        return "×".join(map(str, shape)) if shape else "1"

    def softmax(self, inside: str) -> str:
        return f"softmax({inside})"

    def function(self, name: str, template: str, args: Sequence[str], closed: bool) -> str:
        if name in _INFIX:
            return f" {_INFIX[name]} ".join(args)
        if name == "relu":
            return f"max(0, {args[0]})"
        if name == "concatenate":
            return f"[{', '.join(args)}]"
        word = {"log": "ln", "absolute": "abs", "sigmoid": "σ", "maximum": "max",
                "minimum": "min", "log_softmax": "ln softmax"}.get(name, name)  # fmt: skip
        return f"{word}({', '.join(args)})"

    def either(self, condition: str, first: str, second: str) -> str:
        return f"({first} if {condition} else {second})"

    def index(self, inside: str, index: Any) -> str:
        return f"{_tight(inside)}[{parameter_text(index)}]"

    def name(self, name: str) -> str:
        return name


_INFIX = {"greater": ">", "less": "<", "greater_equal": "≥", "less_equal": "≤", "equal": "=",
          "not_equal": "≠", "logical_and": "∧", "logical_or": "∨"}  # fmt: skip


def _lower(indices: str) -> str:
    return indices.translate(str.maketrans("ijkl", "ᵢⱼₖₗ"))


def _tight(text: str) -> str:
    """In parentheses, unless it is one thing."""
    depth = 0
    for i, c in enumerate(text):
        depth += (c in "([") - (c in ")]")
        if not depth and (c in " /" or (c in "+-−" and i)):
            return f"({text})"
    return text


def scientific(value: Any, full: str, one: str, infinite: str, nan: str) -> str:
    """A float with up to six digits, its power of ten by a template."""
    value = float(value)
    if np.isnan(value):
        return nan
    if np.isinf(value):
        return infinite if value > 0 else f"-{infinite}"
    digits = f"{value:.6g}"
    if "e" not in digits and (value == 0 or abs(value) >= 1e-3):
        return digits
    mantissa, _, exponent = f"{value:.5e}".partition("e")
    mantissa = mantissa.rstrip("0").rstrip(".")
    power = str(int(exponent))
    if mantissa in ("1", "-1"):
        return mantissa[:-1] + one.format(power)
    return full.format(mantissa, power)
