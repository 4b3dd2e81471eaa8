"""Measure training steps beside other engines and print medians, ratios and goals.

    python -m benchmarks                       # everything: about half an hour
    python -m benchmarks --quick               # a first look, about two minutes
    python -m benchmarks --works a1,a32 --rounds 21 --engines compiled,torch,mygrad

Every work is measured in a process of its own, on one core and with one thread; then once more
with two of each, which the tables show in a column beside.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import Any

from benchmarks import child, instructions, report, work_compile, work_import, work_memory
from benchmarks.machine import ROOT, describe
from benchmarks.results import LABELS, Table, verdict
from benchmarks.works import WORKS, measure

LINEAR = ("g3", "g4", "g5", "g6")
TIMED = tuple(key for key in WORKS if key not in LINEAR)
NAMES = (*TIMED, "mnist", "compile", "memory", "import", "size")
QUICK = ("a32", "b", "e6", "moons")
ROUNDS, QUICK_ROUNDS = 11, 3


def arguments(argv: list[str] | None = None) -> argparse.Namespace:
    """The command line, checked."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="Training steps beside other engines.",
        epilog="README.md beside this program says what the works are and how they are measured.",
    )
    parser.add_argument("--works", metavar="LIST", help=f"of {','.join(NAMES)}; all by default")
    parser.add_argument("--engines", metavar="LIST", help=f"of {','.join(LABELS)}; all by default")
    parser.add_argument("--rounds", type=int, help=f"turns of each engine (default {ROUNDS})")
    parser.add_argument(
        "--quick",
        action="store_true",
        help=f"{','.join(QUICK)}, {QUICK_ROUNDS} rounds, one thread only; for a first look",
    )
    parser.add_argument(
        "--threads", type=int, help="show so many threads beside one (default 2, if there are)"
    )
    parser.add_argument(
        "--instructions",
        action="store_true",
        help="count instructions a step instead of time, with perf or valgrind: "
        + ",".join(instructions.STEPS),
    )
    parser.add_argument(
        "--out",
        type=Path,
        metavar="FOLDER",
        default=ROOT / "out" / "benchmark",
        help="where results.json, results.md and benchmark.svg go (default out/benchmark); "
        "figures of other works that lie there are kept",
    )
    given = parser.parse_args(argv)
    known = tuple(instructions.STEPS) if given.instructions else NAMES
    usual = QUICK if given.quick and not given.instructions else known
    given.works = _chosen(parser, "works", given.works, known, usual)
    given.engines = _chosen(parser, "engines", given.engines, tuple(LABELS), tuple(LABELS))
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1
    given.rounds = given.rounds if given.rounds is not None else (ROUNDS, QUICK_ROUNDS)[given.quick]
    given.threads = given.threads if given.threads is not None else (min(2, cores), 1)[given.quick]
    for what in ("rounds", "threads"):
        if getattr(given, what) < 1:
            parser.error(f"--{what}: at least 1")
    return given


def _chosen(
    parser: argparse.ArgumentParser,
    what: str,
    text: str | None,
    known: tuple[str, ...],
    usual: tuple[str, ...],
) -> list[str]:
    """The names in a comma-separated option."""
    if text is None:
        return list(usual)
    names = [part.strip() for part in text.split(",") if part.strip()]
    if unknown := [name for name in names if name not in known]:
        parser.error(f"--{what}: {', '.join(unknown)} unknown; choose of {', '.join(known)}")
    return names


def in_child(key: str, engines: list[str], rounds: int) -> list[dict[str, Any]]:
    """In the child: the tables of a work, as dicts."""
    return [table.__dict__ for table in measure(key, engines, rounds)]


def timed(key: str, given: argparse.Namespace) -> list[Table]:
    """The tables of a work, with more threads beside."""
    target = "run:in_child", key, given.engines, given.rounds
    tables = [Table(**fields) for fields in child.call(*target)]
    if given.threads > 1 and WORKS[key].module in ("work_mlp", "work_elementwise"):
        more = child.call(*target, threads=given.threads)
        for table, fields in zip(tables, more, strict=True):
            table.beside, table.beside_title = fields["rounds"], f"{given.threads} threads"
    return tables


def linear(given: argparse.Namespace) -> list[Table]:
    """Seconds a node of our recurrence, from 10³ to 10⁶ nodes, for both states of the collector."""
    tables: list[Table] = []
    for key in LINEAR:
        nodes = 10 ** int(key[1:])
        found = child.call("run:in_child", key, ["ours"], min(given.rounds, 5))
        for i, fields in enumerate(found):
            if len(tables) == i:
                state = fields["title"].rpartition(", ")[2]
                title = f"(g) autograd-core eager's recurrence, time a node, {state}"
                tables.append(Table(f"linear{i}", title, "10^3 nodes", {}))
            times = fields["rounds"]["ours"]
            tables[i].rounds[f"10^{key[1:]} nodes"] = tuple(s / nodes for s in times)
    for table in tables:
        worst = max(one.median for one in table.times.values()) / table.times["10^3 nodes"].median
        words = f"a node costs up to {worst:.2f} times what it costs at 10³ (linear: at most 1.5)"
        table.goals.append(verdict(worst <= 1.5, words))
    return tables


def tables_of(key: str, given: argparse.Namespace) -> list[Table]:
    """All tables of a work."""
    if given.instructions:
        return [instructions.count(key, given.engines)]
    if key == "import":
        return [work_import.measure_import(given.rounds)]
    if key == "size":
        return [work_import.measure_size()]
    if key == "memory":
        return work_memory.measure_memory(given.engines)
    if key == "compile":
        return work_compile.measure_compile(given.engines, given.rounds)
    if key == "mnist":
        return [Table(**child.call("work_mnist:measure_here", given.engines))]
    tables = timed(key, given)
    return [*tables, *linear(given)] if key == "g" and "ours" in given.engines else tables


def main(argv: list[str] | None = None) -> None:
    """Print the machine, a table a work, and the goals; and write them down."""
    given = arguments(argv)
    machine = describe()
    print(machine, flush=True)
    for key in given.works:
        try:
            tables = tables_of(key, given)
        except child.ChildFailed as error:
            print(f"\n({key}) failed: {error}", flush=True)
            continue
        for table in tables:
            print(f"\n{table.title}", *table.lines(), sep="\n", flush=True)
        report.keep(tables, machine, given.out)
    print(f"\nwritten: {', '.join(report.write(given.out))} in {given.out}")


if __name__ == "__main__":
    main()
