"""Freeze PyTorch's values and gradients for the tests of the operations.

Run from the root of the repository, where PyTorch is installed::

    python -m tests.goldens.make_ops

writes ``ops.npz`` and ``ops.json``: for each expression of ``tests/autograd_core/parity.py`` its
value, its gradients by each argument, and the derivatives of those along a direction.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import torch

from tests.autograd_core.parity import EXPRESSIONS, arguments, direction, weights

HERE = Path(__file__).parent


def frozen(name: str) -> dict[str, Any]:
    """PyTorch's arrays for one expression."""
    arrays = arguments(name)
    xs = [torch.tensor(a, requires_grad=True) for a in arrays]
    y = EXPRESSIONS[name].theirs(torch, *xs)
    made = {"value": y.detach().numpy()}
    loss = (y * torch.tensor(weights(tuple(y.shape)))).sum()
    gradients = torch.autograd.grad(loss, xs, create_graph=True)
    slope: Any = 0.0
    for i, (a, g) in enumerate(zip(arrays, gradients, strict=True)):
        made[f"gradient {i}"] = g.detach().numpy()
        slope = slope + (g * torch.tensor(direction(a))).sum()
    if slope.requires_grad:
        seconds = torch.autograd.grad(slope, xs, allow_unused=True)
    else:
        seconds = (None,) * len(xs)
    for i, (a, s) in enumerate(zip(arrays, seconds, strict=True)):
        made[f"second {i}"] = np.zeros(a.shape) if s is None else s.numpy(force=True)
    return made


def main() -> None:
    """Write the numbers, and beside them whose they are and what they were made with."""
    arrays = {f"{name}/{key}": value for name in EXPRESSIONS for key, value in frozen(name).items()}
    numbers = np.concatenate([np.ravel(value) for value in arrays.values()])
    np.savez_compressed(HERE / "ops.npz", numbers=numbers)
    about = {
        "torch": torch.__version__.partition("+")[0],
        "shapes": {key: np.shape(value) for key, value in arrays.items()},
    }
    (HERE / "ops.json").write_text(json.dumps(about) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
