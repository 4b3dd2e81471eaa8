"""The MNIST example, on files made up for the purpose and, where it is at hand, on MNIST."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest

import optim
from examples import mnist


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Four IDX files in the form of MNIST, of images that anyone can tell apart."""
    rng = np.random.default_rng(0)
    for part, n in (("train", 300), ("t10k", 100)):
        y = np.arange(n) % 10
        images = rng.integers(0, 40, (n, 28, 28))
        images[np.arange(n), :, 2 * y + 4] = 255
        for kind, values in (("images-idx3", images), ("labels-idx1", y)):
            head = struct.pack(f">I{values.ndim}I", 0x800 + values.ndim, *values.shape)
            content = head + values.astype(np.uint8).tobytes()
            (tmp_path / f"{part}-{kind}-ubyte").write_bytes(content)
    return tmp_path


def test_it_trains_tests_and_tells(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A line for each epoch, the table, and the accuracy that it returns."""
    share = mnist.main(["--data", str(folder), "--epochs", "20"])
    text = capsys.readouterr().out
    assert share == 1.0
    assert "epoch 20: training loss" in text
    assert "100.00 % of 100 test digits" in text
    assert "actual   guess" in text


def test_missing_files_end_it_with_advice(tmp_path: Path) -> None:
    """Not with a traceback."""
    with pytest.raises(SystemExit, match="make data"):
        mnist.main(["--data", str(tmp_path)])


@pytest.mark.slow
def test_full_mnist_is_read_to_97_percent() -> None:
    """At least 97.2 % of the test set after 5 epochs, where ``make data`` was run."""
    try:
        optim.load_mnist()
    except FileNotFoundError:
        pytest.skip("MNIST is not in the cache")
    assert mnist.main([]) >= 0.972
