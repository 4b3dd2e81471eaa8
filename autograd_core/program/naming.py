"""What the values of a program are called: after variables, modules, and what they differentiate.

A trace notes here which slot each node of the graph has, and which slots are cotangents of it. In
the end every value that the user, a module or a parameter has a word for gets that word.
"""

from __future__ import annotations

import ast
import linecache
import weakref
from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from ..graph import Leaf, Node, ScalarNode
from ..scopes import scopes
from .calls import Call, Tape

if TYPE_CHECKING:
    from .tracer import Tracer


class Names:
    """Notes of one trace.

    Attributes
    ----------
    values : list of (Node, int)
        The operations that were recorded, and the slots of what they gave.
    blames : list of (Node, int)
        Nodes, and the slots of cotangents that arrived there.
    """

    def __init__(self) -> None:
        self.values: list[tuple[Node, int]] = []
        self.blames: list[tuple[Node, int]] = []

    def give(self, tape: Tape, leaves: list[tuple[Any, Any]]) -> None:
        """Name the values of the tape that have no name yet.

        Parameters
        ----------
        tape : Tape
        leaves : list of (Tensor, int or other)
            Leaves, and by which number `Tape.grads` holds the slot of their gradient.
        """
        paths = _paths([scope.module for node, _ in self.values for scope in scopes(node)])
        found = dict(_variables(tape.calls))
        for node, slot in self.values:
            for scope in scopes(node)[-1:]:
                kind = type(scope.module).__name__.lower()
                path = paths.get(id(scope.module), "")
                found.setdefault(slot, f"{kind}_{path}" if path else kind)
        for node, slot in self.values:
            assert node.primitive is not None
            tape.hints[slot] = node.primitive.name
        for slot, name in found.items():
            if slot in tape.values:
                tape.values[slot].name = tape.values[slot].name or name
        slots = dict(self.values)
        grads = [(leaf.node, tape.grads[n]) for leaf, n in leaves if isinstance(n, int)]
        for node, slot in [*grads, *self.blames]:
            if (value := tape.values.get(slot)) is not None and not value.name:
                of = slots.get(node, -1)
                value.name = _blame(node, tape.values[of].name if of in tape.values else "")


def _paths(modules: list[Any]) -> dict[int, str]:
    """The longest known path of each module, from one that holds it."""
    paths: dict[int, str] = {}
    for root in {id(m): m for m in modules}.values():
        for path, module in root.named_modules():
            if len(path) > len(paths.get(id(module), "")):
                paths[id(module)] = path
    return paths


def _blame(node: Node, name: str) -> str:
    """The name of a cotangent: ``dW`` of a parameter, ``d_relu_1`` of what a module gave."""
    if isinstance(node, Leaf):
        owner = node.owner()
        path, _, last = ((owner.name if owner is not None else None) or "").rpartition(".")
        return f"{path}.d{last}" if path else last and f"d{last}"
    return name and f"d_{name}"


def _variables(calls: list[Call]) -> Iterator[tuple[int, str]]:
    """The slots that the user's statements ``name = …`` end in, with the name."""
    for i, call in enumerate(calls):
        name = _assigned(call.line)
        following = calls[i + 1] if i + 1 < len(calls) else None
        if name and len(call.out) == 1 and (following is None or _assigned(following.line) != name):
            yield call.out[0], name[1]


def _assigned(line: str) -> tuple[int, str] | None:
    """Where the statement around ``file:line`` starts, and the one variable that it assigns."""
    path, _, number = line.rpartition(":")
    return _statements(path).get(int(number)) if path else None


@lru_cache(maxsize=16)
def _statements(path: str) -> dict[int, tuple[int, str]]:
    """By line: the start of an assignment to one variable, and that variable."""
    try:
        tree = ast.parse("".join(linecache.getlines(path)))
    except (SyntaxError, ValueError):
        return {}
    found = {}
    for node in ast.walk(tree):
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        if isinstance(node, (ast.Assign, ast.AnnAssign, ast.AugAssign)) and len(targets) == 1:
            target = targets[0]
            if isinstance(target, ast.Name):
                for line in range(node.lineno, (node.end_lineno or node.lineno) + 1):
                    found[line] = node.lineno, target.id
    return found


class Cotangents(dict[Node, Any]):
    """What `pull` gathers, during a trace: says whose rule is at work, and names what arrives."""

    def __init__(self, trace: Any) -> None:
        super().__init__()
        self.trace = trace
        self.origin = ""
        trace.walk = weakref.ref(self)  # gone when the walk is

    def pop(self, node: Node, *default: Any) -> Any:
        self.origin = "" if node.primitive is None else f"backward of {node.primitive.name}"
        return super().pop(node, *default)

    def __setitem__(self, node: Node, cotangent: Tracer | Any) -> None:
        if type(node) is not ScalarNode:
            slot = getattr(getattr(cotangent, "_value", cotangent), "slot", None)
            if slot is not None:
                self.trace.names.blames.append((node, slot))
        super().__setitem__(node, cotangent)
