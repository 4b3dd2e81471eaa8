"""The source of a program: readable names, a comment on every line, runnable as it stands."""

from __future__ import annotations

import ast
import builtins
import inspect
import keyword
import re
from typing import Any

import numpy as np
import pytest

import autograd_core as ag
import nn
import optim
from autograd_core import Tensor
from autograd_core.program.vocabulary import Vocabulary, filling

RNG = np.random.default_rng(0)


def trained(dtype: Any = np.float64) -> Any:
    """A compiled step of a small network, run twice."""
    model = nn.Sequential(
        nn.Linear(4, 5, rng=0, dtype=dtype), nn.ReLU(), nn.Linear(5, 3, rng=1, dtype=dtype)
    )
    optimizer, criterion = optim.Adam(model.parameters(), 0.1), nn.CrossEntropyLoss()

    @ag.compile
    def step(x: Any, y: Any) -> Any:
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        loss.backward()
        optimizer.step()
        return loss

    for _ in range(2):
        step(RNG.normal(size=(6, 4)).astype(dtype), RNG.integers(0, 3, 6))
    return step


def body(source: str) -> list[str]:
    """The lines of `run`."""
    return source.partition("def run(")[2].splitlines()[1:]


def test_values_are_called_after_arguments_parameters_modules_variables_and_gradients() -> None:
    """In a step: x and y, W_0, linear_0, relu_1, loss, dW_0, the optimizer's m and v."""
    step = trained()
    names = set(re.findall(r"[A-Za-z_]\w*", step.source.partition("def run(")[2]))
    assert names >= {
        *("x", "y", "W_0", "W0_0", "W_2", "linear_0", "relu_1", "linear_2", "loss"),
        *("dW_0", "dW0_0", "dW_2", "dW0_2", "d_linear_0", "d_relu_1", "d_linear_2"),
        *("m_0_W", "v_2_W0", "lr", "labels"),
    }
    assert step.source.partition("def run(")[2].startswith("x, y):")


def test_each_line_says_the_operation_and_the_line_of_the_user() -> None:
    """The line numbers are those of the statements in the compiled function."""
    step = trained()
    lines, start = inspect.getsourcelines(step.function)
    at = {text.strip(): f"test_source.py:{start + i}" for i, text in enumerate(lines)}
    source = body(step.source)
    first = next(line for line in source if line.strip().startswith("dot(x, W_0"))
    assert first.endswith(f"# matmul, {at['loss = criterion(model(x), y)']}")
    back = next(line for line in source if "dW_2)" in line and "dot(" in line)
    assert back.endswith(f"# backward of matmul, {at['loss.backward()']}")
    update = next(line for line in source if "subtract(W_0, " in line)
    assert update.endswith(f"# Adam, {at['optimizer.step()']}")
    bare = [line for line in source if "#" not in line]
    known = r"\s+(\w+\[\(\)\] = \w+|\w+ = float64\(\w+\)|return .*|for .*)"
    assert all(re.fullmatch(known, line) for line in bare), bare


def test_the_variable_of_a_statement_over_several_lines() -> None:
    """An assignment names its value, also ``+=`` and with a type, and not a tuple of targets."""

    @ag.compile
    def f(x: Any) -> Any:
        hidden = np.tanh(
            x * 2,
        )
        total: Any = hidden + 1
        total += np.exp(x)
        a, b = total * 3, total * 4
        return a * b

    f(RNG.normal(size=3))
    names = set(
        re.findall(r"[A-Za-z_]\w*", "\n".join(line.partition("#")[0] for line in body(f.source)))
    )
    assert {"hidden", "total"} <= names
    assert not {"a", "b"} & names


@pytest.mark.parametrize(
    "name",
    [
        "0.W; import os",
        "lambda",
        "np",
        "run",
        "ünï.côde",
        "",
        "1",
        "__",
        "print",
        "dot",
        "x\ny",
        "i",
    ],
)
def test_names_of_the_user_become_valid_and_shadow_nothing(name: str) -> None:
    """Whatever a parameter is called, the program runs and computes the same."""
    w = Tensor(RNG.normal(size=(3, 3)), requires_grad=True, name=name)

    @ag.compile
    def f(x: Any) -> Any:
        w.grad = None
        y = (np.tanh(x) @ w).sum()
        y.backward()
        return y, w.grad

    x = RNG.normal(size=(2, 3))
    for _ in range(2):
        y, grad = f(x)
        np.testing.assert_allclose(y.data, (np.tanh(x) @ w.data).sum(), rtol=1e-12)
        np.testing.assert_allclose(grad.data, np.tanh(x).T @ np.ones((2, 3)), rtol=1e-12)
    tree = ast.parse(f.source)
    stored = [
        n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
    ]
    assert not [
        n for n in stored if n in dir(builtins) or n in ("np", "run") or keyword.iskeyword(n)
    ]
    assert "import os" not in f.source


