"""Interleaved rounds: the engines take turns, so that a slow moment of the machine hits all.

On one core the clock is the processor time of the whole process, all its threads together: what a
clock on the wall would show if no other process were ever let onto that core.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import median, quantiles
from time import perf_counter, process_time
from typing import Any

from benchmarks.machine import threads

Step = Callable[[], Any]
Clock = Callable[[], float]


@dataclass(frozen=True)
class Times:
    """Seconds a step, one entry a round; equal indices are neighbours in time."""

    rounds: tuple[float, ...]

    @property
    def median(self) -> float:
        return median(self.rounds)

    @property
    def spread(self) -> float:
        """The interquartile range."""
        if len(self.rounds) < 2:
            return 0.0
        low, _, high = quantiles(self.rounds, n=4, method="inclusive")
        return high - low

    def ratio(self, reference: Times) -> float:
        """The median over the rounds of this time over the reference's time in that round."""
        pairs = zip(self.rounds, reference.rounds, strict=True)
        return median(mine / other for mine, other in pairs)


def the_clock() -> Clock:
    """Seconds from any moment on."""
    return process_time if threads() == 1 else perf_counter


def interleave(
    steps: Mapping[str, Step], rounds: int, seconds: float = 0.03, collector: bool = True
) -> dict[str, Times]:
    """Time every step in turn, `rounds` times.

    Parameters
    ----------
    steps : mapping of name to callable
    rounds : int
    seconds : float
        About how long one engine's turn lasts; at least one step.
    collector : bool
        Whether Python's cycle collector runs.

    Returns
    -------
    dict of name to Times
    """
    clock = the_clock()
    counts = {name: _steps_in(seconds, step, clock) for name, step in steps.items()}
    taken: dict[str, list[float]] = {name: [] for name in steps}
    order = list(steps)
    enabled = gc.isenabled()
    gc.collect()
    gc.freeze()  # what the libraries made on import is nobody's garbage to look through
    try:
        for _ in range(rounds):
            for name in order:
                taken[name].append(_turn(steps[name], counts[name], collector, clock))
            order = order[1:] + order[:1]  # nobody always follows the same neighbour
    finally:
        (gc.enable if enabled else gc.disable)()
        gc.unfreeze()
    return {name: Times(tuple(values)) for name, values in taken.items()}


def _turn(step: Step, count: int, collector: bool, clock: Clock) -> float:
    """Seconds a step over `count` steps."""
    gc.collect()
    (gc.enable if collector else gc.disable)()
    if count > 1:
        step()  # brings its code and data back into the caches
    start = clock()
    for _ in range(count):
        step()
    elapsed = clock() - start
    gc.enable()
    return elapsed / count


def _steps_in(seconds: float, step: Step, clock: Clock) -> int:
    """How many steps fill `seconds`. The first one may compile and does not count."""
    step()
    best = float("inf")
    spent = 0.0
    tried = 0
    while spent < seconds or (tried < 3 and spent < 10 * seconds):
        start = clock()
        step()
        elapsed = clock() - start
        best = min(best, elapsed)
        spent += elapsed
        tried += 1
    return max(1, round(seconds / best))
