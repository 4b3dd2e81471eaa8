"""A limit in time for other engines' compilers."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


class TooSlow(RuntimeError):
    """An engine took too long to get ready."""


@contextmanager
def at_most(seconds: float, what: str) -> Iterator[None]:
    """Raise `TooSlow` when the block takes longer; without effect where there is no alarm."""
    if not hasattr(signal, "setitimer"):
        yield
        return

    def stop(*_: Any) -> None:
        raise TooSlow(f"{what} took longer than {seconds:g} s")

    old = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, old)
