"""The benchmark compares equals: every engine computes the same steps."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from benchmarks import work_elementwise, work_moons, work_recurrence
from benchmarks.limits import TooSlow
from benchmarks.mlp_numpy import NumpyMlp
from benchmarks.mlp_numpy_norm import NumpyNorm
from benchmarks.mlp_numpy_norm_tuned import NumpyNormTuned
from benchmarks.moons_engines import NumpyMoons
from benchmarks.work_mlp import MOMENTUM, NORM_EPS, Problem, disagreement, make_problem
from benchmarks.works import MLP, NORM, WORKS, factory

SIZES = (6, 5, 4)
PLAIN, NORMED = WORKS["a1"], WORKS["d"]

#: Their compilers take seconds: one network and one function stand for the others.
COMPILERS = ("torch-compile", "tinygrad")
SLOW = {"torch-compile": pytest.mark.slow}
QUICK = [name for name in MLP if name not in COMPILERS]


def agrees(compare: Any, make: Any, reference: Any, problem: Any) -> None:
    """Skip where an engine is not installed or its compiler is too slow."""
    try:
        why = compare(make, reference, problem, 3)
    except (ImportError, TooSlow) as error:
        pytest.skip(str(error))
    assert why is None


@pytest.mark.parametrize("engine", [pytest.param(n, marks=SLOW.get(n, ())) for n in MLP])
@pytest.mark.filterwarnings("default")  # what other libraries warn of is theirs
def test_engines_agree_with_hand_written_numpy(engine: str) -> None:
    """Three steps of SGD give the losses and weights that the hand-written NumPy gives."""
    problem = make_problem((6, 5, 5, 4), 3, "sgd", 0.1)
    agrees(disagreement, factory(PLAIN, engine), NumpyMlp, problem)


@pytest.mark.parametrize("engine", QUICK)
@pytest.mark.filterwarnings("default")
def test_engines_agree_on_adam(engine: str) -> None:
    """So do three steps of Adam."""
    problem = make_problem(SIZES, 5, "adam", 0.01)
    agrees(disagreement, factory(PLAIN, engine), NumpyMlp, problem)


@pytest.mark.parametrize("engine", [name for name in NORM if name in QUICK])
@pytest.mark.filterwarnings("default")
def test_engines_agree_on_normalization(engine: str) -> None:
    """So do those of batch normalization, and dropout changes the loss of each."""
    problem = make_problem((6, 20, 4), 8, "adam", 0.01, True, 0.5)
    agrees(disagreement, factory(NORMED, engine), NumpyNorm, problem)


@pytest.mark.parametrize("engine", WORKS["e3"].engines)
@pytest.mark.filterwarnings("default")
def test_engines_agree_on_the_elementwise_function(engine: str) -> None:
    """All return its sum and a fresh gradient."""
    make = factory(WORKS["e3"], engine)
    agrees(work_elementwise.disagreement, make, None, work_elementwise.make_numbers(1000))


@pytest.mark.parametrize("engine", WORKS["moons"].engines)
@pytest.mark.filterwarnings("default")
def test_engines_agree_on_moons(engine: str) -> None:
    """All descend in the same way on the moons, of which a few are enough here."""
    make = factory(WORKS["moons"], engine)
    agrees(work_moons.disagreement, make, NumpyMoons, work_moons.make_moons(4))


@pytest.mark.parametrize("engine", WORKS["g"].engines)
@pytest.mark.filterwarnings("default")
def test_engines_agree_on_the_recurrence(engine: str) -> None:
    """All have the derivatives that are carried forward."""
    make = factory(WORKS["g"], engine)
    agrees(work_recurrence.disagreement, make, None, work_recurrence.make_recurrence(60))


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
@pytest.mark.parametrize("batch", [1, 3])
def test_the_yardstick_follows_the_gradient(optimizer: Any, batch: int) -> None:
    """The hand-written step is checked against a float64 one whose gradient is by differences."""
    problem = make_problem(SIZES, batch, optimizer, 0.05)
    assert_follows(NumpyMlp(problem), problem, range(4))


def test_the_yardstick_with_normalization_follows_the_gradient() -> None:
    """So is the one with batch normalization, and its running statistics are those of a batch."""
    problem = make_problem(SIZES, 7, "adam", 0.05, True)
    engine = NumpyNorm(problem)
    assert_follows(engine, problem, (0, 1, 2, 5, 6))
    z = problem.batches[0][0].astype(np.float64) @ problem.start[0]
    mean, variance = engine.weights()[3:5]
    np.testing.assert_allclose(mean, MOMENTUM * z.mean(axis=0), rtol=1e-5)
    np.testing.assert_allclose(variance, 1 - MOMENTUM + MOMENTUM * z.var(axis=0, ddof=1), rtol=1e-5)


def assert_follows(engine: Any, problem: Problem, which: Any) -> None:
    """The first step goes down the gradient, with Adam's step lengths."""
    assert abs(float(engine()) - loss_of([a.astype(float) for a in problem.start], problem)) < 1e-5
    after = engine.weights()
    for i in which:
        g = by_differences(problem, i)
        adam = problem.optimizer == "adam"
        way = -problem.rate * (g / (np.abs(g) + 1e-8) if adam else g)
        firm = np.abs(g) > 1e-4  # Adam's first step has the full length, in the sign of g
        moved = after[i] - problem.start[i]
        np.testing.assert_allclose(moved[firm], way[firm], rtol=2e-3, atol=1e-6)


