"""Peak memory of the large network, and whether it stays flat; a process for each engine."""

from __future__ import annotations

import gc
import tracemalloc
from pathlib import Path

from benchmarks import child
from benchmarks.results import Goal, Table, verdict
from benchmarks.timing import Times
from benchmarks.works import WORKS, factory

#: Bytes by which 10⁴ steps may grow: what an allocator may keep.
SLACK = 2**20


def peak(engine: str, steps: int = 5) -> tuple[int, int]:
    """In the child: the most memory that the process held, and by how much training raised it."""
    work = WORKS["c"]
    warm = WORKS["a1"]  # imports and first calls are not the network's
    step = factory(warm, engine)(warm.problem())
    for _ in range(3):
        step()
    del step
    gc.collect()
    problem = work.problem()
    before = _status("VmRSS")
    _forget_peak()
    step = factory(work, engine)(problem)
    for _ in range(steps):
        step()
    return _status("VmHWM"), _status("VmHWM") - before


def growth(engine: str, steps: int = 10_000) -> int:
    """In the child: bytes that Python and NumPy hold more after `steps` steps than after 100."""
    work = WORKS["a1"]
    step = factory(work, engine)(work.problem())
    tracemalloc.start()
    for _ in range(100):
        step()
    gc.collect()
    before, _ = tracemalloc.get_traced_memory()
    for _ in range(steps):
        step()
    gc.collect()
    return tracemalloc.get_traced_memory()[0] - before


def measure_memory(engines: list[str]) -> list[Table]:
    """One table by what training added, one by the whole process, and the growth as goals."""
    names = [name for name in WORKS["c"].engines if name in engines]
    added: dict[str, tuple[float, ...]] = {}
    whole: dict[str, tuple[float, ...]] = {}
    left_out = {}
    for name in names:
        try:
            total, more = child.call("work_memory:peak", name, seconds=180)
        except child.ChildFailed as error:
            left_out[name] = str(error)
            continue
        whole[name], added[name] = (total,), (more,)
    title = "(memory) peak memory of (c), "
    tables = []
    for what, rows in (("beyond that of the imports", added), ("the whole process", whole)):
        times = {name: Times(values) for name, values in rows.items()}
        goals = [Goal(mine, "torch", 1).judge(times) for mine in ("compiled", "ours")]
        lines = [line for line in goals if line is not None]
        tables.append(Table("memory", title + what, "numpy", rows, left_out, lines, unit="B"))
    for name in ("compiled", "ours"):
        if name in names:
            more = child.call("work_memory:growth", name)
            words = f"{name}: {more:,} bytes more after 10,000 steps of (a) (at most {SLACK:,})"
            tables[0].goals.append(verdict(more <= SLACK, words))
    return tables


def _status(key: str) -> int:
    """A line of the kernel's account of this process, in bytes."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(key + ":"):
            return int(line.split()[1]) * 1024
    raise OSError(f"no {key} in /proc/self/status")


def _forget_peak() -> None:
    Path("/proc/self/clear_refs").write_text("5")
