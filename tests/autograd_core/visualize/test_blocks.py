"""Block diagrams of modules: which blocks, arrows, symbols, shapes and gradients."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autograd_core as ag
import nn
from autograd_core import Tensor, draw
from autograd_core.visualize.diagram import Block, Diagram, Value

RNG = np.random.default_rng(0)
X = RNG.normal(size=(5, 4))
Y = np.array([0, 2, 1, 1, 0])


def network() -> nn.Sequential:
    """Two layers of the chapter, with softmax."""
    return nn.Sequential(
        nn.Linear(4, 6, rng=0), nn.Tanh(), nn.Linear(6, 3, rng=1), nn.Softmax()
    )  # fmt: skip


def diagram(*args: Any, **options: Any) -> Diagram:
    picture = draw(*args, **options).picture
    assert isinstance(picture, Diagram)
    return picture


def titles(found: Diagram) -> list[str]:
    return [block.title for block in found.blocks]


def symbols(found: Diagram) -> list[str]:
    return [value.symbol for value in found.values]


def block(found: Diagram, title: str) -> Block:
    return next(b for b in found.blocks if b.title == title)


def value(found: Diagram, symbol: str) -> Value:
    return next(v for v in found.values if v.symbol == symbol)


def flows(found: Diagram) -> set[tuple[str, str]]:
    """Which block leads to which, by the ids of blocks, past the values between them."""
    count = len(found.blocks)
    pairs = set()
    for link in found.links:
        if link.head < count:
            tails = [link.tail] if link.tail < count else found.inputs_of(link.tail)
            pairs |= {(found.blocks[t].id, found.blocks[link.head].id) for t in tails}
    return pairs


def norm(g: Any) -> str:
    return f"norm {np.linalg.norm(np.asarray(g)):.4g}"


# -- the chapter's figure ------------------------------------------------------------------------


def test_a_row_of_layers_is_the_chapters_figure() -> None:
    """X, then a block for each module; A⁰ = X, Z¹, A¹, Z², A² between them, and at last loss."""
    found = diagram(network(), X, loss=nn.NLLM(), target=Y)
    assert titles(found) == ["X", "Linear", "Tanh", "Linear", "Softmax", "y", "NLLM"]
    assert symbols(found) == ["A⁰ = X", "Z¹", "A¹", "Z²", "A²", "loss"]
    assert [v.text for v in found.values[:5]] == ["(5, 4)", "(5, 6)", "(5, 6)", "(5, 3)", "(5, 3)"]
    assert [b.subtitle for b in found.blocks] == ["", "", "f¹", "", "f²", "(5,) int64", ""]
    weights = [(w.symbol, w.shape, w.path) for b in found.blocks for w in b.weights]
    assert weights == [
        ("W¹", "(4, 6)", "0.W"),
        ("W₀¹", "(6,)", "0.W0"),
        ("W²", "(6, 3)", "2.W"),
        ("W₀²", "(3,)", "2.W0"),
    ]
    chain = {(f"b{i}", f"b{i + 1}") for i in range(1, 5)}
    assert flows(found) == chain | {("b5", "b7"), ("b6", "b7")}


def test_blame_is_what_the_chapter_derives_by_hand() -> None:
    """∂loss/∂Z² = (A² − Y)/n, ∂loss/∂W² = A¹ᵀ ∂loss/∂Z², and so on down to X."""
    model = network()
    w1, b1, w2, b2 = (p.data for p in model.parameters())
    a1 = np.tanh(X @ w1 + b1)
    e = np.exp(a1 @ w2 + b2)
    a2 = e / e.sum(1, keepdims=True)
    hot = np.eye(3)[Y]
    dz2 = (a2 - hot) / len(X)
    da1 = dz2 @ w2.T
    dz1 = da1 * (1 - a1**2)
    expected = {
        "A²": -hot / a2 / len(X),
        "Z²": dz2,
        "A¹": da1,
        "Z¹": dz1,
        "A⁰": dz1 @ w1.T,
        "W²": a1.T @ dz2,
        "W₀²": dz2.sum(0),
        "W¹": X.T @ dz1,
        "W₀¹": dz1.sum(0),
    }
    found = diagram(model, X, loss=nn.NLLM(), target=Y)
    gradients = [v.gradient for v in found.values if v.gradient is not None]
    gradients += [w.gradient for b in found.blocks for w in b.weights if w.gradient is not None]
    assert {g.label: (g.shape, g.size) for g in gradients} == {
        f"∂loss/∂{name}": (str(g.shape), norm(g)) for name, g in expected.items()
    }
    assert value(found, "loss").text == f"{-np.log(a2[range(5), Y]).mean():.4g}"


def test_gradients_are_those_of_backward() -> None:
    """∂loss/∂W is what ``loss.backward()`` accumulates, for a network with branches too."""
    model = nn.Sequential(
        nn.Linear(4, 6, rng=0),
        nn.BatchNorm(6),
        nn.Residual(nn.Linear(6, 6, rng=1), nn.ReLU()),
        nn.Parallel(nn.Linear(6, 2, rng=2), nn.Linear(6, 2, rng=3)),
    )
    found = diagram(model, X, loss=nn.CrossEntropyLoss(), target=Y)
    nn.CrossEntropyLoss()(model(X), Y).backward()
    shown = {w.path: w.gradient.size for b in found.blocks for w in b.weights if w.gradient}
    assert shown == {name: norm(p.grad.numpy()) for name, p in model.named_parameters()
                     if p.grad is not None}  # fmt: skip
    assert len(shown) == 10


def test_without_a_loss_nothing_flows_back() -> None:
    """Forward arrows only: no blame at values, links or weights."""
    found = diagram(network(), X)
    assert titles(found) == ["X", "Linear", "Tanh", "Linear", "Softmax"]
    assert not found.backward
    assert all(v.gradient is None for v in found.values)
    assert all(w.gradient is None and not w.absent for b in found.blocks for w in b.weights)
    assert not diagram(network(), X, loss=nn.NLLM(), target=Y, gradients=False).backward


def test_values_false_keeps_labels_and_drops_numbers() -> None:
    """Symbols and shapes stay; norms and the loss are not told."""
    found = diagram(network(), X, loss=nn.NLLM(), target=Y, values=False)
    gradient = value(found, "Z¹").gradient
    assert gradient is not None
    assert (gradient.label, gradient.shape, gradient.size) == ("∂loss/∂Z¹", "(5, 6)", "")
    assert value(found, "loss").text == "()"


def test_a_module_that_computes_its_loss_needs_none() -> None:
    """A single number that comes out is taken as the loss."""

    class Own(nn.Module):
        def __init__(self) -> None:
            self.layer = nn.Linear(4, 2, rng=0)

        def forward(self, x: Any) -> Any:
            return (self.layer(x) ** 2).mean()

    model = Own()
    found = diagram(model, X)
    z = X @ model.layer.W.data
    assert symbols(found) == ["A⁰ = X", "Z¹", "loss"]
    gradient = value(found, "Z¹").gradient
    assert gradient is not None
    assert gradient.size == norm(2 * z / z.size)


def test_loss_functions_of_one_argument() -> None:
    """A function of the output alone needs no target; its block is named after it."""

    def energy(a: Tensor) -> Tensor:
        return (a * a).sum()

    found = diagram(nn.Linear(4, 2, rng=0), X, loss=energy)
    assert titles(found) == ["X", "Linear", "energy"]
    assert block(found, "energy").kind == "loss"
    assert titles(diagram(nn.Linear(4, 2), X, loss=lambda a: a.sum()))[-1] == "Loss"


# -- symbols -------------------------------------------------------------------------------------


def test_normalization_has_a_hat_and_dropout_keeps_the_letter() -> None:
    """Ẑ¹ with G¹ and B¹ behind Z¹; dropout makes A¹ of A¹, and says how where it acts."""
    model = nn.Sequential(
        nn.Linear(4, 6, rng=0), nn.BatchNorm(6), nn.ReLU(), nn.Dropout(0.5, rng=0), nn.Linear(6, 3)
    )
    found = diagram(model, X)
    assert symbols(found) == ["A⁰ = X", "Z¹", "Ẑ¹", "A¹", "A¹", "Z²"]
    assert [w.symbol for w in block(found, "BatchNorm").weights] == ["G¹", "B¹"]
    assert block(found, "Dropout").subtitle == "A¹ ∗ D¹"
    assert block(found, "ReLU").subtitle == "f¹"
    assert block(diagram(model.eval(), X), "Dropout").subtitle == ""


def test_identity_is_an_activation_and_passes_its_own_value_on() -> None:
    """Z and A of a linear output are two values, though the tensor is one."""
    found = diagram(nn.Sequential(nn.Linear(4, 2, rng=0), nn.Identity()), X)
    assert symbols(found) == ["A⁰ = X", "Z¹", "A¹"]
    assert block(found, "Identity").subtitle == "f¹"


def test_superscripts_of_two_digits() -> None:
    """The tenth layer is Z¹⁰ with W₀¹⁰."""
    found = diagram(nn.Sequential(*[nn.Linear(4, 4, rng=i) for i in range(10)]), X)
    assert symbols(found)[-1] == "Z¹⁰"
    assert [w.symbol for w in found.blocks[-1].weights] == ["W¹⁰", "W₀¹⁰"]


def test_symbols_are_unique_but_for_dropout() -> None:
    """What the chapter has no letter for gets primes, so that every ∂ says by what."""
    model = nn.Sequential(nn.ReLU(), nn.Tanh(), nn.Residual(nn.Linear(4, 4)), nn.Tanh(), np.sin)
    found = diagram(model, X)
    assert symbols(found) == ["A⁰ = X", "A⁰′", "A⁰′′", "Z¹", "Z¹′", "A¹", "A¹′"]


def test_other_names_of_weights_are_kept() -> None:
    """A parameter of a user's class keeps its name; a clash is told by its path."""

    class Scale(nn.Module):
        def __init__(self) -> None:
            self.gain = nn.Parameter(np.ones(4))

        def forward(self, x: Any) -> Any:
            return x * self.gain

    found = diagram(nn.Sequential(Scale(), Scale()), X)
    assert [w.symbol for b in found.blocks for w in b.weights] == ["gain", "1.gain"]


