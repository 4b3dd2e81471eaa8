"""Which modules an operation was computed in, so that pictures and derivations can name them.

The node that a call of a module ends in remembers the module, and where the call began. It is
little, so that it can always be done: `derive(loss, w)` finds the layers of a graph that was
recorded long before. Modules are held weakly: a graph keeps no model alive, and no cycle arises
through the gradients of its parameters.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple
from weakref import ref

from .graph import ArrayNode, Node
from .tensor import Tensor


class Scope(NamedTuple):
    """One call of a module.

    Attributes
    ----------
    module : Module
    inputs : tuple of (Node or None)
        The nodes of the tensors that it got; None for one that needs no gradient.
    """

    module: Any
    inputs: tuple[Node | None, ...]


def called(module: Any, inputs: Sequence[Any], y: Any) -> None:
    """Remember that a call of `module` with `inputs` gave `y`.

    Parameters
    ----------
    module : Module
    inputs : sequence
        Its arguments; what is no Tensor is passed over.
    y : anything
        A Tensor that the call recorded; nothing else is marked, nor what was handed through.
    """
    if type(y) is Tensor and type(node := y._node) is ArrayNode:
        nodes: tuple[Node | None, ...]
        if len(inputs) == 1:  # the usual layer
            nodes = (inputs[0]._node,) if isinstance(inputs[0], Tensor) else ()
        else:
            nodes = tuple([x._node for x in inputs if isinstance(x, Tensor)])
        if node not in nodes:
            node.scope = (ref(module), nodes, getattr(node, "scope", None))


def scopes(node: Node) -> list[Scope]:
    """The calls that ended in this node, the outermost first; those of dead modules left out.

    Examples
    --------
    >>> import nn
    >>> from autograd_core.scopes import scopes
    >>> net = nn.Sequential(nn.Linear(2, 3, rng=0), nn.Tanh())
    >>> [type(scope.module).__name__ for scope in scopes(net([[1.0, 2.0]]).node)]
    ['Sequential', 'Tanh']
    """
    found = []
    mark = getattr(node, "scope", None)
    while mark is not None:
        module = mark[0]()
        if module is not None:
            found.append(Scope(module, mark[1]))
        mark = mark[2]
    return found
