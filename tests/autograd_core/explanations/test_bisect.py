"""`bisect_gradient` finds planted mistakes of all kinds, and finds none where there is none."""

from __future__ import annotations

import numpy as np
import pytest

import autograd_core as ag
import nn
from autograd_core import ArgumentError, DTypeError, GraphError, Tensor

X = np.array([0.3, 1.2, -0.7])
BATCH = np.array([[0.3, 1.2, -0.7], [0.5, -0.4, 0.9], [1.1, 0.2, -0.3], [-0.6, 0.8, 0.4]])
SQUARE = np.array([[0.3, 1.2, -0.7], [0.5, -0.4, 0.9], [1.1, 0.2, -0.3]])


def rule(forward, vjp, name="mine"):
    return ag.custom(vjp, name=name)(forward)


def through(op):
    """The operation in the middle of right ones."""
    return lambda x: ag.tanh(op(ag.sin(x) + 1.5)).sum()


#: A wrong rule of one operand, and words of the slip.
ONE = {
    "a factor": (lambda x: x**3, lambda g, y, x: g * x**2, "a factor 3 is missing"),
    "half": (lambda x: x**2, lambda g, y, x: g * x, "a factor 2 is missing"),
    "sign": (np.cos, lambda g, y, x: g * np.sin(x), "wrong sign"),
    "zero": (np.exp, lambda g, y, x: 0 * g, "derivative by this operand missing"),
    "none": (np.exp, lambda g, y, x: None, "None"),
    "no g": (np.exp, lambda g, y, x: y * 1.0, "does not depend on the gradient that arrives"),
    "only g": (np.exp, lambda g, y, x: g * 1.0, "hands on the gradient that arrives"),
    "factor y": (lambda x: 1 / x, lambda g, y, x: -g * y, "a factor y is missing"),
    "factor x": (lambda x: x**3, lambda g, y, x: 3 * g * x, "a factor x is missing"),
    "factor 1 - y": (
        lambda x: 1 / (1 + np.exp(-x)),
        lambda g, y, x: g * y,
        "a factor (1 − y) is missing",
    ),
    "not finite": (np.exp, lambda g, y, x: g * np.nan, "not finite"),
    "raises": (np.exp, lambda g, y, x: 1 / 0, "cannot be computed"),
}


@pytest.mark.parametrize("name", ONE)
def test_a_wrong_rule_of_one_operand_is_named_with_its_slip(name: str) -> None:
    """The first wrong operation, its line, both numbers, and what the slip looks like."""
    forward, vjp, words = ONE[name]
    found = ag.bisect_gradient(through(rule(forward, vjp)), X)
    assert not found.agrees
    assert found.verdict == "wrong rule"
    assert found.first.operation == "mine"
    assert words in found.first.slip, str(found)
    assert "test_bisect.py:" in found.line
    assert len(found.wrong) == 1


def test_both_numbers_are_right() -> None:
    """At the named element the rule's and the true derivative are those of the formula."""
    cube = rule(lambda x: x**3, lambda g, y, x: g * x**2)
    found = ag.bisect_gradient(lambda x: cube(x).sum(), X)
    assert found.whole.index == (1,)
    assert found.whole.got == pytest.approx(1.2**2)
    assert found.whole.expected == pytest.approx(3 * 1.2**2, rel=1e-8)
    assert found.first.index == (1,)
    assert found.first.got == pytest.approx(1.2**2)
    assert found.first.expected == pytest.approx(3 * 1.2**2, rel=1e-8)
    assert found.first.error == pytest.approx(2 * 1.2**2, rel=1e-8)


MATRIX = {
    "transposed": (lambda g, x, W: (g @ W.T, (x.T @ g).T), 1, "transposed"),
    "exchanged": (lambda g, x, W: (x.T @ g, g @ W.T), None, "exchanged"),
    "mean for sum": (lambda g, x, W: (g @ W.T, x.T @ g / 3), 1, "mean in place of a sum"),
    "first example": (
        lambda g, x, W: (g @ W.T, x[:1].T @ g[:1]),
        1,
        "only the first of 3 examples",
    ),
    "last example": (lambda g, x, W: (g @ W.T, x[-1:].T @ g[-1:]), 1, "only the last of 3"),
    "first operand": (lambda g, x, W: (g @ W, x.T @ g), 0, ""),
    "reversed": (lambda g, x, W: (g @ W.T, (x.T @ g)[::-1]), 1, "reverse order"),
}