# -- networks that are no row --------------------------------------------------------------------


def test_residual_branches_and_joins() -> None:
    """The value before goes into f and around it; the sum of the two is a block of its own."""
    model = nn.Sequential(nn.Linear(4, 4, rng=0), nn.Residual(nn.ReLU(), nn.Linear(4, 4, rng=1)))
    found = diagram(model, X, loss=nn.SquaredLoss(), target=X)
    assert titles(found) == ["X", "Linear", "ReLU", "Linear", "+", "y", "SquaredLoss"]
    assert block(found, "+").kind == "operation"
    assert {("b2", "b3"), ("b2", "b5"), ("b4", "b5"), ("b5", "b7")} <= flows(found)
    w, z = model[1][1].W.data, X @ model[0].W.data
    g = 2 * (z + np.maximum(z, 0) @ w - X) / X.size
    blame = value(found, "Z¹").gradient
    assert blame is not None
    assert blame.size == norm(g + (g @ w.T) * (z > 0))  # the sum over both ways


def test_a_forward_with_two_inputs_and_operations() -> None:
    """Inputs have the names of the arguments; functions between modules are blocks."""

    class Two(nn.Module):
        def __init__(self) -> None:
            self.a = nn.Linear(4, 3, rng=0)
            self.b = nn.Linear(2, 3, rng=1)
            self.out = nn.Linear(3, 1, rng=2)

        def forward(self, image: Any, text: Any) -> Any:
            return self.out(ag.relu(self.a(image)) + ag.tanh(self.b(text)))

    found = diagram(Two(), X, X[:, :2])
    assert [(b.title, b.subtitle) for b in found.blocks[:2]] == [("X₁", "image"), ("X₂", "text")]
    plus = block(found, "+").id
    assert {(b.title, b.kind) for b in found.blocks if (b.id, plus) in flows(found)} == {
        ("ReLU", "operation"),
        ("tanh", "operation"),
    }
    assert {"Z¹", "A¹", "Z²", "A²", "A²′", "Z³"} <= set(symbols(found))


