"""The pieces of work that are timed: who takes part, and what the goals are."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

from benchmarks.results import Goal, Table
from benchmarks.timing import interleave

MLP = {
    "numpy": "mlp_numpy:NumpyMlp",
    "numpy-tuned": "mlp_numpy_tuned:NumpyTuned",
    "compiled": "mlp_ours:OursCompiled",
    "ours": "mlp_ours:Ours",
    "torch": "mlp_torch:TorchMlp",
    "torch-fused": "mlp_torch:torch_fused",
    "torch-compile": "mlp_torch:TorchCompiled",
    "jax": "mlp_jax:JaxMlp",
    "tinygrad": "mlp_tinygrad:TinyMlp",
    "autograd": "mlp_peers:AutogradMlp",
    "mygrad": "mlp_peers:MygradMlp",
}

NORM = {
    **MLP,
    "numpy": "mlp_numpy_norm:NumpyNorm",
    "numpy-tuned": "mlp_numpy_norm_tuned:NumpyNormTuned",
}

ELEMENTWISE = {
    "numpy": "elementwise_engines:NumpyElementwise",
    "compiled": "elementwise_engines:OursCompiledElementwise",
    "ours": "elementwise_engines:OursElementwise",
    "torch": "elementwise_engines:TorchElementwise",
    "torch-compile": "elementwise_engines:TorchCompiledElementwise",
    "jax": "elementwise_engines:JaxElementwise",
    "tinygrad": "elementwise_engines:TinyElementwise",
    "autograd": "elementwise_engines:AutogradElementwise",
    "mygrad": "elementwise_engines:MygradElementwise",
}

MOONS = {
    "numpy": "moons_engines:NumpyMoons",
    "compiled": "moons_engines:OursCompiledMoons",
    "ours": "moons_engines:OursMoons",
    "torch": "moons_engines:TorchMoons",
    "micrograd": "moons_engines:MicrogradMoons",
}

RECURRENCE = {
    "python": "recurrence_engines:PythonRecurrence",
    "ours": "recurrence_engines:OursRecurrence",
    "torch": "recurrence_engines:TorchRecurrence",
    "micrograd": "recurrence_engines:MicrogradRecurrence",
}


TORCH = ("torch", "torch-fused")


@dataclass(frozen=True)
class Work:
    """One piece of work: a title, its engines, the module with its problem, its goals."""

    title: str
    engines: dict[str, str]
    module: str
    made: tuple[Any, ...]
    reference: str = "numpy"
    goals: dict[bool, tuple[Goal, ...]] = field(default_factory=lambda: {True: ()})
    """By whether the cycle collector runs: each key is one table."""

    def problem(self) -> Any:
        """Data and parameters, the same at every call; `made` are a function and its arguments."""
        name, *args = self.made
        return getattr(import_module(f"benchmarks.{self.module}"), name)(*args)


def _mlp(title: str, goals: tuple[Goal, ...], *args: Any, norm: bool = False) -> Work:
    engines = NORM if norm else MLP
    return Work(title, engines, "work_mlp", ("make_problem", *args), goals={True: goals})


def _ahead(mine: str, *others: str, limit: float = 1) -> tuple[Goal, ...]:
    return tuple(Goal(mine, other, limit) for other in others)


_EAGER = (*_ahead("ours", *TORCH, limit=0.5), *_ahead("ours", "autograd", "mygrad"))
_AHEAD = _ahead("compiled", *TORCH, "torch-compile", "tinygrad")
_FAST = (Goal("compiled", "numpy", 1.05), Goal("compiled", "jax", 1.05), *_AHEAD)
_SCALARS = {
    False: (Goal("ours", "micrograd", 1), Goal("ours", "torch", 1)),
    True: (Goal("ours", "micrograd", 0.3),),
}


def _elementwise(power: int, *goals: Goal) -> Work:
    n = 10**power
    title = f"sum(tanh(x)·exp(−x²)) with its gradient, {n:,} elements, float32"
    return Work(title, ELEMENTWISE, "work_elementwise", ("make_numbers", n), goals={True: goals})


def _recurrence(nodes: int, engines: dict[str, str], goals: Any) -> Work:
    title = f"recurrence h ← relu(w·h + b) in scalars, {nodes:,} nodes"
    made = ("make_recurrence", nodes)
    return Work(title, engines, "work_recurrence", made, "python", goals)


_LINEAR = {name: RECURRENCE[name] for name in ("python", "ours")}

WORKS = {
    "a1": _mlp(
        "64-100-10, batch 1, SGD, float32",
        (Goal("compiled", "numpy", 1.05), Goal("compiled", "jax", 1.2), *_AHEAD, *_EAGER),
        *((64, 100, 10), 1, "sgd", 0.01),
    ),
    "a32": _mlp(
        "64-100-10, batch 32, SGD, float32",
        (
            Goal("compiled", "numpy", 1.05),
            *_ahead("compiled", "jax"),
            *_AHEAD,
            Goal("ours", "numpy", 2.2),
            *_EAGER,
        ),
        *((64, 100, 10), 32, "sgd", 0.01),
    ),
    "b": _mlp(
        "784-256-256-10, batch 128, Adam, float32",
        (*_FAST, Goal("ours", "numpy", 1.15)),
        *((784, 256, 256, 10), 128, "adam", 0.001),
    ),
    "c": _mlp(
        "784-1024-1024-10, batch 512, Adam, float32",
        (*_FAST, Goal("ours", "numpy", 1.15)),
        *((784, 1024, 1024, 10), 512, "adam", 0.001),
    ),
    "d": _mlp(
        "784-256-256-10, batch normalization, dropout 0.2, batch 128, Adam, float32",
        _FAST,
        *((784, 256, 256, 10), 128, "adam", 0.001, True, 0.2),
        norm=True,
    ),
    "e3": _elementwise(3),
    "e6": _elementwise(
        6, Goal("compiled", "jax", 1.2), *_ahead("compiled", "torch", "torch-compile")
    ),
    "e7": _elementwise(7, *_ahead("compiled", "jax", "torch", "torch-compile")),
    "moons": Work(
        "micrograd's moons demo, MLP(2, [16, 16, 1]) of scalars, 100 points",
        MOONS,
        "work_moons",
        ("make_moons",),
        "micrograd",
        {False: (Goal("compiled", "micrograd", 1 / 30), *_SCALARS[False]), True: _SCALARS[True]},
    ),
    "g": _recurrence(3 * 10**5, RECURRENCE, _SCALARS),
    **{f"g{n}": _recurrence(10**n, _LINEAR, {False: (), True: ()}) for n in (3, 4, 5, 6)},
}


def factory(work: Work, name: str) -> Callable[[Any], Any]:
    """The function that makes an engine from the work's problem."""
    module, _, attribute = work.engines[name].partition(":")
    made: Callable[[Any], Any] = getattr(import_module(f"benchmarks.{module}"), attribute)
    return made


