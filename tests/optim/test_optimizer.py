"""What optimizers have in common: groups, state, memory, and refusals."""

from __future__ import annotations

import copy
import gc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import autograd_core as ag
import nn
import optim
from autograd_core import ArgumentError, CheckpointError, DTypeError, GraphError, Tensor
from optim import _blocks
from optim.groups import Rule

Make = Callable[[Any], optim.Optimizer]

ALL: dict[str, Make] = {
    "SGD": lambda p: optim.SGD(p, lr=0.1, weight_decay=0.01),
    "momentum, chapter": lambda p: optim.SGD(p, lr=0.1, momentum=0.9),
    "momentum, average": lambda p: optim.SGD(p, lr=0.1, momentum=0.9, momentum_form="average"),
    "momentum, torch": lambda p: optim.SGD(
        p, lr=0.1, momentum=0.9, momentum_form="torch", dampening=0.5
    ),
    "Adagrad": lambda p: optim.Adagrad(p, lr_decay=0.1, initial_accumulator_value=0.1),
    "RMSprop": lambda p: optim.RMSprop(p, momentum=0.5, centered=True),
    "Adadelta": lambda p: optim.Adadelta(p),
    "Adadelta, Zeiler": lambda p: optim.Adadelta(p, variant="zeiler"),
    "Adam": lambda p: optim.Adam(p, weight_decay=0.1),
    "AdamW": lambda p: optim.AdamW(p),
}
every = pytest.mark.parametrize("make", ALL.values(), ids=ALL)


def params(rng: np.random.Generator, dtype: Any = np.float64) -> list[Tensor]:
    shapes = [(3, 4), (4,), (1, 2, 2), ()]
    return [
        Tensor(rng.standard_normal(s), dtype=dtype, requires_grad=True, name=f"p{i}")
        for i, s in enumerate(shapes)
    ]


def train(optimizer: optim.Optimizer, tensors: list[Tensor], seed: int, steps: int) -> None:
    rng = np.random.default_rng(seed)
    for _ in range(steps):
        for p in tensors:
            p.grad = Tensor(rng.standard_normal(p.shape), dtype=p.dtype)
        optimizer.step()


def values(tensors: list[Tensor]) -> list[Any]:
    return [p.numpy().copy() for p in tensors]


def same(a: list[Any], b: list[Any]) -> bool:
    return all(np.array_equal(x, y) for x, y in zip(a, b, strict=True))


# -- memory ---------------------------------------------------------------------------------------


@every
def test_weights_change_in_their_own_memory(make: Make, rng: np.random.Generator) -> None:
    """The array of a parameter stays the same object, and a view of it sees the update."""
    w = Tensor(rng.standard_normal((5, 3)), requires_grad=True)
    array, before = w.data, w.numpy().copy()
    train(make([w]), [w], 1, 2)
    assert w.data is array
    assert not np.array_equal(array, before)


