"""Cures of logarithms and exponentials."""

from __future__ import annotations

import numpy as np

from ..primitive import PRIMITIVES
from .cure_rows import (
    LOGS,
    OVERFLOWS,
    Cure,
    exp_overflow,
    is_one,
    log_zero,
    normalized,
    softmax_behind,
    times_itself,
)

ROWS: tuple[Cure, ...] = (
    Cure(
        "own code",
        (),
        lambda t: PRIMITIVES.get(t.operation) is not t.node.primitive,
        "This operation is not the library's: its own forward or backward makes the number.",
        "Guard its code against this operand; ag.bisect_gradient(f, x) checks its rule.",
    ),
    Cure(
        "log of softmax",
        LOGS,
        lambda t: log_zero(t) and softmax_behind(t),
        "A probability of the softmax is rounded to 0, and its logarithm is −inf.",
        "ag.log_softmax(z) in place of ag.log(ag.softmax(z)); of a model, nn.CrossEntropyLoss on "
        "the logits",
        bad="ag.log(ag.softmax(x))",
        good="ag.log_softmax(x)",
        at=(0.0, 800.0),
    ),
    Cure(
        "log of sigmoid",
        LOGS,
        lambda t: log_zero(t) and t.from_("sigmoid"),
        "The sigmoid of a very negative number is rounded to 0, and its logarithm is −inf.",
        "-ag.logaddexp(0, -z) in place of ag.log(ag.sigmoid(z)); of a model, nn.BCEWithLogitsLoss "
        "on the logits",
        bad="ag.log(ag.sigmoid(x))",
        good="-ag.logaddexp(0, -x)",
        at=(-800.0, 1.0),
    ),
    Cure(
        "log of 1 - sigmoid",
        LOGS,
        lambda t: (
            log_zero(t)
            and any(
                n.primitive is not None
                and n.primitive.name == "subtract"
                and is_one(n)
                and n.parents[1] is not None
                and getattr(n.parents[1].primitive, "name", "") == "sigmoid"
                for n in t.behind()
            )
        ),
        "The sigmoid is rounded to 1, and the logarithm of 1 − 1 is −inf.",
        "-ag.logaddexp(0, z) in place of ag.log(1 - ag.sigmoid(z)); of a model, "
        "nn.BCEWithLogitsLoss on the logits",
        bad="ag.log(1 - ag.sigmoid(x))",
        good="-ag.logaddexp(0, x)",
        at=(40.0, 1.0),
    ),
    Cure(
        "log of a sum of exponentials",
        LOGS,
        lambda t: (
            log_zero(t)
            and any(
                n.primitive is not None
                and n.primitive.name in ("sum", "add")
                and any(getattr(p.primitive, "name", "") == "exp" for p in n.parents if p)
                for n in t.behind()
            )
        ),
        "All exponentials are rounded to 0, and the logarithm of their sum is −inf.",
        "ag.logsumexp(z, axis=...)",
        bad="ag.log(ag.exp(x).sum())",
        good="ag.logsumexp(x)",
        at=(-800.0, -801.0),
    ),
    Cure(
        "x log x",
        LOGS,
        lambda t: log_zero(t) and times_itself(t),
        "x·log(x) tends to 0 at x = 0, but is computed as 0·(−inf), which is NaN.",
        "x * ag.log(ag.where(x > 0, x, 1))",
        bad="x * ag.log(x)",
        good="x * ag.log(ag.where(x > 0, x, 1))",
        at=(0.0, 0.5),
    ),
    Cure(
        "the branch not taken",
        (),
        lambda t: t.untaken(),
        "`where` did not choose this branch, so a gradient of 0 arrives; but here it meets a "
        "slope that is infinite or NaN, and 0·inf is NaN.",
        "Mask the input first, as well as the output: safe = ag.where(ok, x, 1.0); "
        "ag.where(ok, f(safe), 0.0)",
        bad="ag.where(x > 0, ag.log(x), 0.0)",
        good="ag.where(x > 0, ag.log(ag.where(x > 0, x, 1.0)), 0.0)",
        at=(0.0, 2.0),
    ),
    Cure(
        "log at 0",
        LOGS,
        log_zero,
        "The logarithm of 0 is −inf, and its slope there infinite.",
        "ag.log(ag.clip(x, 1e-12, None)) or ag.log(x + 1e-12), with the smallest x that you expect",
        bad="ag.log(x)",
        good="ag.log(x + 1e-12)",
        at=(0.0, 2.0),
    ),
    Cure(
        "log of a negative number",
        LOGS,
        lambda t: t.some(t.x() < 0),
        "The logarithm of a negative number is not real: NaN.",
        "ag.log(ag.clip(x, 1e-12, None)), or parametrize what must be positive: x = ag.exp(u)",
        bad="ag.log(x)",
        good="ag.log(ag.clip(x, 1e-12, None))",
        at=(-1.0, 2.0),
    ),
    Cure(
        "log1p at -1",
        ("log1p",),
        lambda t: t.some(t.x() <= -1),
        "log1p is −inf at −1, and NaN below.",
        "ag.log1p(ag.clip(x, -1 + 1e-12, None))",
        bad="ag.log1p(x)",
        good="ag.log1p(ag.clip(x, -1 + 1e-12, None))",
        at=(-1.0, 2.0),
    ),
    Cure(
        "softplus",
        OVERFLOWS,
        lambda t: exp_overflow(t) and (t.then("add", "log") or t.then("log1p")),
        "exp overflows, though the logarithm of 1 + exp(x) is nearly x.",
        "ag.logaddexp(x, 0) in place of ag.log(1 + ag.exp(x))",
        bad="ag.log(1 + ag.exp(x))",
        good="ag.logaddexp(x, 0)",
        at=(800.0, 1.0),
    ),
    Cure(
        "logsumexp",
        OVERFLOWS,
        lambda t: exp_overflow(t) and t.then("sum", "log"),
        "exp overflows, though the logarithm of the sum does not.",
        "ag.logsumexp(x, axis=...) in place of ag.log(ag.exp(x).sum(...))",
        bad="ag.log(ag.exp(x).sum())",
        good="ag.logsumexp(x)",
        at=(800.0, 1.0),
    ),
    Cure(
        "softmax",
        OVERFLOWS,
        lambda t: exp_overflow(t) and normalized(t),
        "exp overflows before it is divided by the sum, and inf/inf is NaN.",
        "ag.softmax(x, axis=...), which subtracts the largest first",
        bad="ag.exp(x) / ag.exp(x).sum()",
        good="ag.softmax(x)",
        at=(800.0, 1.0),
    ),
    Cure(
        "tanh",
        OVERFLOWS,
        lambda t: (
            exp_overflow(t)
            and (t.then("subtract", "divide") or t.then("add", "divide"))
            and bool(t.read_by("subtract"))
        ),
        "exp overflows in the numerator and in the denominator, and inf/inf is NaN.",
        "ag.tanh(x)",
        bad="(ag.exp(x) - ag.exp(-x)) / (ag.exp(x) + ag.exp(-x))",
        good="ag.tanh(x)",
        at=(800.0, 1.0),
    ),
    Cure(
        "sigmoid",
        OVERFLOWS,
        lambda t: exp_overflow(t) and (t.then("add", "divide") or t.then("add", "reciprocal")),
        "exp overflows in the denominator; in the backward pass 0 meets infinity.",
        "ag.sigmoid(x) in place of 1 / (1 + ag.exp(-x))",
        bad="1 / (1 + ag.exp(-x))",
        good="ag.sigmoid(x)",
        at=(-800.0, 1.0),
    ),
    Cure(
        "exp overflow",
        (*OVERFLOWS, "sinh", "cosh"),
        lambda t: t.some(np.isinf(t.at(t.y))),
        "The exponential overflows: beyond 709 in float64, beyond 88 in float32.",
        "ag.exp(ag.clip(x, None, 50)), or stay with logarithms and add where you would multiply",
        bad="ag.exp(x)",
        good="ag.exp(ag.clip(x, None, 50))",
        at=(800.0, 1.0),
    ),
)