def test_operations_in_a_row_are_one_block() -> None:
    """What only one value goes through is merged, and nothing that would lose an arrow."""

    class Net(nn.Module):
        def __init__(self) -> None:
            self.layer = nn.Linear(4, 4, rng=0)

        def forward(self, x: Any) -> Any:
            h = self.layer(x)
            return nn.functional.gelu(h) + ag.exp(h * 0.5 - 1)

    found = diagram(Net(), X)
    assert titles(found)[:2] == ["X", "Linear"]
    assert len(found.blocks) == 5
    assert found.blocks[-1].title == "+"
    assert "× 0.5 − 1 exp" in titles(found)


def test_graph_and_parallel() -> None:
    """The data-flow is that of the run, for every container."""
    net = nn.Graph({
        "hidden": (nn.Linear(4, 3, rng=0), "x"),
        "a": (nn.Tanh(), "hidden"),
        "all": (nn.Concat(), "a", "x"),
        "out": (nn.Linear(7, 1, rng=1), "all"),
    })  # fmt: skip
    assert flows(diagram(net, X)) == {("b1", "b2"), ("b2", "b3"), ("b3", "b4"), ("b1", "b4"),
                                      ("b4", "b5")}  # fmt: skip
    both = nn.Parallel(nn.Linear(4, 3), nn.Sequential(nn.Linear(4, 3), nn.ReLU()), join="add")
    assert flows(diagram(both, X)) == {("b1", "b2"), ("b1", "b3"), ("b3", "b4"), ("b2", "b5"),
                                       ("b4", "b5")}  # fmt: skip