@pytest.mark.parametrize("name", MATRIX)
def test_a_wrong_function_of_two_operands(name: str) -> None:
    """A Function in PyTorch's form: which operand is wrong, and how."""
    answers, operand, words = MATRIX[name]

    class Product(ag.Function):
        @staticmethod
        def forward(ctx, x, W):
            ctx.save_for_backward(x, W)
            return x @ W

        @staticmethod
        def backward(ctx, g):
            x, W = (t.numpy() for t in ctx.saved_tensors)
            return answers(g.numpy(), x, W)

    W = np.array([[0.2, 0.9, -0.4], [-0.8, 0.1, 0.5], [0.7, -0.3, 0.6]])
    found = ag.bisect_gradient(lambda x, W: ag.tanh(Product.apply(x, W)).sum(), (SQUARE, W))
    assert found.first.operation == "Product"
    assert operand in (None, found.first.operand)
    assert words in found.first.slip, str(found)


def test_a_sum_over_the_batch_that_is_missing() -> None:
    """The engine refuses the shape; the slip is told, with no traceback."""

    class Bias(ag.Function):
        @staticmethod
        def forward(ctx, z, b):
            return z + b

        @staticmethod
        def backward(ctx, g):
            return g, g

    found = ag.bisect_gradient(lambda b: Bias.apply(Tensor(BATCH), b).sum(), X)
    assert found.first.operation == "Bias"
    assert "not summed over the first axis, of length 4" in found.first.slip
    assert "shape (4, 3)" in found.error


def test_the_first_of_several_wrong_ones() -> None:
    """In the order in which they ran; the others are listed too."""
    first = rule(lambda x: x**2, lambda g, y, x: g * x, "first")
    second = rule(np.exp, lambda g, y, x: -g * y, "second")
    found = ag.bisect_gradient(lambda x: second(ag.sin(first(x))).sum(), X)
    assert [w.operation for w in found.wrong] == ["first", "second"]


def test_one_wrong_element_of_many() -> None:
    """Of 3,000 elements one is wrong: it is found by halving."""

    def wrong_at_1234(g, y, x):
        c = 2 * g * x
        c[1234] *= -1
        return c

    x = np.linspace(0.5, 1.5, 3000)
    found = ag.bisect_gradient(lambda x: rule(lambda x: x**2, wrong_at_1234)(x).sum(), x)
    assert not found.agrees
    assert found.first.index == (1234,)


def test_a_wrong_module_weight_by_a_function_of_nothing() -> None:
    """The function closes over the model; the tensor that it uses is given."""
    wrong = rule(np.tanh, lambda g, y, x: g * (1 - y))

    class Net(nn.Module):
        def __init__(self):
            self.layer = nn.Linear(3, 2, rng=0)

        def forward(self, x):
            return wrong(self.layer(x))

    net = Net()
    before = net.layer.W.data.copy()
    found = ag.bisect_gradient(lambda: (net(BATCH) ** 2).mean(), net.layer.W)
    assert found.first.operation == "mine"
    assert found.first.slip == "a factor (1 + y) is missing"
    assert found.first.module == "Net"
    np.testing.assert_array_equal(net.layer.W.data, before)
    assert net.layer.W.grad is None


RIGHT = {
    "elementwise": lambda x: (ag.exp(x) * ag.sin(x) / (2 + ag.cos(x))).sum(),
    "softmax": lambda x: ag.softmax(x)[0] * 3,
    "cross entropy": lambda x: nn.functional.cross_entropy(x, 1),
    "norm and matmul": lambda x: ag.norm(SQUARE @ x),
    "sorting": lambda x: (ag.sort(x) * [1.0, 2.0, 3.0]).sum(),
    "a vector": lambda x: ag.tanh(SQUARE @ x),
    "max": lambda x: ag.max(x) * ag.min(x),
    "power": lambda x: (ag.absolute(x) ** 2.5).sum(),
    "large": lambda x: (x * 1e6).sum() ** 2,
    "small": lambda x: (x * 1e-6).sum() ** 2 * 1e-6,
    "offset": lambda x: (ag.sin(x) + 1e6).sum(),
    "a gradient inside": lambda x: (ag.grad(lambda v: (v**3).sum())(x) ** 2).sum(),
    "zero": lambda x: (x * 0.0).sum(),
}


