"""The local derivative of an operation: as its declaration has it, and as a number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...graph import Node
from ...primitive import as_scalar
from ...rules.elementwise import Elementwise
from ...rules.reduction import Reduction
from ...walks.reverse import fit

#: A Jacobian of more rows, or of more entries, is not computed for its norm.
MAX_ROWS = 32
MAX_ENTRIES = 4096


@dataclass(frozen=True, slots=True)
class Local:
    """∂output/∂operand.

    Attributes
    ----------
    kind : str
        "number" for one number by one number; "entries" for one derivative an entry, where
        each entry acts for itself; "jacobian" for the rest.
    value : array or None
        The number, the derivatives, or the Jacobian; None if it was not computed.
    shape : tuple of int
        Of `value`.
    """

    kind: str
    value: Any
    shape: tuple[int, ...]


def locals_of(node: Node) -> list[Local | None]:
    """The local derivatives of a kept node by its operands; None for a constant operand.

    Everything is asked of the engine: its rule is applied to ones, or to each row of a unit
    matrix.
    """
    primitive = node.primitive
    assert primitive is not None
    by_entry = isinstance(primitive, (Elementwise, Reduction))
    tracked = [p for p in node.parents if p is not None]
    single = node.size == 1 and all([p.size == 1 for p in tracked])
    with np.errstate(all="ignore"):
        if by_entry or single:
            ones = as_scalar(np.ones(node.shape, node.dtype))
            raws = primitive.vjp(ones, node.saved, node.parents, node.params)
            return [_entries(node, p, raw) for p, raw in zip(node.parents, raws, strict=True)]
        return _jacobians(node)


def _entries(node: Node, parent: Node | None, raw: Any) -> Local | None:
    if parent is None or raw is None:
        return None
    if node.size == parent.size == 1:
        return Local("number", float(np.sum(fit(raw, parent))), ())
    value = np.asarray(raw)
    return Local("entries", value, value.shape)


def _jacobians(node: Node) -> list[Local | None]:
    shapes = [None if p is None else (node.size, p.size) for p in node.parents]
    entries = sum([rows * columns for rows, columns in filter(None, shapes)])
    if node.size > MAX_ROWS or entries > MAX_ENTRIES:
        return [None if shape is None else Local("jacobian", None, shape) for shape in shapes]
    rows = [_row(node, i) for i in range(node.size)]
    return [
        None if shape is None else Local("jacobian", np.array([r[k] for r in rows]), shape)
        for k, shape in enumerate(shapes)
    ]


def _row(node: Node, i: int) -> Sequence[Any]:
    """The derivatives of one entry of the output by all entries of each operand."""
    unit = np.zeros(node.size, node.dtype)
    unit[i] = 1
    g = as_scalar(unit.reshape(node.shape))
    assert node.primitive is not None
    raws = node.primitive.vjp(g, node.saved, node.parents, node.params)
    return [
        None
        if p is None
        else np.zeros(p.size)
        if raw is None
        else np.asarray(fit(raw, p), np.float64).ravel()
        for p, raw in zip(node.parents, raws, strict=True)
    ]
