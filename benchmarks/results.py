"""Tables of figures, as text and as Markdown, and goals."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from benchmarks.timing import Times

LABELS = {
    "numpy": "hand-written NumPy",
    "numpy-tuned": "hand-tuned NumPy",
    "python": "hand-written Python",
    "compiled": "autograd-core compiled",
    "ours": "autograd-core eager",
    "torch": "PyTorch eager",
    "torch-fused": "PyTorch eager, fused",
    "torch-compile": "PyTorch torch.compile",
    "jax": "JAX jit",
    "tinygrad": "tinygrad JIT",
    "autograd": "HIPS autograd",
    "mygrad": "MyGrad",
    "micrograd": "micrograd",
}

#: How to show seconds and bytes: a name and a factor, by the size of the reference.
SCALES = {
    "s": ((1.0, "s", 1.0), (1e-3, "ms", 1e3), (0.0, "µs", 1e6)),
    "B": ((0.0, "MB", 1e-6),),
    "instructions": ((0.0, "k instr.", 1e-3),),
}


@dataclass(frozen=True)
class Goal:
    """The figure of `mine` is to be at most `limit` times that of `other`."""

    mine: str
    other: str
    limit: float

    def judge(self, times: Mapping[str, Times]) -> str | None:
        """A line with the ratio and whether the goal is met; None if an engine is missing."""
        if self.mine not in times or self.other not in times:
            return None
        ratio = times[self.mine].ratio(times[self.other])
        wanted = "no more" if self.limit == 1 else f"at most {self.limit:.3g} times"
        return verdict(
            ratio <= self.limit,
            f"{LABELS[self.mine]}: {ratio:.3g} × {LABELS[self.other]} ({wanted})",
        )


@dataclass(frozen=True)
class Limit:
    """The figure of `mine` itself is to be at most `limit`."""

    mine: str
    limit: float
    unit: str
    factor: float

    def judge(self, times: Mapping[str, Times]) -> str | None:
        """A line with the figure and whether the goal is met; None if it is missing."""
        if self.mine not in times:
            return None
        value = times[self.mine].median * self.factor
        label = LABELS.get(self.mine, self.mine)
        return verdict(
            value <= self.limit,
            f"{label}: {value:.3g} {self.unit} (at most {self.limit:g} {self.unit})",
        )


def verdict(met: bool, text: str) -> str:
    """A goal's line."""
    return f"{'met' if met else 'NOT MET':8}{text}"


@dataclass
class Table:
    """What was measured of one work: a figure a round by engine; who was left out and why."""

    work: str
    title: str
    reference: str
    rounds: dict[str, tuple[float, ...]]
    left_out: dict[str, str] = field(default_factory=dict)
    goals: list[str] = field(default_factory=list)
    notes: dict[str, str] = field(default_factory=dict)
    unit: str = "s"
    beside: dict[str, tuple[float, ...]] = field(default_factory=dict)
    """The figures with more threads."""
    beside_title: str = ""

    @property
    def times(self) -> dict[str, Times]:
        return {name: Times(tuple(values)) for name, values in self.rounds.items()}

    @property
    def scale(self) -> tuple[str, float]:
        """Unit and factor in which the figures are shown."""
        times = self.times
        base = times.get(self.reference) or next(iter(times.values()), None)
        size = base.median if base else 0.0
        return next((unit, f) for least, unit, f in SCALES[self.unit] if size >= least)

    def cells(self) -> Iterator[list[str]]:
        """The head, then a row an engine, the fastest first."""
        unit, factor = self.scale
        times = self.times
        base = times.get(self.reference)
        head = ["engine", f"median {unit}", "spread"]
        head.append("× " + LABELS.get(self.reference, self.reference))
        yield head + [self.beside_title] * bool(self.beside) + [""] * bool(self.notes)
        for name, one in sorted(times.items(), key=lambda item: item[1].median):
            row = [LABELS.get(name, name), figure(one.median * factor)]
            row += [figure(one.spread * factor), f"{one.ratio(base):.3g}" if base else ""]
            if self.beside:
                more = self.beside.get(name)
                row.append(figure(Times(tuple(more)).median * factor) if more else "")
            if self.notes:
                row.append(self.notes.get(name, ""))
            yield row

    def lines(self) -> Iterator[str]:
        """For a terminal."""
        for name, *rest in self.cells():
            yield f"{name:28}{rest[0]:>12}{rest[1]:>10}" + "".join(f"{r:>24}" for r in rest[2:])
        for name, why in self.left_out.items():
            yield f"{LABELS.get(name, name):28}{why}"
        yield from (f"goal  {goal}" for goal in self.goals)

    def markdown(self) -> Iterator[str]:
        """For a page."""
        yield f"### {self.title}"
        yield ""
        head, *rows = self.cells()
        yield f"| {' | '.join(head)} |"
        yield "|---|" + "---:|" * (len(head) - 1)
        yield from (f"| {' | '.join(row)} |" for row in rows)
        yield ""
        for name, why in self.left_out.items():
            yield f"- {LABELS.get(name, name)}: {why}"
        yield from (f"- {goal.strip()}" for goal in self.goals)


def figure(value: float) -> str:
    """Four digits that count."""
    return f"{value:,.0f}" if value >= 1000 else f"{value:.4g}"


def page(machine: str, tables: list[Table]) -> str:
    """All tables as one Markdown page."""
    parts = ["# Benchmark", "", "```", machine, "```", ""]
    for table in tables:
        parts += [*table.markdown(), ""]
    return "\n".join(parts)
