"""NaN and infinity: each row of the table of cures names its case, and its rewrite cures it."""

from __future__ import annotations

import mpmath as mp
import numpy as np
import pytest

import autograd_core as ag
import nn
from autograd_core import Tensor
from autograd_core.explanations.cures import CURES

ROWS = [cure for cure in CURES if cure.bad]
NAMES = [cure.name for cure in ROWS]

#: What the code means, in arbitrary precision: a function of all x for each element.
EXACT = {
    "log of softmax": lambda x, i: x[i] - mp.log(sum(mp.exp(v) for v in x)),
    "log of sigmoid": lambda x, i: -mp.log(1 + mp.exp(-x[i])),
    "log of 1 - sigmoid": lambda x, i: -mp.log(1 + mp.exp(x[i])),
    "log of a sum of exponentials": lambda x, i: mp.log(sum(mp.exp(v) for v in x)),
    "x log x": lambda x, i: x[i] * mp.log(x[i]) if x[i] else mp.mpf(0),
    "the branch not taken": lambda x, i: mp.log(x[i]) if x[i] > 0 else mp.mpf(0),
    "softplus": lambda x, i: mp.log(1 + mp.exp(x[i])),
    "logsumexp": lambda x, i: mp.log(sum(mp.exp(v) for v in x)),
    "softmax": lambda x, i: mp.exp(x[i]) / sum(mp.exp(v) for v in x),
    "tanh": lambda x, i: mp.tanh(x[i]),
    "sigmoid": lambda x, i: 1 / (1 + mp.exp(-x[i])),
    "norm at 0": lambda x, i: mp.sqrt(sum(v * v for v in x)),
    "root of a variance": lambda x, i: mp.sqrt(sum((v - sum(x) / 2) ** 2 for v in x) / 2),
}


def run(code: str, x: Tensor):
    with np.errstate(all="ignore"):
        return eval(code, {"ag": ag, "np": np, "x": x})


def failure(why: ag.Explanation):
    """The finding that names where the number was made."""
    return next(r for r in why.reasons if r.kind == "not finite" and "cure" in (r.data or {}))


@pytest.mark.parametrize("cure", ROWS, ids=NAMES)
def test_the_bad_code_gives_what_is_said(cure) -> None:
    """The row is found for its example, with operation, positions and the rewrite."""
    why = ag.explain(lambda x: run(cure.bad, x).sum(), Tensor(cure.at, requires_grad=True))
    found = failure(why)
    assert why.verdict == "not finite"
    assert found.data["cure"] == cure.name
    assert found.rewrite == cure.rewrite
    assert cure.says in found.text
    assert found.line == "<string>:1"
    assert found.count
    assert found.count <= found.total


@pytest.mark.parametrize("cure", ROWS, ids=NAMES)
def test_the_rewrite_is_finite_where_the_bad_code_is_not(cure) -> None:
    """Value and gradient of the rewrite are finite at the same x."""
    x = Tensor(cure.at, requires_grad=True)
    y = run(cure.good, x)
    y.sum().backward()
    assert np.isfinite(y.data).all()
    assert np.isfinite(x.grad.data).all()
    assert ag.explain(y.sum(), x).verdict != "not finite"


@pytest.mark.parametrize("name", sorted(EXACT))
def test_the_rewrite_has_mpmaths_value(name: str) -> None:
    """Where the rewrite is exact, it is so at the very place where the bad code failed."""
    cure = next(c for c in ROWS if c.name == name)
    y = np.broadcast_to(run(cure.good, Tensor(cure.at)).data, (2,))
    with mp.workdps(60):
        xs = [mp.mpf(v) for v in cure.at]
        exact = [float(EXACT[name](xs, i)) for i in range(2)]
    np.testing.assert_allclose(y, exact, rtol=1e-12, atol=1e-300)


#: Rewrites that change the function away from the trouble, or have no place free of it.
_OTHER = {"power with a base that is not positive", "overflow", "overflow backward"} | {
    "infinity minus infinity",
    "zero times infinity",
    "fractional power of a negative number",
}


