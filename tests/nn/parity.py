"""What `nn` and PyTorch both compute: the same cases for the frozen values and for PyTorch itself.

A case computes y from named inputs with either library; compared are y and the gradients of
⟨seed, y⟩ by every input of floats. Inputs with capital names are parameters.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

import nn
from autograd_core import Tensor
from nn import functional as F

Arrays = dict[str, Any]


@dataclass(frozen=True)
class Case:
    """One computation in both libraries; `ours` and `theirs` return y, or y and further values."""

    name: str
    inputs: Arrays
    ours: Callable[[dict[str, Any]], Any]
    theirs: Callable[[Any, dict[str, Any]], Any]
    constants: tuple[str, ...] = field(default=())


def seed_of(shape: tuple[int, ...]) -> np.ndarray[Any, Any]:
    """A cotangent without symmetry."""
    return np.cos(np.arange(int(np.prod(shape)), dtype=float)).reshape(shape)


def run_ours(case: Case, dtype: Any = np.float64) -> Arrays:
    """Values and gradients from this library, computed in `dtype`."""
    given: dict[str, Any] = {}
    for name, value in case.inputs.items():
        array = np.asarray(value)
        if array.dtype.kind != "f" or name in case.constants:
            given[name] = array
        elif name[0].isupper():
            given[name] = nn.Parameter(array, dtype=dtype)
        else:
            given[name] = Tensor(array, dtype=dtype, requires_grad=True)
    y, more = _split(case.ours(given))
    y.backward(seed_of(y.shape).astype(dtype))
    out: Arrays = {"y": y.numpy()}
    for name, value in more.items():
        out[name] = value.numpy()
    for name, value in given.items():
        if isinstance(value, Tensor):
            assert value.grad is not None
            assert value.grad.dtype == dtype
            out[f"grad {name}"] = value.grad.numpy()
    return out


def run_theirs(case: Case) -> Arrays:
    """Values and gradients from PyTorch, in float64."""
    import torch

    given: dict[str, Any] = {}
    for name, value in case.inputs.items():
        tensor = torch.from_numpy(np.array(value))
        tracked = tensor.is_floating_point() and name not in case.constants
        given[name] = tensor.requires_grad_() if tracked else tensor
    y, more = _split(case.theirs(torch, given))
    y.backward(torch.from_numpy(seed_of(tuple(y.shape))))
    out: Arrays = {"y": y.detach().numpy()}
    for name, value in more.items():
        out[name] = value.detach().numpy()
    for name, tensor in given.items():
        if tensor.requires_grad:
            out[f"grad {name}"] = tensor.grad.numpy()
    return out


def _split(result: Any) -> tuple[Any, Arrays]:
    return result if isinstance(result, tuple) else (result, {})


def _activations() -> list[Case]:
    rng = np.random.default_rng(1)
    z = np.vstack([rng.normal(size=(4, 3)) * 3, [[0.0, 1e4, -1e4], [-0.5, 0.0, 30.0]]])
    pairs: dict[str, tuple[Any, Any]] = {
        "relu": (nn.ReLU(), lambda t, z: t.relu(z)),
        "sigmoid": (nn.Sigmoid(), lambda t, z: t.sigmoid(z)),
        "tanh": (nn.Tanh(), lambda t, z: t.tanh(z)),
        "softmax": (nn.Softmax(), lambda t, z: t.softmax(z, -1)),
        "softmax over axis 0": (nn.Softmax(axis=0), lambda t, z: t.softmax(z, 0)),
        "log_softmax": (nn.LogSoftmax(), lambda t, z: t.log_softmax(z, -1)),
        "leaky_relu": (nn.LeakyReLU(), lambda t, z: t.nn.functional.leaky_relu(z)),
        "leaky_relu 0.2": (nn.LeakyReLU(0.2), lambda t, z: t.nn.functional.leaky_relu(z, 0.2)),
        "softplus": (nn.Softplus(), lambda t, z: t.nn.functional.softplus(z, threshold=100)),
        "gelu": (nn.GELU(), lambda t, z: t.nn.functional.gelu(z)),
        "gelu tanh": (
            nn.GELU("tanh"),
            lambda t, z: t.nn.functional.gelu(z, approximate="tanh"),
        ),
        "elu": (nn.ELU(), lambda t, z: t.nn.functional.elu(z)),
        "elu 0.7": (nn.ELU(0.7), lambda t, z: t.nn.functional.elu(z, 0.7)),
        "silu": (nn.SiLU(), lambda t, z: t.nn.functional.silu(z)),
        "identity": (nn.Identity(), lambda t, z: z * 1),
    }
    return [
        Case(name, {"z": z}, lambda d, f=ours: f(d["z"]), lambda t, d, f=theirs: f(t, d["z"]))
        for name, (ours, theirs) in pairs.items()
    ]


def _losses() -> list[Case]:
    rng = np.random.default_rng(2)
    g, y = rng.normal(size=(4, 3)), rng.normal(size=(4, 3))
    z = np.vstack([rng.normal(size=(3, 4)), [[1e4, -1e4, 0.0, 5.0]]])
    a = np.exp(z[:3]) / np.exp(z[:3]).sum(1, keepdims=True)
    labels = np.array([2, 0, 3, 1])
    hot = np.eye(4)[labels]
    p = np.array([0.001, 0.25, 0.5, 0.999, 0.75])
    bits = np.array([0.0, 1.0, 0.0, 1.0, 1.0])
    logits = np.array([0.3, -40.0, 1e4, -1e4, 2.5])
    signs = np.array([1.0, -1.0, -1.0, 1.0, 1.0])

    def torch_nllm(t: Any, d: dict[str, Any], reduction: str) -> Any:
        return t.nn.functional.nll_loss(t.log(d["a"]), d["labels"], reduction=reduction)

    cases = []
    for how in ("mean", "sum", "none"):
        cases += [
            Case(
                f"squared {how}",
                {"g": g, "y": y},
                lambda d, how=how: F.squared(d["g"], d["y"], how),
                lambda t, d, how=how: t.nn.functional.mse_loss(d["g"], d["y"], reduction=how),
            ),
            Case(
                f"nll {how}",
                {"p": p, "bits": bits},
                lambda d, how=how: F.nll(d["p"], d["bits"], how),
                lambda t, d, how=how: t.nn.functional.binary_cross_entropy(
                    d["p"], d["bits"], reduction=how
                ),
                ("bits",),
            ),
            Case(
                f"nllm {how}",
                {"a": a, "labels": labels[:3]},
                lambda d, how=how: F.nllm(d["a"], d["labels"], how),
                lambda t, d, how=how: torch_nllm(t, d, how),
            ),
            Case(
                f"cross_entropy {how}",
                {"z": z, "labels": labels},
                lambda d, how=how: F.cross_entropy(d["z"], d["labels"], how),
                lambda t, d, how=how: t.nn.functional.cross_entropy(
                    d["z"], d["labels"], reduction=how
                ),
            ),
            Case(
                f"cross_entropy one-hot {how}",
                {"z": z, "hot": hot},
                lambda d, how=how: F.cross_entropy(d["z"], d["hot"], how),
                lambda t, d, how=how: t.nn.functional.cross_entropy(
                    d["z"], d["hot"], reduction=how
                ),
                ("hot",),
            ),
            Case(
                f"bce_with_logits {how}",
                {"z": logits, "bits": bits},
                lambda d, how=how: F.bce_with_logits(d["z"], d["bits"], how),
                lambda t, d, how=how: t.nn.functional.binary_cross_entropy_with_logits(
                    d["z"], d["bits"], reduction=how
                ),
                ("bits",),
            ),
            Case(
                f"hinge {how}",
                {"g": logits, "signs": signs},
                lambda d, how=how: F.hinge(d["g"], d["signs"], how),
                lambda t, d, how=how: _torch_reduced(t.relu(1 - d["g"] * d["signs"]), how),
                ("signs",),
            ),
        ]
    return cases


def _torch_reduced(losses: Any, how: str) -> Any:
    return losses if how == "none" else getattr(losses, how)()


def _layers() -> list[Case]:
    rng = np.random.default_rng(3)
    x, W, W0 = rng.normal(size=(5, 4)), rng.normal(size=(4, 3)), rng.normal(size=3)
    G, B = rng.normal(size=4), rng.normal(size=4)
    stack = rng.normal(size=(2, 3, 4))

    def linear(d: dict[str, Any]) -> Any:
        layer = nn.Linear(4, 3)
        layer.W, layer.W0 = d["W"], d["W0"]
        return layer(d["x"])

    def batch_norm(d: dict[str, Any], training: bool) -> Any:
        layer = nn.BatchNorm(4, momentum=0.3, eps_inside_sqrt=True, dtype=d["x"].dtype)
        layer.G, layer.B = d["G"], d["B"]
        layer.running_mean, layer.running_var = d["mean"].detach() * 1, d["var"].detach() * 1
        y = layer.train(training)(d["x"])
        return y + 0 * (d["mean"] + d["var"]), {
            "running_mean": layer.running_mean,
            "running_var": layer.running_var,
        }

    def torch_batch_norm(t: Any, d: dict[str, Any], training: bool) -> Any:
        mean, var = d["mean"].detach().clone(), d["var"].detach().clone()
        x = d["x"].movedim(-1, 1)
        y = t.nn.functional.batch_norm(x, mean, var, d["G"], d["B"], training, 0.3)
        y = y.movedim(1, -1) + 0 * (d["mean"] + d["var"])
        return y, {"running_mean": mean, "running_var": var}

    def layer_norm(d: dict[str, Any]) -> Any:
        layer = nn.LayerNorm(d["G"].shape)
        layer.G, layer.B = d["G"], d["B"]
        return layer(d["x"])

    def mlp(d: dict[str, Any]) -> Any:
        net = nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 2))
        net[0].W, net[0].W0, net[2].W, net[2].W0 = d["W"], d["W0"], d["V"], d["V0"]
        return nn.CrossEntropyLoss()(net(d["x"]), d["labels"])

    def torch_mlp(t: Any, d: dict[str, Any]) -> Any:
        z = t.relu(d["x"] @ d["W"] + d["W0"]) @ d["V"] + d["V0"]
        return t.nn.functional.cross_entropy(z, d["labels"])

    statistics = {"mean": rng.normal(size=4), "var": rng.uniform(0.5, 2, size=4)}
    cases = [
        Case(
            "linear",
            {"x": x, "W": W, "W0": W0},
            linear,
            lambda t, d: t.nn.functional.linear(d["x"], d["W"].T, d["W0"]),
        ),
        Case(
            "layer_norm",
            {"x": x, "G": G, "B": B},
            layer_norm,
            lambda t, d: t.nn.functional.layer_norm(d["x"], (4,), d["G"], d["B"]),
        ),
        Case(
            "layer_norm over two axes",
            {"x": stack, "G": rng.normal(size=(3, 4)), "B": rng.normal(size=(3, 4))},
            layer_norm,
            lambda t, d: t.nn.functional.layer_norm(d["x"], (3, 4), d["G"], d["B"]),
        ),
        Case(
            "network",
            {
                "x": x,
                "W": W,
                "W0": W0,
                "V": rng.normal(size=(3, 2)),
                "V0": rng.normal(size=2),
                "labels": np.array([0, 1, 1, 0, 1]),
            },
            mlp,
            torch_mlp,
        ),
    ]
    for training in (True, False):
        for name, batch in (("", x), (" of three axes", stack)):
            cases.append(
                Case(
                    f"batch_norm{name} in {'training' if training else 'evaluation'}",
                    {"x": batch, "G": G, "B": B, **statistics},
                    lambda d, training=training: batch_norm(d, training),
                    lambda t, d, training=training: torch_batch_norm(t, d, training),
                )
            )
    return cases


CASES = {case.name: case for case in [*_activations(), *_losses(), *_layers()]}
