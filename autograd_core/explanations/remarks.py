"""What else is to be known about an explained gradient."""

from __future__ import annotations

import numpy as np

from ..tensor import Tensor
from .numbers import Numbers, changes, raw, size_of
from .places import name_of
from .trouble import bad


def notes_of(numbers: Numbers, w: Tensor, loss: Tensor, ran_again: bool) -> list[str]:
    """The notes, those on ``w.grad`` only unless the loss is of a run that put it back."""
    notes = list(numbers.notes)
    if loss.size != 1 and (
        loss.node is None or loss.node.extra is None or loss.node.extra.seed is None
    ):
        notes.append(
            f"The loss has shape {loss.shape}: explained is the gradient of the sum of its "
            f"elements."
        )
    changed = changes(numbers.order, numbers.values)
    if changed:
        names = ", ".join(
            [name_of(leaf) or f"a leaf of shape {leaf.shape}" for leaf, _ in changed[:4]]
        )
        notes.append(
            f"Changed since the graph was recorded: {names}. What backward has freed is computed "
            f"again from what they hold now."
        )
    hooked = [n for n in numbers.between if n.extra is not None and n.extra.hooks]
    if hooked:
        notes.append(
            f"{len(hooked)} tensor{'s have' if len(hooked) > 1 else ' has'} hooks between w and "
            f"the loss, which may change the gradient; here it is shown without them."
        )
    note = "" if ran_again else _against_grad(numbers, w, bool(hooked) or bool(changed))
    return [*notes, note] if note else notes


def _against_grad(numbers: Numbers, w: Tensor, excused: bool) -> str:
    """Whether ``w.grad`` holds something else than this gradient, and what it looks like."""
    g, held = numbers.gradient, w.grad
    if held is None or not np.size(g) or g is None:
        return ""
    a, b = np.asarray(raw(held), np.float64), np.asarray(g, np.float64)
    tolerance = 1e-9 if w.dtype == np.float64 else 1e-4
    scale = size_of(b)
    if bad(b).any() or bad(a).any() or size_of(a - b) <= tolerance * (scale or 1.0) or excused:
        return ""
    times = float((a * b).sum() / (b * b).sum()) if scale else 0.0
    if scale and times > 1.5 and size_of(a - round(times) * b) <= tolerance * size_of(a):
        return (
            f"w.grad is {round(times)} times this gradient: backward ran {round(times)} times, and "
            f"gradients add up. Call zero_grad() before each."
        )
    return (
        "w.grad holds something else than this gradient: gradients of other losses add up in it "
        "until zero_grad(), and clipping changes it."
    )
