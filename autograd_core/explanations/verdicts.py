"""The verdict on a gradient, and its reasons."""

from __future__ import annotations

import math

import numpy as np

from .cancelling import lost_in_sums
from .cures import cure_of
from .explanation import percent
from .findings import Finding, number
from .growth import Layer, growth_findings, saturated_findings
from .numbers import Numbers, size_of
from .paths import Found
from .places import Places, line_of, operation_of
from .trouble import Trouble, bad, first_backward, first_forward
from .zeros import cancel_finding, is_zero, partial_reasons, remains, zero_inputs, zero_reasons


def total(numbers: Numbers, found: Found) -> float | None:
    if not numbers.scalars or abs(found.log_total) > 700:
        return 0.0 if numbers.scalars and found.log_total == -math.inf else None
    return math.exp(found.log_total) * abs(float(numbers.seed))


def remaining(numbers: Numbers, found: Found) -> float | None:
    if not numbers.scalars:
        return remains(numbers, numbers.w) if len(numbers.between) > 1 else 1.0
    whole = total(numbers, found)
    gradient = abs(float(numbers.gradient))
    if not whole or not math.isfinite(gradient):
        return None
    return min(1.0, gradient / whole)


def why(
    numbers: Numbers, places: Places, found: Found, layers: list[Layer]
) -> tuple[str, list[Finding]]:
    g = numbers.gradient
    if not np.size(g):
        return "fine", [Finding("empty", "There is nothing to differentiate by: w is empty.")]
    if numbers.w is numbers.root:
        return "fine", [Finding("itself", "w is the loss itself, and its gradient is the start.")]
    if bad(g).any() or bad(numbers.values.get(numbers.root, 0.0)).any():
        return "not finite", _not_finite(numbers, places)
    if is_zero(g):
        return "zero", zero_reasons(numbers, places)
    reasons = list(growth_findings(numbers, places, found.best[0], layers))
    verdict = reasons[0].kind if reasons else "fine"
    left = remaining(numbers, found)
    if verdict == "vanishing":
        lost = lost_in_sums(numbers, places, found.best[0])
        part = math.fsum([log for log, _ in lost])
        if numbers.scalars and left and found.count > 1:
            part = min(part, math.log(left))
        growth = size_of(numbers.gradient) / size_of(numbers.seed)
        if growth and part < 0.5 * math.log(growth):  # no step is small: what they give cancels
            reasons = []
        else:
            reasons += saturated_findings(numbers, places)
        reasons += [finding for _, finding in lost if not numbers.scalars]
    if left is not None and left < 0.05 and found.count > 1:
        finding = _cancelling(numbers, places, found, left)
        reasons += [finding] if all(r.text != finding.text for r in reasons) else []
    if np.any(np.asarray(g) == 0):
        partial = [*partial_reasons(numbers, places), *zero_inputs(numbers, places)]
        return ("partly zero" if verdict == "fine" else verdict), [*reasons, *partial]
    return verdict, reasons


def _cancelling(numbers: Numbers, places: Places, found: Found, left: float) -> Finding:
    if not numbers.scalars:
        return cancel_finding(numbers, places, numbers.w)
    exact = abs(left) < 1e-12
    text = (
        f"The paths cancel: their products add up to {number(float(numbers.gradient))}, "
        f"{percent(left)} of the sum of their sizes" + (" (which is rounding)" if exact else "")
    )
    return Finding("cancels", text, data=left)


def _not_finite(numbers: Numbers, places: Places) -> list[Finding]:
    root_bad = bad(numbers.values.get(numbers.root, 0.0)).any()
    found: list[Finding] = []
    trouble: Trouble | None
    if root_bad:
        trouble, source = first_forward(numbers, places)
        if source:
            found.append(
                Finding(
                    "not finite",
                    f"It was there from the start: {source}.",
                    "Look at the data (np.isfinite(x).all()); of a parameter, at the update that "
                    "made it so: a step that was too large, or a gradient that was not finite.",
                    data={"phase": "start"},
                )
            )
    else:
        trouble = first_backward(numbers, places)
        if trouble is None:
            found.append(Finding("not finite", "Contributions that are finite add up to infinity."))
    if trouble is not None:
        found.append(_told(trouble))
    return found


def _told(trouble: Trouble) -> Finding:
    cure = cure_of(trouble)
    how = "in the backward pass" if trouble.backward else "forward"
    text = f"The first number that is not finite is made {how}: {trouble.words()}."
    values = [None if x is None else np.asarray(trouble.x(i)) for i, x in enumerate(trouble.xs)]
    return Finding(
        "not finite",
        f"{text} {cure.says}" if cure else text,
        "",
        cure.rewrite if cure else "",
        operation=operation_of(trouble.node),
        line=line_of(trouble.node),
        count=int(np.count_nonzero(trouble.where)),
        total=int(np.size(trouble.made)),
        positions=tuple(tuple(int(i) for i in place) for place in np.argwhere(trouble.where)[:5]),
        data={"phase": trouble.phase, "operands": values, "cure": cure.name if cure else None},
    )
