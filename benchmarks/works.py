"""The pieces of work: who takes part, what is measured, and what the goals are."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from importlib import import_module
from typing import Any

from benchmarks.timing import Times, interleave

REFERENCE = "numpy"

LABELS = {
    "numpy": "hand-written NumPy",
    "ours": "autograd-core",
    "plain": "autograd-core, no nn/optim",
    "torch": "PyTorch eager",
    "torch-foreach": "PyTorch eager, foreach",
    "torch-fused": "PyTorch eager, fused",
    "jax": "JAX jit",
    "autograd": "HIPS autograd",
    "mygrad": "MyGrad",
    "micrograd": "micrograd",
}

MLP = {
    "numpy": "mlp_numpy:NumpyMlp",
    "ours": "mlp_ours:Ours",
    "plain": "mlp_ours:OursPlain",
    "torch": "mlp_peers:TorchMlp",
    "torch-foreach": "mlp_peers:torch_foreach",
    "torch-fused": "mlp_peers:torch_fused",
    "jax": "mlp_peers:JaxMlp",
    "autograd": "mlp_peers:AutogradMlp",
    "mygrad": "mlp_peers:MygradMlp",
}

MOONS = {
    "numpy": "moons_engines:NumpyMoons",
    "ours": "moons_engines:OursOptimMoons",
    "plain": "moons_engines:OursMoons",
    "micrograd": "moons_engines:MicrogradMoons",
}

EAGER = ("torch", "torch-foreach", "torch-fused", "autograd", "mygrad")


@dataclass(frozen=True)
class Goal:
    """autograd-core's time is to be at most `limit` times that of `other`."""

    other: str
    limit: float

    def judge(self, times: dict[str, Times]) -> str | None:
        """A line with the ratio and whether the goal is met; None if an engine is missing."""
        if "ours" not in times or self.other not in times:
            return None
        ratio = times["ours"].ratio(times[self.other])
        wanted = "faster" if self.limit == 1 else f"at most {self.limit:g} times"
        met = "met" if ratio <= self.limit else "NOT MET"
        return f"{met:8}{ratio:5.2f} times {LABELS[self.other]} ({wanted})"


@dataclass(frozen=True)
class Work:
    """One piece of work: a title, its engines, the module with its problem, its goals."""

    title: str
    engines: dict[str, str]
    problem: Callable[[], Any]
    module: str
    reference: str = REFERENCE
    goals: dict[bool, tuple[Goal, ...]] = field(default_factory=dict)
    """By whether the cycle collector runs: each key is one table."""


def _mlp(*args: Any) -> Callable[[], Any]:
    return lambda: import_module("benchmarks.work_mlp").make_problem(*args)


_PEERS = tuple(Goal(peer, 1) for peer in EAGER)

WORKS = {
    "a1": Work(
        "64-100-10, batch 1, SGD, float32",
        MLP,
        _mlp((64, 100, 10), 1, "sgd", 0.01),
        "work_mlp",
        goals={True: _PEERS},
    ),
    "a32": Work(
        "64-100-10, batch 32, SGD, float32",
        MLP,
        _mlp((64, 100, 10), 32, "sgd", 0.01),
        "work_mlp",
        goals={True: (Goal("numpy", 3), *_PEERS)},
    ),
    "b": Work(
        "784-256-256-10, batch 128, Adam, float32",
        MLP,
        _mlp((784, 256, 256, 10), 128, "adam", 0.001),
        "work_mlp",
        goals={True: ()},
    ),
    "moons": Work(
        "micrograd's moons demo, MLP(2, [16, 16, 1]) of scalars, 100 points",
        MOONS,
        lambda: import_module("benchmarks.work_moons").make_moons(),
        "work_moons",
        reference="micrograd",
        goals={False: (Goal("micrograd", 1.3),), True: (Goal("micrograd", 1),)},
    ),
}


@dataclass
class Table:
    """What was measured of one work: seconds a step by engine, and who was left out and why."""

    title: str
    reference: str
    rounds: dict[str, tuple[float, ...]]
    left_out: dict[str, str]
    goals: list[str]

    def lines(self) -> Iterable[str]:
        times = {name: Times(tuple(values)) for name, values in self.rounds.items()}
        against = "× " + LABELS.get(self.reference, self.reference)
        base = times.get(self.reference)
        unit, scale = ("ms", 1e3) if base and base.median > 0.01 else ("µs", 1e6)
        yield f"{'engine':28}{'median ' + unit:>12}{'spread':>10}{against:>24}"
        for name, one in times.items():
            ratio = f"{one.ratio(base):.3g}" if base else ""
            median, spread = one.median * scale, one.spread * scale
            yield f"{LABELS.get(name, name):28}{median:12,.1f}{spread:10,.1f}{ratio:>24}"
        for name, why in self.left_out.items():
            yield f"{LABELS.get(name, name):28}{why}"
        yield from (f"goal  {goal}" for goal in self.goals)

    def dump(self) -> str:
        return json.dumps(asdict(self))


def factory(work: Work, name: str) -> Callable[[Any], Any]:
    """The function that makes an engine from the work's problem."""
    module, _, attribute = work.engines[name].partition(":")
    made: Callable[[Any], Any] = getattr(import_module(f"benchmarks.{module}"), attribute)
    return made


def check(work: Work, name: str, steps: int = 3) -> str | None:
    """Why an engine cannot be timed: missing, broken, or at odds with the reference; or None."""
    compare = import_module(f"benchmarks.{work.module}").disagreement
    try:
        wrong = compare(factory(work, name), factory(work, REFERENCE), work.problem(), steps)
    except ImportError as error:
        return f"not installed ({error})"
    except Exception as error:
        return f"failed, not timed: {type(error).__name__}: {error}"
    return f"disagrees, not timed: {wrong}" if wrong else None


def measure(work: Work, wanted: Callable[[str], bool], rounds: int) -> list[Table]:
    """Check the engines, then time those that agree; a table for each state of the collector."""
    names = [name for name in work.engines if name in (REFERENCE, work.reference) or wanted(name)]
    left_out = {name: why for name in names if (why := check(work, name)) is not None}
    steps = {name: factory(work, name)(work.problem()) for name in names if name not in left_out}
    tables = []
    for collector, goals in work.goals.items():
        times = interleave(steps, rounds, collector=collector)
        judged = [line for goal in goals if (line := goal.judge(times)) is not None]
        title = work.title
        if len(work.goals) > 1:
            title += f", cycle collector {'on' if collector else 'off'}"
        values = {name: one.rounds for name, one in times.items()}
        tables.append(Table(title, work.reference, values, left_out, judged))
    return tables
