"""state_dict and load_state_dict of optimizers: going on where training stopped."""

from __future__ import annotations

import copy
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import autograd_core as ag
import nn
import optim
from autograd_core import CheckpointError, Tensor

from .optimizers import Make, every, params, same, train, values


@every
def test_resuming_equals_going_on(make: Make, rng: np.random.Generator, tmp_path: Path) -> None:
    """Stored, loaded into a new optimizer over new tensors, training goes on bit for bit."""
    tensors = params(rng)
    optimizer = make(tensors)
    train(optimizer, tensors, 1, 5)
    ag.save(tmp_path / "state", {"w": values(tensors), "opt": optimizer.state_dict()})
    train(optimizer, tensors, 2, 5)

    stored = ag.load(tmp_path / "state")
    again = [Tensor(w, requires_grad=True) for w in stored["w"]]
    resumed = make(again)
    resumed.load_state_dict(stored["opt"])
    assert resumed.t == 5
    train(resumed, again, 2, 5)
    assert same(values(again), values(tensors))


def test_resuming_keeps_the_place_in_a_schedule(rng: np.random.Generator) -> None:
    """t is in the state; the schedule itself has to be given again, and the error says so."""
    schedule = optim.Cosine(0.1, steps=10)
    a = params(rng)
    optimizer = optim.SGD(a, lr=schedule)
    train(optimizer, a, 1, 4)
    state = optimizer.state_dict()
    b = params(rng)
    resumed = optim.SGD(b, lr=schedule)
    resumed.load_state_dict(state)
    train(resumed, b, 1, 1)
    assert resumed.rates() == [schedule(5)]
    with pytest.raises(CheckpointError, match=r"schedule Cosine\(lr=0.1, steps=10"):
        optim.SGD(b, lr=0.5).load_state_dict(state)


def test_a_state_dict_is_a_copy(rng: np.random.Generator) -> None:
    """Training on does not change it, and neither does loading."""
    tensors = params(rng)
    optimizer = optim.Adam(tensors)
    train(optimizer, tensors, 1, 1)
    state = optimizer.state_dict()
    frozen = copy.deepcopy(state)
    train(optimizer, tensors, 2, 2)
    optimizer.load_state_dict(state)
    train(optimizer, tensors, 3, 1)
    for i, entries in frozen["state"].items():
        for name, value in entries.items():
            assert np.array_equal(state["state"][i][name], value)
    assert state["t"] == 1


def _broken(state: dict[str, Any], *path: Any, value: Any) -> dict[str, Any]:
    broken = copy.deepcopy(state)
    place = broken
    for key in path[:-1]:
        place = place[key]
    if value is KeyError:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return broken


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        (("kind",), "SGD", "state of SGD"),
        (("t",), -1, "t is -1"),
        (("t",), KeyError, "a state_dict has"),
        (("extra",), 1, "a state_dict has"),
        (("param_groups", 0, "lr"), -1.0, "lr is -1"),
        (("param_groups", 0, "betas"), (0.9, 2.0), "betas"),
        (("param_groups", 0, "speed"), 1.0, "settings"),
        (("param_groups", 0, "eps"), KeyError, "settings"),
        (("param_groups", 0, "params"), [0, 1], "groups of"),
        (("state", "1", "m"), np.zeros(5), r"shape \(5,\)"),
        (("state", "1", "m"), np.zeros(4, np.float32), "float32"),
        (("state", "1", "m"), KeyError, "holds"),
        (("state", "1", "q"), np.zeros(4), "holds"),
        (("state", "1", "t"), KeyError, "holds"),
        (("state", "1", "t"), 1.5, "t is 1.5"),
        (("state", "9"), {}, "no parameter '9'"),
    ],
)
def test_a_state_that_does_not_fit_is_refused_whole(
    path: tuple[Any, ...], value: Any, words: str, rng: np.random.Generator
) -> None:
    """The error says what is wrong, and settings, state and t are as before."""
    tensors = params(rng)
    optimizer = optim.Adam(tensors, lr=0.3)
    train(optimizer, tensors, 1, 2)
    state = optimizer.state_dict()
    optimizer.lr = 0.7
    before = optimizer.state_dict()
    with pytest.raises(CheckpointError, match=words):
        optimizer.load_state_dict(_broken(state, *path, value=value))
    after = optimizer.state_dict()
    assert after["param_groups"] == before["param_groups"]
    assert after["t"] == 2
    assert all(np.array_equal(after["state"][i]["m"], before["state"][i]["m"]) for i in "0123")


