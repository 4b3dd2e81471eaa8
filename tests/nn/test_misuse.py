"""Inputs, labels and settings that cannot be meant are refused, with a way out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import nn
from autograd_core import (
    ArgumentError,
    DTypeError,
    GraphError,
    IndexingError,
    Tensor,
)

MASK = [False, True]
ROWS = np.zeros((2, 2))


@pytest.mark.parametrize(
    "call",
    [
        lambda: nn.SquaredLoss()([1.0, 2.0], np.ma.array([1.0, 2.0], mask=MASK)),
        lambda: nn.HingeLoss()([1.0, 2.0], np.ma.array([1, 1], mask=MASK)),
        lambda: nn.BCEWithLogitsLoss()([1.0, 2.0], np.ma.array([1, 0], mask=MASK)),
        lambda: nn.CrossEntropyLoss()(ROWS, np.ma.array([1, 0], mask=MASK)),
        lambda: nn.CrossEntropyLoss().forward(ROWS, np.ma.array([1, 0], mask=MASK)),
        lambda: nn.ZeroOneLoss()(ROWS, np.ma.array([1, 0], mask=MASK)),
        lambda: nn.functional.squared(np.ma.array([1.0, 2.0], mask=MASK), [1.0, 2.0]),
        lambda: nn.Linear(2, 1).load_state_dict(
            {"W": np.ma.array([[1.0], [2.0]], mask=[[False], [True]]), "W0": [0.0]}
        ),
        lambda: nn.ReLU().backward([1.0, 2.0], None, np.ma.array([1.0, 2.0], mask=MASK)),
        lambda: nn.ReLU().backward([1.0, 2.0], np.ma.array([1.0, 2.0], mask=MASK), [1.0, 1.0]),
        lambda: nn.Linear(2, 2).weight_grad([1.0, 2.0], np.ma.array([1.0, 2.0], mask=MASK)),
        lambda: nn.Add()([1.0, 2.0], np.ma.array([1, 2], mask=MASK)),
    ],
)
def test_masks_are_never_dropped(call: Callable[[], Any]) -> None:
    """A masked array is refused everywhere, as it is by Tensor."""
    with pytest.raises(DTypeError, match="masked array"):
        call()


@pytest.mark.parametrize("g", [np.array([1j, 1.0]), ["a", "b"], None])
def test_cotangents_are_real_numbers(g: Any) -> None:
    """Complex numbers, texts and None are refused, and the argument is named."""
    for call in (nn.ReLU().backward, lambda u, v, g: nn.Linear(2, 2).weight_grad(u, g)):
        with pytest.raises(DTypeError, match="dL_dv"):
            call([1.0, 2.0], None, g)


@pytest.mark.parametrize(
    ("call", "kind", "words"),
    [
        (lambda: nn.Sequential([nn.ReLU()]), DTypeError, r"Sequential\(\*layers\)"),
        (lambda: nn.Sequential(nn.ReLU(), **{"0": nn.Tanh()}), ArgumentError, "two modules"),
        (lambda: nn.Graph([("a", nn.ReLU())]), DTypeError, "give a dict"),  # type: ignore[arg-type]
        (lambda: nn.Graph({}), ArgumentError, "no node"),
        (lambda: nn.Graph({"output": (nn.ReLU(), "x")}), ArgumentError, "attribute 'output'"),
        (lambda: nn.Graph({"a": (nn.ReLU(), "x")}, ("x", "y")), ArgumentError, r"\['y'\]"),
        (lambda: nn.UnitGroups(), ArgumentError, "no group"),
        (lambda: nn.Parallel(join=nn.Concat()), ArgumentError, "no branch"),
        (lambda: nn.Linear(2, 2, init="he"), ArgumentError, "did you mean .*'he_normal'"),
        (lambda: nn.Linear(2, 2, bias="no"), ArgumentError, "bias is 'no'"),  # type: ignore[arg-type]
        (lambda: nn.Dropout("0.5"), ArgumentError, "'0.5'"),  # type: ignore[arg-type]
        (lambda: nn.Dropout(True), ArgumentError, "True"),
        (lambda: nn.BatchNorm(2, eps_inside_sqrt="no"), ArgumentError, "'no'"),  # type: ignore[arg-type]
        (lambda: nn.LayerNorm(2, affine="no"), ArgumentError, "'no'"),  # type: ignore[arg-type]
        (lambda: nn.CrossEntropyLoss()([[1.0, 2.0]], ["a"]), DTypeError, "np.unique"),
        (lambda: nn.CrossEntropyLoss()([[1.0, 2.0]], None), DTypeError, "None"),
        (lambda: nn.Select([0.9, 1.2]), IndexingError, "0.9, 1.2"),  # type: ignore[list-item]
        (lambda: nn.Select([True, False])([1.0, 2.0, 3.0]), IndexingError, "2 units"),
    ],
)
def test_what_cannot_be_meant_is_refused(
    call: Callable[[], Any], kind: type[Exception], words: str
) -> None:
    """The message names what was given or what to give."""
    with pytest.raises(kind, match=words):
        call()


def test_the_advice_for_integer_logits_and_named_labels_works() -> None:
    """What the messages say is code that runs, and gives NumPy's cross entropy."""
    logits = [[1, 2], [3, 1]]
    with pytest.raises(DTypeError, match=r"np\.asarray\(logits, float\)"):
        nn.CrossEntropyLoss()(logits, [0, 1])
    _, labels = np.unique(["cat", "dog"], return_inverse=True)
    z = np.asarray(logits, float)
    expected = np.mean(np.log(np.exp(z).sum(1)) - z[[0, 1], [0, 1]])
    assert nn.CrossEntropyLoss()(z, labels).item() == pytest.approx(expected)


