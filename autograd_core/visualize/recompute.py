"""The values and gradients of a graph, which keeps only what its backward pass needs.

What is not there is computed again from the leaves, on a copy of the graph. Nothing of the
graph itself, and no ``grad``, is touched.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .. import versions
from ..errors import AutogradError
from ..graph import Leaf, Node, ScalarNode, topological
from ..modes import MODE, keep_values
from ..tensor import Tensor
from ..walks import pull, replay


@dataclass(slots=True)
class Found:
    """What is known of a graph's numbers.

    Attributes
    ----------
    values, gradients : dict of Node to array
        An entry for each node where it is known.
    changed : dict of Leaf to str
        Leaves that were changed after the graph was recorded, and by what.
    complete : bool
        Whether every gradient that arrives is in `gradients`.
    notes : list of str
        For the caption.
    """

    values: dict[Node, Any] = field(default_factory=dict)
    gradients: dict[Node, Any] = field(default_factory=dict)
    changed: dict[Leaf, str] = field(default_factory=dict)
    complete: bool = False
    notes: list[str] = field(default_factory=list)


def find(root: Node, order: Sequence[Node], tensor: Tensor, gradients: bool) -> Found:
    """Collect the values of all nodes and, if a backward pass was run here, their gradients.

    Parameters
    ----------
    root : Node
    order : sequence of Node
        All nodes below `root`, inputs first.
    tensor : Tensor
        The tensor of `root`.
    gradients : bool
        Whether gradients are wanted.
    """
    found = Found()
    for node in order:
        _known(node, found)
    _look_for_changes(order, found)
    seed = None if root.extra is None else root.extra.seed
    missing = any(node not in found.values for node in order)
    unfilled = gradients and seed is not None and _lacks_cotangents(order)
    found.complete = gradients and seed is not None and not unfilled
    if missing or unfilled:
        _replay(root, seed if gradients else None, found)
    found.values.setdefault(root, tensor.data)
    if gradients:
        _real_gradients(root, order, tensor, found)
    return found


def computed(roots: Sequence[Node], seed: Any = None) -> Found:
    """The values of a graph that nobody else holds, and with a seed for its one end gradients.

    They are computed on a copy: nothing is accumulated, and no hooks are called.
    """
    found = Found()
    for root in roots:
        _replay(root, seed, found)
    return found


def _known(node: Node, found: Found) -> None:
    """What the node itself, or its tensor, still has."""
    if isinstance(node, Leaf):
        owner = node.owner()
        if owner is not None:
            found.values[node] = owner.data
    elif node.extra is not None:
        if node.extra.value is not None:
            found.values[node] = node.extra.value
        if node.extra.cotangent is not None:
            found.gradients[node] = _raw(node.extra.cotangent)


def _raw(value: Any) -> Any:
    return value.data if isinstance(value, Tensor) else value


def _lacks_cotangents(order: Sequence[Node]) -> bool:
    """Whether a backward pass was run over nodes that did not keep what arrived."""
    for node in order:
        if isinstance(node, Leaf):
            owner = node.owner()
            if owner is not None and owner.grad is None:
                return True
        elif node.extra is None or node.extra.value is None:
            return True
    return False


def _look_for_changes(order: Sequence[Node], found: Found) -> None:
    """Leaves whose value is no longer the one that was used."""
    for node in order:
        if isinstance(node, ScalarNode):
            _compare_scalars(node, found)
            continue
        for parent in node.parents:
            if isinstance(parent, Leaf) and parent not in found.changed:
                owner = parent.owner()
                words = None if owner is None else versions.changed_since(owner.data, node.clock)
                if words is not None:
                    found.changed[parent] = words


def _compare_scalars(node: ScalarNode, found: Found) -> None:
    """Python floats bear no stamp of a change; the operation has kept its operands instead."""
    operands = (node.saved or ())[-len(node.parents) :]
    for parent, used in zip(node.parents, operands, strict=False):
        if isinstance(parent, Leaf) and parent in found.values:
            now = found.values[parent]
            if isinstance(used, float) and not np.array_equal(now, used, equal_nan=True):
                found.changed[parent] = "a new value"


def _replay(root: Node, seed: Any, found: Found) -> None:
    """Fill `found` from a copy of the graph; say so in a note if that cannot be done."""
    token = MODE.set(None)  # neither no_grad nor detect_anomaly of the caller
    try:
        with np.errstate(all="ignore"):
            copies = replay(root)
            for node, copy in copies.items():
                found.values.setdefault(node, copy.data)
            if seed is not None:
                _pull(root, seed, copies, found)
    except Exception as error:  # a user's operation may raise anything; a picture must appear
        found.notes.append(f"Values could not be computed again: {error}")
    finally:
        MODE.reset(token)


def _pull(root: Node, seed: Any, copies: dict[Node, Tensor], found: Found) -> None:
    ends = {copy.node: node for node, copy in copies.items() if copy.node is not None}
    start = copies[root].node
    assert start is not None
    leaves: dict[Node, Any] = {}
    found.complete = True
    try:
        with keep_values():
            leaves = pull(topological((start,)), [(start, seed)], retain_graph=True)
    except AutogradError as error:  # what had arrived until then is shown
        found.notes.append(f"Not all gradients could be computed again: {error}")
        found.complete = False
    for end, node in ends.items():
        cotangent = leaves.get(end) if isinstance(end, Leaf) else end.extras().cotangent
        if cotangent is not None:
            found.gradients.setdefault(node, cotangent)
    if any(node.extra is not None and node.extra.hooks for node in copies):
        found.notes.append("Hooks were not called again: gradients are shown without them.")


def _real_gradients(root: Node, order: Sequence[Node], tensor: Tensor, found: Found) -> None:
    """What was really accumulated stands before what was computed again."""
    for node in order:
        owner: Any = None
        if isinstance(node, Leaf):
            owner = node.owner()
        elif node.extra is not None and node.extra.retained is not None:
            owner = node.extra.retained()
        if owner is not None and owner.grad is not None:
            found.gradients[node] = owner.grad.data
