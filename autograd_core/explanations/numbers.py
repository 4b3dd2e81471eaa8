"""The values and cotangents between a tensor and a loss, computed again without touching either.

Nothing is recorded and no copy of the graph is made: the primitives' own forward and vjp run on
what the nodes still have, and on what follows from the leaves where that was freed.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from .. import versions
from ..errors import AutogradError
from ..graph import Leaf, Node, ScalarNode, topological
from ..modes import MODE
from ..primitive import as_scalar
from ..tensor import Tensor
from ..walks.forward import value_of
from ..walks.reverse import fit, is_freed


@contextmanager
def quietly() -> Iterator[None]:
    """Neither the caller's modes nor NumPy's warnings."""
    token = MODE.set(None)
    try:
        with np.errstate(all="ignore"):
            yield
    finally:
        MODE.reset(token)


def raw(value: Any) -> Any:
    return value._value if isinstance(value, Tensor) else value


def size_of(value: Any) -> float:
    """The Euclidean norm; of what is not finite NaN or infinity."""
    if isinstance(value, float):
        return abs(value)
    array = np.asarray(value, np.float64).ravel()
    top = float(np.abs(array).max(initial=0.0))
    if not top or not math.isfinite(top):
        return top
    return top * float(np.linalg.norm(array / top))


class Numbers:
    """What flows from `w` to `root`, and back.

    Attributes
    ----------
    order : list of Node
        All nodes of the graph of `root`, inputs first.
    between : list of Node
        Those on some path from `w` to `root`, `w` first; empty if there is no path.
    scalars : bool
        Whether all of `between` have shape ().
    values, cotangents : dict of Node to array or float
        Cotangents for `between` only; a value is missing where it cannot be had.
    edges : dict of Node to list of (int, Node, float)
        For each node of `between` but `w`: the operand, its node, and the local derivative (of
        scalars) or the norm of what is handed to it.
    contributions : dict of Node to float
        For each node of `between`, the sum of the norms of the cotangents that meet there.
    notes : list of str
    """

    def __init__(self, root: Node, w: Node, seed: Any = None) -> None:
        self.root = root
        self.w = w
        self.order = topological((root,))
        self.between = _between(w, self.order)
        self.scalars = all(not n.shape for n in self.between)
        self.values: dict[Node, Any] = {}
        self.cotangents: dict[Node, Any] = {}
        self.edges: dict[Node, list[tuple[int, Node, float]]] = {}
        self.contributions: dict[Node, float] = {}
        self.notes: list[str] = []
        self._saved: dict[Node, Any] = {}
        self.seed = _seed(root) if seed is None else seed
        self.complete = False
        with quietly():
            self._forward()
            if self.between:
                self._backward()

    # -- forward -----------------------------------------------------------------------------

    def _forward(self) -> None:
        for node in self.order:
            try:
                value = self._value(node)
            except Exception as error:  # a user's operation may raise anything
                if not any("computed again" in note for note in self.notes):
                    self.notes.append(f"Not all values could be computed again: {error}")
                continue
            if value is not None:
                self.values[node] = value

    def _value(self, node: Node) -> Any:
        if isinstance(node, Leaf):
            return value_of(node)
        freed = is_freed(node)
        if type(node) is ScalarNode and not freed:
            return node.saved[0]
        kept = None if node.extra is None else node.extra.value
        if kept is not None and not freed:
            return kept
        operands = self.operands(node)
        if operands is None:
            return kept
        assert node.primitive is not None
        scalar = getattr(node.primitive, "scalar", None)
        if scalar is not None and type(node) is ScalarNode:
            try:
                y = scalar(*operands)
            except (ValueError, OverflowError, ZeroDivisionError):
                pass  # NumPy has an answer
            else:
                self._saved[node] = (y, *operands)
                return y
        given = [np.float64(v) if type(v) is float else v for v in operands]
        y = as_scalar(node.primitive.forward(*given, **node.params))
        saved = node.primitive.save(y, given, node.parents, node.params)
        if freed:
            self._saved[node] = saved
        return y if kept is None else kept

    def operands(self, node: Node) -> list[Any] | None:
        """The values of the operands of a node, or None if one is not to be had."""
        if type(node) is ScalarNode:
            return list(node.saved[-len(node.parents) :])
        constants = node.constants or (None,) * len(node.parents)
        found = []
        for parent, constant in zip(node.parents, constants, strict=True):
            if parent is None:
                found.append(raw(constant))
            elif parent in self.values:
                found.append(self.values[parent])
            else:
                return None
        return found

    # -- backward ----------------------------------------------------------------------------

    def saved(self, node: Node) -> Any:
        return self._saved[node] if is_freed(node) else node.saved

    def pulled(self, node: Node, g: Any, only: int | None = None) -> list[Any]:
        """What `node` hands to its operands for `g`, not yet summed to their shapes."""
        assert node.primitive is not None
        parents = tuple(
            [
                p if p in self.contributions and only in (None, i) else None
                for i, p in enumerate(node.parents)
            ]
        )
        found = node.primitive.vjp(g, self.saved(node), parents, node.params)
        return [None if p is None else c for p, c in zip(parents, found, strict=True)]

    def _backward(self) -> None:
        self.contributions = dict.fromkeys(self.between, 0.0)
        self.cotangents[self.root] = self.seed
        self.contributions[self.root] = size_of(self.seed)
        try:
            for node in reversed(self.between):
                if node is not self.w:
                    self._hand_on(node)
            self.complete = True
        except Exception as error:  # a user's rule may raise anything
            self.notes.append(f"Not all gradients could be computed again: {error}")
        for node in self.between:
            self.cotangents.setdefault(node, _zeros(node))

    def _hand_on(self, node: Node) -> None:
        g = self.cotangents.get(node)
        if g is None:
            g = self.cotangents[node] = _zeros(node)
        handed = self.pulled(node, 1.0 if self.scalars and type(g) is float else g)
        edges = self.edges[node] = []
        for i, (parent, c) in enumerate(zip(node.parents, handed, strict=True)):
            if parent is None or parent not in self.contributions:
                continue
            c = _zeros(parent) if c is None else fit(c, parent)
            if self.scalars:
                weight = float(c)
                if type(g) is float:
                    c = c * g
                elif g:
                    weight = weight / float(g)
                else:
                    weight = float(self.pulled(node, type(g)(1), i)[i])
                self.contributions[parent] += abs(float(c))
            else:
                weight = size_of(c)
                self.contributions[parent] += weight
            edges.append((i, parent, weight))
            known = self.cotangents.get(parent)
            self.cotangents[parent] = c if known is None else known + c

    @property
    def gradient(self) -> Any:
        return self.cotangents.get(self.w)


def _between(w: Node, order: Sequence[Node]) -> list[Node]:
    found = []
    reached = {w}
    for node in order:
        if node is w:
            found.append(node)
        elif any([p in reached for p in node.parents]):
            reached.add(node)
            found.append(node)
    return found if w in found[:1] else []


def _seed(root: Node) -> Any:
    seed = None if root.extra is None else root.extra.seed
    if seed is not None:
        return seed
    return as_scalar(np.ones(root.shape, root.dtype))


def _zeros(node: Node) -> Any:
    return as_scalar(np.zeros(node.shape, node.dtype))


def changes(order: Sequence[Node], values: dict[Node, Any]) -> list[tuple[Leaf, str]]:
    """The leaves whose value is no longer the one that the graph was computed from."""
    found: dict[Leaf, str] = {}
    for node in order:
        scalars = node.saved[-len(node.parents) :] if isinstance(node, ScalarNode) else None
        for i, parent in enumerate(node.parents):
            if not isinstance(parent, Leaf) or parent in found:
                continue
            now = values.get(parent)
            words = versions.changed_since(now, node.clock)
            if scalars is not None and now is not None and now != scalars[i] and now == now:
                words = "a new value"
            if words is not None:
                found[parent] = words
    return list(found.items())


def error_words(error: Exception) -> str:
    """An error in one line."""
    text = str(error) if isinstance(error, AutogradError) else f"{type(error).__name__}: {error}"
    return " ".join(text.split())