def test_a_module_used_twice_is_two_blocks_with_the_same_weights() -> None:
    """Z¹ and Z² of one W¹; a note says that its gradient is the sum over both."""

    class Twice(nn.Module):
        def __init__(self) -> None:
            self.f = nn.Linear(4, 4, rng=0)

        def forward(self, x: Any) -> Any:
            return self.f(ag.tanh(self.f(x)))

    model = Twice()
    found = diagram(model, X, loss=nn.SquaredLoss(), target=X)
    linear = [b for b in found.blocks if b.title == "Linear"]
    assert [[w.symbol for w in b.weights] for b in linear] == [["W¹", "W₀¹"]] * 2
    assert {"Z¹", "Z²"} <= set(symbols(found))
    assert found.notes == ("Used by several blocks: W¹, W₀¹; the gradient shown is the sum over "
                           "them.",)  # fmt: skip
    nn.SquaredLoss()(model(X), X).backward()
    shown = linear[0].weights[0].gradient
    assert shown is not None
    assert model.f.W.grad is not None
    assert shown.size == norm(model.f.W.grad.numpy())


def test_weights_that_a_loss_reads_are_at_its_block() -> None:
    """A penalty on W feeds W into the loss too."""
    model = nn.Linear(4, 2, rng=0)
    found = diagram(model, X, loss=lambda a: a.sum() + (model.W**2).sum())
    assert [w.symbol for w in found.blocks[-1].weights] == ["W¹"]
    shown = found.blocks[1].weights[0].gradient
    assert shown is not None
    assert shown.size == norm(X.sum(0)[:, None] + 2 * model.W.data)


