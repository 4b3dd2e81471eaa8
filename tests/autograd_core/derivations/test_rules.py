"""The algebra: every rewrite keeps the value, in numbers and, for scalars, in SymPy."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest

import autograd_core as ag
from autograd_core.derivations import expression as ex
from autograd_core.derivations import rules, rules_general, rules_labels, rules_masks
from autograd_core.derivations.expression import Call, Expr, Number, Symbol
from autograd_core.derivations.recorder import Recorder
from autograd_core.derivations.rules import Knowledge, expand, simplest, simplify
from autograd_core.primitive import PRIMITIVES
from autograd_core.tracing import cell, depends, doing

RNG = np.random.default_rng(11)


def symbol(name: str, *shape: int, value: Any = None, kind: str = "value") -> Symbol:
    given = RNG.uniform(0.3, 2.0, shape) if value is None else value
    return Symbol(name, name, given, kind=kind)


def call(name: str, *args: Expr, **params: Any) -> Call:
    shape = ex.together(args)
    return Call(name, args, shape, params, PRIMITIVES.get(name))


def same(a: Expr, b: Expr) -> None:
    """Equal values, up to axes of size 1 in front."""
    x, y = np.asarray(ex.evaluate(a)), np.asarray(ex.evaluate(b))
    if x.size == y.size:
        y = y.reshape(x.shape)
    elif x.size < y.size:
        x = np.broadcast_to(x, y.shape)
    np.testing.assert_allclose(x, y, rtol=1e-9)


A, B, C = symbol("A", 4, 3), symbol("B", 4, 3), symbol("C", 3)
S = symbol("s")
HOT = symbol("Y", value=np.eye(3)[[0, 2, 1, 0]], kind="constant")
MASK = symbol("M", value=(RNG.random((4, 3)) > 0.5) * 1.0, kind="constant")
SIGNS = ex.add([ex.ONE, ex.scale(-2, HOT)])
MINUS_MASK = ex.add([ex.ONE, ex.scale(-1, MASK)])


def choice(a: Expr, b: Expr) -> Expr:
    return ex.add([ex.mul([MASK, a]), ex.mul([MINUS_MASK, b])])


def mean(e: Expr) -> Symbol:
    tree = ex.scale(Fraction(1, 4), ex.total(e, (-2,), False))
    named = symbol("μ", value=np.asarray(ex.evaluate(tree)))
    named.definition = tree
    return named


CENTERED = ex.add([A, ex.scale(-1, mean(A))])
RAISED = call("exp", A)
CASES: list[tuple[Any, Expr]] = [
    (rules_general.common_factors, ex.add([ex.mul([A, B]), ex.mul([A, C])])),
    (rules_general.common_factors, ex.add([ex.power(A, -1), ex.mul([B, ex.power(A, -2)])])),
    (rules_general.common_factors,
     ex.add([ex.scale(Fraction(1, 4), A), ex.scale(Fraction(-1, 4), B)])),
    (rules_general.exp_of_log, call("exp", call("log_softmax", A, axis=-1))),
    (rules_general.exp_of_log, call("exp", call("log", A))),
    (rules_general.of_relu, call("not_equal", call("relu", CENTERED), ex.ZERO)),
    (rules_general.of_relu, call("equal", call("relu", CENTERED), ex.ZERO)),
    (rules_general.guarded, call("where", call("equal", A, ex.ZERO), Number(np.inf), A)),
    (rules_masks.masked, call("where", MASK, A, B)),
    (rules_general.nested, call("where", call("greater", A, ex.ONE), A,
                        ex.mul([B, call("where", call("greater", A, ex.ONE), ex.ZERO, C)]))),
    (rules_masks.of_a_choice, ex.power(choice(A, B), -1)),
    (rules_masks.of_a_choice, call("log", choice(A, B))),
    (rules_masks.two_choices, ex.mul([choice(A, B), choice(C, S)])),
    (rules_masks.two_choices, ex.mul([choice(A, B), ex.add([ex.scale(-2, MASK), ex.ONE])])),
    (rules_masks.two_choices, ex.mul([choice(A, B), MASK])),
    (rules_masks.of_a_mask, ex.power(MASK, 2)),
    (rules_masks.opposite_masks, ex.mul([MASK, MINUS_MASK, A])),
    (rules_general.of_centered, ex.total(ex.add([B, ex.mul([S, CENTERED])]), (-2,), False)),
    (rules_labels.of_labels, ex.total(HOT, (-1,), True)),
    (rules_labels.log_of_picked, call("log", ex.total(ex.mul([HOT, A]), (-1,), False))),
    (rules_general.softmax_written_out,
     ex.mul([RAISED, B, ex.power(ex.total(RAISED, (-1,), True), -1)])),
    (rules_general.softplus, call("logaddexp", A, ex.ZERO)),
    (rules_labels.of_signs, ex.mul([SIGNS, B, call("sigmoid", ex.mul([SIGNS, A]))])),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "tree"), CASES, ids=lambda c: getattr(c, "__name__", ""))
def test_each_rule(rule: Any, tree: Expr) -> None:
    """It applies to what it is for, and what comes out has the same value."""
    assert isinstance(tree, Call)
    found = rule(tree, Knowledge())
    assert found is not None
    assert found != tree
    with np.errstate(all="ignore"):
        same(found, tree)


def test_every_rule_has_a_case() -> None:
    """The table above names all rules, but those that need names; they are below."""
    registered = {rule.__name__ for found in rules.RULES.values() for rule in found}
    tested = {rule.__name__ for rule, _ in CASES}
    assert registered == tested | {"named_product", "picked", "put_back"}


def test_named_values() -> None:
    """A subtree, or factors, that have a name are written by it."""
    known = Knowledge()
    tree = ex.mul([A, ex.power(B, -1)])
    ratio = symbol("R", value=ex.evaluate(tree))
    known.define(ratio, tree)
    found = simplify(ex.mul([A, C, ex.power(B, -1)]), known)
    assert set(found.args) == {ratio, C}  # type: ignore[attr-defined]
    same(found, ex.mul([A, C, ex.power(B, -1)]))


def test_labels_pick() -> None:
    """What an index picks from each row is Σ Y A, and is put back by Y."""
    known = Knowledge()
    known.label = lambda hot: symbol("Y", value=hot, kind="constant")
    index = (np.arange(4), np.array([0, 2, 1, 0]))
    picked = Call("getitem", (A,), (4,), {"index": index}, PRIMITIVES["getitem"])
    same(simplify(picked, known), picked)
    inverse = ex.scale(-2, ex.power(picked, -1))
    back = Call("scatter", (inverse,), (4, 3), {"index": index, "shape": (4, 3)},
                PRIMITIVES["scatter"])  # fmt: skip
    found = simplify(back, known)
    same(found, back)
    assert "scatter" not in repr(found)


def test_assumptions_are_said() -> None:
    """That labels sum to 1 is used and written down."""
    known = Knowledge()
    simplify(ex.total(HOT, (-1,), True), known)
    assert known.assumed == [(r"\sum_k Y_{k} = 1", "Σₖ Yₖ = 1")]


def random_tree(depth: int) -> Expr:
    """A tree of 4 × 3 matrices, or what broadcasts to them."""
    kind = RNG.integers(8) if depth else 7
    parts = [random_tree(depth - 1) for _ in range(2)] if kind < 4 else []
    if kind < 2:
        return ex.add([parts[0], ex.scale(int(RNG.integers(-3, 4)), parts[1])])
    if kind < 4:
        return ex.mul(parts)
    if kind == 4:
        inner = ex.fitted_exactly(random_tree(depth - 1), (4, 3))
        return ex.total(inner, [(-2,), (-1,), (-1, -2)][RNG.integers(3)], True)
    if kind == 5:
        positive = ex.add([ex.power(random_tree(depth - 1), 2), ex.ONE])
        return ex.power(positive, [-1, -2, Fraction(1, 2), Fraction(-1, 2)][RNG.integers(4)])
    if kind == 6:
        return call("tanh", random_tree(depth - 1))
    return [A, B, C, S, MASK, Number(2)][RNG.integers(6)]


@pytest.mark.parametrize("seed", range(60))
def test_random_trees(seed: int) -> None:
    """Simplified, multiplied out, or the shorter of both: the value stays."""
    global RNG
    RNG = np.random.default_rng(seed)
    tree = random_tree(4)
    known = Knowledge()
    same(simplify(tree, known), tree)
    same(expand(tree, known), tree)
    same(simplest(tree, known), tree)


def as_sympy(e: Expr, sympy: Any) -> Any:
    """A tree of scalars as SymPy's expression."""
    if isinstance(e, Symbol):
        return sympy.Symbol(e.text, positive=True)
    if isinstance(e, Number):
        v = e.value
        return sympy.Rational(v.numerator, v.denominator) if isinstance(v, Fraction) else v
    assert isinstance(e, Call)
    args = [as_sympy(a, sympy) for a in e.args]
    heads = {"add": sympy.Add, "mul": sympy.Mul, "pow": sympy.Pow}
    return heads[e.head](*args) if e.head in heads else getattr(sympy, e.head)(*args)


