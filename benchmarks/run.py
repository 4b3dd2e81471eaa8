"""Measure training steps beside other engines and print medians, ratios and goals.

    python -m benchmarks                       # everything, about two minutes
    python -m benchmarks --work a1,a32 --rounds 21 --engines ours,torch,mygrad

Every work is measured in a process of its own, on one core and with one thread.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # for: python benchmarks/run.py

from benchmarks.machine import ROOT, child_environment, describe, pin
from benchmarks.work_import import measure_import
from benchmarks.works import LABELS, WORKS, Table, measure

_CHILD = "--measure-here"


def arguments(argv: list[str] | None = None) -> argparse.Namespace:
    """The command line, checked."""
    names = [*WORKS, "import"]
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description="Training steps beside other engines."
    )
    parser.add_argument("--work", default=",".join(names), help=f"of {','.join(names)}")
    parser.add_argument("--engines", default="", help=f"of {','.join(LABELS)}; all by default")
    parser.add_argument("--rounds", type=int, default=11, help="turns of each engine (default 11)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the figures here")
    parser.add_argument(_CHILD, action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args(argv)
    given.work, given.engines = _split(given.work), _split(given.engines)
    for what, values, known in (("work", given.work, names), ("engines", given.engines, LABELS)):
        if unknown := [value for value in values if value not in known]:
            parser.error(f"--{what}: {', '.join(unknown)} unknown; choose of {', '.join(known)}")
    if given.rounds < 1:
        parser.error("--rounds: at least 1")
    return given


def _split(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def measure_in_child(work: str, engines: list[str], rounds: int) -> list[Table]:
    """Have a fresh process measure one work."""
    command = [sys.executable, "-m", "benchmarks", _CHILD, f"--work={work}"]
    command += [f"--engines={','.join(engines)}", f"--rounds={rounds}"]
    run = subprocess.run(
        command, env=child_environment(), cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True
    )
    return [Table(**json.loads(line)) for line in run.stdout.splitlines() if line[:1] == "{"]


def measure_here(work: str, engines: list[str], rounds: int) -> None:
    """In the child: one line of JSON a table."""
    pin()
    for table in measure(WORKS[work], lambda name: not engines or name in engines, rounds):
        print(table.dump())


def main(argv: list[str] | None = None) -> None:
    """Print the machine, a table a work, and the goals."""
    given = arguments(argv)
    if given.measure_here:
        measure_here(given.work[0], given.engines, given.rounds)
        return
    print(describe(), flush=True)
    tables: list[Table] = []
    for work in given.work:
        if work == "import":
            new = [measure_import(given.rounds)]
        else:
            new = measure_in_child(work, given.engines, given.rounds)
        for table in new:
            print(f"\n{table.title}", *table.lines(), sep="\n", flush=True)
        tables += new
    if given.json is not None:
        given.json.write_text("\n".join(table.dump() for table in tables) + "\n")


if __name__ == "__main__":
    main()
