"""The forward pass as equations."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import GraphError
from ..graph import Leaf, Node, topological
from ..modes import MODE
from ..tensor import Tensor
from ..visualize.wording import shorten, visible
from ..walks import replay
from . import expression as ex
from .expression import Call, Expr, Number, Symbol
from .naming import Names
from .recorder import Recorder, of
from .rules import simplify
from .words import latex_of
from .worked import DerivationError, Equation, Reason, Worked, close, leading_to

#: Trees of more parts than this get a name of their own on the way.
LARGEST = 60


class Forward:
    """The graph computed again on a copy, and a tree for every value, cut at what has a name."""

    def __init__(
        self, root: Tensor, target: Node, seed: Any, names: Names, top: str, local: bool
    ) -> None:
        assert root.node is not None
        self.root: Node = root.node
        self.target = target
        self.names = names
        self.top = shorten(visible(top), 40)
        self.local = local
        self.order = topological((self.root,))
        self.wanted = leading_to(target, self.order)
        self.done = Worked(root=root.node)
        self.known = self.done.known
        self.known.folding = not local
        self.known.label = self._label
        self.known.activation = self._activation
        self.recorder = Recorder()
        self.trees: dict[Node, Expr] = {}
        self.symbols: dict[Node, Symbol] = {}
        self.seed = seed
        self.reasons: dict[Node, list[Reason]] = {}
        self._refuse_gone()
        changed: list[Leaf] = []
        token = MODE.set(None)
        try:
            with np.errstate(all="ignore"):
                self.copies = replay(self.root, changed.append)
        finally:
            MODE.reset(token)
        for leaf in dict.fromkeys(changed):
            self.done.notes.append(
                f"{names.nodes.get(leaf, 'a leaf')} was changed after the graph was recorded; the "
                f"equations hold for its value now"
            )
        if any(n.extra is not None and n.extra.hooks for n in self.order):
            self.done.notes.append("Hooks were not called: the equations are without them.")

    def _refuse_gone(self) -> None:
        for node in self.order:
            kept = node.extra is not None and node.extra.value is not None
            if isinstance(node, Leaf) and node.owner() is None and not kept:
                raise GraphError(
                    f"derive: {visible(node.name or 'a tensor')} of shape {node.shape}, which the "
                    f"loss was computed from, no longer exists, and the equations need its value; "
                    f"keep a reference to it, such as to the model that holds it"
                )

    def run(self) -> None:
        """The tree of every value, cut at what has a name."""
        for node in self.order:
            value = self.copies[node]._value
            if isinstance(node, Leaf):
                self.symbols[node] = self.trees[node] = self._symbol(
                    self.names.nodes[node], value, node, "weight"
                )
                self.done.constants.append(self.symbols[node])
            else:
                tree = self._tree(node)
                name = self.names.nodes.get(node) or self.names.inner.get(node)
                if name is None and ex.size(tree) > LARGEST:
                    name = self.names.nodes[node] = f"v{_lowered(len(self.symbols))}"
                if name is not None:
                    tree = self._cut(node, name, tree, value)
                self.trees[node] = tree
            self.recorder.know(value, self.trees[node])

    def _tree(self, node: Node) -> Expr:
        kept = node.constants or (None,) * len(node.parents)
        operands: list[Expr] = []
        shapes = []
        for parent, constant in zip(node.parents, kept, strict=True):
            if parent is not None:
                operands.append(self.trees[parent])
                shapes.append(parent.shape)
            else:
                operands.append(self._constant(constant, node))
                shapes.append(np.shape(getattr(constant, "_value", constant)))
        assert node.primitive is not None
        return of(node.primitive, operands, node.params, node.shape, shapes)

    def _constant(self, constant: Any, node: Node) -> Expr:
        value = constant._value if isinstance(constant, Tensor) else constant
        if np.ndim(value) == 0:
            return Number(value)
        known = self.recorder.constants.get(id(value))
        if known is None and id(value) in self.names.signs:
            labels = self._label((1 - np.asarray(value)) / 2, self.names.signs[id(value)])
            known = ex.add([ex.ONE, ex.scale(-2, labels)])
            self.recorder.constants[id(value)] = known
        if known is None:
            name = self.names.constants.get(id(value))
            if name is None and isinstance(constant, Tensor):
                name = constant.name
            count = len(self.done.constants)
            symbol = self._symbol(name or f"C{_lowered(count + 1)}", value, None, "constant")
            symbol.rows = (
                self.names.rows
                and symbol.value.ndim == 2
                and (id(value) in self.names.data_constants or node in self.names.data)
            )
            self.done.constants.append(symbol)
            self.recorder.constants[id(value)] = known = symbol
        return known

    def _label(self, hot: Any, name: str = "Y") -> Symbol:
        symbol = self._symbol(name, hot, None, "constant")
        symbol.rows = self.names.rows and hot.ndim == 2
        self.done.constants.append(symbol)
        return symbol

    def _activation(self, e: Call) -> Expr:
        """The softmax inside of a loss as the Aˡ that it would be as a module."""
        (z,) = e.args
        if self.local or not isinstance(z, Symbol) or not z.text.startswith("Z"):
            return e
        name = "A" + z.text[1:]
        if name in self.names.nodes.values():
            return e
        symbol = self._symbol(name, ex.evaluate(e), None, "value")
        symbol.rows = z.rows
        self.known.define(symbol, e)
        self.done.forward.append(Equation(symbol, [e]))
        return symbol

    def _symbol(self, name: str, value: Any, node: Node | None, kind: str) -> Symbol:
        symbol = Symbol(latex_of(name), shorten(visible(name), 40), value, kind=kind)
        if node is not None:
            data = node in self.names.data
            symbol.rows = self.names.rows and data and len(symbol.shape) == 2
        return symbol

    def _cut(self, node: Node, name: str, tree: Expr, value: Any) -> Expr:
        symbol = self._symbol(name, value, node, "value")
        short = self._checked(simplify(tree, self.known), tree, value, name)
        self.symbols[node] = symbol
        self.known.define(symbol, short)
        self.done.forward.append(Equation(symbol, [short], node))
        return symbol

    def _checked(self, e: Expr, raw: Expr, value: Any, name: str) -> Expr:
        """`e` if its value is right, else the tree as it was recorded, else an error."""
        if self._holds(e, value):
            return e
        if self._holds(raw, value):
            return raw
        raise DerivationError(
            f"derive: the equation for {name} evaluates to another value than the engine's; "
            f"please report this, with the code that computed the loss"
        )

    def _holds(self, e: Expr, value: Any) -> bool:
        try:
            found = ex.evaluate(e)
        except (ValueError, IndexError):  # of a rule that went wrong: no rule is trusted
            return False
        if np.size(found) != np.size(value):
            found = np.broadcast_to(found, np.shape(value))
        return close(np.reshape(found, np.shape(value)), value)


def _lowered(number: int) -> str:
    from ..visualize.symbols import sub

    return sub(number)
