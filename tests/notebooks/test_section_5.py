"""Section 5's exercises know their slips, and its transcription is what it says."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import optim

pytest.importorskip("matplotlib")
pytest.importorskip("sklearn")

from lab import Exercise, section_5

EXERCISES = {
    "weight_gradient": section_5.weight_gradient,
    "one_update": section_5.one_update,
    "variance_of_z": section_5.variance_of_z,
}
SLIPS = [(name, slip) for name, exercise in EXERCISES.items() for slip in exercise.slips]


def raises(**_: Any) -> None:
    raise ValueError("oops")


@pytest.mark.parametrize("exercise", EXERCISES.values(), ids=EXERCISES)
def test_the_solution_passes(exercise: Exercise) -> None:
    """The solution by hand agrees with the engine, and can be shown."""
    assert exercise.solution is not None
    assert exercise(exercise.solution).right is True
    assert "return" in exercise.show_solution().text
    assert len(exercise.hint().text) > 20


@pytest.mark.parametrize(("name", "slip"), SLIPS)
def test_slips_are_told(name: str, slip: str) -> None:
    """Each slip that the exercise lists is answered by its own words."""
    verdict = EXERCISES[name](EXERCISES[name].slips[slip])
    assert verdict.right is False
    assert slip in verdict.text


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (lambda A, dZ: dZ.T @ A, "transposed"),
        (lambda A, dZ: -A.T @ dZ, "wrong sign"),
        (lambda A, dZ: A.T @ dZ / len(A), "1/6"),
        (lambda A, dZ: A[:, :, None] * dZ[:, None, :], "sum over the batch"),
        (lambda A, dZ: np.outer(A[-1], dZ[-1]), "last example"),
    ],
)
def test_general_slips_of_the_weight_gradient(wrong: Callable[..., Any], words: str) -> None:
    """Transpose, sign, 1/n, the missing sum and the forgotten accumulation are named."""
    verdict = section_5.weight_gradient(wrong)
    assert verdict.right is False
    assert words in verdict.text


@pytest.mark.parametrize("exercise", EXERCISES.values(), ids=EXERCISES)
@pytest.mark.parametrize(
    "answer", [raises, lambda **_: "no", lambda **_: np.zeros((7, 7)), lambda: 1, 3.0, "text"]
)
def test_wrong_answers_never_raise(exercise: Exercise, answer: Any) -> None:
    """Whatever is handed in, the check says that it is wrong."""
    assert exercise(answer).right is False


@pytest.mark.parametrize("exercise", EXERCISES.values(), ids=EXERCISES)
@pytest.mark.parametrize("answer", [None, ..., lambda **_: None])
def test_no_answer_yet(exercise: Exercise, answer: Any) -> None:
    """Dots are not a wrong answer."""
    assert exercise(answer).right is None


def test_the_table_beside_the_lines_quotes_the_sources() -> None:
    """Each piece of code in the notebook's table stands in the source of its column."""
    notebook = Path(__file__).parents[2] / "notebooks" / "05_training.py"
    rows = [
        line.strip("# |").split(" | ")
        for line in notebook.read_text(encoding="utf-8").splitlines()
        if line.startswith("# | ") and "`" in line
    ][1:]
    assert len(rows) == 8
    hand = inspect.getsource(section_5.sgd_by_hand)
    engine = inspect.getsource(optim.sgd_neural_net) + inspect.getsource(optim.neural_net)
    for _, *cells in rows:
        for cell, source in zip(cells, (hand, engine), strict=True):
            for code in cell.split("`")[1::2]:
                assert code in source, code


@pytest.mark.parametrize("T", [0, 1, 40])
def test_the_transcription_is_the_algorithm(T: int) -> None:
    """With the same draws the transcription and the engine end at the same weights."""
    import autograd_core as ag
    import nn

    X, species, _ = section_5.iris()
    Y = np.eye(3)[species]
    engine = optim.sgd_neural_net(
        (X, Y), T, 2, (4, 5), (ag.tanh, ag.softmax), Loss=nn.NLLM("sum"), eta=0.2, rng=1
    )
    hand = section_5.sgd_by_hand(
        X.T,
        Y.T,
        T,
        (4, 5, 3),
        ("tanh", "softmax"),
        lambda a, y: -y / a,
        lambda t: 0.2,
        np.random.default_rng(1),
    )
    assert section_5.farthest(engine, hand) < 1e-12
