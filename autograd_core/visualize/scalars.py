"""The level "scalars": a small graph of arrays as a graph of their entries.

Neurons come out of a product of matrices, weights of its matrix: the same numbers, computed by
the engine on scalar tensors, and drawn like any other graph.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from ..errors import ArgumentError, AutogradError, GraphError
from ..graph import Leaf, Node, topological
from ..modes import MODE, keep_values
from ..primitive import as_scalar
from ..tensor import Tensor
from ..walks import pull
from .blame import name_of
from .describing import Subject
from .extract import order_of
from .module_calls import Call, Calls, calls_of
from .pieces import block_of, cost, index_text, pieces_of
from .recompute import Found

#: Scalar nodes beyond which nobody recognizes a neuron.
MAX_SCALARS = 400


def opened(subject: Subject, limit: int = MAX_SCALARS) -> Subject:
    """Open a graph into scalar operations.

    Parameters
    ----------
    subject : Subject
        The graph, with its values; gradients are computed if it has those of its results.
    limit : int
        Of nodes.

    Raises
    ------
    ArgumentError
        If there would be more nodes.
    GraphError
        If a value is not known any more.
    """
    check_openable(subject.order, limit)
    token = MODE.set(None)
    try:
        with keep_values(), np.errstate(all="ignore"):
            opening = _Opening(subject)
            for node in subject.order:
                opening.add(node)
            ends = [e for r in subject.roots for e in opening.entries[r].flat if _on_graph(e)]
            if not ends:
                raise ArgumentError(
                    "draw: level='scalars' has nothing to show, as the result depends on no "
                    "entry; use level='operations'"
                )
            order = order_of(*ends)
            if len(order) > limit:
                raise _too_many(f"{len(order):,}", limit, subject.order)
            opening.pull(order)
    finally:
        MODE.reset(token)
    return Subject(
        title=f"{subject.title}, in scalars",
        order=order,
        roots=[e.node for e in ends],
        found=opening.found(order),
        ran=subject.ran,
        kinds=opening.kinds,
        names=opening.names,
        words=opening.words,
        calls=opening.calls(order),
    )


def check_openable(order: Sequence[Node], limit: int) -> None:
    """Refuse what would be far too many nodes, before anything is computed.

    Raises
    ------
    ArgumentError
    """
    expected = sum([_cost(node) for node in order])
    if expected > 2 * limit:
        raise _too_many(f"about {expected:,}", limit, order)


def _cost(node: Node) -> int:
    if isinstance(node, Leaf):
        return node.size
    return cost(node, [_shape(node, i) for i in range(len(node.parents))])


def _shape(node: Node, i: int) -> tuple[int, ...]:
    parent = node.parents[i]
    if parent is not None:
        return parent.shape
    return np.shape(node.constants[i].data if isinstance(c := node.constants[i], Tensor) else c)


def _too_many(count: str, limit: int, order: Sequence[Node]) -> ArgumentError:
    leaves = [node for node in order if isinstance(node, Leaf)]
    largest = max(leaves, key=lambda n: n.size, default=None)
    what = "" if largest is None else (
        f" (its largest leaf is {name_of(largest) or 'a parameter'} of shape {largest.shape})"
    )  # fmt: skip
    return ArgumentError(
        f"draw: level='scalars' would be {count} nodes{what}, more than max_nodes={limit:,}; give "
        f"one example and a layer of few units, draw an intermediate tensor, or use "
        f"level='operations', which has {len(order):,}; max_nodes= allows more"
    )


def _on_graph(entry: Any) -> bool:
    return isinstance(entry, Tensor) and entry.node is not None


class _Opening:
    """Arrays of entries as they accumulate."""

    def __init__(self, subject: Subject) -> None:
        self.subject = subject
        self.entries: dict[Node, Any] = {}
        self.kinds: dict[Node, str] = {}
        self.names: dict[Node, str] = {}
        self.words: dict[Node, str] = {}
        self.gradients: dict[Node, Any] = {}
        self._constants: dict[int, tuple[Any, Any]] = {}
        self._cotangents: dict[Node, Any] = {}
        self._origins: dict[Node, Node] = {}

    def add(self, node: Node) -> None:
        made = self._leaf(node) if isinstance(node, Leaf) else self._opened(node)
        self.entries[node] = made
        name = self.subject.names.get(node) or name_of(node)
        what = name or (node.primitive.name if node.primitive is not None else "a parameter")
        kind = self.subject.kinds.get(node)
        for index in np.ndindex(node.shape):
            entry = made[index]
            if not _on_graph(entry):
                continue
            words = f"entry {index_text(index)} of {what}" if index else what
            self.words.setdefault(entry.node, words)
            if kind is not None:
                self.kinds.setdefault(entry.node, kind)
            if name is not None:
                self.names.setdefault(entry.node, f"{name}{index_text(index)}")
        self._lines(node, made)

    def _leaf(self, leaf: Leaf) -> Any:
        value = self.subject.found.values.get(leaf)
        if value is None:
            raise GraphError(
                "draw: level='scalars' needs the value of every leaf, and the tensor of one is "
                "gone; keep a reference to it"
            )
        made = np.empty(leaf.shape, object)
        real = self.subject.found.gradients.get(leaf)
        for index in np.ndindex(leaf.shape):
            number = np.asarray(value)[index]
            made[index] = entry = Tensor(number, dtype=leaf.dtype, requires_grad=True)
            if real is not None and entry.node is not None:
                self.gradients[entry.node] = np.asarray(real)[index]
        return made

    def _opened(self, node: Node) -> Any:
        operands = [self._operand(node, i) for i in range(len(node.parents))]
        try:
            made = pieces_of(node, operands)
            if self._is_right(node, made):
                return made
        except (AutogradError, TypeError, ValueError, IndexError):
            pass  # it cannot be taken apart
        return block_of(node, operands)

    def _is_right(self, node: Node, made: Any) -> bool:
        """Whether the entries are those of the array; a rule may not be what it is declared."""
        value = self.subject.found.values.get(node)
        if value is None:
            return True
        numbers = np.array([_number(e) for e in made.flat]).reshape(node.shape)
        near = 1e-3 if node.dtype == np.float32 else 1e-7
        size = np.max(np.abs(value), initial=0, where=np.isfinite(value))
        return np.allclose(numbers, value, rtol=near, atol=near * size, equal_nan=True)

    def _operand(self, node: Node, i: int) -> Any:
        """The entries of an operand; what the operation takes for constant stays what it is."""
        parent = node.parents[i]
        if parent is not None:
            return self.entries[parent]
        constant = node.constants[i]
        raw = np.asarray(constant.data if isinstance(constant, Tensor) else constant)
        rules = getattr(node.primitive, "transposes", ())
        if isinstance(rules, tuple) and i < len(rules) and rules[i] is None:
            return raw
        if not isinstance(constant, Tensor) or constant.name is None:
            return raw.astype(object)
        if id(constant) not in self._constants:
            made = np.empty(raw.shape, object)
            for index in np.ndindex(raw.shape):
                made[index] = Tensor(raw[index], name=f"{constant.name}{index_text(index)}")
            self._constants[id(constant)] = (constant, made)
        return self._constants[id(constant)][1]

    def _lines(self, node: Node, made: Any) -> None:
        """The line of code of a node is that of all that it became."""
        line = None if node.extra is None else node.extra.line
        known = {id(e) for p in node.parents if p is not None for e in self.entries[p].flat}
        waiting = [e.node for e in made.flat if _on_graph(e) and id(e) not in known]
        stop = {e.node for p in node.parents if p is not None for e in self.entries[p].flat
                if _on_graph(e)}  # fmt: skip
        for inner in topological(waiting, stop):
            if inner not in stop:
                inner.extras().line = line
                self._origins[inner] = node

    def pull(self, order: Sequence[Node]) -> None:
        """The gradients of the entries, from those of the results."""
        seeds = list(self._seeds()) if self.subject.ran else []
        if seeds:
            self._cotangents = pull(order, seeds, retain_graph=True)

    def _seeds(self) -> Iterable[tuple[Node, Any]]:
        for root in self.subject.roots:
            seed = None if root.extra is None else root.extra.seed
            seed = self.subject.found.gradients.get(root) if seed is None else seed
            if seed is None:
                continue
            raw = np.broadcast_to(seed.data if isinstance(seed, Tensor) else seed, root.shape)
            for index in np.ndindex(root.shape):
                entry = self.entries[root][index]
                if _on_graph(entry):
                    yield entry.node, as_scalar(np.asarray(raw[index]))

    def calls(self, order: Sequence[Node]) -> Calls:
        """The calls of modules around the entries: those around the arrays."""
        outer = calls_of(self.subject.order)
        copies: dict[Call | None, Call | None] = {None: None}
        for one in outer.calls:
            ends = self._nodes(one.end)
            if ends and ends[0] in self._origins:
                given = [n for p in one.inputs for n in ([None] if p is None else self._nodes(p))]
                parent = copies.get(one.parent)
                copies[one] = Call(
                    one.module, ends[0], tuple(given), set(), parent, one.path, one.number, one.id
                )
        home = {}
        for node in order:
            origin = self._origins.get(node)
            call: Call | None = None if origin is None else outer.home.get(origin)
            while call is not None and call not in copies:
                call = call.parent
            if (copy := copies[call]) is not None:
                copy.members.add(node)
                home[node] = copy
        return Calls([copy for copy in copies.values() if copy is not None], home)

    def _nodes(self, node: Node) -> list[Node]:
        """The entries of an array that are on the graph, each once."""
        made = self.entries.get(node)
        entries = [] if made is None else [e.node for e in made.flat if _on_graph(e)]
        return list(dict.fromkeys(entries))

    def found(self, order: Sequence[Node]) -> Found:
        found = Found(complete=True, notes=list(self.subject.found.notes))
        for entry in [e for made in self.entries.values() for e in made.flat if _on_graph(e)]:
            found.values[entry.node] = entry.data
        for node in order:
            if node.extra is not None and node.extra.value is not None:
                found.values.setdefault(node, node.extra.value)
                if node.extra.cotangent is not None:
                    found.gradients[node] = node.extra.cotangent
        found.gradients |= {**self._cotangents, **self.gradients}
        return found


def _number(entry: Any) -> float:
    return float(entry.data if isinstance(entry, Tensor) else entry)