def test_a_mask_selects_as_in_numpy() -> None:
    """Booleans choose the units where they are True."""
    x = np.arange(6.0).reshape(2, 3)
    mask = [True, False, True]
    np.testing.assert_array_equal(nn.Select(mask)(x).data, x[:, mask])


def test_a_node_of_a_graph_cannot_be_taken_out() -> None:
    """The graph stays whole after the error."""
    graph = nn.Graph({"a": (nn.ReLU(), "x"), "b": (nn.Tanh(), "a")})
    with pytest.raises(GraphError, match="'a' cannot be taken out"):
        del graph["a"]
    assert graph([0.0]).tolist() == [0.0]


def test_groups_can_be_taken_out() -> None:
    """The sizes of the other groups stay with them."""
    f = nn.UnitGroups((nn.ReLU(), 2), (nn.Tanh(), 1))
    del f[0]
    assert f([2.0]).tolist() == [np.tanh(2.0)]


def test_a_join_can_be_a_module() -> None:
    """It gets the outputs as its arguments."""
    layer = nn.Parallel(nn.ReLU(), nn.Tanh(), join=nn.Add())
    assert layer([2.0]).tolist() == [2.0 + np.tanh(2.0)]


def test_appending_never_overwrites() -> None:
    """A layer that has the number of the next place keeps it."""
    net = nn.Sequential({"1": nn.Linear(2, 2)})
    net.append(nn.ReLU()).extend([nn.Tanh()])
    assert [type(m).__name__ for m in net] == ["Linear", "ReLU", "Tanh"]


@pytest.mark.parametrize(
    "held",
    [
        [None, nn.Linear(2, 2)],
        [(nn.Linear(2, 2), nn.ReLU())],
        {"a": [1, nn.Linear(2, 2)]},
        (1.0, nn.Parameter([1.0])),
    ],
)
def test_modules_hidden_anywhere_in_a_list_are_refused(held: Any) -> None:
    """Also behind the first element, and one level deeper."""

    class Holder(nn.Module):
        def __init__(self) -> None:
            self.parts = held

    with pytest.raises(ArgumentError, match=r"Holder\.parts"):
        list(Holder().parameters())


def test_a_name_is_a_parameter_or_a_buffer_never_both() -> None:
    """A buffer does not take a parameter's name; a parameter takes the place of a buffer."""
    layer = nn.Linear(2, 2)
    with pytest.raises(ArgumentError, match=r"Linear\.W is a Parameter"):
        layer.register_buffer("W", np.zeros(2))
    assert isinstance(layer.W, nn.Parameter)
    norm = nn.BatchNorm(2)
    norm.running_mean = nn.Parameter([1.0, 2.0])  # type: ignore[assignment]
    assert [n for n, _ in norm.named_buffers()] == ["running_var"]
    assert [n for n, _ in norm.named_parameters()] == ["G", "B", "running_mean"]


def test_a_property_that_fails_says_why() -> None:
    """The attribute that is missing inside of the property is the one in the message."""

    class Own(nn.Module):
        @property
        def shown(self) -> Any:
            return self.absent

    with pytest.raises(AttributeError, match="'absent'"):
        _ = Own().shown