def test_several_outputs_and_what_nobody_uses() -> None:
    """Every tensor that a module puts out has an arrow, numbered."""

    class Split(nn.Module):
        def forward(self, x: Any) -> Any:
            return x[:, :2] * 1.5, x[:, 2:] * 2.0

    class Net(nn.Module):
        def __init__(self) -> None:
            self.split, self.out = Split(), nn.Linear(2, 1)

        def forward(self, x: Any) -> Any:
            first, _second = self.split(x)
            return self.out(first)

    found = diagram(Net(), X)
    assert symbols(found) == ["A⁰ = X", "A₁⁰", "A₂⁰", "Z¹"]
    assert len(found.outputs_of(len(found.blocks) + 2)) == 0


def test_a_detached_value_flows_forward_only() -> None:
    """The arrow is there, and no blame goes back along it."""

    class Cut(nn.Module):
        def __init__(self) -> None:
            self.a, self.b = nn.Linear(4, 3, rng=0), nn.Linear(3, 2, rng=1)

        def forward(self, x: Any) -> Any:
            return self.b(self.a(x).detach())

    found = diagram(Cut(), X, loss=nn.SquaredLoss(), target=np.zeros((5, 2)))
    assert {("b2", "b3")} <= flows(found)
    assert value(found, "Z¹").gradient is None
    assert {w.absent for w in found.blocks[1].weights} == {"no gradient arrived"}
    assert {w.absent for w in found.blocks[2].weights} == {""}


def test_integer_inputs_and_frozen_weights() -> None:
    """No blame reaches integers; a frozen weight says so."""

    class Table(nn.Module):
        integer_inputs = True

        def __init__(self) -> None:
            self.E = nn.Parameter(RNG.normal(size=(5, 3)))

        def forward(self, i: Any) -> Any:
            return self.E[i.data]

    model = nn.Sequential(Table(), nn.Linear(3, 2, rng=0))
    model[1].W0.requires_grad = False
    found = diagram(model, Y, loss=nn.CrossEntropyLoss(), target=Y % 2)
    assert found.values[0].gradient is None
    assert found.values[0].text == "(5,) int64"
    assert [(w.symbol, w.absent) for b in found.blocks for w in b.weights] == [
        ("E¹", ""), ("W²", ""), ("W₀²", "frozen")
    ]  # fmt: skip


def test_forward_called_by_its_name_is_a_block_too() -> None:
    """``self.layer.forward(x)`` is seen like ``self.layer(x)``."""

    class Net(nn.Module):
        def __init__(self) -> None:
            self.layer = nn.Linear(4, 2)

        def forward(self, x: Any) -> Any:
            return self.layer.forward(x)

    assert titles(diagram(Net(), X)) == ["X", "Linear"]


# -- nothing changes -----------------------------------------------------------------------------


def test_drawing_leaves_no_trace() -> None:
    """Gradients, buffers, generators, modes, attributes and the caller's arrays stay."""
    model = nn.Sequential(nn.Linear(4, 6, rng=0), nn.BatchNorm(6), nn.Dropout(0.5, rng=3))
    nn.SquaredLoss()(model(X), np.zeros((5, 6))).backward()
    calls: list[Any] = []
    model[0].W.register_hook(calls.append)
    x = X.copy()
    state = {name: a.copy() for name, a in model.state_dict().items()}
    grads = [None if p.grad is None else p.grad.numpy().copy() for p in model.parameters()]
    generator = model[2].rng.bit_generator.state
    kept = [sorted(vars(m)) for m in model.modules()]
    found = draw(model, x, loss=nn.SquaredLoss(), target=np.zeros((5, 6))).picture
    assert all(np.array_equal(a, state[name]) for name, a in model.state_dict().items())
    for p, g in zip(model.parameters(), grads, strict=True):
        assert p.grad is not None
        assert np.array_equal(p.grad.numpy(), g)
    assert model[2].rng.bit_generator.state == generator
    assert [sorted(vars(m)) for m in model.modules()] == kept
    assert np.array_equal(x, X)
    assert not calls
    assert model.training
    assert "Hooks were not called: gradients are shown without them." in found.notes


