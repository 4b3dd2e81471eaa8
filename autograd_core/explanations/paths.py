"""The weightiest paths from a tensor to a loss, by dynamic programming over the graph.

There may be 2¹⁰⁰⁰ paths. A node's best ones continue the best ones of its operands, so that each
node is looked at once, and keeps ten.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..graph import Node
from ..walks.reverse import fit
from .numbers import Numbers, quietly, size_of
from .places import Places, operation_of

#: Counts of paths are exact up to here.
MOST = 1 << 1100
#: Work that is done at most to follow paths of tensors one by one.
_FOLLOWED = 100_000

#: A way to a node: (logarithm of its weight, operand, place among the best of that operand).
_Way = tuple[float, int, int]


@dataclass(frozen=True)
class Path:
    """One path from w to the loss.

    Attributes
    ----------
    share : float or None
        Its part of the whole, see `Explanation`; None where that is not defined.
    product : float or None
        Of scalars the product of the local derivatives; else the norm of `contribution`.
    contribution : array, float or None
        What w's gradient would be if this were the only path; over all paths they add up to the
        gradient. None for very long paths of tensors.
    nodes : tuple of Node
        From w to the loss.
    operands : tuple of int
        By which operand each node but the first is entered.
    factors : tuple of float
        Of scalars the local derivative of each step; else its share at the join before it.
    words : str
    """

    share: float | None
    product: float | None
    contribution: Any
    nodes: tuple[Node, ...]
    operands: tuple[int, ...]
    factors: tuple[float, ...]
    words: str = ""

    def __repr__(self) -> str:
        return f"<Path {self.words or len(self.nodes)} product={self.product} share={self.share}>"


@dataclass(frozen=True)
class Found:
    """What the walk over all paths found.

    Attributes
    ----------
    count : int
        Of paths; never more than `MOST`.
    best : list of Path
        The weightiest first.
    log_total : float
        The logarithm of Σ|product|, of scalars.
    """

    count: int
    best: list[Path]
    log_total: float


def weightiest(numbers: Numbers, most: int = 10) -> Found:
    """The `most` weightiest paths, the number of all, and the sum of their weights."""
    w = numbers.w
    ways: dict[Node, list[_Way]] = {w: [(0.0, -1, 0)]}
    counts: dict[Node, int] = {w: 1}
    totals: dict[Node, float] = {w: 0.0}
    for node in numbers.between[1:]:
        edges = numbers.edges.get(node, ())
        if len(edges) == 1:
            ((i, parent, size),) = edges
            step = _weight(numbers, parent, size)
            ways[node] = [(step + way[0], i, k) for k, way in enumerate(ways[parent])]
            counts[node] = counts[parent]
            totals[node] = step + totals[parent]
            continue
        candidates: list[_Way] = []
        parts: list[float] = []
        count = 0
        for i, parent, size in edges:
            step = _weight(numbers, parent, size)
            candidates += [(step + way[0], i, k) for k, way in enumerate(ways[parent])]
            count += counts[parent]
            parts.append(step + totals[parent])
        ways[node] = heapq.nlargest(most, candidates, key=_by_weight)
        counts[node] = count if count < MOST else MOST
        totals[node] = _log_sum(parts)
    root = numbers.root
    total = totals.get(root, -math.inf)
    best = [_path(numbers, ways, k, total) for k in range(len(ways.get(root, ())))]
    if not numbers.scalars and sum(len(p.nodes) for p in best) <= _FOLLOWED:
        best = [_followed(numbers, path) for path in best]
    return Found(counts.get(root, 0), best, total)


def _by_weight(way: _Way) -> float:
    return way[0]


def _weight(numbers: Numbers, parent: Node, size: float) -> float:
    """The logarithm of the weight of one step; what is no number weighs most."""
    weight = abs(size)
    if not numbers.scalars:
        whole = numbers.contributions[parent]
        if not math.isfinite(whole):
            weight = 0.0 if math.isfinite(weight) else 1.0
        else:
            weight = weight / whole if whole else 0.0
    elif not math.isfinite(weight):
        return 1e9
    return math.log(weight) if weight else -math.inf


def _log_sum(logs: list[float]) -> float:
    top = max(logs, default=-math.inf)
    if not math.isfinite(top):
        return top
    return top + math.log(math.fsum([math.exp(x - top) for x in logs]))


def _path(numbers: Numbers, ways: dict[Node, list[_Way]], k: int, total: float) -> Path:
    """The k-th best path, read off backward from the root."""
    node = numbers.root
    weight = ways[node][k][0]
    nodes, operands, factors = [node], [], []
    while node is not numbers.w:
        _, i, k = ways[node][k]
        parent = node.parents[i]
        assert parent is not None
        size = next(s for j, _, s in numbers.edges[node] if j == i)
        if not numbers.scalars:
            size = math.exp(_weight(numbers, parent, size))
        operands.append(i)
        factors.append(size)
        nodes.append(parent)
        node = parent
    contribution: Any = None
    if numbers.scalars:
        contribution = float(numbers.seed)
        for factor in factors:  # from the loss down, as backward multiplies
            contribution *= factor
    share = None
    if math.isfinite(total) and abs(total) < 1e8:
        share = math.exp(min(0.0, weight - total))
    return Path(
        share,
        contribution,
        contribution,
        tuple(nodes[::-1]),
        tuple(operands[::-1]),
        tuple(factors[::-1]),
    )


def _followed(numbers: Numbers, path: Path) -> Path:
    """The path with what arrives at w along it alone."""
    g = numbers.seed
    with quietly():
        for node, parent, i in zip(
            path.nodes[:0:-1], path.nodes[-2::-1], path.operands[::-1], strict=True
        ):
            c = numbers.pulled(node, g, only=i)[i]
            g = np.zeros(parent.shape, parent.dtype) if c is None else fit(c, parent)
    return Path(path.share, size_of(g), g, path.nodes, path.operands, path.factors, path.words)


def told(paths: Sequence[Path], places: Places) -> Iterator[Path]:
    """The paths with words; those that read alike with what tells them apart."""
    words = [places.path(path.nodes) for path in paths]
    for path, text in zip(paths, words, strict=True):
        alike = [
            p for p, other in zip(paths, words, strict=True) if other == text and p is not path
        ]
        yield replace(path, words=text + (_difference(path, alike[0]) if alike else ""))


def _difference(path: Path, other: Path) -> str:
    """Where `path` leaves `other`: the operand by which it enters an operation."""
    steps = zip(path.nodes[1:], path.operands, other.nodes[1:], other.operands, strict=False)
    for node, i, its, k in steps:
        if node is not its or i != k:
            return f"  (operand {i + 1} of {operation_of(node)})"
    return ""
