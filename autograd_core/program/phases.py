"""Which part of a step asks for an operation: the backward pass, the update, or the way forward."""

from __future__ import annotations

import sys

#: By the start of the name of the module that asks.
PHASES = {"autograd_core.walks.": "backward", "optim.": "update"}
_INSIDE = ("autograd_core", "nn", "optim", "numpy")


def phase_of(module: str) -> str:
    """``"backward"`` or ``"update"`` if code of this module runs only then; else nothing."""
    return next((phase for start, phase in PHASES.items() if module.startswith(start)), "")


def phase_now() -> str:
    """The phase of what is computed now, by who asked for it; empty on the way forward."""
    frame = sys._getframe(1)
    while frame is not None:
        module = frame.f_globals.get("__name__", "")
        phase = phase_of(module)
        if phase or module.partition(".")[0] not in _INSIDE:
            return phase
        frame = frame.f_back  # type: ignore[assignment]
    return ""
