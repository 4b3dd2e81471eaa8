"""`replay`: the values of a graph computed again."""

from __future__ import annotations

from collections.abc import Callable

from .. import versions
from ..graph import Leaf, Node, ScalarNode, topological
from ..modes import enable_grad, keep_values
from ..tensor import Tensor
from .forward import value_of


def _report_changes(
    node: Node, copies: dict[Node, Tensor], changed: Callable[[Leaf], None]
) -> None:
    """Tell of the leaves under `node` that do not have the value that it was computed from."""
    scalars = node.saved[-len(node.parents) :] if isinstance(node, ScalarNode) else None
    for i, parent in enumerate(node.parents):
        if isinstance(parent, Leaf) and (
            versions.changed_since(value_of(parent), node.clock)
            or (scalars is not None and scalars[i] != copies[parent]._value)
        ):
            changed(parent)


def replay(root: Node, changed: Callable[[Leaf], None] | None = None) -> dict[Node, Tensor]:
    """Compute again every value of a graph, from its leaves and constants.

    Draws of random numbers are constants of the graph, so a dropout mask is the one that was
    drawn. The copy of the graph that results keeps all of its values.

    Parameters
    ----------
    root : Node
    changed : callable, optional
        Told of each leaf whose value was changed after it was recorded.

    Returns
    -------
    dict of Node to Tensor
        The tensor of the copy for each node of the graph.

    Raises
    ------
    GraphError
        If the tensor of a leaf no longer exists.
    """
    copies: dict[Node, Tensor] = {}
    with enable_grad(), keep_values():
        for node in topological((root,)):
            if isinstance(node, Leaf):
                copies[node] = Tensor(value_of(node), requires_grad=True, name=node.name)
                continue
            if changed is not None:
                _report_changes(node, copies, changed)
            kept = node.constants or (None,) * len(node.parents)
            args = [
                copies[p] if p is not None else c for p, c in zip(node.parents, kept, strict=True)
            ]
            assert node.primitive is not None
            copies[node] = node.primitive(*args, **node.params)
            copy = copies[node]._node
            assert copy is not None
            copy.name = node.name
            if node.extra is not None and node.extra.line:
                copy.extras().line = node.extra.line
    return copies