@pytest.mark.parametrize("seed", range(25))
def test_with_sympy(seed: int) -> None:
    """For scalars SymPy finds the rewritten tree equal to the first."""
    sympy = pytest.importorskip("sympy")
    rng = np.random.default_rng(seed)
    leaves = [symbol(n) for n in "abc"]

    def tree(depth: int) -> Expr:
        kind = rng.integers(4) if depth else 4
        if kind == 0:
            return ex.add([tree(depth - 1), ex.scale(int(rng.integers(-2, 3)), tree(depth - 1))])
        if kind == 1:
            return ex.mul([tree(depth - 1), tree(depth - 1)])
        if kind == 2:
            return ex.power(ex.add([tree(depth - 1), ex.ONE]), int(rng.integers(-2, 3)))
        if kind == 3:
            return call("exp", call("log", tree(depth - 1)))
        return leaves[rng.integers(3)]

    first = tree(3)
    for found in (simplify(first, Knowledge()), expand(first, Knowledge())):
        assert sympy.simplify(as_sympy(found, sympy) - as_sympy(first, sympy)) == 0


def test_transposes_cancel() -> None:
    """(A Bᵀ)ᵀ = B Aᵀ, and two transposes are none."""
    product = ex.transpose(ex.matmul([A, ex.transpose(B)]))
    assert repr(product) == "matmul(B, transpose(A))"
    assert ex.transpose(ex.transpose(A)) is A
    np.testing.assert_allclose(ex.evaluate(product), B.value @ A.value.T)


def test_sums_of_ones() -> None:
    """The sum of what does not depend on an axis is a number of times it."""
    wide = ex.fitted_exactly(C, (4, 3))
    assert repr(ex.total(wide, (-2,), False)) == "mul(4, C)"
    assert repr(ex.total(ex.mul([A, C]), (-2,), False)) == "mul(C, sum(A))"


def test_a_recorder_writes_no_program() -> None:
    """What asks the trace of a program for something gets what it gets without one."""
    recorder, array = Recorder(), np.zeros(2)
    with recorder.recording():
        assert not ag.is_tracing()
        assert cell(array, "state") is array
        depends(array, np.shape)
        with doing("an update"):
            assert ag.as_one(np.sum, array) == 0
        w = ag.Tensor([1.0, 2.0])
        w.assign([3.0, 4.0])
        w[0] = 5.0
        assert recorder.tree(w * 2.0).shape == (2,)
        assert w.tolist() == [5.0, 4.0]
