"""Operations on arrays, opened into operations on their entries.

No operation has a formula of its own for this. What it is declared as says how it falls apart:

- elementwise: one operation an entry;
- linear and multilinear: its coefficients are found by trying it on the arrays of the standard
  basis; an entry is then a sum of products, or, if it was only moved, the entry that it was;
- a reduction: one operation for each result, of the entries that it reduces;
- any other: one block, with a port for each entry that comes out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import product
from math import prod
from typing import Any

import numpy as np

from ..broadcasting import normalize_axis, sum_to
from ..graph import Node, Spec
from ..ops.arithmetic import multiply, negative
from ..primitive import Primitive
from ..rules.elementwise import Elementwise
from ..rules.linear import Linear, Multilinear
from ..rules.reduction import Reduction
from ..tensor import Tensor

#: An entry of an array: a scalar tensor, or a number.
Entry = Any
Index = tuple[int, ...]


def pieces_of(node: Node, operands: Sequence[Any]) -> Any:
    """The entries of what a node computed, as an array of objects.

    Parameters
    ----------
    node : Node
    operands : sequence of ndarray
        Arrays of entries; of any other dtype for what the operation takes as it is.
    """
    primitive = node.primitive
    assert primitive is not None
    if isinstance(primitive, Elementwise):
        made = _elementwise(primitive, node, operands)
    elif isinstance(primitive, (Linear, Multilinear)):
        made = _linear(primitive, node, operands)
    elif isinstance(primitive, Reduction):
        made = _reduced(primitive, node, operands)
    else:
        made = block_of(node, operands)
    return made


def cost(node: Node, shapes: Sequence[tuple[int, ...]]) -> int:
    """About how many scalar operations a node would become."""
    primitive, size = node.primitive, node.size
    if isinstance(primitive, Multilinear):
        labels = node.params.get("inputs")
        if labels is None:  # a product of matrices
            return size * (1 + (shapes[0][-1] if shapes[0] else 1))
        sizes: dict[str, int] = {}
        for label, shape in zip(labels, shapes, strict=True):
            for letter, n in zip(label, shape, strict=True):
                sizes[letter] = max(n, sizes.get(letter, 1))
        return size + prod(sizes.values())
    if isinstance(primitive, Linear):
        return 0 if size >= max([prod(s) for s in shapes], default=0) else size
    return size if isinstance(primitive, (Elementwise, Reduction)) else 1 + size


def _elementwise(primitive: Primitive, node: Node, operands: Sequence[Any]) -> Any:
    made = np.empty(node.shape, object)
    parts = [np.broadcast_to(x, node.shape) for x in operands]
    for index in np.ndindex(node.shape):
        made[index] = primitive(*[part[index] for part in parts], **node.params)
    return made


# -- linear ------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Term:
    """A number times entries."""

    factor: float
    entries: list[Entry]


def _linear(primitive: Linear | Multilinear, node: Node, operands: Sequence[Any]) -> Any:
    """Each entry as the sum that it is."""
    jointly = isinstance(primitive, Linear)
    free = [i for i, x in enumerate(operands) if x.dtype == object]
    still = [np.zeros(x.shape, node.dtype) if i in free else x for i, x in enumerate(operands)]
    offset = np.asarray(primitive.forward(*still, **node.params))
    terms: dict[Index, list[_Term]] = {index: [] for index in np.ndindex(node.shape)}
    for places in _tries(operands, free, jointly):
        tried = list(still)
        for i, place in places.items():
            tried[i] = np.zeros(operands[i].shape, node.dtype)
            tried[i][place] = 1
        effect = np.asarray(primitive.forward(*tried, **node.params)) - offset
        for index in zip(*np.nonzero(effect), strict=True) if effect.ndim else [()] * bool(effect):
            entries = [operands[i][place] for i, place in places.items()]
            terms[tuple(map(int, index))].append(_Term(float(effect[index]), entries))
    made = np.empty(node.shape, object)
    for index, sums in terms.items():
        entry = _added(sums, float(offset[index]), f"{primitive.name}{index_text(index)}")
        if isinstance(entry, Tensor) and entry.dtype != node.dtype:
            entry = entry.astype(node.dtype)
        made[index] = entry
    return made


def _tries(operands: Sequence[Any], free: list[int], jointly: bool) -> Any:
    """The places at which there is a 1 at once: in one operand, or in each."""
    if jointly:
        return ({i: place} for i in free for place in np.ndindex(operands[i].shape))
    places = [list(np.ndindex(operands[i].shape)) for i in free]
    return (dict(zip(free, chosen, strict=True)) for chosen in product(*places))


def _added(terms: list[_Term], offset: float, name: str) -> Entry:
    """A sum of terms; nothing is computed for a number that was only moved."""
    factors = {term.factor for term in terms}
    common = factors.pop() if len(factors) == 1 and len(terms) > 1 else 1.0
    parts = [_scaled(reduce(multiply, t.entries), t.factor / common) for t in terms]
    if offset:
        parts.append(offset)
    if not parts:
        return 0.0
    return _scaled(parts[0] if len(parts) == 1 else _sum(parts, name), common)


def _scaled(entry: Entry, factor: float) -> Entry:
    if factor == 1.0:
        return entry
    return negative(entry) if factor == -1.0 else multiply(factor, entry)


def _sum(parts: list[Entry], name: str) -> Entry:
    """The sum of any number of entries, as one operation."""
    return Linear(
        name=name,
        forward=_plain_sum,
        transposes=lambda i, g, *_: g,
        latex=" + ".join([f"{{{i}}}" for i in range(len(parts))]),
        symbol="Σ",
        registered=False,
    )(*parts)


def _plain_sum(*parts: Any) -> Any:
    return sum(parts[1:], parts[0])


# -- reductions and blocks ---------------------------------------------------------------------


def _reduced(primitive: Reduction, node: Node, operands: Sequence[Any]) -> Any:
    (x,) = operands
    axes = normalize_axis(node.params.get("axis"), x.ndim, primitive.name)
    rest = {k: v for k, v in node.params.items() if k not in ("axis", "keepdims")}
    rows = np.moveaxis(x, axes, range(len(axes)))
    rows = rows.reshape(prod(rows.shape[: len(axes)]), -1)
    made = np.empty(rows.shape[1], object)
    for i, row in enumerate(rows.T):
        made[i] = _block(primitive, [row], node.dtype, rest)
    return made.reshape(node.shape)


def block_of(node: Node, operands: Sequence[Any]) -> Any:
    """The operation as it is, on arrays put together from entries, and taken apart again."""
    assert node.primitive is not None
    y = _block(node.primitive, operands, node.dtype, node.params)
    made = np.empty(node.shape, object)
    for index in np.ndindex(node.shape):
        made[index] = y[index] if node.shape else y
    return made


def _block(
    primitive: Primitive, operands: Sequence[Any], dtype: np.dtype[Any], params: dict[str, Any]
) -> Any:
    entries = [entry for x in operands if x.dtype == object for entry in x.flat]
    return Block(primitive, operands, dtype, params)(*entries)


class Block(Primitive):
    """An operation on arrays as one on the entries of its operands; its rules are that one's."""

    def __init__(
        self, inner: Primitive, operands: Sequence[Any], dtype: Any, params: dict[str, Any]
    ) -> None:
        super().__init__(
            name=inner.name,
            forward=lambda *entries: inner.forward(*self._arrays(entries), **params),
            latex=inner.latex,
            symbol=inner.symbol,
            registered=False,
        )
        self.inner, self.operands, self.dtype, self.params = inner, operands, dtype, params

    def _arrays(self, entries: Sequence[Any]) -> list[Any]:
        left = iter(entries)
        return [
            np.array([next(left) for _ in range(x.size)], self.dtype).reshape(x.shape)
            if x.dtype == object
            else x
            for x in self.operands
        ]

    def _parents(self, parents: Sequence[Any]) -> list[Any]:
        """A stand-in for each array of which an entry needs a gradient."""
        left = iter(parents)
        found = []
        for x in self.operands:
            own = [next(left) for _ in range(x.size)] if x.dtype == object else []
            needed = any([p is not None for p in own])
            found.append(Spec(np.empty(x.shape, self.dtype)) if needed else None)
        return found

    def save(self, y: Any, values: Any, parents: Any, params: dict[str, Any]) -> Any:
        return self.inner.save(y, self._arrays(values), self._parents(parents), self.params)

    def vjp(self, g: Any, saved: Any, parents: Any, params: dict[str, Any]) -> tuple[Any, ...]:
        found = self.inner.vjp(g, saved, self._parents(parents), self.params)
        flat: list[Any] = []
        for x, c in zip(self.operands, found, strict=True):
            if x.dtype == object:
                whole = np.zeros(x.shape) if c is None else sum_to(np.asarray(c), x.shape)
                flat += [whole[index] for index in np.ndindex(x.shape)]
        return tuple([None if p is None else c for p, c in zip(parents, flat, strict=True)])


def index_text(index: Index) -> str:
    """``[0, 1]``; nothing for the one entry of a number."""
    return f"[{', '.join(map(str, index))}]" if index else ""