def test_settings_of_the_state_win(rng: np.random.Generator) -> None:
    """As in PyTorch, loading takes over the settings too."""
    tensors = params(rng)
    state = optim.SGD(tensors, lr=0.3, momentum=0.9).state_dict()
    optimizer = optim.SGD(tensors, lr=0.1)
    optimizer.load_state_dict(state)
    assert optimizer.lr == 0.3
    assert optimizer.param_groups[0]["momentum"] == 0.9


def test_a_deep_copy_trains_its_own_parameters(rng: np.random.Generator) -> None:
    """copy.deepcopy of model and optimizer together keeps them together."""
    model = nn.Linear(2, 2, rng=rng)
    optimizer = optim.Adam(model.parameters())
    train(optimizer, list(model.parameters()), 1, 2)
    twin, twins = copy.deepcopy((model, optimizer))
    assert set(map(id, twins.state)) == set(map(id, twin.parameters()))
    train(optimizer, list(model.parameters()), 2, 1)
    train(twins, list(twin.parameters()), 2, 1)
    assert np.array_equal(model.W.numpy(), twin.W.numpy())


def test_a_pickled_optimizer_trains_its_own_parameters(rng: np.random.Generator) -> None:
    """As a deep copy does."""
    w = Tensor(rng.standard_normal(4), requires_grad=True)
    optimizer = optim.Adam([w], lr=optim.Cosine(0.1, 10))
    train(optimizer, [w], 1, 2)
    v, twin = pickle.loads(pickle.dumps((w, optimizer)))
    train(optimizer, [w], 2, 2)
    train(twin, [v], 2, 2)
    assert np.array_equal(w.numpy(), v.numpy())


@pytest.mark.parametrize("toggled", [0.0, 0.5])
def test_an_optimizer_can_load_its_own_state_after_a_change(toggled: float) -> None:
    """A setting decides what the state holds: what is not used is left out, what is new is 0."""
    w = Tensor(np.ones(3), requires_grad=True)
    optimizer = optim.SGD([w], 0.1, momentum=0.5 - toggled)
    train(optimizer, [w], 1, 2)
    optimizer.param_groups[0]["momentum"] = toggled
    state = optimizer.state_dict()
    assert set(state["state"]["0"]) == ({"t", "V"} if toggled else {"t"})
    optimizer.load_state_dict(state)
    v = Tensor(w.numpy(), requires_grad=True)
    other = optim.SGD([v], 0.1, momentum=toggled)
    other.load_state_dict(state)
    train(optimizer, [w], 2, 2)
    train(other, [v], 2, 2)
    assert same(values([w]), values([v]))


def test_large_parameters_go_on_from_a_state_in_fortran_order(rng: np.random.Generator) -> None:
    """Updates piece by piece reach the state, not a copy of it."""
    shape = (400, 400)
    w, v = (Tensor(np.ones(shape), requires_grad=True) for _ in range(2))
    first, second = optim.Adam([w]), optim.Adam([v])
    for optimizer, p in ((first, w), (second, v)):
        train(optimizer, [p], 1, 1)
    state = second.state_dict()
    for name in ("m", "v"):
        state["state"]["0"][name] = np.asfortranarray(state["state"]["0"][name])
    second.load_state_dict(state)
    assert second.state[v]["m"].flags.c_contiguous
    for optimizer, p in ((first, w), (second, v)):
        train(optimizer, [p], 2, 2)
    assert same(values([w]), values([v]))
    assert np.array_equal(first.state[w]["m"], second.state[v]["m"])
