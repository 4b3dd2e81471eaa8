"""Which calls of modules the nodes of a graph belong to: the clusters of its picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..graph import Leaf, Node
from ..scopes import scopes
from ..tensor import Tensor
from .nesting import in_cycles, levels_of


@dataclass(eq=False, slots=True)
class Call:
    """One call of a module.

    Attributes
    ----------
    module : Module
    end : Node
        In which it ended.
    inputs : tuple of (Node or None)
    members : set of Node
        What it computed, without its parameters.
    parent : Call or None
        The call within which it was made.
    path : str
        Of the module in the outermost one.
    number : int
        Which call of its module it is, from 1.
    id : str
    """

    module: Any
    end: Node
    inputs: tuple[Node | None, ...]
    members: set[Node]
    parent: Call | None = None
    path: str = ""
    number: int = 1
    id: str = ""

    @property
    def type(self) -> str:
        return type(self.module).__name__


@dataclass(slots=True)
class Calls:
    """The calls of a graph, outer ones before inner ones, and the innermost of each node."""

    calls: list[Call] = field(default_factory=list)
    home: dict[Node, Call] = field(default_factory=dict)

    def homes_of_constants(
        self, constants: Sequence[tuple[Any, Sequence[Node]]]
    ) -> list[Call | None]:
        """Where constants belong: with those that read them, unless a call was given them.

        A call does not know its constant arguments, but how many they were: if no more tensors
        than that are read within, they are those.

        Parameters
        ----------
        constants : sequence of (value, nodes)
            The value and the nodes that read it.
        """
        homes = [_common([self.home.get(user) for user in users]) for _, users in constants]
        inside: dict[Call, list[int]] = {}
        for i, ((value, _), call) in enumerate(zip(constants, homes, strict=True)):
            held = any(_holds(c.module, value) for c in _around(call))
            if call is not None and isinstance(value, Tensor) and not held:
                inside.setdefault(call, []).append(i)
        for call in reversed(self.calls):
            given = inside.get(call, ())
            if len(given) <= call.inputs.count(None):
                for i in given:
                    homes[i] = call.parent
                if given and call.parent is not None:
                    inside.setdefault(call.parent, []).extend(given)
        return homes


def calls_of(order: Sequence[Node]) -> Calls:
    """Find the calls of modules that ended in the nodes of a graph.

    Parameters
    ----------
    order : sequence of Node
        All nodes, inputs first.
    """
    place = {node: i for i, node in enumerate(order)}
    calls = [
        Call(scope.module, node, scope.inputs, _members(node, scope.inputs, place))
        for node in order
        if not isinstance(node, Leaf)
        for scope in scopes(node)
    ]
    if not calls:
        return Calls()
    calls.sort(key=lambda call: -len(call.members))  # stable: of equal ones the outer comes first
    home: dict[Node, Call] = {}
    for call in calls:
        call.parent = home.get(call.end)
        call.members = {n for n in call.members if home.get(n) is call.parent}
        home.update(dict.fromkeys(call.members, call))
    _add_leaves(order, home)
    calls = _numbered(calls, order, home)
    _name(calls)
    return Calls(calls, home)


def _members(
    end: Node, inputs: tuple[Node | None, ...], place: Mapping[Node, int]
) -> set[Node]:  # fmt: skip
    """What leads to the end of a call and was not there before it."""
    given = {node for node in inputs if node is not None}
    found = {end}
    stack = [end]
    while stack:
        for parent in stack.pop().parents:
            known = parent is None or parent in given or parent in found
            if not known and parent.primitive is not None:  # type: ignore[union-attr]
                found.add(parent)  # type: ignore[arg-type]
                stack.append(parent)  # type: ignore[arg-type]
    # What the inputs were computed from is older than the call, even if the call reads it.
    first = min(place[node] for node in found)
    stack = [node for node in given if place.get(node, -1) > first]
    seen = set(stack)
    while stack:
        for parent in stack.pop().parents:
            if parent is not None and parent not in seen and place[parent] >= first:
                seen.add(parent)
                found.discard(parent)
                stack.append(parent)
    return found


def _add_leaves(order: Sequence[Node], home: dict[Node, Call]) -> None:
    """A parameter belongs where all that read it are, unless it was given to a call."""
    users: dict[Node, list[Node]] = {node: [] for node in order if isinstance(node, Leaf)}
    for node in order:
        for parent in node.parents:
            if parent in users:
                users[parent].append(node)
    for leaf, reading in users.items():
        call = _common([home.get(user) for user in reading])
        given = [c for c in _around(call) if leaf in c.inputs]
        call = given[-1].parent if given else call
        if call is not None:
            home[leaf] = call


def _around(call: Call | None) -> list[Call]:
    """A call and those around it, the innermost first."""
    found = []
    while call is not None:
        found.append(call)
        call = call.parent
    return found


def _common(calls: Sequence[Call | None]) -> Call | None:
    """The innermost call that all lie in."""
    if not calls or None in calls:
        return None
    shared = _around(calls[0])
    for call in dict.fromkeys(calls[1:]):
        around = set(_around(call))
        shared = [c for c in shared if c in around]
    return shared[0] if shared else None


def _numbered(calls: list[Call], order: Sequence[Node], home: dict[Node, Call]) -> list[Call]:
    """The calls with ids, in the order of their ends; those that would make a cycle are left out.

    A call is left out by handing its nodes to the one around it.
    """
    place = {node: i for i, node in enumerate(order)}
    while True:
        for i, call in enumerate(calls, 1):
            call.id = f"g{i}"
        parents = {c.id: c.parent.id if c.parent else "" for c in calls}
        homes = [home[n].id if n in home else "" for n in order]
        edges = [(place[p], place[n]) for n in order for p in n.parents if p is not None]
        levels = levels_of(homes, parents, edges)
        bad = {item for level in levels.values() for item in in_cycles(level)}
        empty = {call.id for call in calls} - levels.keys()
        gone = {call for call in calls if call.id in bad or call.id in empty}
        if not gone:
            break
        for call in reversed(calls):
            if call in gone:
                for node in [n for n, c in home.items() if c is call]:
                    del home[node]
                    if call.parent is not None:
                        home[node] = call.parent
                for other in calls:
                    if other.parent is call:
                        other.parent = call.parent
        calls = [call for call in calls if call not in gone]
    depth = {call: len(_around(call)) for call in calls}
    calls.sort(key=lambda call: (depth[call], place[call.end]))
    for i, call in enumerate(calls, 1):
        call.id = f"g{i}"
    return calls


def _holds(module: Any, value: Tensor) -> bool:
    """Whether a constant is a buffer of the module."""
    return any(held is value for held in vars(module).values())


def _name(calls: Sequence[Call]) -> None:
    """Paths of modules, as seen from the outermost module that was called, and numbers of calls.

    The outermost module with the most operations gives none of its name to the paths; others,
    such as the loss beside it, give the name of their type.
    """
    roots = list(dict.fromkeys([c.module for c in calls if c.parent is None]))
    sizes = {id(root): 0 for root in roots}
    for call in calls:
        root = _around(call)[-1].module
        sizes[id(root)] += len(call.members)
    main = max(roots, key=lambda root: sizes[id(root)])
    labels: dict[int, str] = {id(main): ""}
    for root in roots:
        if root is not main:
            label = type(root).__name__
            k = 1 + sum(name.partition(" ")[0] == label for name in labels.values())
            labels[id(root)] = label if k == 1 else f"{label} {k}"
    paths = {id(root): _paths(root) for root in roots}
    met: dict[int, int] = {}
    for call in calls:
        top = _around(call)[-1].module
        inner = paths[id(top)].get(id(call.module), call.type)
        call.path = ".".join([part for part in (labels[id(top)], inner) if part])
        call.number = met[id(call.module)] = met.get(id(call.module), 0) + 1


def _paths(root: Any) -> dict[int, str]:
    try:
        return {id(module): path for path, module in reversed(list(root.named_modules()))}
    except Exception:  # a user's class may have anything under that name
        return {id(root): ""}
