"""Tiny gradients that are what is left of contributions that cancel, over a batch or over paths."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from ..graph import Node
from ..walks.reverse import fit
from .findings import Finding, number
from .numbers import Numbers, quietly, size_of
from .paths import Path
from .places import Places, line_of, operation_of
from .zeros import ROUNDING, cancel_finding, remains

#: What is left of contributions is little if it is less than this part of them.
_LITTLE = 1e-6
_DRAWS = 8
_MOST_STEPS = 20_000

_CURE = (
    "The loss does not change with it to first order. At a minimum of the loss that is as it "
    "should be; in front of a normalization, which subtracts the mean of the batch, an offset has "
    "no effect and can be left out."
)


class Lost(NamedTuple):
    """A place where contributions cancel.

    Attributes
    ----------
    log : float
        The logarithm of the part that is left.
    finding : Finding
    """

    log: float
    finding: Finding


def lost_in_sums(numbers: Numbers, places: Places, path: Path) -> list[Lost]:
    """Where on a path contributions cancel, over the paths or over the elements of a sum.

    An operation that adds up, such as over a batch, is asked once more with the signs of what
    arrives changed at random: if that gives much more, it was the signs that made it small.
    """
    found: list[Lost] = []
    rng = np.random.default_rng(0)
    steps = zip(path.nodes[1:], path.nodes, path.operands, strict=False)
    for node, below, i in list(steps)[:_MOST_STEPS]:
        left = remains(numbers, below)
        if 0 < left < _LITTLE:
            found.append(Lost(math.log(left), cancel_finding(numbers, places, below)))
        handed = next((s for k, _, s in numbers.edges.get(node, ()) if k == i), 0.0)
        arriving = size_of(numbers.cotangents[node])
        if node.shape and 0 < handed < 1e-3 * arriving:
            mixed = _mixed(numbers, node, below, i, rng)
            if math.isfinite(mixed) and handed < _LITTLE * mixed:
                part = handed / mixed
                found.append(Lost(math.log(part), _told(numbers, places, node, below, i, part)))
    return found


def _mixed(numbers: Numbers, node: Node, below: Node, i: int, rng: np.random.Generator) -> float:
    """The largest norm of what `node` hands on with random signs of what arrives."""
    g = np.asarray(numbers.cotangents[node])
    largest = 0.0
    with quietly():
        for _ in range(_DRAWS):
            signs = rng.choice(np.array([-1, 1], g.dtype), g.shape)
            try:
                c = numbers.pulled(node, g * signs, only=i)[i]
                largest = max(largest, 0.0 if c is None else size_of(fit(c, below)))
            except Exception:  # a user's rule may raise anything
                return 0.0
    return largest


def _told(
    numbers: Numbers, places: Places, node: Node, below: Node, i: int, part: float
) -> Finding:
    how = "up to rounding" if part < (ROUNDING if below.dtype == np.float64 else 1e-6) else "nearly"
    matrix = operation_of(node) == "matmul" and i == 1
    rows = matrix or node.shape[1:] == below.shape
    over = f"the {node.shape[0]:,} rows of the batch" if rows else "the elements"
    what = places.name(below) or places.long(below)
    text = (
        f"Cancels {how}: what {places.long(node)} hands to {what} is a sum over "
        f"{over}, whose contributions cancel; {number(part)} of their size is left"
    )
    return Finding(
        "cancels", text, _CURE, operation=operation_of(node), line=line_of(node), data=part
    )
