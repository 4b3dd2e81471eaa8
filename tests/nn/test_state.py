"""state_dict and load_state_dict: snapshots, and loading all or nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import autograd_core as ag
import nn
from autograd_core import CheckpointError, GraphError, Tensor


@pytest.fixture
def net(rng: np.random.Generator) -> nn.Sequential:
    return nn.Sequential(nn.Linear(3, 4, rng=rng), nn.BatchNorm(4), nn.Linear(4, 2, rng=rng))


def unchanged(net: nn.Module, before: dict[str, Any]) -> bool:
    return all(np.array_equal(value, before[name]) for name, value in net.state_dict().items())


def test_state_dict_holds_parameters_then_buffers(net: nn.Sequential) -> None:
    """Keys are paths; the arrays are copies."""
    state = net.state_dict()
    assert list(state) == [
        "0.W",
        "0.W0",
        "1.G",
        "1.B",
        "2.W",
        "2.W0",
        "1.running_mean",
        "1.running_var",
    ]
    state["0.W"][:] = 7
    assert not (net[0].W.numpy() == 7).any()


def test_snapshot_brings_a_module_back(net: nn.Sequential, rng: np.random.Generator) -> None:
    """Loading a snapshot restores parameters and running statistics."""
    before = net.state_dict()
    net(rng.normal(size=(5, 3)))
    net[0].W.assign(np.zeros((3, 4)))
    assert not unchanged(net, before)
    net.load_state_dict(before)
    assert unchanged(net, before)


def test_state_goes_through_a_file(net: nn.Sequential, tmp_path: Path) -> None:
    """save and load of a state_dict restore an equal module."""
    ag.save(tmp_path / "model.agc", net.state_dict())
    other = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm(4), nn.Linear(4, 2))
    other.load_state_dict(ag.load(tmp_path / "model.agc"))
    assert unchanged(other, net.state_dict())


def test_all_that_does_not_fit_is_named_and_nothing_loaded(net: nn.Sequential) -> None:
    """Missing, unknown and wrongly shaped entries are all in one message."""
    before = net.state_dict()
    state = net.state_dict()
    for value in state.values():
        value += 1
    del state["2.W0"]
    state["2.W"] = state["2.W"].T
    state["3.W"] = np.zeros(3)
    with pytest.raises(CheckpointError) as caught:
        net.load_state_dict(state)
    message = str(caught.value)
    for part in (
        "nothing was loaded",
        "missing: '2.W0' of shape (2,)",
        "unknown: '3.W'",
        "'2.W' has shape (2, 4), and shape (4, 2) is needed",
    ):
        assert part in message
    assert unchanged(net, before)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (np.zeros((3, 4), complex), "dtype complex128"),
        (np.full((3, 4), "x"), "dtype <U1"),
        ([[1.0], [1.0, 2.0]], "ragged"),
        (None, "shape ()"),
        (np.zeros((1, 3, 4)), r"shape (1, 3, 4)"),
        (np.zeros(12), r"shape (12,)"),
    ],
)
def test_values_of_another_kind_are_refused(net: nn.Sequential, value: Any, words: str) -> None:
    """What does not have the shape and kind of the parameter is refused; nothing broadcasts."""
    before = net.state_dict()
    with pytest.raises(CheckpointError) as caught:
        net.load_state_dict({**{k: v + 1 for k, v in before.items()}, "0.W": value})
    assert words in str(caught.value)
    assert unchanged(net, before)


def test_state_that_is_no_mapping_is_refused(net: nn.Sequential) -> None:
    """A list, or a file name, is no state."""
    for state in ([1, 2], "model.agc", None):
        with pytest.raises(CheckpointError, match="give a mapping"):
            net.load_state_dict(state)


def test_read_only_memory_is_refused_before_anything_is_loaded() -> None:
    """A parameter that shares a read-only array stops the whole load."""
    fixed = np.ones(2)
    fixed.flags.writeable = False
    module = nn.Module()
    module.a = nn.Parameter(np.zeros(2))
    module.b = nn.Parameter(fixed, copy=False)
    with pytest.raises(CheckpointError, match=r"'b' belongs in an array that is read-only"):
        module.load_state_dict({"a": np.ones(2), "b": np.ones(2)})
    assert module.a.tolist() == [0, 0]


def test_loading_keeps_dtype_and_memory(net: nn.Sequential) -> None:
    """Values are converted to the parameter's dtype; tensors, integers and lists are accepted."""
    net.astype("float32")
    W = net[0].W
    memory = W.numpy()
    state: dict[str, Any] = dict(net.state_dict())
    state["0.W"] = Tensor(np.ones((3, 4)))
    state["0.W0"] = [1, 2, 3, 4]
    net.load_state_dict(state)
    assert net[0].W is W
    assert np.shares_memory(W.numpy(), memory)
    assert W.dtype == np.float32
    assert net[0].W0.tolist() == [1, 2, 3, 4]


def test_swapping_two_parameters_through_views_works() -> None:
    """The state may share memory with the module: everything is read before anything is written."""
    module = nn.Module()
    module.a, module.b = nn.Parameter([1.0]), nn.Parameter([2.0])
    module.load_state_dict({"a": module.b.data, "b": module.a.data})
    assert (module.a.item(), module.b.item()) == (2, 1)


def test_not_strict_passes_over_missing_and_unknown(net: nn.Sequential) -> None:
    """strict=False loads what fits, and still refuses wrong shapes."""
    net.load_state_dict({"0.W": np.ones((3, 4)), "other": 1}, strict=False)
    assert (net[0].W.numpy() == 1).all()
    with pytest.raises(CheckpointError, match=r"'2.W' has shape"):
        net.load_state_dict({"0.W": np.zeros((3, 4)), "2.W": np.ones(1)}, strict=False)
    assert (net[0].W.numpy() == 1).all()


def test_scalar_parameters_are_loaded() -> None:
    """A parameter of shape () is part of the state too."""
    module = nn.Module()
    module.gain = nn.Parameter(2.0)
    state = module.state_dict()
    assert state["gain"].shape == ()
    module.load_state_dict({"gain": 3.0})
    assert module.gain.item() == 3


def test_loading_is_seen_by_a_pending_backward(net: nn.Sequential) -> None:
    """A backward pass that needs the old weights raises and names the load."""
    loss = net(np.random.default_rng(0).normal(size=(4, 3))).sum()
    net.load_state_dict(net.state_dict())
    with pytest.raises(GraphError, match=r"load_state_dict of tensor '\d\.\w+'"):
        loss.backward()
