"""Declared local derivatives, such as ``b a^{b - 1}``, as expression trees.

So what stands for a letter is simplified and set in parentheses as in any other formula. What is
no arithmetic, such as ``[a \\in [b, c]]``, has no tree.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from ..primitive import PRIMITIVES
from . import expression as ex
from .expression import Call, Expr, Number

_TOKEN = re.compile(r"\\operatorname\{\w+\}|\\[a-z]+|\d+|[abcexy]|[-+^(){}]|\S")
_FUNCTIONS = {r"\sin": "sin", r"\cos": "cos", r"\sinh": "sinh", r"\cosh": "cosh", r"\ln": "log",
              r"\sigma": "sigmoid", r"\operatorname{sign}": "sign"}  # fmt: skip


class _Unreadable(Exception):
    """What is not arithmetic."""


def declared_tree(formula: str, letters: Mapping[str, Expr]) -> Expr | None:
    """The tree of a declared formula with trees for its letters; None where it has none.

    Examples
    --------
    >>> x = ex.Symbol("w", "w", 3.0)
    >>> declared_tree("b a^{b - 1}", {"a": x, "b": Number(2)})
    mul(2, w)
    >>> declared_tree("[x > 0]", {"x": x}) is None
    True
    """
    reader = _Reader(_TOKEN.findall(formula), letters)
    try:
        tree = reader.sum()
    except (_Unreadable, ValueError, ZeroDivisionError, OverflowError):
        return None
    return tree if reader.next == "" else None


class _Reader:
    """By recursive descent: sums, products, powers, atoms."""

    def __init__(self, tokens: list[str], letters: Mapping[str, Expr]) -> None:
        self.tokens = tokens[::-1]
        self.letters = letters

    @property
    def next(self) -> str:
        return self.tokens[-1] if self.tokens else ""

    def sum(self) -> Expr:
        terms: list[Expr] = []
        while not terms or self.next in ("+", "-"):
            sign = self.tokens.pop() if self.next in ("+", "-") else "+"
            terms.append(ex.scale(-1 if sign == "-" else 1, self.product()))
        return ex.add(terms)

    def product(self) -> Expr:
        factors = [self.power()]
        while self.next not in ("", "+", "-", ")", "}"):
            factors.append(self.power())
        return ex.mul(factors)

    def power(self) -> Expr:
        raised = self.next == "e"
        base = ex.ONE if raised else self.atom()
        if raised:
            self.tokens.pop()
        if self.next != "^":
            if raised:
                raise _Unreadable
            return base
        self.tokens.pop()
        exponent = self.atom()
        if raised:
            return _call("exp", exponent)
        if isinstance(exponent, Number):
            return ex.power(base, exponent.value)
        return _call("power", base, exponent)

    def atom(self) -> Expr:
        token = self.tokens.pop() if self.tokens else ""
        if token in ("(", "{"):
            tree = self.sum()
            self.expect({"(": ")", "{": "}"}[token])
            return tree
        if token == r"\frac":
            return ex.mul([self.atom(), ex.power(self.atom(), -1)])
        if token == r"\sqrt":
            return ex.power(self.atom(), 0.5)
        if token in _FUNCTIONS:
            return _call(_FUNCTIONS[token], self.atom())
        if token in self.letters:
            return self.letters[token]
        if token.isdigit():
            return Number(int(token))
        raise _Unreadable

    def expect(self, token: str) -> None:
        if not self.tokens or self.tokens.pop() != token:
            raise _Unreadable


def _call(name: str, *args: Expr) -> Expr:
    return Call(name, args, ex.together(args), {}, PRIMITIVES[name])
