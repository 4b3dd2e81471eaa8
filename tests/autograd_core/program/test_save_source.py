"""`save_source`: a file that runs without this library, and tests itself."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import autograd_core as ag
import nn
import optim
from autograd_core import Tensor

SAYS = "the program gives what it gave when it was written"


def alone(file: Path) -> subprocess.CompletedProcess[str]:
    """Run a file where nothing of this project can be imported."""
    guard = (
        "import sys, runpy\n"
        "class No:\n"
        "    def find_spec(self, name, *_):\n"
        "        if name.partition('.')[0] in ('autograd_core', 'nn', 'optim'):\n"
        "            raise ImportError(name)\n"
        "sys.meta_path.insert(0, No())\n"
        f"runpy.run_path({str(file)!r}, run_name='__main__')\n"
    )
    run = [sys.executable, "-I", "-W", "error", "-c", guard]
    return subprocess.run(run, capture_output=True, text=True, cwd=file.parent, check=False)


def network(*layers: Any, dtype: Any = np.float32, optimizer: Any = optim.Adam) -> Any:
    model = nn.Sequential(
        nn.Linear(4, 8, rng=0, dtype=dtype), *layers, nn.Linear(8, 3, rng=1, dtype=dtype)
    )
    update, criterion = optimizer(model.parameters(), 0.05), nn.CrossEntropyLoss()

    @ag.compile
    def step(x: Any, y: Any) -> Any:
        update.zero_grad()
        loss = criterion(model(x), y)
        loss.backward()
        update.step()
        return loss

    rng = np.random.default_rng(0)
    for _ in range(3):
        step(rng.normal(size=(16, 4)).astype(dtype), rng.integers(0, 3, 16))
    return step


@pytest.mark.parametrize(
    ("layers", "dtype"),
    [
        ((nn.ReLU(),), np.float64),
        ((nn.BatchNorm(8, dtype=np.float32), nn.Tanh(), nn.Dropout(0.3, rng=5)), np.float32),
    ],
    ids=["plain", "with batch normalization and dropout"],
)
def test_a_training_step_runs_alone(layers: Any, dtype: Any, tmp_path: Path) -> None:
    """With state, counts and draws as they were; the file says that it gives the same."""
    step = network(*layers, dtype=dtype)
    file = step.save_source(tmp_path / "step.py")
    done = alone(file)
    assert done.stderr == ""
    assert done.stdout.strip() == SAYS
    assert "autograd" not in file.read_text(encoding="utf-8")
    assert str(tmp_path) not in file.read_text(encoding="utf-8")


def test_saving_changes_nothing(tmp_path: Path) -> None:
    """Weights, state, counts and generators are as if it had not been saved."""
    first, second = (network(nn.ReLU(), nn.Dropout(0.5, rng=3)) for _ in range(2))
    first.save_source(tmp_path / "step.py")
    rng = np.random.default_rng(1)
    for _ in range(3):
        x, y = rng.normal(size=(16, 4)).astype(np.float32), rng.integers(0, 3, 16)
        np.testing.assert_array_equal(first(x, y).data, second(x, y).data)


def test_the_test_in_the_file_can_fail(tmp_path: Path) -> None:
    """A constant that is changed in the file is found by it."""
    file = network(nn.ReLU()).save_source(tmp_path / "step.py")
    text = file.read_text(encoding="utf-8")
    assert "np.array(0.9, np.float32)" in text
    file.write_text(text.replace("np.array(0.9, np.float32)", "np.array(0.8, np.float32)"), "utf-8")
    done = alone(file)
    assert done.returncode != 0
    assert "AssertionError" in done.stderr


def test_running_on_gives_what_the_engine_gives(tmp_path: Path) -> None:
    """Ten further steps of the file equal ten further steps of the function."""
    step = network(nn.Tanh())
    file = step.save_source(tmp_path / "step.py")
    rng = np.random.default_rng(7)
    calls = [
        (rng.normal(size=(16, 4)).astype(np.float32), rng.integers(0, 3, 16)) for _ in range(10)
    ]
    ours = [step(x, y).item() for x, y in calls]
    np.savez(
        tmp_path / "calls.npz",
        **{f"{k}{i}": a for i, c in enumerate(calls) for k, a in zip("xy", c, strict=True)},
    )
    code = (
        "import numpy as np, step\n"
        "calls = np.load('calls.npz')\n"
        "print(*[float(step.run(calls[f'x{i}'], calls[f'y{i}'])[0]) for i in range(10)])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path, check=False
    )
    assert done.stderr == ""
    assert [float(x) for x in done.stdout.split()] == ours
    assert file.with_suffix(".npz").exists()


def test_a_graph_of_scalars_runs_alone(tmp_path: Path) -> None:
    """As Python floats."""
    w = Tensor(0.5, requires_grad=True, name="w")

    @ag.compile
    def f(x: float) -> Any:
        w.grad = None
        y = (w * x).tanh() * w
        y.backward()
        return y

    for x in (1.0, 2.0):
        f(x)
    done = alone(f.save_source(tmp_path / "f.py"))
    assert done.stderr == ""
    assert done.stdout.strip() == SAYS


def test_what_cannot_be_written_is_refused_before_anything_is(tmp_path: Path) -> None:
    """A schedule, a closure, another ending: each error says what to do, and leaves no file."""
    schedule = network(optimizer=lambda p, _: optim.SGD(p, lambda t: 0.1 / t))
    with pytest.raises(ag.UnsupportedError, match=r"schedule .* set a number: optimizer\.lr"):
        schedule.save_source(tmp_path / "a.py")
    scale = 2.0
    closure = ag.compile(lambda x: x * ag.as_one(lambda a: a * scale, x))
    closure(np.ones(2))
    with pytest.raises(ag.UnsupportedError, match="a lambda or a closure"):
        closure.save_source(tmp_path / "b.py")
    with pytest.raises(ag.UnsupportedError, match=r"does not end in \.py"):
        network().save_source(tmp_path / "c.txt")
    assert list(tmp_path.iterdir()) == []


def filled(a: Any, x: Any) -> Any:
    np.sum(x, axis=0, out=a)
    np.put(a, [0], x[0, 0])
    np.add.at(a, [1, 1], x[0, :2])
    a[1:] += 2
    return a * x


def draws() -> Any:
    rng = np.random.default_rng(3)
    return lambda a, x: x + ag.as_one(rng.normal, 0.0, 1.0, 3) * ag.as_one(rng.random, 3)


def clipped() -> Any:
    w = Tensor(np.ones(3), requires_grad=True, name="w")
    update = optim.SGD([w], 0.1)

    def step(a: Any, x: Any) -> Any:
        update.zero_grad()
        loss = (w * x).sum()
        loss.backward()
        optim.clip_grad_norm_([w], 0.5)
        update.step()
        return loss

    return step


PORTABLE: dict[str, Any] = {
    "arguments in place": filled,
    "dtypes": lambda a, x: (x.sum(0, dtype=np.float32), x.astype("f4")),
    "linear algebra": lambda a, x: np.linalg.svd(x, full_matrices=False),
    "method of a ufunc": lambda a, x: np.add.accumulate(x, axis=0),
    "complex constant": lambda a, x: x * (1 + 2j),
    "indices": ag.value_and_grad(lambda a, x: (a[[0, 0, 2]] * x).sum()),
    "draws": draws(),
    "clipping": clipped(),
}


@pytest.mark.parametrize("name", PORTABLE)
def test_functions_of_numpys_run_alone(name: str, tmp_path: Path) -> None:
    """Whatever NumPy has: with out=, dtypes, submodules, generators; arguments as they came in."""
    compiled = ag.compile(PORTABLE[name])
    x = np.random.default_rng(0).normal(size=(4, 3))
    for _ in range(2):
        compiled(np.arange(3.0), x)
    done = alone(compiled.save_source(tmp_path / "f.py"))
    assert done.stderr == ""
    assert done.stdout.strip() == SAYS
