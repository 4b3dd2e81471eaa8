"""Which modules an operation was computed in, so that pictures and derivations can name them.

The node that a call of a module ends in remembers the module, and where the call began. It is
little, so that it can always be done: `derive(loss, w)` finds the layers of a graph that was
recorded long before. Modules are held weakly: a graph keeps no model alive, and no cycle arises
through the gradients of its parameters. Of one that is gone, such as a loss that was written
inline, the name of its class is known: a `Gone` stands for it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any, NamedTuple
from weakref import WeakValueDictionary, ref

from .graph import ArrayNode, Node
from .tensor import Tensor


class Scope(NamedTuple):
    """One call of a module.

    Attributes
    ----------
    module : Module or Gone
    inputs : tuple of (Node or None)
        The nodes of the tensors that it got; None for one that needs no gradient.
    """

    module: Any
    inputs: tuple[Node | None, ...]


class Gone:
    """Stands for a module that is no more; its class is called as the module's was.

    Attributes
    ----------
    reduction : str
        As losses have one; only if what the module gave was a single number.
    """

    def __init__(self, held: ref[Any]) -> None:
        self._held = held  # so that its id, by which stand-ins are known, is nobody else's

    def named_modules(self) -> Iterator[tuple[str, Any]]:
        """Itself: of others nothing is known."""
        return iter([("", self)])

    def named_parameters(self) -> Iterator[tuple[str, Tensor]]:
        """None that are known."""
        return iter(())


@lru_cache(maxsize=256)
def _gone_class(name: str) -> type[Gone]:
    return type(name, (Gone,), {})


#: The stand-ins, by the ids of the weak references: all calls of one module have the same.
_stand_ins: WeakValueDictionary[int, Gone] = WeakValueDictionary()


def _stand_in(held: ref[Any], name: str, node: Node) -> Gone:
    made = _stand_ins.get(id(held))
    if made is None:
        made = _stand_ins[id(held)] = _gone_class(name)(held)
        if not node.shape:
            made.reduction = ""  # type: ignore[attr-defined]
    return made


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
            name = type(module).__name__
            node.scope = (ref(module), nodes, getattr(node, "scope", None), name)


def scopes(node: Node) -> list[Scope]:
    """The calls that ended in this node, the outermost first.

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
        if module is None:
            module = _stand_in(mark[0], mark[3], node)
        found.append(Scope(module, mark[1]))
        mark = mark[2]
    return found
