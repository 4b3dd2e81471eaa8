"""How long the compilers take until the first step is done; a process for each engine."""

from __future__ import annotations

from time import perf_counter

from benchmarks import child
from benchmarks.results import Limit, Table
from benchmarks.timing import Times
from benchmarks.works import WORKS, factory

LIMITS = {"b": 0.2, "moons": 3.0}

#: No engine may find its work of another day on the disk.
NO_CACHES = {
    "TORCHINDUCTOR_FORCE_DISABLE_CACHES": "1",
    "JAX_ENABLE_COMPILATION_CACHE": "false",
    "CACHELEVEL": "0",
}


def seconds(key: str, engine: str) -> float:
    """In the child: the time of the first three steps, less three steps of the steady state.

    Some compilers run the first steps as they are and compile later. What an engine imports when
    it compiles first is counted: it is waited for.
    """
    work = WORKS[key]
    step = factory(work, engine)(work.problem())
    start = perf_counter()
    for _ in range(3):
        step()
    middle = perf_counter()
    for _ in range(3):
        step()
    return (middle - start) - (perf_counter() - middle)


def measure_compile(engines: list[str], rounds: int) -> list[Table]:
    """A table a work; each engine in so many fresh processes, at most three."""
    tables = []
    for key, limit in LIMITS.items():
        work = WORKS[key]
        compilers = [
            n for n in ("compiled", "jax", "torch-compile", "tinygrad") if n in work.engines
        ]
        rows: dict[str, tuple[float, ...]] = {}
        left_out = {}
        for name in compilers:
            if name not in engines:
                continue
            try:
                rows[name] = tuple(
                    child.call("work_compile:seconds", key, name, seconds=180, **NO_CACHES)
                    for _ in range(min(rounds, 3))
                )
            except child.ChildFailed as error:
                left_out[name] = str(error)
        times = {name: Times(values) for name, values in rows.items()}
        goal = Limit("compiled", limit, "s", 1).judge(times)
        title = f"(compile) trace and compile ({key}), fresh processes"
        goals = [goal] if goal else []
        tables.append(Table("compile", title, "compiled", rows, left_out, goals))
    return tables