def loss_of(arrays: list[Any], problem: Problem) -> float:
    """The loss of the network in float64, written down once more."""
    x, labels = problem.batches[0]
    a = x.astype(np.float64)
    step = 5 if problem.norm else 2
    for i in range(0, len(arrays) - 2, step):
        z = a @ arrays[i]
        if problem.norm:
            z = (z - z.mean(axis=0)) / np.sqrt(z.var(axis=0) + NORM_EPS)
            z = z * arrays[i + 1] + arrays[i + 2]
        else:
            z = z + arrays[i + 1]
        a = np.maximum(z, 0)
    z = a @ arrays[-2] + arrays[-1]
    p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    return float(-np.log(p[np.arange(problem.batch), labels]).mean())


def by_differences(problem: Problem, which: int) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Central differences of the loss by one parameter array, in float64."""
    arrays = [array.astype(np.float64) for array in problem.start]
    g = np.empty_like(arrays[which])
    for place in np.ndindex(g.shape):
        old = arrays[which][place]
        arrays[which][place] = old + 1e-6
        above = loss_of(arrays, problem)
        arrays[which][place] = old - 1e-6
        g[place] = (above - loss_of(arrays, problem)) / 2e-6
        arrays[which][place] = old
    return g


@pytest.mark.parametrize(("kind", "output"), [(NumpyNorm, "a"), (NumpyNormTuned, "z")])
def test_dropout_of_the_yardsticks_keeps_the_share(kind: Any, output: str) -> None:
    """It zeroes the share p of the positive units and scales the others by 1/(1 − p)."""
    problem = make_problem((20, 400, 3), 50, "adam", 0.0, True, 0.2)
    plain, dropped = kind(problem.without_chance), kind(problem)
    for engine in (plain, dropped):
        engine.hidden[0].forward(problem.batches[0][0])
    a, b = getattr(plain.hidden[0], output), getattr(dropped.hidden[0], output)
    stays = b > 0
    scaled = a[stays] / 0.8
    np.testing.assert_allclose(b[stays], scaled, rtol=1e-5)
    assert abs(1 - stays.sum() / (a > 0).sum() - 0.2) < 0.02


def test_an_engine_without_dropout_is_found() -> None:
    """Where dropout is asked for and changes nothing, the engine disagrees."""
    problem = make_problem(SIZES, 4, "adam", 0.01, True, 0.5)
    never = lambda p: NumpyNorm(p.without_chance)  # noqa: E731
    assert disagreement(never, NumpyNorm, problem) == "dropout changes nothing"
    assert disagreement(NumpyNorm, NumpyNorm, problem) is None


def test_an_engine_that_disagrees_is_found() -> None:
    """A wrong gradient of a single parameter shows in the comparison."""
    problem = make_problem(SIZES, 3, "sgd", 0.1)

    class Wrong:
        def __init__(self, problem: Problem) -> None:
            self.right = NumpyMlp(problem)

        def __call__(self) -> Any:
            return self.right()

        def weights(self) -> list[Any]:
            *rest, last = self.right.weights()
            return [*rest, last + 0.01 * (last - problem.start[-1])]

    assert disagreement(NumpyMlp, NumpyMlp, problem) is None
    assert "parameter 3" in str(disagreement(Wrong, NumpyMlp, problem))


def test_a_gradient_that_is_overwritten_is_found() -> None:
    """Each call of the elementwise function returns a fresh gradient."""
    from benchmarks.elementwise_engines import NumpyElementwise

    class Reusing(NumpyElementwise):
        def __call__(self) -> tuple[float, Any]:
            total, gradient = super().__call__()
            self.kept = getattr(self, "kept", gradient)
            if self.kept is not gradient:
                self.kept += 1
            return total, self.kept

    problem = work_elementwise.make_numbers(10)
    assert work_elementwise.disagreement(NumpyElementwise, NumpyElementwise, problem) is None
    assert "changed" in str(work_elementwise.disagreement(Reusing, NumpyElementwise, problem))