def test_all_names_are_there_and_none_is_of_the_library() -> None:
    """What the source reads is defined in it, given in the namespace, or Python's."""
    program = trained().program
    tree = ast.parse(program.source)
    stored = {
        n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
    }
    stored |= {a.arg for n in ast.walk(tree) if isinstance(n, ast.FunctionDef) for a in n.args.args}
    for node in ast.walk(tree):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            stored |= {alias.asname or alias.name for alias in node.names}
    read = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}
    assert read <= stored | set(dir(builtins)) | set(program.writer.namespace)
    assert not re.search(r"\b(autograd_core|Tensor|nn|optim)\b", program.source)


def test_names_of_the_same_memory_are_the_same_array() -> None:
    """``relu_1 = linear_0`` where the rectifier works in place."""
    program = trained().program
    pairs = re.findall(r"^(\w+) = (\w+)  # the same memory$", program.source, re.M)
    assert ("relu_1", "linear_0") in pairs
    for name, other in pairs:
        assert program.namespace[name] is program.namespace[other]


def test_the_setup_is_in_order() -> None:
    """Imports, then constants, memory and views, each apart."""
    source = trained(np.float32).source
    head = source.partition("def run(")[0]
    assert head.startswith("import numpy as np\nfrom numpy import ")
    places = [head.index(text) for text in ("np.array(", "np.empty(", "W_2.T")]
    assert places == sorted(places)
    assert "np.array(0.9, np.float32)" in head  # as short as it is exact


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("number", [0.1, 1 / 3, 1e-45, -0.0, 1e30, np.inf, -np.inf, np.nan, 5e-324])
def test_constants_are_written_to_the_last_bit(number: float, dtype: Any) -> None:
    """Also the smallest, the infinite, and zero with a sign."""
    with np.errstate(all="ignore"):
        exact = dtype(number)
    words = Vocabulary()
    name = words.constant(exact, np.dtype(dtype))
    space: dict[str, Any] = {"np": np}
    exec("\n".join([*words.heads, *words.setup]), space)
    assert space[name].dtype == dtype
    assert space[name].tobytes() == exact.tobytes() or (np.isnan(exact) and np.isnan(space[name]))


@pytest.mark.parametrize(
    ("array", "what"),
    [
        (np.ones((2, 3)), "ones"),
        (np.zeros(4, np.float32), "zeros"),
        (np.full((2, 2), 2.5), "filled"),
        (np.arange(9), "places"),
        (np.array([1.5, -2.0]), ""),
        (np.full(3, -0.0), ""),
        (np.array([True, True]), "ones"),
        (np.array([0.1, np.nan]), None),
        (RNG.normal(size=100), None),
        (np.array(["a"]), None),
        (np.zeros((0, 3)), None),
    ],
)
def test_constant_arrays_are_written_down_if_they_are_short(array: Any, what: str | None) -> None:
    """The text gives the array to the last bit; what is long is handed over."""
    words = Vocabulary()
    name = words.literal(array, "")
    if what is None:
        assert name is None
        return
    assert filling(array) == what
    space: dict[str, Any] = {"np": np}
    exec("\n".join([*words.heads, *words.setup]), space)
    assert space[name].dtype == array.dtype
    assert space[name].shape == array.shape
    assert space[name].tobytes() == array.tobytes()


def test_state_that_starts_at_zero_is_not_called_zeros() -> None:
    """What an array holds names it only if it stays."""
    total = np.zeros(3)

    @ag.compile
    def f(x: Any) -> Any:
        np.add(total, x, out=total)
        return total * 1.0

    for i in range(3):
        np.testing.assert_array_equal(f(np.ones(3)), np.full(3, i + 1.0))
    assert "zeros" not in f.source


def test_describe_counts_what_is_there() -> None:
    """Lines, operations, buffers and their bytes, blocks."""
    step = trained()
    program = step.program
    words = step.describe()
    assert f"{len(body(step.source))} lines" in words
    assert f"{len(program.tape.calls)} operations" in words
    memory = [
        value
        for name, value in program.namespace.items()
        if re.search(rf"^{name} = np\.empty\(\((\d+, ?)+", step.source, re.M)
    ]
    assert f"{len(memory)} buffers of {sum(m.nbytes for m in memory):,} bytes" in words
    assert "0 loops" in words


def test_before_the_first_call_there_is_no_source() -> None:
    """The error says what to do."""
    compiled = ag.compile(lambda x: x)
    for ask in (lambda: compiled.source, compiled.describe, lambda: compiled.save_source("a.py")):
        with pytest.raises(ag.TraceError, match="call it once first"):
            ask()
