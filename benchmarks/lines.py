"""Where a compiled step spends its time, line by line: ``python -m benchmarks.lines a32``.

A clock is read after every line of the program, which runs as it does in use: one line after the
other, with the caches as they are. What reading the clock takes is subtracted. The rest of a call,
before and after the program, is the difference to the step as a whole.
"""

from __future__ import annotations

import argparse
import ast
from statistics import median
from time import perf_counter
from typing import Any

from benchmarks.machine import describe, pin
from benchmarks.works import WORKS, factory

_CLOCK, _SUM, _LAST = "clock_", "sums_", "last_"


class Stamps:
    """Puts a reading of the clock after every statement of `run`, also in its loops."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def stamped(self, body: list[ast.stmt], indent: str) -> list[ast.stmt]:
        """The statements with stamps; each is a line with its text."""
        out: list[ast.stmt] = []
        for node in body:
            if isinstance(node, ast.Return):
                out.append(node)
                continue
            if isinstance(node, ast.For):
                head = ast.unparse(node).split("\n")[0]
                place = self._line(indent + head)
                node.body = [*self._stamp(place), *self.stamped(node.body, indent + "    ")]
                out += [node, *self._stamp(place)]
                continue
            out += [node, *self._stamp(self._line(indent + ast.unparse(node).split("\n")[0]))]
        return out

    def _line(self, text: str) -> int:
        self.lines.append(text)
        return len(self.lines) - 1

    def _stamp(self, place: int) -> list[ast.stmt]:
        text = f"now_ = {_CLOCK}(); {_SUM}[{place}] += now_ - {_LAST}; {_LAST} = {_CLOCK}()"
        return ast.parse(text).body


def stamped(source: str, namespace: dict[str, Any]) -> tuple[Any, list[str], dict[str, Any]]:
    """`run` of a program with stamps, its lines, and its globals, where they find the sums."""
    tree = ast.parse(source)
    stamps = Stamps()
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name == "run":
            start = ast.parse(f"{_LAST} = {_CLOCK}()").body
            node.body = [*start, *stamps.stamped(node.body, "")]
    own = {**namespace, _CLOCK: perf_counter}
    exec(compile(ast.fix_missing_locations(tree), "<program with stamps>", "exec"), own)
    return own["run"], stamps.lines, own


def clock_cost() -> float:
    """Seconds that one stamp adds to the line before it."""
    taken = []
    for _ in range(2000):
        last = perf_counter()
        taken.append(perf_counter() - last)
    return median(taken)


class Visits(list):
    """In the place of the sums: how many stamps each line adds up in a run."""

    def __setitem__(self, place: Any, value: Any) -> None:
        super().__setitem__(place, self[place] + 1)


def profile(key: str, rounds: int) -> None:
    """Print the lines with the microseconds (median) and the share of each, then the sums."""
    work = WORKS[key]
    engine = factory(work, "compiled")(work.problem())
    step = engine.call if hasattr(engine, "call") else engine.step
    for _ in range(3):
        engine()
    program = step.program
    run, lines, names = stamped(program.source, program.writer.namespace)
    names[_SUM] = visits = Visits([0] * len(lines))
    run(*program.example)
    rows, whole = [], []
    for _ in range(rounds):
        start = perf_counter()
        engine()
        whole.append(perf_counter() - start)
        names[_SUM] = row = [0.0] * len(lines)
        run(*program.example)
        rows.append(row)
    cost = clock_cost()
    taken = zip(map(median, zip(*rows, strict=True)), visits, strict=True)
    each = [max(0.0, seconds - cost * n) for seconds, n in taken]
    total = sum(each)
    for seconds, line in zip(each, lines, strict=True):
        print(f"{seconds * 1e6:10.2f} µs {100 * seconds / total:5.1f} %  {line}")
    print(f"{total * 1e6:10.2f} µs  the lines of the program")
    print(f"{median(whole) * 1e6:10.2f} µs  the step as it is called")


def main(argv: list[str] | None = None) -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.lines", description=__doc__)
    parser.add_argument("work", choices=[k for k, w in WORKS.items() if "compiled" in w.engines])
    parser.add_argument("--rounds", type=int, help="runs (default by the work)")
    given = parser.parse_args(argv)
    rounds = given.rounds or {"c": 20, "e7": 10, "moons": 50}.get(given.work, 1000)
    pin()
    print(describe().split("\n")[0])
    profile(given.work, rounds)


if __name__ == "__main__":
    main()