@every
def test_large_arrays_in_blocks_are_the_same_bit_for_bit(
    make: Make, rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Updating piece by piece changes nothing in the result, weights and state."""
    start = rng.standard_normal((37, 29))
    found = []
    for block in (10**9, 64):
        monkeypatch.setattr(_blocks, "BLOCK", block)
        w = Tensor(start, requires_grad=True)
        optimizer = make([w])
        train(optimizer, [w], 5, 4)
        found.append([w.numpy(), *[v for k, v in sorted(optimizer.state[w].items()) if k != "t"]])
    assert same(*found)


def test_blocks_take_gradients_and_weights_of_any_layout(
    rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Transposed memory, of the gradient or the weight, gives the same update."""
    monkeypatch.setattr(_blocks, "BLOCK", 16)
    start, g = rng.standard_normal((7, 9)), rng.standard_normal((7, 9))
    plain = Tensor(start, requires_grad=True)
    turned_g = Tensor(start, requires_grad=True)
    turned_w = Tensor(start.T.copy().T, requires_grad=True, copy=False)
    assert not turned_w.data.flags.c_contiguous
    plain.grad = Tensor(g)
    turned_g.grad = Tensor(g.T.copy().T, copy=False)
    turned_w.grad = Tensor(g)
    optim.Adam([plain, turned_g, turned_w]).step()
    assert np.array_equal(plain.numpy(), turned_g.numpy())
    assert np.array_equal(plain.numpy(), turned_w.numpy())


@every
def test_float32_stays_float32(make: Make, rng: np.random.Generator) -> None:
    """Weights and state of float32 parameters are float32, scalars included."""
    tensors = params(rng, np.float32)
    optimizer = make(tensors)
    train(optimizer, tensors, 1, 3)
    for p in tensors:
        assert p.dtype == np.float32
        for name, value in optimizer.state[p].items():
            assert name == "t" or (value.dtype == np.float32 and value.shape == p.shape)


def test_a_schedule_of_numpy_numbers_keeps_float32() -> None:
    """A rate that is a NumPy float64 scalar does not promote the weights."""
    w = Tensor(np.ones(3, np.float32), requires_grad=True)
    optimizer = optim.Adam([w], lr=lambda t: np.float64(0.1))
    train(optimizer, [w], 1, 2)
    assert w.dtype == optimizer.state[w]["m"].dtype == np.float32


def test_the_state_follows_a_model_to_another_dtype(rng: np.random.Generator) -> None:
    """After model.astype the optimizer goes on in the new dtype."""
    model = nn.Linear(3, 2, rng=rng)
    optimizer = optim.Adam(model.parameters())
    train(optimizer, list(model.parameters()), 1, 2)
    model.astype("float32")
    train(optimizer, list(model.parameters()), 2, 1)
    assert model.W.dtype == optimizer.state[model.W]["v"].dtype == np.float32


@every
def test_state_shares_no_memory_with_gradients(make: Make, rng: np.random.Generator) -> None:
    """Writing into a gradient after a step does not reach the optimizer's state."""
    w = Tensor(rng.standard_normal(8), requires_grad=True)
    optimizer = make([w])
    train(optimizer, [w], 1, 1)
    for name, value in optimizer.state[w].items():
        assert name == "t" or not np.may_share_memory(value, w.grad.data)


def test_a_step_between_forward_and_backward_is_noticed() -> None:
    """backward needs the weights of the forward pass; the error names the step and the tensor."""
    w = Tensor([1.0, 2.0], requires_grad=True, name="W")
    loss = (w * w).sum()
    w.grad = Tensor([1.0, 1.0])
    optim.Adam([w]).step()
    with pytest.raises(GraphError, match=r"Adam\.step.*'W'"):
        loss.backward()


def test_the_optimizer_leaves_no_cycles() -> None:
    """Parameters, gradients and state go when the last reference goes, without the collector."""
    gc.collect()
    gc.disable()
    try:
        w = Tensor(np.ones(10), requires_grad=True)
        optimizer = optim.Adam([w])
        train(optimizer, [w], 1, 2)
        del optimizer, w
        assert gc.collect() == 0
    finally:
        gc.enable()


# -- steps ----------------------------------------------------------------------------------------


def test_parameters_without_a_gradient_are_passed_over() -> None:
    """A parameter that took no part keeps its weight, its state and its own count of updates."""
    a, b = (Tensor([1.0], requires_grad=True) for _ in range(2))
    optimizer = optim.Adam([a, b], lr=0.1)
    for i in range(3):
        optimizer.zero_grad()
        a.grad = Tensor([1.0])
        if i == 2:
            b.grad = Tensor([1.0])
        optimizer.step()
    assert optimizer.t == 3
    assert (optimizer.state[a]["t"], optimizer.state[b]["t"]) == (3, 1)
    # b's first update has the size of a first update.
    assert b.item() == pytest.approx(0.9)


def test_a_step_without_any_gradient_changes_no_weight() -> None:
    """As in PyTorch, it is no error."""
    w = Tensor([1.0], requires_grad=True)
    optim.SGD([w], lr=0.1).step()
    assert w.item() == 1.0


def test_zero_grad_sets_none() -> None:
    """The gradients are gone, not zero."""
    w = Tensor([1.0], requires_grad=True)
    optimizer = optim.SGD([w], lr=0.1)
    (w * 2).sum().backward()
    optimizer.zero_grad()
    assert w.grad is None


def test_scalars_are_trained() -> None:
    """A parameter that is a Python float or a float32 scalar moves like any other."""
    a = Tensor(2.0, requires_grad=True)
    b = Tensor(2.0, dtype=np.float32, requires_grad=True)
    optimizer = optim.SGD([a, b], lr=0.25, momentum=0.5)
    for _ in range(2):
        optimizer.zero_grad()
        (a * a + b.astype(np.float64) * 4.0).backward()
        optimizer.step()
    assert a.item() == 2 - 1 - (0.5 * 1 + 0.25 * 2)
    assert b.item() == 2 - 1 - 1.5
    assert b.dtype == np.float32


def test_momentum_may_be_switched_on_later() -> None:
    """State that a changed setting needs is made when it is needed."""
    w = Tensor([0.0], requires_grad=True)
    optimizer = optim.SGD([w], lr=1.0)
    train_one = [Tensor([1.0])] * 3
    for i, g in enumerate(train_one):
        if i == 1:
            optimizer.param_groups[0]["momentum"] = 0.5
        w.grad = g
        optimizer.step()
    assert w.item() == -1 - 1 - 1.5


def test_a_rule_runs_on_tensors_too() -> None:
    """Rules are pure and polymorphic: an unrolled step can be differentiated by the rate."""
    for make in ALL.values():
        w = Tensor([1.0, -2.0], requires_grad=True)
        group = make([w]).param_groups[0]
        state = [Tensor([start, start]) for start in group.rule.state.values()]
        lr = Tensor(0.1, requires_grad=True)
        g = Tensor([0.5, 0.25])
        step, new = group.apply(w.detach(), g, *state, t=1, lr=lr)
        assert isinstance(step, Tensor)
        assert len(new) == len(state)
        plain, _ = group.apply(w.data, g.data, *[s.data for s in state], t=1, lr=0.1)
        np.testing.assert_allclose(step.numpy(), plain, rtol=1e-14)
        step.sum().backward()
        assert lr.grad is not None
        np.testing.assert_allclose(lr.grad.item(), plain.sum() / 0.1, rtol=1e-9)


# -- groups and settings --------------------------------------------------------------------------


def test_groups_have_settings_of_their_own() -> None:
    """A group takes what it does not give from the optimizer."""
    a, b = Tensor([1.0], requires_grad=True), Tensor([1.0], requires_grad=True)
    optimizer = optim.SGD([{"params": [a], "lr": 0.5}, {"params": [b]}], lr=0.1)
    a.grad = b.grad = Tensor([1.0])
    optimizer.step()
    assert (a.item(), b.item()) == (0.5, 0.9)
    assert optimizer.rates() == [0.5, 0.1]


def test_a_group_can_be_added_later() -> None:
    """add_param_group trains further parameters; a single tensor will do."""
    a, b = Tensor([1.0], requires_grad=True), Tensor([1.0], requires_grad=True)
    optimizer = optim.Adam([a], lr=0.1)
    optimizer.add_param_group({"params": b, "lr": 0.01})
    assert optimizer.param_groups[1].params == (b,)
    assert optimizer.param_groups[1]["betas"] == (0.9, 0.999)


def test_offsets_without_decay(rng: np.random.Generator) -> None:
    """decay_groups decays matrices and leaves vectors alone."""
    model = nn.Sequential(nn.Linear(3, 4, rng=rng), nn.Linear(4, 2, rng=rng))
    W, W0 = model[0].W.numpy().copy(), model[0].W0.numpy() + 1
    model[0].W0.assign(W0)
    optimizer = optim.SGD(optim.decay_groups(model.parameters(), 0.5), lr=0.1)
    for p in model.parameters():
        p.grad = ag.zeros_like(p)
    optimizer.step()
    np.testing.assert_allclose(model[0].W.numpy(), W * (1 - 0.1 * 0.5))
    assert np.array_equal(model[0].W0.numpy(), W0)


def test_lr_can_be_changed_and_is_checked() -> None:
    """opt.lr sets all groups; a wrong value changes nothing."""
    a, b = Tensor([1.0], requires_grad=True), Tensor([1.0], requires_grad=True)
    optimizer = optim.SGD([{"params": [a]}, {"params": [b], "lr": 0.5}], lr=0.1)
    optimizer.lr = 0.2
    assert optimizer.rates() == [0.2, 0.2]
    for bad in (-1.0, float("nan"), float("inf"), "0.1", None, True):
        with pytest.raises(ArgumentError, match="lr"):
            optimizer.lr = bad  # type: ignore[assignment]
        with pytest.raises(ArgumentError, match="lr"):
            optimizer.param_groups[1]["lr"] = bad
    assert optimizer.rates() == [0.2, 0.2]


def test_groups_are_mappings_that_check() -> None:
    """Settings are read and changed like a dict's; unknown ones and deletion are refused."""
    w = Tensor([1.0], requires_grad=True)
    group = optim.SGD([w], lr=0.1).param_groups[0]
    assert set(group) >= {"params", "lr", "momentum", "weight_decay"}
    group.update(momentum=0.9, nesterov=True)
    assert dict(group)["nesterov"] is True
    with pytest.raises(ArgumentError, match="nesterov needs momentum"):
        group["momentum"] = 0.0
    assert group["momentum"] == 0.9
    with pytest.raises(ArgumentError, match="no setting 'momentun'"):
        group["momentun"] = 0.5
    with pytest.raises(ArgumentError, match="deleted"):
        del group["lr"]
    with pytest.raises(ArgumentError, match="add_param_group"):
        group["params"] = []


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda p: optim.SGD(p, lr=-0.1), "SGD: lr is -0.1"),
        (lambda p: optim.SGD(p, lr=float("nan")), "lr is nan"),
        (lambda p: optim.SGD(p, lr=0.1, momentum=1.0), r"momentum is 1; .*\[0, 1\)"),
        (lambda p: optim.SGD(p, lr=0.1, momentum=float("nan")), "momentum is nan"),
        (lambda p: optim.SGD(p, lr=0.1, momentum_form="heavy"), "'chapter', 'average', 'torch'"),
        (lambda p: optim.SGD(p, lr=0.1, nesterov=True), "nesterov needs momentum"),
        (lambda p: optim.SGD(p, lr=0.1, momentum=0.9, dampening=0.1), "dampening belongs to"),
        (lambda p: optim.SGD(p, lr=0.1, weight_decay=-1), "weight_decay is -1"),
        (lambda p: optim.Adam(p, betas=(0.9, 1.0)), r"betas\[1\] is 1"),
        (lambda p: optim.Adam(p, betas=(-0.1, 0.9)), r"betas\[0\] is -0.1"),
        (lambda p: optim.Adam(p, betas=0.9), "two numbers"),
        (lambda p: optim.Adam(p, eps=-1e-8), "eps is -1e-08"),
        (lambda p: optim.Adam(p, eps=float("inf")), "eps is inf"),
        (lambda p: optim.Adam(p, eps_inside_sqrt=1), "True or False"),
        (lambda p: optim.AdamW(p, weight_decay=float("nan")), "AdamW: weight_decay is nan"),
        (lambda p: optim.Adagrad(p, initial_accumulator_value=-1), "initial_accumulator_value"),
        (lambda p: optim.RMSprop(p, alpha=1.5), "alpha is 1.5"),
        (lambda p: optim.Adadelta(p, rho=1.0), "rho is 1"),
        (lambda p: optim.Adadelta(p, variant="matlab"), "'chapter', 'zeiler'"),
    ],
)
def test_settings_out_of_range_are_refused(make: Make, words: str) -> None:
    """The error names the optimizer, the setting, its value and its range."""
    with pytest.raises(ArgumentError, match=words):
        make([Tensor([1.0], requires_grad=True)])