def test_the_mode_of_the_model_is_kept_and_used() -> None:
    """In evaluation a batch of one is standardized by the running statistics, as when called."""
    model = nn.Sequential(nn.Linear(4, 6, rng=0), nn.BatchNorm(6))
    with pytest.raises(ag.ShapeError, match="at least two"):
        draw(model, X[:1])
    assert model.training
    assert symbols(diagram(model.eval(), X[:1])) == ["A⁰ = X", "Z¹", "Ẑ¹"]
    assert not model[1].training


def test_a_tensor_that_is_the_sample_keeps_its_graph_and_grad() -> None:
    """It is drawn from its value alone; under no_grad too."""
    x = Tensor(X, requires_grad=True)
    with ag.no_grad():
        found = diagram(network(), x * 2.0, loss=nn.NLLM(), target=Y)
    assert found.backward
    assert x.grad is None


def test_a_failing_run_leaves_no_trace() -> None:
    """The module's own error arrives, and the module can be used as before."""
    model = network()
    with pytest.raises(ag.ShapeError, match=r"Linear\(4, 6\)"):
        draw(model, np.zeros((5, 7)))
    assert model(X).shape == (5, 3)
    assert "forward" not in vars(model[0])


# -- bad input -----------------------------------------------------------------------------------


def test_errors_say_what_to_do() -> None:
    """Missing samples, targets and modules, and losses that are none."""
    model = network()
    with pytest.raises(ag.ArgumentError, match=r"give its input too: draw\(model, x\)"):
        draw(model)
    with pytest.raises(ag.ArgumentError, match=r"NLLM compares .* target=y"):
        draw(model, X, loss=nn.NLLM())
    with pytest.raises(ag.ArgumentError, match="add loss="):
        draw(model, X, target=Y)
    with pytest.raises(ag.DTypeError, match="no loss"):
        draw(model, X, loss="nllm", target=Y)
    with pytest.raises(ag.DTypeError, match="no loss"):
        draw(model, X, loss=nn.NLLM, target=Y)
    with pytest.raises(ag.ShapeError, match=r"shape \(5,\).*reduction"):
        draw(model, X, loss=nn.NLLM(reduction="none"), target=Y)
    with pytest.raises(ag.DTypeError, match="returned a float"):
        draw(model, X, loss=lambda a: 1.0)
    with pytest.raises(ag.ArgumentError, match="holds no modules"):
        draw(nn.Sequential(), X)
    with pytest.raises(ag.ArgumentError, match="max_nodes=4"):
        draw(model, X, max_nodes=3)


def test_levels() -> None:
    """A level that is not there, or not for this thing, is refused with what to give."""
    with pytest.raises(ag.ArgumentError, match=r"'neurons'.*'modules', 'operations', 'scalars'"):
        draw(network(), X, level="neurons")
    with pytest.raises(ag.ArgumentError, match="give the module and its input"):
        draw(Tensor(1.0), level="modules")
    with pytest.raises(ag.ArgumentError, match=r"draw\(model, x\)"):
        draw(network(), level="operations")
    with pytest.raises(ag.ArgumentError, match="drawn alone"):
        draw(Tensor(1.0), X)
    with pytest.raises(ag.DTypeError, match="the class ReLU has no graph"):
        draw(nn.ReLU, X)
    assert repr(draw(Tensor(1.0), level="operations")) == repr(draw(Tensor(1.0)))
    assert repr(draw(network(), X, level="modules")) == repr(draw(network(), X))


def test_a_module_that_returns_no_tensor() -> None:
    """What comes out is named."""

    class Nothing(nn.Module):
        def forward(self, x: Any) -> Any:
            return "text"

    with pytest.raises(ag.DTypeError, match="returned a str"):
        draw(Nothing(), X)
