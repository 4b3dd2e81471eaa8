"""Section 2's exercises know their slips, and its tables and data are what they say."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import nn

pytest.importorskip("matplotlib")
pytest.importorskip("sklearn")

from lab import Exercise, section_2

EXERCISES: dict[str, Exercise] = {
    "layer_outputs": section_2.layer_outputs,
    "weight_gradient": section_2.weight_gradient,
    "skip_gradient": section_2.skip_gradient,
}
SLIPS = [(name, slip) for name, exercise in EXERCISES.items() for slip in exercise.slips]


def _raises(**_: Any) -> None:
    raise ValueError("oops")


@pytest.mark.parametrize("exercise", EXERCISES.values(), ids=EXERCISES)
def test_the_solution_passes(exercise: Exercise) -> None:
    """The formula by hand agrees with the engine, and can be shown after a hint."""
    assert exercise(exercise.solution).right is True
    assert "return" in exercise.show_solution().text
    assert len(exercise.hint().text) > 20


@pytest.mark.parametrize(("name", "slip"), SLIPS)
def test_slips_are_told(name: str, slip: str) -> None:
    """Each slip that the exercise lists is answered by its own words."""
    verdict = EXERCISES[name](EXERCISES[name].slips[slip])
    assert verdict.right is False
    assert slip in verdict.text


def _dZ(X: Any, W: Any, W0: Any, Y: Any) -> Any:
    return 2 * (X @ W + W0 - Y)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (lambda X, W, W0, Y: _dZ(X, W, W0, Y).T @ X, "transposed"),
        (lambda X, W, W0, Y: -X.T @ _dZ(X, W, W0, Y), "wrong sign"),
        (lambda X, W, W0, Y: X.T @ _dZ(X, W, W0, Y) / len(X), "1/5"),
        (
            lambda X, W, W0, Y: X[:, :, None] * _dZ(X, W, W0, Y)[:, None, :],
            "sum over the batch",
        ),
        (lambda X, W, W0, Y: np.outer(X[-1], _dZ(X, W, W0, Y)[-1]), "last example"),
        (lambda X, W, W0, Y: X @ _dZ(X, W, W0, Y), "raised ValueError"),
    ],
)
def test_general_slips_of_the_weight_gradient(wrong: Callable[..., Any], words: str) -> None:
    """Transpose, sign, 1/n and the missing sum over the batch are named."""
    verdict = section_2.weight_gradient(wrong)
    assert verdict.right is False
    assert words in verdict.text


def test_forgotten_accumulation_is_named() -> None:
    """One of the two ways back through a skip connection is not enough."""
    for one_way in (lambda X, W, G: G, lambda X, W, G: (G * (1 - np.tanh(X @ W) ** 2)) @ W.T):
        assert "forgotten accumulation" in section_2.skip_gradient(one_way).text


def test_number_of_parameters() -> None:
    """13·8 + 8 and 8·8 + 8 and 8·3 + 3 are 211; the usual miscounts are told."""
    assert section_2.parameters(211).right is True
    assert section_2.parameters(np.int64(211)).right is True
    assert section_2.parameters(211.0).right is True
    for slip, wrong in section_2.parameters.slips.items():
        verdict = section_2.parameters(wrong())
        assert verdict.right is False
        assert slip in verdict.text
    for wrong_answer in ("211 numbers", [211, 0], 210, object(), _raises):
        assert section_2.parameters(wrong_answer).right is False
    assert section_2.parameters(...).right is None
    assert "211" in section_2.parameters.show_solution().text


@pytest.mark.parametrize("exercise", EXERCISES.values(), ids=EXERCISES)
@pytest.mark.parametrize(
    "answer", [_raises, lambda **_: "no", lambda **_: np.zeros((7, 7)), lambda: 1, 3.0, "text", []]
)
def test_wrong_answers_never_raise(exercise: Exercise, answer: Any) -> None:
    """Whatever is given is answered in words."""
    verdict = exercise(answer)
    assert verdict.right is False
    assert verdict.text.startswith("✗ ")


@pytest.mark.parametrize("exercise", EXERCISES.values(), ids=EXERCISES)
@pytest.mark.parametrize("answer", [None, ..., lambda **_: None, lambda **_: ...])
def test_no_answer_is_no_mistake(exercise: Exercise, answer: Any) -> None:
    """A function that is still empty counts as not answered."""
    assert exercise(answer).right is None


def test_the_table_of_shapes() -> None:
    """The chapter's shapes are columns, the code's are rows of a batch."""
    text = section_2.shapes(nn.Linear(4, 3, rng=0), np.zeros((150, 4))).text
    rows = [line.split() for line in text.splitlines()]
    assert ["W", "4", "×", "3", "layer.W", "(4,", "3)"] in rows
    assert ["W_0", "3", "×", "1", "layer.W0", "(3,)"] in rows
    assert ["Z", "3", "×", "1", "layer(x)", "(150,", "3)"] in rows


def test_the_middle_species_is_marked() -> None:
    """Of 150 irises 50 are versicolor, and no single threshold on a petal tells them apart."""
    X, y = section_2.petals()
    assert X.shape == (150, 2)
    assert y.sum() == 50
    for column in X.T:
        marked = column[y[:, 0] == 1]
        assert column.min() < marked.min() < marked.max() < column.max()


def test_copies_are_taken_along_the_way() -> None:
    """`trained` keeps the model as it was after the epochs that were asked for."""
    X, y = section_2.petals()
    model = nn.Sequential(nn.Linear(2, 1, rng=0), nn.Sigmoid())
    start = model[0].W.data.copy()
    kept = section_2.trained(model, X, y, [0, 1, 3])
    assert [epoch for epoch, _ in kept] == [0, 1, 3]
    np.testing.assert_array_equal(kept[0][1][0].W.data, start)
    assert np.any(kept[1][1][0].W.data != kept[2][1][0].W.data)
    np.testing.assert_array_equal(kept[2][1][0].W.data, model[0].W.data)


def test_pictures_are_closed() -> None:
    """A picture is returned and not left open, so that a cell shows it once."""
    import matplotlib.pyplot as plt

    X, y = section_2.petals()
    hidden = nn.Sequential(nn.Linear(2, 2, init="ones", rng=0), nn.Tanh())
    output = nn.Sequential(nn.Linear(2, 1, rng=0), nn.Sigmoid())
    whole = nn.Sequential(hidden, output)
    figures = [
        section_2.moving({"it": [(0, whole), (1, whole)]}, X, y, ["no", "yes"]),
        section_2.features(hidden, output, X, y, ["no", "yes"]),
        section_2.regions(nn.Linear(2, 3, rng=0), X, section_2.iris()[1], section_2.SPECIES),
    ]
    assert plt.get_fignums() == []
    assert all(figure.axes for figure in figures)
