"""Numbers in a derivation: small arrays in full as matrices, large ones by what is typical."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from ..visualize.wording import value_text
from .dialects import Latex, Text, scientific
from .words import escaped

#: Arrays of at most so many rows and columns are written in full.
ROWS, COLUMNS = 8, 6


def written(value: Any, turned: bool, column: bool, to: Latex | Text) -> str | None:
    """An array in the orientation of its symbol; None if it is too large to be written in full.

    Parameters
    ----------
    value : array
        As the engine holds it.
    turned : bool
        Whether the symbol stands for the transpose.
    column : bool
        Whether a vector is a column.
    to : Latex or Text
    """
    array = np.asarray(value)
    if array.ndim == 0:
        return _number(array[()], to)
    if array.ndim > 2 or not array.size:
        return None
    matrix = array.T if array.ndim == 2 and turned else array
    matrix = matrix.reshape(-1, 1) if array.ndim == 1 and column else np.atleast_2d(matrix)
    if matrix.shape[0] > ROWS or matrix.shape[1] > COLUMNS:
        return None
    rows = [[_number(x, to) for x in row] for row in matrix]
    if isinstance(to, Text):
        return "[" + ", ".join(["[" + ", ".join(row) + "]" for row in rows]) + "]"
    body = r" \\ ".join([" & ".join(row) for row in rows])
    return rf"\begin{{bmatrix}} {body} \end{{bmatrix}}"


def _number(x: Any, to: Latex | Text) -> str:
    if isinstance(x, (bool, np.bool_)):
        return str(int(x))
    rounded = float(f"{float(x):.4g}") + 0.0
    if isinstance(to, Text):
        return f"{rounded:.4g}"
    return scientific(rounded, r"{0} \cdot 10^{{{1}}}", r"10^{{{0}}}", r"\infty", r"\text{NaN}")


def summary(shape: tuple[int, ...], value: Any, to: Latex | Text) -> str:
    """A large array in a few words, its shape first; typeset, with signs for × and −."""
    words = value_text(value)
    if isinstance(to, Text):
        return f"{to.shape(shape)}, {words}"
    return f"{' × '.join(map(str, shape))}, {re.sub(r'(?<!e)-', '−', words)}"


def latex_value(value: Any) -> str:
    """A tensor or array as LaTeX, as the engine holds it.

    Examples
    --------
    >>> latex_value([[1.0, 0.5]])
    '\\\\begin{bmatrix} 1 & 0.5 \\\\end{bmatrix}'
    """
    array = np.asarray(getattr(value, "data", value) if hasattr(value, "node") else value)
    full = written(array, False, array.ndim == 1, Latex())
    if full is not None:
        return full
    return rf"\text{{{escaped(summary(array.shape, array, Latex()), 200)}}}"
