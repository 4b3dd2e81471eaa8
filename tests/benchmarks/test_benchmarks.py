"""The benchmark compares equals: every engine computes the same training steps."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from benchmarks.run import arguments, main
from benchmarks.timing import Times, interleave
from benchmarks.work_import import measure_import
from benchmarks.work_mlp import Problem, disagreement, make_problem
from benchmarks.works import WORKS, Goal, Table, check, factory

PAIRS = [(work, engine) for work in WORKS for engine in WORKS[work].engines]


@pytest.mark.parametrize(("work", "engine"), PAIRS)
@pytest.mark.filterwarnings("default")  # what other libraries warn of is theirs
def test_engines_agree_with_hand_written_numpy(work: str, engine: str) -> None:
    """Two training steps give the losses and weights that the hand-written NumPy gives."""
    why = check(WORKS[work], engine, steps=2)
    if why is not None and why.startswith("not installed"):
        pytest.skip(why)
    assert why is None


@pytest.mark.parametrize("work", ["a32", "b"])
def test_the_yardstick_follows_the_gradient(work: str) -> None:
    """The hand-written step is checked against a float64 one whose gradient is by differences."""
    sizes = (6, 5, 4)
    problem = make_problem(sizes, 3, "adam" if work == "b" else "sgd", 0.05)
    engine = factory(WORKS[work], "numpy")(problem)
    engine()
    for i, (start, got) in enumerate(zip(problem.start, engine.weights(), strict=True)):
        g = by_differences(problem, i)
        way = -0.05 * (g / (np.abs(g) + 1e-8) if work == "b" else g)
        firm = np.abs(g) > 1e-4  # Adam's first step has the full length, in the sign of g
        np.testing.assert_allclose((got - start)[firm], way[firm], rtol=2e-3, atol=1e-6)


def by_differences(problem: Problem, which: int) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Central differences of the loss by one parameter array, in float64."""
    params = [array.astype(np.float64) for array in problem.start]

    def loss() -> float:
        a = problem.x.astype(np.float64)
        for W, W0 in zip(params[:-2:2], params[1:-2:2], strict=True):
            a = np.maximum(a @ W + W0, 0)
        z = a @ params[-2] + params[-1]
        p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
        return float(-np.log(p[np.arange(problem.batch), problem.labels]).mean())

    g = np.empty_like(params[which])
    for place in np.ndindex(g.shape):
        old = params[which][place]
        params[which][place] = old + 1e-6
        above = loss()
        params[which][place] = old - 1e-6
        g[place] = (above - loss()) / 2e-6
        params[which][place] = old
    return g


def test_an_engine_that_disagrees_is_found() -> None:
    """A wrong gradient of a single parameter shows in the comparison."""
    problem = make_problem((6, 5, 4), 3, "sgd", 0.1)
    numpy = factory(WORKS["a1"], "numpy")

    class Wrong:
        def __init__(self, problem: Problem) -> None:
            self.right = numpy(problem)

        def __call__(self) -> Any:
            return self.right()

        def weights(self) -> list[Any]:
            *rest, last = self.right.weights()
            return [*rest, last + 0.01 * (last - problem.start[-1])]

    assert disagreement(numpy, numpy, problem) is None
    assert "parameter 3" in str(disagreement(Wrong, numpy, problem))


def test_timing_takes_turns_and_compares_turn_by_turn() -> None:
    """Each round times every step once; the ratio is the median of the rounds' ratios."""
    times = interleave({"a": lambda: None, "b": lambda: None}, rounds=3, seconds=1e-5)
    assert [len(times[name].rounds) for name in "ab"] == [3, 3]
    assert Times((2.0, 20.0, 3.0)).ratio(Times((1.0, 10.0, 1.0))) == 2.0
    assert Times((2.0, 20.0, 3.0)).median == 3.0


def test_goals_are_stated_and_never_fail() -> None:
    """A goal says whether it was met; a table without the engine says nothing."""
    slow, fast = Times((4.0, 4.0)), Times((1.0, 1.0))
    assert str(Goal("numpy", 3).judge({"ours": slow, "numpy": fast})).startswith("NOT MET")
    assert str(Goal("torch", 1).judge({"ours": fast, "torch": slow})).startswith("met")
    assert Goal("jax", 1).judge({"ours": fast}) is None
    table = Table("title", "numpy", {"numpy": (1.0,), "ours": (2.0,)}, {"jax": "absent"}, ["goal"])
    text = "\n".join(table.lines())
    assert "hand-written NumPy" in text
    assert "absent" in text


def test_import_time_is_taken_in_fresh_processes() -> None:
    """Both modules are timed; what is added is stated."""
    table = measure_import(rounds=1)
    assert set(table.rounds) == {"import numpy", "import autograd_core"}
    assert "import autograd_core adds" in table.goals[0]


def test_command_line_refuses_unknown_names(capsys: pytest.CaptureFixture[str]) -> None:
    """An unknown work or engine ends with the names to choose from."""
    assert arguments(["--work", "a1, moons"]).work == ["a1", "moons"]
    for wrong in (["--work", "z"], ["--engines", "z"], ["--rounds", "0"]):
        with pytest.raises(SystemExit):
            main(wrong)
    assert "choose of" in capsys.readouterr().err
