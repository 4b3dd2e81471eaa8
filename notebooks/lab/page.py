"""Text that shows itself: Markdown with formulas in a notebook, plain elsewhere."""

from __future__ import annotations

from itertools import zip_longest
from typing import Any

import numpy as np

from autograd_core import Tensor
from autograd_core.graph import topological


class Page:
    """A text and the same as Markdown."""

    def __init__(self, text: str, markdown: str | None = None) -> None:
        self.text = text
        self.markdown = text if markdown is None else markdown

    def __repr__(self) -> str:
        return self.text

    def _repr_markdown_(self) -> str:
        return self.markdown


def compare(book: str, by_hand: Any, engine: Any) -> Page:
    """The book's equation, and how far the engine's result is from it.

    Parameters
    ----------
    book : str
        The equation in LaTeX, without dollars.
    by_hand : array_like
        What the equation gives, written out in NumPy.
    engine : Tensor or array_like
        What the engine derived.
    """
    a = np.asarray(by_hand.data if isinstance(by_hand, Tensor) else by_hand)
    b = np.asarray(engine.data if isinstance(engine, Tensor) else engine)
    if a.shape != b.shape:
        words = f"by hand it has shape {a.shape}, from the engine {b.shape}"
    else:
        far = float(np.max(np.abs(a - b), initial=0.0))
        words = f"shape {a.shape}; largest difference between book and engine {far:.1e}"
    return Page(f"{book}\n{words}", f"$$\\displaystyle {book}$$\n\n{words}")


def printed(loss: Tensor) -> Page:
    """What the engine recorded: each step's formula, and the derivative it declares for it.

    Parameters
    ----------
    loss : Tensor
        Any result on the graph.
    """
    names: dict[Any, str] = {}
    text, rows = [], ["| | shape | step | local derivative |", "|---|---|---|---|"]
    for node in topological((loss.node,)):
        primitive = node.primitive
        if primitive is None:
            names[node] = _named(node.name or f"p{len(names)}")
            continue
        names[node] = f"{{v_{{{len(text) + 1}}}}}"  # braces, as a subscript may follow
        operands = [
            names[parent] if parent is not None else _constant(constant)
            for parent, constant in zip_longest(node.parents, node.constants)
        ]
        try:
            formula = primitive.latex.format(*operands)
        except IndexError:  # an operation of as many operands as one likes
            formula = rf"\operatorname{{{primitive.name}}}({', '.join(operands)})"
        partials = [p.formula for p in _partials(primitive)]
        local = ",\\; ".join(partials) or _kind(primitive)
        shape = " × ".join(map(str, node.shape)) or "scalar"
        text.append(f"{names[node]} = {formula}   [{shape}]   {', '.join(partials)}")
        rows.append(f"| ${names[node]}$ | {shape} | ${formula}$ | ${local}$ |")
    note = (
        "In a local derivative y is the result of the step itself, x (or a, b) what goes into it."
    )
    return Page("\n".join([*text, note]), "\n".join([*rows, "", note]))


def _partials(primitive: Any) -> tuple[Any, ...]:
    """The declared derivatives: one for each operand, or that of a reduction such as std."""
    one = getattr(primitive, "partial", None)
    return tuple(getattr(primitive, "partials", ())) if one is None else (one,)


def _kind(primitive: Any) -> str:
    return r"\text{linear}" if hasattr(primitive, "transposes") else r"\text{of its own kind}"


def _named(name: str) -> str:
    return r"\mathrm{" + name.replace("_", r"\_") + "}"


def _constant(value: Any) -> str:
    array = np.asarray(value.data if isinstance(value, Tensor) else value)
    if array.ndim == 0 and array.dtype != object:
        digits, _, power = f"{array.item():.6g}".replace("inf", r"\infty").partition("e")
        times = "" if digits == "1" else rf"{digits} \cdot "
        return f"{times}10^{{{int(power)}}}" if power else digits
    name = value.name if isinstance(value, Tensor) else None
    return _named(name) if name else r"\mathbf{c}"
