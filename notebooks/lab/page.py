"""Text that shows itself: Markdown with formulas in a notebook, plain elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from autograd_core import Tensor


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


def equations(of: Mapping[str, Any], numbers: bool = False) -> Page:
    """What modules, losses or optimizers compute, as they write it themselves.

    Parameters
    ----------
    of : mapping of str
        What has ``latex()``, or LaTeX without dollars, and a name for each.
    numbers : bool
        With the settings and weights as the numbers that they are.
    """
    written = {
        name: each if isinstance(each, str) else each.latex(numbers=numbers)
        for name, each in of.items()
    }
    # A row of a table is one line, and a bar would end its cell.
    cells = {
        name: " ".join(latex.split()).replace("|", r"\vert ") for name, latex in written.items()
    }
    rows = [f"| {name} | $\\displaystyle {latex}$ |" for name, latex in cells.items()]
    text = "\n".join([f"{name}: {latex}" for name, latex in cells.items()])
    return Page(text, "\n".join(["| | |", "|---|---|", *rows]))
