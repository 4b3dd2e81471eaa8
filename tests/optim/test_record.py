"""`TrainingRecord`: its numbers against NumPy and PyTorch, and that it changes nothing."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autograd_core as ag
import nn
import optim
from autograd_core import ArgumentError, DTypeError, ShapeError, Tensor, TraceError
from optim import TrainingRecord

from .fitting import blobs, equal, network, run, state
from .recorded import by_hand, deep, recorded

X, Y = blobs()


def root(*arrays: Any) -> float:
    """The norm of all of them together, by NumPy's own."""
    return float(np.linalg.norm(np.concatenate([np.ravel(a) for a in arrays])))


# -- nothing is changed --------------------------------------------------------------------------


@pytest.mark.parametrize("every", [1, 3])
@pytest.mark.parametrize("keep", [False, True])
def test_the_training_is_the_same_to_the_last_bit(every: int, keep: bool) -> None:
    """Weights, buffers, random draws, optimizer and history, with and without a record."""
    ends = []
    for record in (None, TrainingRecord(every=every, keep_weights=keep)):
        model = deep()
        optimizer = optim.Adam(model.parameters(), lr=0.01)
        history = run(
            model,
            optimizer=optimizer,
            batch_size=16,
            input_noise=0.1,
            validation=blobs(30, 1),
            callbacks=[record] if record else [],
        )
        draws = model[3](np.ones((4, 8))).numpy()
        moments = [a for memory in optimizer.state.values() for a in memory.values()]
        ends.append((state(model), history.train_loss, history.validation_loss, draws, moments))
        assert [m.training for m in model.modules()] == [True] * 8
    (a, *plain), (b, *seen) = ends
    assert equal(a, b)
    assert plain[:2] == seen[:2]
    np.testing.assert_array_equal(plain[2], seen[2])
    assert all(np.array_equal(u, v) for u, v in zip(plain[3], seen[3], strict=True))


def test_gradients_stay_for_those_who_come_after() -> None:
    """The run for the activations leaves no gradient, and the step's own ones as they were."""
    model = network()
    seen = []

    def grads(training: Any) -> Any:
        return [np.array(p.grad.data) for p in training.model.parameters()]

    class Look(optim.Callback):
        def on_batch_end(self, training: optim.Training) -> None:
            seen.append(grads(training))

    run(model, epochs=1, batch_size=30, callbacks=[Look(), TrainingRecord(every=1), Look()])
    for before, after in zip(seen[::2], seen[1::2], strict=True):
        assert all(map(np.array_equal, before, after))


# -- the numbers ---------------------------------------------------------------------------------


