"""The parts of a derivation: the chain, the forward pass, the backward pass, the assumptions."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np

from ..graph import Shape
from . import expression as ex
from .declared import declared_tree
from .dialects import Latex, Text
from .expression import Expr, Number, Symbol
from .numerals import summary, written
from .printing import Printer
from .words import escaped, latex_of, substituted
from .worked import Equation, Reason, Worked

_SIMPLE = re.compile(r"\w[₀-₉]*")

#: A list of more equations than this is shown by its ends.
LONG = 24
#: Factors of a chain that are written.
CHAIN = 12


@dataclass(slots=True)
class Written:
    """An equation as it is printed."""

    left: str
    rights: list[str]
    shape: Shape
    value: Any
    numbers: str | None = None
    words: str | None = None
    because: list[str] = field(default_factory=list)

    def rows(self) -> list[str]:
        """Rows of an ``aligned``."""
        if not self.rights:
            return [rf"{self.left} &\quad \text{{{escaped(self.words or '', 200)}}}"]
        rows = [f"{self.left} &= {self.rights[0]}"]
        rows += [f"&= {right}" for right in self.rights[1:]]
        if self.numbers is not None:
            rows.append(f"&= {self.numbers}")
        if self.words is not None:
            rows.append(rf"&\quad \text{{{escaped(self.words, 200)}}}")
        return rows + [rf"&\quad {reason}" for reason in self.because]

    def lines(self) -> list[str]:
        """Lines of text."""
        if not self.rights:
            return [f"{self.left}   {self.words}"]
        indent = " " * len(self.left)
        lines = [f"{self.left} = {self.rights[0]}"]
        lines += [f"{indent} = {right}" for right in self.rights[1:]]
        if self.numbers is not None:
            lines.append(f"{indent} = {self.numbers}")
        if self.words is not None:
            lines.append(f"{indent}   {self.words}")
        return lines + [f"{indent}   {reason}" for reason in self.because]


@dataclass(slots=True)
class Section:
    title: str
    kind: str
    equations: list[Written] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def sections_of(
    worked: Worked, top: str, layout: str, to: Latex | Text, numbers: bool, full: bool
) -> list[Section]:
    """A derivation, ready to be put on a page."""
    write = _Writing(to, layout == "chapter", numbers)
    used = _used(worked)
    forward = [e for e in worked.forward if e.symbol in used]
    forward.sort(key=lambda e: e.node is not None and e.node is worked.root)
    parts = [Section("The chain", "chain"), Section("Forward", "forward")]
    chain = _chain(worked, top, to)
    if chain is not None:
        parts[0].equations = [chain]
    elif not worked.backward:
        parts[0].notes.append(_said(f"There is no path: {top} does not depend on it.", to))
    if worked.paths > 1:
        words = f"one of {worked.paths:,} paths; where paths meet, their gradients are added"
        parts[0].notes.append(_said(words, to))
    shown = [write.value(s) for s in _in_order(worked) if s in used] if numbers else []
    given = Section("Given", "given", [w for w in shown if w is not None])
    if given.equations:
        parts.insert(1, given)
    _fill(parts[-1], [write.equation(e, False) for e in forward], to, full)
    back = Section("Backward", "backward")
    _fill(back, [write.equation(e, True) for e in worked.backward], to, full)
    ends = Section("With", "notes")
    for latex, text in worked.known.assumed:
        ends.notes.append(latex if isinstance(to, Latex) else text)
    ends.notes += [_said(note, to) for note in worked.notes]
    return [*parts, back] + ([ends] if ends.notes else [])


def _in_order(worked: Worked) -> list[Symbol]:
    """What is given, in the order in which the forward pass uses it."""
    place: dict[Symbol, int] = {}
    for equation in worked.forward:
        for t in ex.walk(equation.forms[0]):
            if isinstance(t, Symbol):
                place.setdefault(t, len(place))
    return sorted(worked.constants, key=lambda s: place.get(s, len(place)))


def _said(words: str, to: Latex | Text) -> str:
    return rf"\text{{{escaped(words, 300)}}}" if isinstance(to, Latex) else words


def _fill(section: Section, equations: list[Written], to: Latex | Text, full: bool) -> None:
    """All equations, or the first and the last of many."""
    if full or len(equations) <= LONG:
        section.equations = equations
        return
    half = LONG // 2
    left_out = len(equations) - 2 * half
    dots = r"\vdots" if isinstance(to, Latex) else "⋮"
    words = _said(f"{left_out:,} equations are left out here; full=True shows them", to)
    middle = Written(dots, [words], (), None)
    section.equations = [*equations[:half], middle, *equations[-half:]]


def _used(worked: Worked) -> set[Symbol]:
    """The symbols in the backward equations, and those that they are defined by."""
    used: set[Symbol] = set()
    stack = [tree for e in worked.backward for tree in e.forms]
    for e in worked.forward:
        if e.node is not None and e.node is worked.root:
            used.add(e.symbol)
            stack += e.forms
    while stack:
        for t in ex.walk(stack.pop()):
            if isinstance(t, Symbol) and t not in used:
                used.add(t)
                if t.definition is not None and t.kind == "value":
                    stack.append(t.definition)
    return used


def _chain(worked: Worked, top: str, to: Latex | Text) -> Written | None:
    """∂loss/∂W = ∂loss/∂A · ∂A/∂Z · …, along one path, as the chapter's 8.2 is written."""
    path = worked.path
    if not path or len(path) < 2:
        return None
    names = [latex_of(top) if isinstance(to, Latex) else top, *[to.symbol(s) for s in path]]
    pairs = list(pairwise(names))
    factors = [_ratio(a, b, to) for a, b in pairs]
    if len(factors) > CHAIN:
        factors = [*factors[: CHAIN // 2], to.dots, *factors[-CHAIN // 2 :]]
    dot = r" \cdot " if isinstance(to, Latex) else " · "
    return Written(_ratio(names[0], names[-1], to), [dot.join(factors)], (), None)


def _ratio(a: str, b: str, to: Latex | Text) -> str:
    if isinstance(to, Latex):
        return rf"\frac{{\partial {a}}}{{\partial {b}}}"
    return f"∂{a}/∂{b}"


class _Writing:
    """Writes equations in one dialect."""

    def __init__(self, to: Latex | Text, columns: bool, numbers: bool) -> None:
        self.to = to
        self.columns = columns
        self.numbers = numbers
        self.printer = Printer(to, columns)

    def equation(self, e: Equation, braced: bool) -> Written:
        symbol = e.symbol
        printer = self.printer
        left = self.to.symbol(symbol)
        shape = printer.shape(symbol.shape, symbol.rows)
        if braced and symbol.shape:
            left = printer.sized(symbol, symbol.rows, left)
        rights = [
            printer.formula(form, symbol.rows, braced, len(symbol.shape) < 2) for form in e.forms
        ]
        done = Written(left, rights, shape, self._oriented(symbol))
        if self.numbers:
            self._add_numbers(done, symbol)
        done.because = [self._reason(reason) for reason in e.because] if braced else []
        return done

    def value(self, symbol: Symbol) -> Written | None:
        """A constant with its value."""
        shape = self.printer.shape(symbol.shape, symbol.rows)
        numbers = written(symbol.value, symbol.rows, self.columns, self.to)
        done = Written(self.to.symbol(symbol), [numbers or ""], shape, symbol.value)
        if numbers is None:
            done.rights = []
            done.words = summary(shape, symbol.value, self.to)
        return done

    def _reason(self, reason: Reason) -> str:
        shown = {c: self._letter(e) for c, e in reason.letters.items()}
        tree = declared_tree(reason.formula, reason.letters)
        if tree is None:
            formula = substituted(reason.formula, shown, isinstance(self.to, Latex))
        else:
            turned = isinstance(reason.y, Symbol) and reason.y.rows
            formula = self.printer.formula(tree, turned, low=len(tree.shape) < 2)
        y, x = self._letter(reason.y, False), self._letter(reason.x, False)
        said = r"\text{with }" if isinstance(self.to, Latex) else "with"
        return f"{said} {_ratio(y, x, self.to)} = {formula}"

    def _letter(self, e: Expr, alone: bool = True) -> str:
        turned = isinstance(e, Symbol) and e.rows
        shown = self.printer.formula(e, turned)
        plain = (isinstance(e, Symbol) and "^" not in shown) or isinstance(e, Number)
        return shown if plain or not alone else self.to.group(shown)

    def _oriented(self, symbol: Symbol) -> Any:
        value = np.asarray(symbol.value)
        return value.T if symbol.rows and value.ndim == 2 else value

    def _add_numbers(self, done: Written, symbol: Symbol) -> None:
        done.numbers = written(symbol.value, symbol.rows, self.columns, self.to)
        if done.numbers is None:
            done.words = summary(done.shape, symbol.value, self.to)
