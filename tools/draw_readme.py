"""Draw the pictures of the README: ``python tools/draw_readme.py`` writes them to docs/.

The first is of the README's own kind of graph; the others are pictures of the notebooks. Needs
the extra ``notebooks``.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np

import autograd_core as ag
import nn
import optim
from autograd_core import Tensor

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
sys.path.insert(0, str(ROOT / "notebooks"))


def graph() -> None:
    """A loss, operation by operation."""
    x = Tensor([[0.5, -1.0, 2.0]], name="x")
    y = Tensor([[1.0, 0.0]], name="y")
    W = ag.randn(3, 2, rng=0, requires_grad=True, name="W")
    W0 = ag.zeros(2, requires_grad=True, name="W0")
    loss = ((ag.tanh(x @ W + W0) - y) ** 2).sum()
    loss.name = "loss"
    loss.backward()
    ag.draw(loss, engine="builtin").save(DOCS / "graph.svg")


def network() -> None:
    """The textbook's block diagram of a network for digits, with the gradients going back."""
    X, y = optim.load_digits()
    net = nn.Sequential(nn.Linear(64, 100, rng=0), nn.ReLU(), nn.Linear(100, 10, rng=1))
    view = ag.draw(net, X[:32] / 16, loss=nn.CrossEntropyLoss(), target=y[:32], engine="builtin")
    view.save(DOCS / "network.svg")


def paths() -> None:
    """Three ways down a real neuron's loss surface."""
    from lab import section_7

    n = len(section_7.tumours()[0])
    ways: dict[str, np.ndarray[Any, Any]] = {
        "batch": section_7.path(lambda p: optim.SGD(p, lr=1.0), n, 150),
        "mini-batches of 16": section_7.path(lambda p: optim.SGD(p, lr=1.0), 16, 150),
        "Adam": section_7.path(lambda p: optim.Adam(p, lr=0.2), 16, 150),
    }
    figure = section_7.paths(ways, section_7.lowest())
    figure.savefig(DOCS / "paths.png", dpi=90, metadata={"Software": None})


if __name__ == "__main__":
    graph()
    network()
    paths()