def test_norms_and_ratios_by_numpy() -> None:
    """Gradients of two layers and their updates, as written out by hand."""
    record = TrainingRecord(every=1)
    model = nn.Sequential(nn.Linear(2, 4, rng=0), nn.ReLU(), nn.Linear(4, 3, rng=1))
    optimizer = optim.SGD(model.parameters(), lr=lambda t: 0.1 / t)
    record.begin(model)
    expected = []
    for _ in range(4):
        W, b, V, c = (np.array(p.data) for p in model.parameters())
        a = np.maximum(X @ W + b, 0)
        z = a @ V + c
        p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
        dz = (p - np.eye(3)[Y]) / len(X)
        da = dz @ V.T * (a > 0)
        first, last = (X.T @ da, da.sum(axis=0)), (a.T @ dz, dz.sum(axis=0))
        lr = 0.1 / (len(expected) + 1)
        ratio = [lr * root(*first) / root(W, b), lr * root(*last) / root(V, c)]
        expected.append((root(*first), root(*last), *ratio, lr))
        loss = nn.CrossEntropyLoss()(model(X), Y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        record.step(loss, model, optimizer, X)
        assert record.history["weight_norm/0"][-1] == pytest.approx(
            root(model[0].W.numpy(), model[0].W0.numpy()), rel=1e-12
        )
    names = ("gradient_norm/0", "gradient_norm/2", "update_ratio/0", "update_ratio/2", "lr")
    found = np.stack([record.history[name] for name in names], axis=1)
    np.testing.assert_allclose(found, expected, rtol=1e-10)


def test_norms_and_ratios_by_pytorch() -> None:
    """Adam on the same network, each step."""
    torch = pytest.importorskip("torch")
    model = network()
    twin = torch.nn.Sequential(torch.nn.Linear(2, 8), torch.nn.ReLU(), torch.nn.Linear(8, 3))
    with torch.no_grad():
        for p, twin_p in zip(model.parameters(), twin.double().parameters(), strict=True):
            twin_p.copy_(torch.tensor(p.numpy().T.copy()))
    theirs = torch.optim.Adam(twin.parameters(), lr=0.01)
    record = TrainingRecord(every=1)
    ours = optim.Adam(model.parameters(), lr=0.01, eps_inside_sqrt=False)
    run(model, optimizer=ours, epochs=4, mode="batch", shuffle=False, callbacks=[record])
    rows = []
    for _ in range(4):
        theirs.zero_grad()
        loss = torch.nn.functional.cross_entropy(twin(torch.tensor(X)), torch.tensor(Y))
        loss.backward()
        before = [p.detach().clone() for p in twin.parameters()]
        theirs.step()
        row = [loss.item()]
        for pair in (slice(0, 2), slice(2, 4)):
            old, new = before[pair], list(twin.parameters())[pair]
            row.append(torch.cat([p.grad.ravel() for p in new]).norm().item())
            moved = torch.cat([(p - b).ravel() for p, b in zip(new, old, strict=True)]).norm()
            row.append((moved / torch.cat([b.ravel() for b in old]).norm()).item())
        with torch.no_grad():
            hidden = twin[1](twin[0](torch.tensor(X)))
            row += [hidden.mean().item(), hidden.std(correction=0).item()]
            row.append((hidden == 0).all(dim=0).double().mean().item())
        rows.append(row)
    names = ("loss", "gradient_norm/0", "update_ratio/0", "gradient_norm/2", "update_ratio/2",
             "mean/1", "spread/1", "dead/1")  # fmt: skip
    found = np.stack([record.history[name] for name in names], axis=1)
    np.testing.assert_allclose(found, rows, rtol=1e-6, atol=1e-12)


def test_epochs_are_those_of_the_history() -> None:
    """Losses and accuracies as `fit` measured them; the accuracy as NumPy counts it."""
    record = TrainingRecord()
    model = deep()
    history = run(model, epochs=5, validation=blobs(30, 1), callbacks=[record])
    arrays, found = history.arrays(), record.history
    for name in ("epoch", "train_loss", "train_accuracy", "validation_loss"):
        np.testing.assert_array_equal(found[name], arrays[name])
    A, b = blobs(30, 1)
    model.eval()
    right = (model(A).numpy().argmax(axis=1) == b).mean()
    assert found["validation_accuracy"][-1] == right
    assert record.best_epoch == history.best_epoch
    np.testing.assert_array_equal(found["epoch_step"], [2, 4, 6, 8, 10])


def test_the_gradient_is_the_one_that_was_used() -> None:
    """After clipping no norm is above the limit."""
    record = TrainingRecord(every=1)
    run(network(), clip_norm=0.01, callbacks=[record])
    total = np.hypot(record.history["gradient_norm/0"], record.history["gradient_norm/2"])
    np.testing.assert_allclose(total, 0.01, rtol=1e-6)


def test_a_sum_is_recorded_as_a_mean_of_points() -> None:
    """So that losses of steps and of epochs are on one scale."""
    record = TrainingRecord(every=1)
    history = run(network(), loss=nn.CrossEntropyLoss("sum"), mode="batch", callbacks=[record])
    np.testing.assert_allclose(record.history["loss"], history.train_loss, rtol=1e-12)


def test_without_a_begin_the_first_update_is_not_known() -> None:
    """And all others are."""
    record = TrainingRecord(every=1)
    record.begin = lambda *_: None  # type: ignore[method-assign]
    by_hand(record, 3)
    assert np.isnan(record.history["update_ratio/0"]).tolist() == [True, False, False]


def test_frozen_layers_and_shared_weights() -> None:
    """No gradient is NaN, said in words; a shared parameter counts once."""
    model = nn.Sequential(nn.Linear(2, 3, rng=0), nn.Tanh(), nn.Linear(3, 3, rng=0))
    model[0].requires_grad_(False)
    record = TrainingRecord(every=1)
    free = [p for p in model.parameters() if p.requires_grad]
    run(model, optimizer=optim.SGD(free, lr=0.1), callbacks=[record])
    assert np.isnan(record.history["gradient_norm/0"]).all()
    np.testing.assert_array_equal(record.history["update_ratio/0"], 0)
    assert "no gradient in 0" in repr(record)
    tied = nn.Sequential(nn.Linear(2, 2, rng=0), nn.Linear(2, 2, rng=1))
    tied[1].W = tied[0].W
    other = TrainingRecord(every=1)
    other.begin(tied)
    other.step(1.0, tied)
    assert other.history["weight_norm/1"][0] == root(tied[1].W0.numpy())


def test_a_model_that_is_a_function() -> None:
    """Its parameters are known by the optimizer, with the names of their tensors."""
    W = ag.tensor(np.full((2, 3), 0.1), requires_grad=True)
    W.name = "W"
    record = TrainingRecord(every=1)
    run(lambda x: x @ W, optimizer=optim.SGD([W], lr=0.1), callbacks=[record])
    assert record.layers == ["W"]
    assert record.watched == []


def test_a_compiled_step_is_seen_like_any_other() -> None:
    """The same numbers, from outside of the program; inside of it is an error."""
    rows = []
    for wrap in (lambda f: f, ag.compile):
        model = network()
        optimizer = optim.SGD(model.parameters(), lr=0.1)
        record = TrainingRecord(every=1)
        record.begin(model)

        @wrap
        def step(x: Any, y: Any, model: Any = model, optimizer: Any = optimizer) -> Any:
            optimizer.zero_grad()
            loss = nn.CrossEntropyLoss()(model(x), y)
            loss.backward()
            optimizer.step()
            return loss

        for _ in range(3):
            record.step(step(X, Y), model, optimizer, X)
        rows.append(record.history)
    assert rows[0].keys() == rows[1].keys()
    for name, values in rows[0].items():
        np.testing.assert_allclose(rows[1][name], values, rtol=1e-9, err_msg=name)

    @ag.compile
    def inside(x: Any) -> Any:
        record.step(1.0)
        return x * 2

    with pytest.raises(TraceError, match="call it outside"):
        inside(Tensor(1.0))
    assert record.steps == 3


# -- bounded, consistent -------------------------------------------------------------------------


def test_a_long_record_is_thinned_evenly() -> None:
    """Every second row goes when there are too many; the last epoch is always there."""
    record = TrainingRecord(every=1, limit=8)
    for i in range(1, 101):
        record.step(float(i))
        record.epoch()
    found = record.history
    np.testing.assert_array_equal(found["step"], np.arange(1, 101, 16))
    np.testing.assert_array_equal(found["loss"], found["step"])
    np.testing.assert_array_equal(found["epoch"], [*range(1, 101, 16), 100])
    assert (record.epochs, record.steps, record.every) == (100, 100, 16)


def test_the_weights_along_the_way() -> None:
    """The first ones, those after each step, and the last; fewer of a large model."""
    record = TrainingRecord(every=2, keep_weights=True)
    model = network()
    first = np.concatenate([p.numpy().ravel() for p in model.parameters()])
    run(model, callbacks=[record])
    last = np.concatenate([p.numpy().ravel() for p in model.parameters()])
    assert record.path.shape == (5, first.size)  # 0, 1, 3, 5 of 6 steps, and the end
    np.testing.assert_array_equal(record.path[0], first)
    np.testing.assert_array_equal(record.path[-1], last)
    with pytest.raises(ArgumentError, match="keep_weights=True"):
        _ = TrainingRecord().path
    with pytest.raises(ArgumentError, match="no weights were recorded"):
        _ = TrainingRecord(keep_weights=True).path
    with pytest.raises(ArgumentError, match="make a new record"):
        record.begin(nn.Linear(2, 2, rng=0))


def test_a_record_goes_on() -> None:
    """In a second call of `fit` epochs and steps are counted on, and so is the best epoch."""
    record, model = TrainingRecord(every=1), network()
    first = run(model, callbacks=[record])
    again = run(model, callbacks=[record])
    assert (record.epochs, record.steps) == (6, 12)
    assert record.best_epoch == 3 + (again.best_epoch or 0)
    assert record.history["train_loss"].tolist() == first.train_loss + again.train_loss


def test_after_an_error_the_record_is_whole() -> None:
    """An epoch that did not end is not there, the steps before the error are."""
    record = TrainingRecord(every=1)

    class Fail(optim.Callback):
        def on_batch_end(self, training: optim.Training) -> None:
            if training.step == 3:
                raise RuntimeError("no more")

    with pytest.raises(RuntimeError, match="no more"):
        run(network(), callbacks=[record, Fail()])
    assert (record.epochs, record.steps) == (1, 3)
    assert len({len(v) for k, v in record.history.items() if "epoch" not in k[:5]
                and not k.startswith(("train", "valid"))}) == 1  # fmt: skip
    assert record.svg().startswith("<svg")


@pytest.mark.parametrize(
    ("loss", "kind"), [("a", DTypeError), (None, DTypeError), ([1.0, 2.0], ShapeError),
                       (Tensor([1.0, 2.0]), ShapeError), ([[1.0], [1.0, 2.0]], DTypeError)]
)  # fmt: skip
def test_what_is_no_loss(loss: Any, kind: type[Exception]) -> None:
    """Nothing is recorded."""
    record = TrainingRecord(every=1)
    with pytest.raises(kind, match=r"TrainingRecord\.step: loss"):
        record.step(loss)
    with pytest.raises(kind, match=r"TrainingRecord\.epoch: validation_loss"):
        record.epoch(0.5, validation_loss="x" if loss is None else loss)
    assert (record.steps, record.epochs, len(record.history["step"])) == (0, 0, 0)
    assert repr(record) == "TrainingRecord: nothing recorded yet"


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"every": 0}, "every is 0"),
        ({"limit": 1}, "limit is 1"),
        ({"activations": 1}, "activations is 1"),
        ({"live": "yes"}, "live is 'yes'"),
        ({"probe": np.zeros((0, 2))}, "probe: the data set is empty"),
    ],
)
def test_settings_out_of_range(settings: dict[str, Any], words: str) -> None:
    """Each is named."""
    with pytest.raises(ArgumentError, match=words):
        TrainingRecord(**settings)


