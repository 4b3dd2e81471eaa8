"""The equation that a function runs, found by running it on named symbols.

So an optimizer, a layer or a loss prints what its code computes, and cannot print another thing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from ..errors import ArgumentError, GraphError
from ..graph import topological
from ..tensor import Tensor
from . import expression as ex
from .dialects import Latex, Text
from .expression import Expr, Symbol
from .forward import Forward
from .naming import has_modules, module_names, operation_names
from .printing import Printer
from .recorder import Recorder
from .rules import Knowledge, simplify
from .words import latex_of
from .worked import close

#: Reductions within a layer that get a letter and an equation of their own.
_LETTERS = {"mean": "μ", "std": "σ", "var": "σ²"}


class Formula:
    """Equations that a function ran; what `trace_formula` returns.

    Attributes
    ----------
    equations : list of (Symbol, Expr)
        In the order in which they are needed.
    """

    def __init__(
        self, equations: Sequence[tuple[Symbol, Expr]], columns: bool, assumed: Sequence[Any] = ()
    ) -> None:
        self.equations = list(equations)
        self.columns = columns
        self.assumed = list(assumed)

    def latex(self) -> str:
        """One formula, or several as rows of ``aligned``."""
        rows = [f"{left} &= {right}" for left, right in self._pairs(Latex())]
        if len(rows) == 1:
            return rows[0].replace("&= ", "= ", 1)
        body = " \\\\\n".join(rows)
        return f"\\begin{{aligned}}\n{body}\n\\end{{aligned}}"

    def text(self) -> str:
        """The equations in lines of text."""
        return "\n".join([f"{left} = {right}" for left, right in self._pairs(Text())])

    def _pairs(self, to: Latex | Text) -> list[tuple[str, str]]:
        printer = Printer(to, self.columns)
        return [
            (to.symbol(s), printer.formula(e, s.rows, False, len(s.shape) < 2))
            for s, e in self.equations
        ]

    def __repr__(self) -> str:
        return self.text()

    def _repr_latex_(self) -> str:
        return f"$\\displaystyle {self.latex()}$"


class _Naming(Recorder):
    """A recorder that names the mean and the deviation that a layer computes."""

    def __init__(self, rows: bool) -> None:
        super().__init__()
        self.rows = rows
        self.found: list[tuple[Symbol, Expr]] = []
        self.unknown: Callable[[Any], Expr | None] = lambda array: None
        self.statistics = False
        self.born: dict[Expr, Symbol] = {}

    def apply(self, primitive: Any, args: tuple[Any, ...], params: dict[str, Any]) -> Tensor:
        out = super().apply(primitive, args, params)
        result = self.born.get(self.tree(out))
        if result is not None:
            return self.tensor(out._value, result)
        letter = _LETTERS.get(primitive.name)
        if self.statistics and letter and out.ndim and np.ndim(args[0]) > 1:
            tree = self.tree(out)
            known = next((s for s, e in self.found if e == tree), None)
            if known is None:
                squared = letter == "μ" and any(s.text == "μ" for s, _ in self.found)
                turned = self.rows and out.ndim == 2
                known = Symbol(*_lettered("σ²" if squared else letter), out._value, rows=turned)
                known.definition = tree
                self.found.append((known, tree))
            return self.tensor(out._value, known)
        return out

    def tree(self, arg: Any) -> Expr:
        found = super().tree(arg)
        if isinstance(found, ex.Array):
            return self.unknown(found.value) or found
        return found


def _lettered(letter: str) -> tuple[str, str]:
    return latex_of("(σ)²" if letter == "σ²" else letter), letter


def trace_formula(
    function: Callable[..., Any],
    arguments: Mapping[str, Any],
    results: Sequence[str],
    *,
    names: Mapping[str, str] | None = None,
    constants: Mapping[str, Any] | None = None,
    rows: Sequence[str] = (),
    statistics: bool = False,
    made: str | None = None,
) -> Formula:
    """The equations that a function runs, with its arguments as symbols.

    Parameters
    ----------
    function : callable
        Called as ``function(**arguments)`` with tensors in the place of numbers and arrays; it
        returns a tensor, or a tuple of them. Of its branches, those are seen that it takes.
    arguments : mapping of str to array_like
        Sample values.
    results : sequence of str
        The names of what it returns. Where one is computed from another, it is written by its
        name, so those that others need come first.
    names : mapping of str to str, optional
        How arguments are written, where it is not as they are called: ``{"lr": "η"}``.
    constants : mapping of str to array_like, optional
        Arrays that the function finds by itself, such as weights, by their names.
    rows : sequence of str
        Names of matrices that hold a batch in rows; they are written in the chapter's columns.
    statistics : bool
        Whether means and deviations over a batch get the letters μ and σ.
    made : str, optional
        The name of an array that the function makes by itself, such as the mask of a dropout.

    Returns
    -------
    Formula
        With ``latex()`` and ``text()``.

    Raises
    ------
    ArgumentError
        If the function does not return as many tensors as there are names of results.

    Examples
    --------
    >>> from autograd_core import trace_formula
    >>> step = lambda w, g, lr: w - lr * g
    >>> trace_formula(step, {"w": 1.0, "g": 2.0, "lr": 0.1}, ["W"], names={"lr": "η"})
    W = w - η g
    """
    recorder = _Naming(bool(rows))
    recorder.statistics = statistics
    known = Knowledge()
    names = names or {}
    for name, value in (constants or {}).items():
        array = value._value if isinstance(value, Tensor) else value
        if name != "Y":
            symbol = Symbol(latex_of(name), name, array, rows=_turned(name, array, rows))
            recorder.constants[id(array)] = symbol
    _label(recorder, known, (constants or {}).get("Y"), rows, made)
    tensors = {}
    for key, value in arguments.items():
        if isinstance(value, (bool, str, tuple, type(None))) and not _numeric(value):
            tensors[key] = value
        else:
            tensors[key] = _symbolic(recorder, key, value, names, rows)
    equations: list[tuple[Symbol, Any]] = []
    for i, name in enumerate(results):  # each run writes the results before by their names
        outputs = _run(recorder, function, tensors, len(results))
        tree, value = recorder.tree(outputs[i]), outputs[i]._value
        symbol = Symbol(latex_of(name), name, value, rows=_turned(name, value, rows))
        if isinstance(tree, ex.Call):
            recorder.born[tree] = symbol
        short = simplify(tree, known)
        symbol.definition = short if _equal(short, value) else tree
        equations.append((symbol, symbol.definition))
    letters: list[tuple[Symbol, Any]] = []
    for symbol, tree in recorder.found:
        symbol.definition = simplify(tree, known)
        letters.append((symbol, symbol.definition))
    equations = letters + equations
    used = _needed(equations, results)
    return Formula([(s, e) for s, e in equations if s in used and e], bool(rows), known.assumed)


def _run(recorder: _Naming, function: Callable[..., Any], tensors: Any, count: int) -> Any:
    with recorder.recording(), np.errstate(all="ignore"):
        outputs = function(**tensors)
    outputs = outputs if isinstance(outputs, tuple) else (outputs,)
    if len(outputs) != count or not all(isinstance(y, Tensor) for y in outputs):
        raise ArgumentError(
            f"trace_formula: the function returned {len(outputs)} values, and results names "
            f"{count} tensors"
        )
    return outputs


def _numeric(value: Any) -> bool:
    return (
        isinstance(value, tuple)
        and bool(value)
        and all(type(v) in (int, float) or isinstance(v, Tensor) for v in value)
    )


def _symbolic(
    recorder: Recorder, key: str, value: Any, names: Mapping[str, str], rows: Sequence[str]
) -> Any:
    if isinstance(value, tuple):
        return tuple(
            [_symbolic(recorder, f"{key}[{i}]", v, names, rows) for i, v in enumerate(value)]
        )
    name = names.get(key, key)
    array = value._value if isinstance(value, Tensor) else value
    array = float(array) if np.ndim(array) == 0 else np.asarray(array)
    symbol = Symbol(latex_of(name), name, array, rows=_turned(name, array, rows))
    return recorder.tensor(array, symbol)


def _turned(name: str, value: Any, rows: Sequence[str]) -> bool:
    return name in rows and np.ndim(value) == 2


def _label(
    recorder: _Naming, known: Knowledge, labels: Any, rows: Sequence[str], other: str | None
) -> None:
    """What a loss makes of its labels: Y, one-hot rows of it, or 1 − 2Y."""
    made: dict[str, Symbol] = {}

    def named(array: Any) -> Symbol:
        if "Y" not in made:
            symbol = made["Y"] = Symbol("Y", "Y", np.asarray(array), kind="constant")
            symbol.rows = _turned("Y", array, rows)
        return made["Y"]

    def unknown(array: Any) -> Expr | None:
        if other is not None and np.ndim(array):
            if other not in made:
                symbol = made[other] = Symbol(latex_of(other), other, array, kind="constant")
                symbol.rows = _turned(other, array, rows)
            return made[other]
        if labels is None or np.shape(array) != np.shape(labels):
            return None
        given = np.asarray(labels, float)
        if np.array_equal(array, given):
            return named(given)
        if np.array_equal(array, 1 - 2 * given):
            return ex.add([ex.ONE, ex.scale(-2, named(given))])
        return None

    recorder.unknown = unknown
    known.label = named


def _equal(tree: Expr, value: Any) -> bool:
    try:
        found = ex.evaluate(tree)
        return close(np.reshape(np.broadcast_to(found, np.shape(value)), np.shape(value)), value)
    except ValueError:
        return False


def _needed(equations: Sequence[tuple[Symbol, Any]], results: Sequence[str]) -> set[Symbol]:
    """Results, and the letters in them."""
    used = {s for s, _ in equations if s.text in results}
    for symbol, tree in reversed(equations):
        if symbol in used and tree is not None:
            used |= {t for t in ex.walk(tree) if isinstance(t, Symbol)}
    return used


def equations_of(y: Tensor, layout: str = "chapter") -> Formula:
    """What a recorded graph computed, an equation for each value that modules took and gave.

    Parameters
    ----------
    y : Tensor
        On the graph.
    layout : {"chapter", "rows"}
        See `derive`.

    Returns
    -------
    Formula

    Examples
    --------
    >>> import nn
    >>> from autograd_core import equations_of
    >>> net = nn.Sequential(nn.Linear(2, 3, rng=0), nn.Tanh())
    >>> equations_of(net([[1.0, 2.0]]))
    Z¹ = W¹ᵀ A⁰ + W₀¹
    A¹ = tanh(Z¹)
    """
    if not isinstance(y, Tensor) or y.node is None:
        raise GraphError("equations_of: it takes a tensor that was computed on the graph")
    order = topological((y.node,))
    modules = has_modules(order)
    names = module_names(y, order) if modules else operation_names(order)
    names.nodes.setdefault(y.node, y.name or "y")
    if layout == "rows":
        names.rows = False
    work = Forward(y, y.node, np.ones(y.shape), names, "y", not modules)
    with np.errstate(all="ignore"):
        work.run()
    return Formula([(e.symbol, e.forms[-1]) for e in work.done.forward], layout == "chapter")
