"""The backward graph: which operations computed a gradient, and what each of them is called.

A backward pass with ``create_graph=True`` leaves on the node of every gradient what it is the
gradient of. All that led to the result before is the way forward; the rest is the way back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from ..graph import Blame, Leaf, Node

_POWERS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


@dataclass(slots=True)
class Parts:
    """How the nodes of a backward graph are told apart; empty for any other graph.

    Attributes
    ----------
    kinds : dict of Node to str
        ``"backward"`` for what computes a gradient.
    names : dict of Node to str
        ``∂loss/∂w`` for gradients of what has a name.
    words : dict of Node to str
        For all gradients, in words.
    """

    kinds: dict[Node, str] = field(default_factory=dict)
    names: dict[Node, str] = field(default_factory=dict)
    words: dict[Node, str] = field(default_factory=dict)


def name_of(node: Node) -> str | None:
    """The name that the user gave to a value."""
    if isinstance(node, Leaf):
        owner = node.owner()
        return node.name if owner is None else owner.name or node.name
    return node.name


def parts_of(order: Sequence[Node], roots: Sequence[Node]) -> Parts:
    """Tell the gradients of a graph from the rest.

    Parameters
    ----------
    order : sequence of Node
        Inputs first.
    roots : sequence of Node
        The results; they keep their own kind.
    """
    marked = [node for node in order if _blames(node)]
    if not marked:
        return Parts()
    first = [blame for node in marked for blame in _blames(node) if not blame.earlier]
    forward = _leading_to({n for b in first for n in (b.by(), b.result()) if n is not None}, order)
    parts = Parts({n: "backward" for n in order if n not in forward and n not in roots
                   and not isinstance(n, Leaf)})  # fmt: skip
    for node in marked:
        known = [d for blame in _blames(node) if (d := _derivative(blame)) is not None]
        if known and name_of(node) is None:
            parts.names[node] = _written(known[0])
        parts.words[node] = _in_words(node, [_written(d) for d in known])
    return parts


def _blames(node: Node) -> list[Blame]:
    """What a value is the gradient of, where by what is still there."""
    found = None if node.extra is None else node.extra.blames
    return [blame for blame in found or () if blame.by() is not None]


def _leading_to(ends: set[Node], order: Sequence[Node]) -> set[Node]:
    """Some nodes and all from which they were computed."""
    found = set(ends)
    for node in reversed(order):
        if node in found:
            found.update([p for p in node.parents if p is not None])
    return found


def _derivative(blame: Blame) -> tuple[str, list[str]] | None:
    """What is differentiated, and the names by which, in their order; None without a name.

    The gradient of a gradient of … is followed down to the first result.
    """
    names: list[str] = []
    while True:
        result, by = blame.result(), blame.by()
        name = None if by is None else name_of(by)
        if name is None:
            return None
        names.insert(0, name)
        if result is not None and result.name is not None:
            return result.name, names
        if not blame.earlier:
            return "", names
        blame = next((b for b in blame.earlier if _is_named(b)), blame.earlier[0])


def _is_named(blame: Blame) -> bool:
    by = blame.by()
    return by is not None and name_of(by) is not None


def _written(derivative: tuple[str, list[str]]) -> str:
    """``∂loss/∂w``, ``∂²loss/∂w²``, ``∂²loss/∂w∂x``."""
    result, names = derivative
    order = _power(len(names))
    below = "".join([f"∂{name}{_power(names.count(name))}" for name in dict.fromkeys(names)])
    return f"∂{order}{result}/{below}"


def _power(n: int) -> str:
    return "" if n == 1 else str(n).translate(_POWERS)


def _in_words(node: Node, known: list[str]) -> str:
    if known:
        return f"the gradient {' = '.join(dict.fromkeys(known))}"
    by = _blames(node)[0].by()
    if by is None:
        return "a gradient"
    what = "a leaf" if by.primitive is None else by.primitive.name
    return f"the gradient by the value of {what}, of shape {by.shape}"