def test_every_array_is_converted() -> None:
    """Arguments by name and lists in later places become tensors, integer labels stay."""
    assert isinstance(nn.Tanh()(z=np.ones(2)), Tensor)
    assert isinstance(nn.Tanh()(z=[1, 2]), Tensor)
    both = nn.Graph({"all": (nn.Concat(), "x", "y")}, inputs=("x", "y"))
    assert both([1.0], [2.0]).tolist() == [1.0, 2.0]
    assert both([1.0], [2]).tolist() == [1.0, 2.0]
    np.testing.assert_array_equal(nn.Tanh().forward(z=np.ones(2)), np.tanh(np.ones(2)))

    class Scored(nn.Module):
        def forward(self, x: Tensor, labels: Any, places: tuple[int, ...] = ()) -> Any:
            assert labels.dtype.kind == "i"
            assert type(places) is tuple
            return x[np.arange(2), labels]

    assert Scored()(ROWS, [0, 1], places=(0, 1)).tolist() == [0.0, 0.0]


def test_integers_stay_where_a_module_wants_them() -> None:
    """A table is looked up by integers, also in a network; pixels become floats."""

    class Table(nn.Module):
        integer_inputs = True

        def __init__(self) -> None:
            self.table = nn.Parameter(np.arange(6.0).reshape(3, 2))

        def forward(self, i: Tensor) -> Any:
            return self.table[i]

    net = nn.Sequential(Table(), nn.ReLU())
    assert net(np.array([2, 0])).tolist() == [[4.0, 5.0], [0.0, 1.0]]
    g = np.ones((2, 2))
    expected = np.array([[0.0, 1.0], [0.0, 0.0], [1.0, 1.0]])  # ReLU's derivative at 0 is 0
    np.testing.assert_array_equal(net.weight_grad([2, 0], g)["0.table"], expected)
    pixels = np.array([[0, 255]], np.uint8)
    layer = nn.Linear(2, 1, dtype="float32")
    assert layer(pixels).dtype == np.float32


def test_labels_have_no_gradient_where_they_are_constants() -> None:
    """Section 4 gives None for them; the squared loss does differentiate by them."""
    guess, labels = np.array([0.5, 0.25]), np.array([1.0, 0.0])
    for loss in (nn.NLL(), nn.BCEWithLogitsLoss()):
        v = loss.forward(guess, labels)
        dguess, dlabels = loss.backward((guess, labels), v, 1.0)
        assert dguess.shape == (2,)
        assert dlabels is None
    v = nn.SquaredLoss().forward(guess, labels)
    _, dlabels = nn.SquaredLoss().backward((guess, labels), v, 1.0)
    np.testing.assert_allclose(dlabels, (labels - guess))  # 2 (y − a) / 2


def test_labels_inside_of_a_module_have_no_gradient() -> None:
    """A module that computes its own loss is recorded as a loss is."""

    class WithLoss(nn.Module):
        def forward(self, x: Tensor, y: Any) -> Any:
            return nn.functional.hinge(halved(x), y)

    def halved(x: Tensor) -> Any:
        return x * 0.5

    x, y = np.array([1.0, 1.0]), np.array([1.0, -1.0])
    module = WithLoss()
    dx, dy = module.backward((x, y), module.forward(x, y), 1.0)
    np.testing.assert_allclose(dx, -0.5 * y / 2)
    assert dy is None


@pytest.mark.parametrize(
    "loss", [nn.HingeLoss(), nn.NLL(), nn.NLLM(), nn.CrossEntropyLoss(), nn.BCEWithLogitsLoss()]
)
def test_labels_that_require_a_gradient_are_refused(loss: nn.Loss) -> None:
    """No gradient would reach them, so it is said."""
    guess = Tensor([[1.0, 0.0]], requires_grad=True)
    with pytest.raises(GraphError, match=r"labels\.detach"):
        loss(guess, Tensor([[1.0, 0.0]], requires_grad=True))


def test_a_guess_of_nan_is_wrong() -> None:
    """For scores, scores with a threshold, and labels."""
    nan = np.nan
    assert nn.ZeroOneLoss("none", threshold=0.5)([nan, 0.9], [0, 1]).tolist() == [1.0, 0.0]
    assert nn.ZeroOneLoss("none")([[nan, 1.0], [0.0, 1.0]], [0, 1]).tolist() == [1.0, 0.0]
    assert nn.ZeroOneLoss("none")([nan, 1.0], [0, 1]).tolist() == [1.0, 0.0]