@pytest.mark.parametrize("name", RIGHT)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_what_is_right_is_called_right(name: str, dtype) -> None:
    """No false alarm, in float64 and in float32."""
    if dtype == np.float32 and name == "offset":
        pytest.skip("float32 holds no digit of it")
    found = ag.bisect_gradient(RIGHT[name], X.astype(dtype))
    assert found.agrees, str(found)
    assert found.verdict == "agrees"
    assert "agrees" in str(found)


@pytest.mark.parametrize("layer", [nn.Linear(3, 2, rng=0), nn.BatchNorm(3), nn.LayerNorm(3)])
def test_modules_are_right(layer: nn.Module) -> None:
    """A module can be given as the function; its output may have any shape."""
    assert ag.bisect_gradient(layer.eval(), BATCH).agrees


@pytest.mark.parametrize(
    "f", [ag.relu, ag.absolute, lambda x: ag.maximum(x, 0), lambda x: ag.clip(x, 0, 1)]
)
def test_kinks_are_reported_and_are_not_wrong(f) -> None:
    """At 0 any slope between those of both sides will do."""
    found = ag.bisect_gradient(lambda x: f(x).sum(), [0.0, 0.5, -1.0])
    assert found.agrees, str(found)
    assert "kink" in found.kinks[0]


def test_the_edge_of_a_domain_is_reported() -> None:
    """log at 0 has no left side: that element decides nothing, and it is told."""
    found = ag.bisect_gradient(lambda x: ag.log(x).sum(), [0.0, 0.5])
    assert found.agrees
    assert "edge" in found.kinks[0]
    assert "[0]" in found.kinks[0]


def test_jumps_are_reported() -> None:
    """floor at an integer has no slope at all."""
    found = ag.bisect_gradient(lambda x: (ag.floor(x) + x).sum(), [1.0, 2.5])
    assert found.agrees
    assert "jump" in found.kinks[0]


def test_a_right_operation_at_a_kink_is_not_blamed_for_another() -> None:
    """The wrong one behind it is."""
    wrong = rule(np.exp, lambda g, y, x: g * y * 2)
    found = ag.bisect_gradient(lambda x: wrong(ag.relu(x)).sum(), [0.0, 0.5])
    assert [w.operation for w in found.wrong] == ["mine"]


CUTS = {
    "data": lambda x: (x * x.data).sum(),
    "detach": lambda x: (ag.tanh(x.detach()) * x).sum(),
    "numpy": lambda x: (x * np.sin(x.detach().numpy())).sum(),
    "item": lambda x: x.sum() * x[0].item(),
    "a new tensor": lambda x: (x * Tensor(x.data * 2)).sum(),
}


@pytest.mark.parametrize("name", CUTS)
def test_a_value_that_leaves_the_graph(name: str) -> None:
    """The operation that takes it in without the graph is named, with the line."""
    found = ag.bisect_gradient(CUTS[name], X)
    assert found.verdict == "detached"
    assert "test_bisect.py:" in found.line
    assert "not on the graph" in found.reason


def test_what_never_was_on_the_graph() -> None:
    """A function that returns a plain number has no gradient."""
    found = ag.bisect_gradient(lambda x: float(x.data.sum()), X)
    assert found.verdict == "detached"
    assert not found.agrees


def test_a_detached_shift_that_does_not_matter_is_not_blamed() -> None:
    """softmax subtracts a detached maximum, rightly; a wrong rule elsewhere is found."""
    wrong = rule(np.exp, lambda g, y, x: g)
    found = ag.bisect_gradient(lambda x: wrong(ag.softmax(x)).sum(), X)
    assert found.verdict == "wrong rule"
    found = ag.bisect_gradient(lambda x: (ag.softmax(x) * x.detach()).sum(), X)
    assert found.verdict == "detached"
    assert "multiply" in found.reason


