"""What rules may use, and how they are applied until none changes a tree.

What is equal only under an assumption, such as one-hot rows that sum to 1, writes the assumption
down. No rule is trusted: the value of every equation that is printed is compared with the
engine's (`steps`), and one that is not equal is printed as the engine computed it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from . import expression as ex
from .expression import Call, Expr, Symbol


class Knowledge:
    """What the rules may use: names for subtrees, labels, and the assumptions that were made.

    Attributes
    ----------
    named : dict of Expr to Symbol
        Definitions of named values.
    products : list of (Call, Symbol)
        Those that are products.
    folding : bool
        Whether what has a name is to be written by it; not where every operation has one.
    assumed : list of (str, str)
        What was assumed, in LaTeX and as text.
    label : callable
        Gives one-hot rows a name.
    activation : callable
        Gives the softmax inside of a loss a name.
    """

    def __init__(self) -> None:
        self.named: dict[Expr, Symbol] = {}
        self.products: list[tuple[Call, Symbol]] = []
        self.folding = True
        self.assumed: list[tuple[str, str]] = []
        self._labels: dict[Any, Symbol] = {}
        self.label: Callable[[Any], Symbol] | None = None
        self.activation: Callable[[Call], Expr] | None = None

    def define(self, symbol: Symbol, tree: Expr) -> None:
        symbol.definition = tree
        if isinstance(tree, Call) and self.folding:
            self.named.setdefault(tree, symbol)
            if tree.head == "mul":
                self.products.append((tree, symbol))

    def labels(self, index: Any, shape: Any) -> Symbol | None:
        """The one-hot rows of an index that picks one element of each row; else None."""
        if self.label is None or not shape or not isinstance(index, tuple):
            return None
        key = ex.frozen(index), tuple(shape)
        if key not in self._labels:
            hot = np.zeros(shape)
            try:
                hot[index] = 1.0
            except (IndexError, ValueError):
                return None
            advanced = all(not isinstance(part, (slice, type(None))) for part in index)
            if len(index) != len(shape) or not advanced or not (hot.sum(axis=-1) == 1).all():
                return None
            self._labels[key] = self.label(hot)
        return self._labels[key]

    def assume(self, latex: str, text: str) -> None:
        if (latex, text) not in self.assumed:
            self.assumed.append((latex, text))


def simplify(e: Expr, known: Knowledge) -> Expr:
    """`e` by all rules, until none changes it."""
    for _ in range(8):
        before = e.key
        e = ex.mapped(e, lambda tree: _once(tree, known))
        if e.key == before:
            break
    return e


def _once(e: Expr, known: Knowledge) -> Expr:
    if not isinstance(e, Call):
        return e
    if e in known.named:
        return known.named[e]
    for rule in RULES.get(e.head, ()):
        found = rule(e, known)
        if found is not None:
            return found
    return e


Rule = Callable[[Call, Knowledge], "Expr | None"]


RULES: dict[str, list[Rule]] = {}


def rule(*heads: str) -> Callable[[Rule], Rule]:
    """Register a rule for calls with these heads."""

    def register(function: Rule) -> Rule:
        for head in heads:
            RULES.setdefault(head, []).append(function)
        return function

    return register
