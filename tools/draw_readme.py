"""Draw the pictures of the README: ``python tools/draw_readme.py [NAME ...]`` writes them to docs/.

``graph`` and ``stepper`` are of the README's own kind of graph, ``network`` and ``paths`` are
pictures of the notebooks; without a name all are made. Needs the extra ``notebooks``, and for
``stepper`` the extra ``browser`` and a Chromium (``CHROMIUM`` names one that is not on the PATH).
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

import autograd_core as ag
import nn
import optim
from autograd_core import Tensor

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
STEPS = 10  # six forward, then four back: at tanh
sys.path.insert(0, str(ROOT / "notebooks"))


def small() -> ag.GraphView:
    """The squared errors of two tanh units, operation by operation."""
    x = Tensor([[0.5, -1.0, 2.0]], name="x")
    y = Tensor([[1.0, 0.0]], name="y")
    W = ag.randn(3, 2, rng=0, requires_grad=True, name="W")
    W0 = ag.zeros(2, requires_grad=True, name="W0")
    loss = ((ag.tanh(x @ W + W0) - y) ** 2).sum()
    loss.name = "loss"
    loss.backward()
    return ag.draw(loss, engine="builtin")


def graph() -> None:
    """The picture alone."""
    small().save(DOCS / "graph.svg")


def stepper() -> None:
    """The live page of the same graph, on its way back, where blame passes through tanh."""
    from playwright.sync_api import sync_playwright

    names = ("chromium", "chromium-browser", "google-chrome", "chrome")
    program = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, names)), None)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as driver:
        page = Path(folder) / "loss.html"
        small().save(page)
        browser = driver.chromium.launch(executable_path=program, args=["--no-sandbox"])
        size = {"width": 1080, "height": 760}
        tab = browser.new_page(viewport=size, device_scale_factor=1.25, reduced_motion="reduce")
        tab.goto(page.as_uri())
        for _ in range(STEPS):
            tab.keyboard.press("ArrowRight")
        tab.wait_for_timeout(300)
        tab.screenshot(path=DOCS / "stepper.png")
        browser.close()


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


PICTURES = {"graph": graph, "stepper": stepper, "network": network, "paths": paths}

if __name__ == "__main__":
    for name in sys.argv[1:] or PICTURES:
        PICTURES[name]()