@pytest.mark.parametrize(
    ("params", "kind", "words"),
    [
        ([], ArgumentError, "no parameters"),
        (iter(()), ArgumentError, "no parameters"),
        ([{"params": []}], ArgumentError, "no parameters"),
        (Tensor([1.0], requires_grad=True), DTypeError, r"give a list: \[tensor\]"),
        (np.ones(3), DTypeError, "list of Tensors"),
        ([np.ones(3)], DTypeError, "entry 0 of params is of type ndarray"),
        ({"params": []}, DTypeError, "list of groups"),
        ([{"lr": 0.1}], ArgumentError, "no 'params'"),
        (3, DTypeError, "type int"),
        ([Tensor([1.0])], ArgumentError, "does not require a gradient"),
        ([Tensor([1.0], requires_grad=True) * 2], ArgumentError, "no leaf.*multiply"),
    ],
)
def test_what_cannot_be_trained_is_refused(params: Any, kind: type[Exception], words: str) -> None:
    """An optimizer over nothing, a bare tensor, constants or results says what to give."""
    with pytest.raises(kind, match=words):
        optim.Adam(params)


def test_modules_pairs_duplicates_and_read_only_memory_are_refused() -> None:
    """Each with the advice that fits."""
    model = nn.Linear(2, 2, rng=0)
    with pytest.raises(DTypeError, match=r"model\.parameters\(\)"):
        optim.SGD(model, lr=0.1)  # type: ignore[arg-type]
    with pytest.raises(DTypeError, match="named_parameters"):
        optim.SGD(model.named_parameters(), lr=0.1)  # type: ignore[arg-type]
    with pytest.raises(ArgumentError, match=r"'W'.*comes twice"):
        optim.SGD([model.W, model.W0, model.W], lr=0.1)
    with pytest.raises(ArgumentError, match="comes twice"):
        optim.SGD([{"params": [model.W]}, {"params": [model.W]}], lr=0.1)
    array = np.ones(3)
    array.flags.writeable = False
    with pytest.raises(ArgumentError, match="read-only"):
        optim.SGD([Tensor(array, requires_grad=True, copy=False)], lr=0.1)


