"""Data, networks and tables of section 3."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

import nn
import optim

from .page import Page

Array = NDArray[Any]


def table(header: Sequence[str], rows: Sequence[Sequence[Any]]) -> Page:
    """Rows of numbers and words as a table; floats with four digits."""
    cells = [[_cell(value) for value in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(header, *cells, strict=True)]
    lines = ["  ".join(map(str.ljust, row, widths)).rstrip() for row in [list(header), *cells]]
    marks = [f"| {' | '.join(row)} |" for row in [header, ["---"] * len(header), *cells]]
    return Page("\n".join(lines), "\n".join(marks))


def _cell(value: Any) -> str:
    if isinstance(value, (float, np.floating)):
        return f"{value:.4g}".replace("-", "−")
    return f"{value:,}" if isinstance(value, (int, np.integer)) else str(value)


def versicolor() -> tuple[Array, Array]:
    """Length and width of the petals of 150 irises, standardized, and 1 for versicolor.

    Returns
    -------
    X : ndarray of shape (150, 2)
    y : ndarray of shape (150, 1)
    """
    from sklearn.datasets import load_iris

    data = load_iris()
    X = data.data[:, 2:]
    return optim.standardize(X)(X), (data.target == 1).astype(float)[:, None]


def stack(sizes: Sequence[int], f: type[nn.Module], seed: int = 0) -> nn.Sequential:
    """Linear layers of these sizes, with `f` between them and none behind the last one."""
    rng = np.random.default_rng(seed)
    parts: list[nn.Module] = []
    for m, n in pairwise(sizes):
        parts += [nn.Linear(m, n, init_offset="normal", rng=rng), f()]
    return nn.Sequential(*parts[:-1])


def trained(net: nn.Sequential, X: Array, y: Array, steps: int = 300) -> Any:
    """`net` after so many steps of Adam on all points with NLL of its sigmoid."""
    optimizer = optim.Adam(net.parameters(), lr=0.03)
    return descended(net, nn.BCEWithLogitsLoss(), optimizer, X, y, steps)


def descended(net: Any, loss: Any, optimizer: Any, X: Array, y: Array, steps: int) -> Any:
    """`net` after so many steps of an optimizer, each on all points."""
    optim.fit(
        net, loss, optimizer, X, y, epochs=steps, mode="batch", accuracy=False, progress=False
    )
    return net
