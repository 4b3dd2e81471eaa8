"""The backward pass as equations: one for each named value between the loss and w.

The graph is replayed on a copy, and the primitives' own rules are run on the copy from the loss
backward, inside a `Recorder`. Where a cotangent arrives at a named value it is complete: its tree
is simplified, its value compared with the engine's, and it goes on under its name.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..graph import Node, Spec, topological
from ..modes import MODE
from ..primitive import PRIMITIVES
from ..tensor import Tensor
from ..walks import pull
from ..walks.reverse import fit
from . import expression as ex
from .expression import Expr, Symbol
from .forward import Forward
from .rules import simplest
from .words import latex_of
from .worked import DerivationError, Equation, Reason, Worked, close


class Working(Forward):
    """One derivation while it is worked out."""

    def work(self) -> Worked:
        with np.errstate(all="ignore"):
            self.run()
            self._backward()
            self._compare()
        self._path()
        return self.done

    def _backward(self) -> None:
        start = self._seed()
        grads: dict[Node, Tensor] = {self.root: start}
        for node in reversed(self.order):
            if node not in self.wanted:
                continue
            g = grads.pop(node)
            named = node in self.names.nodes
            if named and node is not self.root:
                g = self._arrive(node, g)
            elif node is self.root and node is self.target:
                self._arrive(node, g)
            if node is self.target:
                return
            for parent, c in self._cotangents(node, g):
                grads[parent] = self._plus(grads[parent], c) if parent in grads else c

    def _seed(self) -> Tensor:
        value = self.seed
        if not self.root.shape and float(np.asarray(value)) == 1.0:
            return self.recorder.tensor(value, ex.ONE)
        symbol = Symbol(r"\bar{g}", "ḡ", value, kind="seed")
        symbol.rows = self.names.rows and self.root in self.names.data and len(symbol.shape) == 2
        self.done.constants.append(symbol)
        return self.recorder.tensor(value, symbol)

    def _plus(self, a: Tensor, b: Tensor) -> Tensor:
        with self.recorder.recording():
            return a + b

    def _cotangents(self, node: Node, g: Tensor) -> list[tuple[Node, Tensor]]:
        """What the rule of a primitive hands on, by parent."""
        primitive = node.primitive
        copy = self.copies[node]._node
        assert primitive is not None
        assert copy is not None
        parents = tuple(
            [
                q if p in self.wanted else None
                for p, q in zip(node.parents, copy.parents, strict=True)
            ]
        )
        cotangents: Sequence[Any]
        if PRIMITIVES.get(primitive.name) is primitive:
            with self.recorder.recording():
                cotangents = primitive.vjp(g, self._saved(node, copy), parents, copy.params)
        else:
            cotangents = self._users(node, copy, g, parents)
        found = []
        for parent, c in zip(node.parents, cotangents, strict=True):
            if parent is None or c is None or parent not in self.wanted:
                continue
            if not isinstance(c, Tensor):
                c = self.recorder.tensor(c, self.recorder.tree(c))
            with self.recorder.recording():
                found.append((parent, fit(c, parent)))
        if self.local:
            self._explain(node)
        return found

    def _explain(self, node: Node) -> None:
        """Remember the declared local derivatives of an operation, for its operands' equations."""
        primitive = node.primitive
        partials = getattr(primitive, "partials", None) or [getattr(primitive, "partial", None)]
        names = "x" if len(partials) == 1 else "abc"
        kept = node.constants or (None,) * len(node.parents)
        operands = [
            self.trees[p] if p is not None else self._constant(c, node)
            for p, c in zip(node.parents, kept, strict=True)
        ]
        letters = dict(zip(names, operands, strict=False)) | {"y": self.trees[node]}
        for parent, partial, x in zip(node.parents, partials, operands, strict=False):
            if node.parents.count(parent) > 1:  # x·x: no operand's derivative is that by x
                continue
            if parent is not None and parent in self.wanted and partial is not None:
                reason = Reason(self.trees[node], x, partial.formula, letters)
                self.reasons.setdefault(parent, []).append(reason)

    def _saved(self, node: Node, copy: Node) -> Any:
        """What the copy saved, as tensors that are known by their trees."""
        saved = copy.saved
        if not isinstance(saved, tuple):
            return saved
        places: tuple[Node | None, ...] = node.parents
        if len(saved) == len(places) + 1:
            places = (node, *places)
        return tuple([self._known(v, place) for v, place in zip(saved, places, strict=True)])

    def _known(self, value: Any, place: Node | None) -> Any:
        if value is None or isinstance(value, (Node, Spec)):
            return value
        if place is not None:
            return self.recorder.tensor(value, self.trees[place])
        constant = self.recorder.constants.get(id(value))
        return value if constant is None else self.recorder.tensor(value, constant)

    def _users(self, node: Node, copy: Node, g: Tensor, parents: Any) -> list[Any]:
        """What a user's own backward answers: numbers, as what it does leaves no trace."""
        primitive = node.primitive
        assert primitive is not None
        token = MODE.set(None)
        try:
            answers = primitive.vjp(g._value, copy.saved, parents, copy.params)
        finally:
            MODE.reset(token)
        above = self.recorder.tree(g)
        of = (above.latex, above.text) if isinstance(above, Symbol) else (r"\cdot", "·")
        name = primitive.name
        latex = rf"\operatorname{{backward}}_{{{latex_of(name)}}}\left({of[0]}\right)"
        text = f"backward of {name} ({of[1]})"
        return [
            None if c is None else self.recorder.tensor(c, Symbol(latex, text, c)) for c in answers
        ]

    def _arrive(self, node: Node, g: Tensor) -> Tensor:
        """A cotangent is complete: its equation, and its name from here on."""
        value = self.symbols[node]
        raw = self.recorder.tree(g)
        short = self._checked(
            simplest(raw, self.known), raw, g._value, f"∂{self.top}/∂{value.text}"
        )
        forms = [short]
        shorter = self._without_last(short)
        if shorter is not None and self._holds(shorter, g._value):
            forms.append(shorter)
        symbol = Symbol(
            rf"\frac{{\partial {latex_of(self.top)}}}{{\partial {value.latex}}}",
            f"∂{self.top}/∂{value.text}",
            g._value,
            rows=value.rows,
            kind="cotangent",
        )
        symbol.definition = forms[-1]
        self.done.backward.append(Equation(symbol, forms, node, self.reasons.get(node, [])))
        return self.recorder.tensor(g._value, symbol)

    def _without_last(self, e: Expr) -> Expr | None:
        """`e` with the cotangents in it written out, if that is shorter: so A − Y appears."""
        if self.local:
            return None
        inner = [t for t in ex.walk(e) if isinstance(t, Symbol) and t.kind == "cotangent"]
        open_ = {t.key: t.definition for t in inner if t.definition is not None}
        if not open_:
            return None
        before = list(self.known.assumed)
        replaced = ex.mapped(e, lambda t: ex.fitted(open_[t.key], t.shape) if t.key in open_ else t)
        found = simplest(replaced, self.known)
        if ex.size(found) < ex.size(e):
            return found
        self.known.assumed[:] = before
        return None

    def _compare(self) -> None:
        """The last equation against a backward pass of the engine's own, on arrays."""
        start, end = self.copies[self.root]._node, self.copies[self.target]._node
        assert start is not None
        assert end is not None
        seed = self.seed
        found = pull(topological((start,)), [(start, seed)], [end], retain_graph=True)
        expected = found[end]
        ours = self.done.backward[-1].symbol.value
        if not close(ours, expected):
            raise DerivationError("derive: the gradient disagrees with the engine's backward pass")
        self.done.gradient = expected

    def _path(self) -> None:
        """One path from the loss to w through named values, and how many paths there are."""
        counts: dict[Any, int] = {}
        before: dict[Any, Symbol] = {}
        for equation in self.done.backward:
            used = {t for t in ex.walk(equation.forms[0]) if isinstance(t, Symbol)}
            above = [s for s in used if s.key in counts]
            counts[equation.symbol.key] = sum([counts[s.key] for s in above]) or 1
            if above:
                before[equation.symbol.key] = above[0]
        symbol: Symbol | None = self.done.backward[-1].symbol
        assert symbol is not None
        self.done.paths = counts[symbol.key]
        values = {e.symbol.key: self.symbols[e.node] for e in self.done.backward if e.node}
        path = []
        while symbol is not None:
            path.append(values[symbol.key])
            symbol = before.get(symbol.key)
        self.done.path = path[::-1]