def test_an_array_that_is_written_to_after_its_use() -> None:
    """A constant that is changed between forward and backward."""

    def f(x):
        a = np.ones(3)
        y = x * a
        a[:] = 5.0
        return y.sum()

    found = ag.bisect_gradient(f, X)
    assert found.verdict == "written to"
    assert "multiply" in found.reason
    assert "test_bisect.py:" in found.line


def test_a_tensor_that_is_written_to_after_its_use() -> None:
    """A change through the API: backward would raise, and is told."""

    def f(x):
        h = ag.exp(x)
        y = h * h
        h.data = np.ones(3)
        return y.sum()

    found = ag.bisect_gradient(f, X)
    assert not found.agrees
    assert found.verdict == "written to"
    assert "changed in place" in found.error


def test_random_functions() -> None:
    """Dropout that draws anew has no derivative; with its mask fixed it has."""
    drop = nn.Dropout(0.5, rng=0)
    found = ag.bisect_gradient(lambda x: drop(x).sum(), BATCH)
    assert found.verdict == "not deterministic"
    assert "multiply" in found.reason
    found = ag.bisect_gradient(lambda x: nn.Dropout(0.5, rng=0)(x).sum(), BATCH)
    assert found.agrees


def test_a_hook_that_changes_the_gradient() -> None:
    """Every rule is right; the hook is named."""

    def f(x):
        h = ag.sin(x)
        h.register_hook(lambda g: g * 2)
        return h.sum()

    assert ag.bisect_gradient(f, X).verdict == "hook"


def test_odd_arguments() -> None:
    """Integers become floats, nothing is nothing, and what cannot be is refused in words."""
    assert ag.bisect_gradient(lambda x: x * x, 3).agrees
    assert ag.bisect_gradient(lambda x: (x * x).sum(), np.zeros((0, 2))).agrees
    with pytest.raises(ArgumentError, match="not callable"):
        ag.bisect_gradient(Tensor(1.0), X)
    with pytest.raises(DTypeError, match="floats"):
        ag.bisect_gradient(lambda x: x, "text")
    with pytest.raises(ArgumentError, match="empty"):
        ag.bisect_gradient(lambda: 1, ())
    with pytest.raises(GraphError, match="requires_grad"):
        ag.bisect_gradient(lambda: 1, Tensor(1.0))


def test_the_callers_tensor_is_as_before() -> None:
    """Value, grad and version are untouched: a graph recorded before still has its backward."""
    w = Tensor(X, requires_grad=True)
    earlier = (w * w).sum()
    assert ag.bisect_gradient(lambda w: (w**3).sum(), w).agrees
    assert w.grad is None
    earlier.backward()
    np.testing.assert_allclose(w.grad.data, 2 * X)


def test_shows_itself() -> None:
    """Text and HTML; hostile names are escaped."""
    wrong = rule(np.exp, lambda g, y, x: g, "<b>&")
    made = ag.bisect_gradient(lambda x: wrong(x).sum(), X)._repr_mimebundle_()
    assert set(made) == {"text/plain", "text/html"}
    assert "<b>&" not in made["text/html"]
    assert "&lt;b&gt;&amp;" in made["text/html"]


def test_every_elementwise_primitive_is_right_on_its_own(rng: np.random.Generator) -> None:
    """The checker of single operations gives no false alarm over the table."""
    from autograd_core.primitive import PRIMITIVES
    from autograd_core.rules import Elementwise

    for name, primitive in PRIMITIVES.items():
        if isinstance(primitive, Elementwise) and primitive.smooth and name != "remainder":
            low, high = primitive.domain
            args = [rng.uniform(low, high, 3) for _ in primitive.partials]
            found = ag.bisect_gradient(lambda *xs, p=primitive: p(*xs).sum(), tuple(args))
            assert found.agrees, f"{name}: {found}"


def test_the_line_of_code_is_set_as_code() -> None:
    """In a notebook the code of the first wrong line stands in an element of its own."""

    @ag.custom(lambda g, y, x: g * x)
    def squared(x: np.ndarray) -> np.ndarray:
        return x**2

    found = ag.bisect_gradient(lambda x: squared(x).sum(), [0.5, 1.5])
    html = found._repr_mimebundle_()["text/html"]
    assert "<code>found = ag.bisect_gradient(" in html
    assert "`" not in html
