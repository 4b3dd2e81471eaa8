"""The main job: what it prints, writes and reaches."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import autograd_core as ag
import optim
from examples import digits

pytest.importorskip("matplotlib")
pytest.importorskip("tqdm")

FILES = ("learning_curves.png", "mistakes.png", "graph.svg", "digits.agc")


@pytest.fixture(scope="module")
def job(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """One full run: its folder, its accuracies, what it printed."""
    capture = pytest.MonkeyPatch()
    lines: list[str] = []
    capture.setattr("builtins.print", lambda *words, **_: lines.append(" ".join(map(str, words))))
    folder = tmp_path_factory.mktemp("demo") / "new" / "out"
    shares = digits.main(["--out", str(folder)])
    capture.undo()
    return folder, shares, "\n".join(lines)


def test_it_reads_most_digits(job: Any) -> None:
    """Better than 96 % on digits that it never saw, on each part of the data."""
    _, shares, _ = job
    assert set(shares) == {"train", "validation", "test"}
    assert min(shares.values()) > 0.96


def test_it_prints_accuracies_the_table_and_the_files(job: Any) -> None:
    """Percentages of the three parts, a confusion table of ten classes, and full paths."""
    folder, shares, text = job
    for name, share in shares.items():
        assert f"{name} " in text
        assert f"{100 * share:.2f} % read correctly" in text
    assert "actual   guess" in text
    for name in FILES:
        assert str(folder / name) in text
    assert "7,510 parameters" in text


def test_it_writes_the_pictures(job: Any) -> None:
    """Two PNG files of some size, and an SVG with the names of the parameters."""
    folder, _, _ = job
    for name in FILES[:2]:
        content = (folder / name).read_bytes()
        assert content.startswith(b"\x89PNG")
        assert len(content) > 5000
    svg = (folder / "graph.svg").read_text("utf-8")
    assert ET.fromstring(svg).tag.endswith("svg")
    for words in ("0.W", "2.W0", "loss", "log_softmax"):
        assert words in svg


def test_the_stored_model_reads_as_well(job: Any) -> None:
    """Loaded elsewhere, without pickle, it has the same test accuracy; Adam's state is there."""
    folder, shares, _ = job
    stored = ag.load(folder / "digits.agc")
    model = digits.network(np.random.default_rng(99))
    model.load_state_dict(stored["model"])
    X, y = digits.load(np.random.default_rng(0)).test
    assert optim.accuracy(optim.predict(model, X), y) == shares["test"]
    optimizer = optim.Adam(model.parameters())
    optimizer.load_state_dict(stored["optimizer"])
    assert optimizer.t > 100


def test_the_parts_are_stratified_and_disjoint() -> None:
    """All 1,797 digits, each class in its share, none twice."""
    data = digits.load(np.random.default_rng(0))
    sizes = [len(y) for _, y in data]
    assert sum(sizes) == 1797
    assert sizes[2] == 359
    everything = np.concatenate([X for X, _ in data])
    X, _ = optim.load_digits()
    assert np.array_equal(np.sort(everything.sum(1)), np.sort((X / 16).sum(1)))
    for _, y in data:
        counts = np.bincount(y)
        assert counts.max() - counts.min() <= 0.07 * counts.mean() + 2


def test_a_model_that_was_not_read_back_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The check of the stored model is one."""
    model = digits.network(np.random.default_rng(0))
    optimizer = optim.Adam(model.parameters())
    X, _ = optim.load_digits()
    digits.save_and_read_back(tmp_path / "a.agc", model, optimizer, X[:5])
    monkeypatch.setattr(digits.nn.Sequential, "load_state_dict", lambda self, state: None)
    with pytest.raises(RuntimeError, match="predicts otherwise"):
        digits.save_and_read_back(tmp_path / "b.agc", model, optimizer, X[:5])