def test_series_and_what_there_is_not() -> None:
    """A metric, a layer, and errors that name what there is."""
    record = recorded(every=1)
    steps, values = record.series("dead", "1")
    assert steps.tolist() == list(range(1, 7))
    assert values.shape == (6,)
    for call, words in (
        (("gradient_norms",), "'gradient_norm' is one"),
        (("gradient_norm",), "say which: '0', '2', '4', '6'"),
        (("gradient_norm", "9"), "no layer '9'; there are '0', '2', '4', '6'"),
        (("loss", "0"), "not measured by layer"),
        (("saturated", "1"), "nothing was recorded of 'saturated of 1'"),
    ):
        with pytest.raises(ArgumentError, match=words):
            record.series(*call)
    with pytest.raises(ArgumentError, match="nothing was recorded of 'train_loss' yet"):
        TrainingRecord().series("train_loss")
    with pytest.raises(ArgumentError, match="nothing was recorded of 'update_ratio' yet"):
        TrainingRecord().series("update_ratio", "0")


def test_in_words() -> None:
    """How far it got, the last numbers, and that a loss was not finite."""
    record = TrainingRecord(every=2)
    by_hand(record)
    record.epoch(validation_loss=0.5, validation_accuracy=0.75)
    words = repr(record)
    assert "1 epoch, 5 steps (looked at: every 2nd)" in words
    assert "validation loss 0.5 (75.0 %)" in words
    record.step(1.0)
    record.step(float("nan"))
    assert "the loss was not finite in 1 step of those kept, first in step 7" in repr(record)
    assert np.isnan(record.history["loss"][-1])
