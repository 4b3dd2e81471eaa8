"""Instructions a step: a figure that does not depend on what else the machine does.

A run of few steps is subtracted from one of more, so that start-up, imports and compiling cancel.
Counted by ``perf stat`` where the processor's counters may be read, else by valgrind's callgrind,
which takes about half a minute an engine. Its processor has no AVX-512, so that NumPy and BLAS
pick other kernels in it than outside.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.machine import ROOT, child_environment
from benchmarks.results import Table
from benchmarks.works import WORKS, factory

#: Steps of the short and of the long run.
STEPS = {"a1": (20, 120), "a32": (20, 120), "moons": (1, 3)}

#: The others' compilers and their threads are more than valgrind can follow.
ENGINES = ("numpy", "compiled", "ours", "autograd", "mygrad", "micrograd")


def run(key: str, engine: str, steps: int) -> None:
    """In the child: so many steps after three that may compile."""
    work = WORKS[key]
    step = factory(work, engine)(work.problem())
    for _ in range(3 + steps):
        step()


def count(key: str, engines: list[str]) -> Table:
    """The table of a work."""
    counter = perf if _perf_counts() else callgrind
    work = WORKS[key]
    title = f"({key}) {work.title}: instructions by {counter.__name__}"
    table = Table(f"{key}-instructions", title, work.reference, {}, unit="instructions")
    if counter is not perf and shutil.which("valgrind") is None:
        table.left_out["all"] = "neither perf stat nor valgrind can count instructions here"
        return table
    few, many = STEPS[key]
    for name in ENGINES:
        if name not in work.engines or name not in engines:
            continue
        try:
            with ThreadPoolExecutor(2) as pool:
                a, b = pool.map(partial(counter, key, name), (few, many))
            table.rounds[name] = ((b - a) / (many - few),)
        except RuntimeError as error:
            table.left_out[name] = str(error)
    return table


def callgrind(key: str, engine: str, steps: int) -> int:
    """Instructions of a whole run under valgrind."""
    tool = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null"]
    return _number(_child(tool, key, engine, steps), r"Collected : (\d+)")


def perf(key: str, engine: str, steps: int) -> int:
    """Instructions of a whole run by the processor's counters, in user mode."""
    with TemporaryDirectory() as folder:
        out = Path(folder) / "out"
        tool = ["perf", "stat", "-x,", "-e", "instructions:u", "-o", str(out)]
        _child(tool, key, engine, steps)
        return _number(out.read_text(), r"(?m)^(\d+),,instructions")


def _child(tool: list[str], key: str, engine: str, steps: int) -> str:
    target = ["benchmarks.child", "instructions:run", json.dumps([key, engine, steps])]
    environment = {**child_environment(), "PYTHONHASHSEED": "0"}
    command = [*tool, sys.executable, "-m", *target]
    done = subprocess.run(
        command, env=environment, cwd=ROOT, check=False, capture_output=True, text=True
    )
    if done.returncode:
        said = [line for line in done.stderr.splitlines() if line and not line.startswith("==")]
        raise RuntimeError((said or [f"ended with {done.returncode}"])[-1][:120])
    return done.stderr


def _number(text: str, pattern: str) -> int:
    found = re.search(pattern, text)
    if found is None:
        raise RuntimeError(f"the counter printed no {pattern}")
    return int(found[1])


def _perf_counts() -> bool:
    """Virtual machines often hide the counters."""
    if shutil.which("perf") is None:
        return False
    command = ["perf", "stat", "-x,", "-e", "instructions:u", sys.executable, "-c", ""]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    return done.returncode == 0 and re.search(r"(?m)^\d+,,instructions", done.stderr) is not None
