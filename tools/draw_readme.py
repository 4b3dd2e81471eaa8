"""Draw the picture of the README: ``python tools/draw_readme.py`` writes docs/graph.svg."""

from __future__ import annotations

from pathlib import Path

import autograd_core as ag
from autograd_core import Tensor

x = Tensor([[0.5, -1.0, 2.0]], name="x")
y = Tensor([[1.0, 0.0]], name="y")
W = ag.randn(3, 2, rng=0, requires_grad=True, name="W")
W0 = ag.zeros(2, requires_grad=True, name="W0")
loss = ((ag.tanh(x @ W + W0) - y) ** 2).sum()
loss.name = "loss"
loss.backward()
ag.draw(loss, engine="builtin").save(Path(__file__).parent.parent / "docs" / "graph.svg")
