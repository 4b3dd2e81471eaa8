"""What the live page needs of a graph, remembered when it is drawn and computed when it is shown.

Drawing stays quick, and a view that is never shown as a page computes nothing of this.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ...graph import Leaf, Node
from ...modes import MODE, enable_grad, keep_values
from ...primitive import as_scalar
from ...tensor import Tensor
from ...walks.forward import value_of
from ...walks.reverse import fit


@dataclass(slots=True)
class Recorded:
    """A graph as it was when it was drawn.

    Attributes
    ----------
    order : list of Node
        Inputs first; the order in which the picture numbers them.
    ids : dict of Node to str
        Their boxes, ``n7``.
    seeds : list of (Node, cotangent)
        Where the blame starts; empty if it cannot.
    names : dict of Node to str
        Of those that have one.
    leaves, grads : dict of Node to array
        Copies of the values that the leaves had, and of what had been accumulated in ``grad``.
    whole : Picture or None
        With nothing folded.
    found : dict or None
        The steps, once they were asked for.
    """

    order: list[Node]
    ids: dict[Node, str]
    seeds: list[tuple[Node, Any]]
    names: dict[Node, str]
    leaves: dict[Node, Any] = field(default_factory=dict)
    grads: dict[Node, Any] = field(default_factory=dict)
    whole: Any = None
    found: Any = None

    def steps(self, make: Callable[[Recorded], Any]) -> Any:
        """What `make` finds, once; the graph is let go then."""
        if self.found is None:
            self.found = make(self)
            for held in (self.order, self.ids, self.seeds, self.names, self.leaves, self.grads):
                held.clear()
        return self.found


def remembered(
    order: Sequence[Node],
    roots: Sequence[Node],
    ids: Mapping[Node, str],
    names: Mapping[Node, str],
    values: Mapping[Node, Any],
    gradients: Mapping[Node, Any],
) -> Recorded:
    """Remember a graph, with the values that its leaves have now.

    Parameters
    ----------
    order : sequence of Node
        All of them, inputs first.
    roots : sequence of Node
        The results.
    ids, names : mapping of Node to str
    values, gradients : mapping of Node to array
        What is known of the leaves' values, and of the results' cotangents.
    """
    kept = Recorded(list(order), dict(ids), [], dict(names))
    for node in order:
        if not isinstance(node, Leaf):
            continue
        owner = node.owner()
        value = values.get(node) if owner is None else owner.data
        if value is not None:
            kept.leaves[node] = np.array(value)
        if owner is not None and owner.grad is not None:
            kept.grads[node] = np.array(owner.grad.data)
    for root in roots:
        seed = None if root.extra is None else root.extra.seed
        seed = gradients.get(root) if seed is None else seed
        if seed is None and len(roots) == 1 and root.size == 1:
            seed = np.ones(root.shape, root.dtype)
        if seed is not None:
            raw = np.asarray(seed.data if isinstance(seed, Tensor) else seed)
            kept.seeds.append((root, as_scalar(np.array(raw, root.dtype))))
    return kept


def run_again(kept: Recorded) -> dict[Node, Tensor]:
    """Every value, computed again from the leaves on a copy of the graph that keeps everything."""
    copies: dict[Node, Tensor] = {}
    token = MODE.set(None)
    try:
        with enable_grad(), keep_values(), np.errstate(all="ignore"):
            for node in kept.order:
                if isinstance(node, Leaf):
                    value = kept.leaves.get(node)
                    value = value_of(node) if value is None else value
                    copies[node] = Tensor(value, requires_grad=True)
                    continue
                constants = node.constants or (None,) * len(node.parents)
                operands = [
                    c if p is None else copies[p]
                    for p, c in zip(node.parents, constants, strict=True)
                ]
                assert node.primitive is not None
                copies[node] = node.primitive(*operands, **node.params)
    finally:
        MODE.reset(token)
    return copies


@dataclass(slots=True)
class Part:
    """Blame that one reader of a value hands to it; a seed has no reader."""

    reader: Node | None
    operand: int
    raw: Any
    blame: Any
    total: Any
    place: int


@dataclass(slots=True)
class Visit:
    """A stop of the walk: the blame that arrived, and what was handed on."""

    node: Node
    blame: Any
    arrived: list[Part]
    handed: list[tuple[Node, Part]] = field(default_factory=list)


def walked(order: Sequence[Node], seeds: Sequence[tuple[Node, Any]]) -> list[Visit]:
    """The backward pass, written down: the engine's own order, rules and sums.

    Parameters
    ----------
    order : sequence of Node
        From `topological`; kept nodes, of a copy.
    seeds : sequence of (Node, cotangent)
    """
    parts: dict[Node, list[Part]] = {}

    def give(node: Node, reader: Node | None, operand: int, raw: Any, blame: Any) -> Part:
        before = parts.setdefault(node, [])
        total = before[-1].total + blame if before else blame
        before.append(Part(reader, operand, raw, blame, total, len(before) + 1))
        return before[-1]

    for root, seed in seeds:
        give(root, None, 0, seed, seed)
    visits = []
    with np.errstate(all="ignore"):
        for node in reversed(order):
            if node not in parts:
                continue
            arrived = parts[node]
            visit = Visit(node, arrived[-1].total, arrived)
            visits.append(visit)
            if node.primitive is None:
                continue
            raws = node.primitive.vjp(visit.blame, node.saved, node.parents, node.params)
            for operand, (parent, raw) in enumerate(zip(node.parents, raws, strict=True)):
                if parent is not None and raw is not None:
                    part = give(parent, node, operand, raw, fit(raw, parent))
                    visit.handed.append((parent, part))
    return visits