def test_a_refused_group_is_not_added() -> None:
    """After an error the groups are as before."""
    a, b = Tensor([1.0], requires_grad=True), Tensor([1.0], requires_grad=True)
    optimizer = optim.SGD([a], lr=0.1)
    for group in ({"params": [a]}, {"params": [b], "lr": -1}, {"params": [b], "speed": 1}):
        with pytest.raises(ArgumentError):
            optimizer.add_param_group(group)
    assert len(optimizer.param_groups) == 1


def test_a_schedule_that_fails_changes_nothing(rng: np.random.Generator) -> None:
    """η(t) is asked, for all groups, before the first weight moves."""
    tensors = params(rng)
    optimizer = optim.SGD(
        [{"params": tensors[:1]}, {"params": tensors[1:], "lr": lambda t: 0.1 if t < 3 else -1.0}],
        lr=0.1,
    )
    train(optimizer, tensors, 1, 2)
    before = values(tensors)
    with pytest.raises(ArgumentError, match=r"lr at step 3.*-1"):
        train(optimizer, tensors, 2, 1)
    assert same(values(tensors), before)
    assert optimizer.t == 2


# -- state ----------------------------------------------------------------------------------------


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


def test_an_optimizer_of_ones_own() -> None:
    """A subclass gives checks and a rule, and has all the rest."""

    class Sign(optim.Optimizer):
        def __init__(self, params: Any, lr: float) -> None:
            super().__init__(params, {"lr": lr})

        @classmethod
        def rule(cls, settings: dict[str, Any]) -> Rule:
            return Rule(lambda w, g, *, t, lr: (lr * ag.sign(g), ()), {}, {})

    w = Tensor([1.0, -1.0], requires_grad=True)
    optimizer = Sign([w], lr=0.5)
    w.grad = Tensor([3.0, -0.1])
    optimizer.step()
    assert w.tolist() == [0.5, -0.5]
    with pytest.raises(ArgumentError, match="Sign: lr is -1"):
        Sign([w], lr=-1)
    with pytest.raises(NotImplementedError, match="no update rule"):
        optim.Optimizer([w], {"lr": 0.1})


def test_repr_shows_the_settings() -> None:
    """Names or shapes of the parameters, and all settings."""
    model = nn.Linear(2, 3, rng=0)
    shown = repr(optim.SGD(model.parameters(), lr=0.1))
    assert "SGD(t=0" in shown
    assert "[W, W0], lr=0.1, momentum=0.0" in shown
