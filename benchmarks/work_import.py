"""How long ``import autograd_core`` takes beyond ``import numpy``."""

from __future__ import annotations

import subprocess
import sys
from tempfile import TemporaryDirectory

from benchmarks.machine import ROOT, child_environment
from benchmarks.timing import Times
from benchmarks.works import Table

LIMIT = 0.050

_CLOCK = """
from benchmarks.machine import pin
pin()
from time import perf_counter
start = perf_counter()
import {module}
print(perf_counter() - start)
"""


def seconds_to_import(module: str, bytecode: str) -> float:
    """In a fresh process on one core, after the interpreter has started.

    Compiled modules are kept in the folder `bytecode`, also where the environment says that
    none are to be written: users import a package more than once.
    """
    environment = {**child_environment(), "PYTHONPYCACHEPREFIX": bytecode}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    run = subprocess.run(
        [sys.executable, "-c", _CLOCK.format(module=module)],
        env=environment,
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    return float(run.stdout)


def measure_import(rounds: int) -> Table:
    """Interleaved; the first import of each module only compiles it."""
    modules = ("numpy", "autograd_core")
    taken: dict[str, list[float]] = {module: [] for module in modules}
    with TemporaryDirectory() as bytecode:
        for _ in range(rounds + 1):
            for module in modules:
                taken[module].append(seconds_to_import(module, bytecode))
    times = {module: Times(tuple(values[1:])) for module, values in taken.items()}
    extra = times["autograd_core"].median - times["numpy"].median
    goal = (
        f"{'met' if extra <= LIMIT else 'NOT MET':8}import autograd_core adds "
        f"{extra * 1e3:.1f} ms (at most {LIMIT * 1e3:.0f} ms)"
    )
    rows = {f"import {module}": one.rounds for module, one in times.items()}
    return Table("import time, fresh processes", "import numpy", rows, {}, [goal])