@pytest.mark.parametrize("cure", [c for c in ROWS if c.name not in _OTHER], ids=lambda c: c.name)
def test_the_rewrite_changes_nothing_where_nothing_was_wrong(cure) -> None:
    """At harmless x the two have the same value and the same gradient."""
    at = [1.25, 1.75] if cure.name == "arccosh at 1" else [0.25, 0.75]
    slack = 0.2 if cure.name == "negative power of 0" else 1e-6
    results = []
    for code in (cure.bad, cure.good):
        x = Tensor(at, requires_grad=True)
        y = run(code, x)
        weights = np.array([1.0, -0.5]) if y.shape else 1.0
        (y * weights).sum().backward()
        results.append((y.data, x.grad.data))
    np.testing.assert_allclose(results[0][0], results[1][0], rtol=slack)
    np.testing.assert_allclose(results[0][1], results[1][1], rtol=slack, atol=1e-9)


def test_the_first_bad_number_is_named_not_the_last() -> None:
    """Of log(0), and all that follows from it, the log is named, with position and operand."""
    x = Tensor([[1.0, 2.0], [0.0, 3.0]], requires_grad=True)
    with np.errstate(all="ignore"):
        loss = (ag.log(x) * 2 + 1).mean()
    found = failure(ag.explain(loss, x))
    assert found.operation == "log"
    assert found.positions == ((1, 0),)
    assert found.data["phase"] == "forward"
    np.testing.assert_array_equal(found.data["operands"][0], [0.0])


def test_finite_loss_and_nan_gradient() -> None:
    """sqrt at 0 times 0: forward is fine, and the first bad number is the root's, backward."""
    x = Tensor([0.0, 4.0], requires_grad=True)
    y = (ag.sqrt(x) * np.array([0.0, 1.0])).sum()
    why = ag.explain(y, x)
    found = failure(why)
    assert found.operation == "sqrt"
    assert found.data["phase"] == "backward"
    assert "1 of 2 elements" in why.summary


def test_nan_in_the_data_is_blamed_on_the_data() -> None:
    """Nothing made it: it was in the input."""
    w = Tensor([1.0, 2.0], requires_grad=True, name="w")
    why = ag.explain((w * np.array([1.0, np.nan])).sum(), w)
    assert why.reasons[0].data["phase"] == "start"
    assert "holds NaN in 1 of 2 elements, first at [1]" in why.reasons[0].text


def test_nan_in_the_parameter_is_blamed_on_an_earlier_update() -> None:
    """The leaf itself held it."""
    w = Tensor([np.nan, 2.0], requires_grad=True, name="w")
    why = ag.explain((w * 2.0).sum(), w)
    assert "w of shape (2,) holds NaN" in why.reasons[0].text
    assert "update" in why.reasons[0].cure


def test_a_models_probability_of_zero() -> None:
    """The chapter's NLLM on a softmax that is rounded to 0: take the loss of the logits."""
    w = Tensor([[1000.0, 0.0]], requires_grad=True)
    with np.errstate(all="ignore"):
        y = nn.functional.nllm(ag.softmax(w), [1])
    found = failure(ag.explain(y, w))
    assert found.data["cure"] == "log of softmax"
    assert "CrossEntropyLoss" in found.rewrite


def test_overflow_of_float32() -> None:
    """What float64 would hold overflows in float32."""
    x = Tensor(np.float32([1e30, 1.0]), requires_grad=True)
    with np.errstate(over="ignore"):
        y = (x * x).sum()
    assert failure(ag.explain(y, x)).data["cure"] == "overflow"


def test_a_users_own_operation() -> None:
    """An own function that makes NaN is named as such."""

    @ag.custom(lambda g, y, x: g * np.nan, name="mine")
    def mine(x):
        return x * 1.0

    x = Tensor([1.0], requires_grad=True)
    found = failure(ag.explain(mine(x).sum(), x))
    assert found.operation == "mine"
    assert found.data["cure"] == "own code"