def check(work: Work, name: str, steps: int = 3) -> str | None:
    """Why an engine cannot be timed: missing, broken, or at odds with the reference; or None."""
    compare = import_module(f"benchmarks.{work.module}").disagreement
    reference = factory(work, next(iter(work.engines)))
    try:
        wrong = compare(factory(work, name), reference, work.problem(), steps)
    except Exception as error:
        return reason(error)
    return f"disagrees, not timed: {wrong}" if wrong else None


def reason(error: Exception) -> str:
    """Why an engine that raised this is left out."""
    if isinstance(error, ImportError):
        return f"not installed ({error})"
    words = str(error).strip().split("\n")[0][:200]
    return f"failed, not timed: {type(error).__name__}: {words}"


def measure(key: str, engines: Collection[str], rounds: int) -> list[Table]:
    """Check the engines, then time those that agree; a table for each state of the collector."""
    work = WORKS[key]
    always = (next(iter(work.engines)), work.reference)
    names = [name for name in work.engines if name in always or name in engines]
    left_out = {name: why for name in names if (why := check(work, name)) is not None}
    steps = {name: factory(work, name)(work.problem()) for name in names if name not in left_out}
    tables = []
    for collector, goals in work.goals.items():
        times = interleave(steps, rounds, collector=collector)
        judged = [line for goal in goals if (line := goal.judge(times)) is not None]
        title = f"({key}) {work.title}"
        if len(work.goals) > 1:
            title += f", cycle collector {'on' if collector else 'off'}"
        values = {name: one.rounds for name, one in times.items()}
        name = key if collector else f"{key}-off"
        tables.append(Table(name, title, work.reference, values, left_out, judged))
    return tables
