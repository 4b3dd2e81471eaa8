"""The data sets: the digits that ship, and the reader of MNIST's files."""

from __future__ import annotations

import hashlib
import struct
from importlib import resources
from pathlib import Path

import numpy as np
import pytest

import autograd_core as ag
from optim.datasets import load_digits, load_mnist, mnist_directory


def test_digits_are_those_of_scikit_learn() -> None:
    """Pixels, labels and order equal scikit-learn's copy of the same data set."""
    source = pytest.importorskip("sklearn.datasets").load_digits()
    X, y = load_digits()
    np.testing.assert_array_equal(X, source.data)
    np.testing.assert_array_equal(y, source.target)


def test_digits_have_their_checksum() -> None:
    """The 1,797 images and labels are those that were frozen, value by value."""
    X, y = load_digits()
    content = np.column_stack([X, y]).astype(np.uint8).tobytes()
    assert (
        hashlib.sha256(content).hexdigest()
        == "68aea062d35a127749050fa0e52dca09d6569ac08092c925610e0954e172dde2"
    )


def test_digits_have_the_documented_types_and_ranges() -> None:
    """Pixels are float64 from 0 to 16, labels int64 from 0 to 9, and both belong to the caller."""
    X, y = load_digits()
    assert (X.shape, X.dtype, X.min(), X.max()) == ((1797, 64), np.float64, 0, 16)
    assert (y.shape, y.dtype, y.min(), y.max()) == ((1797,), np.int64, 0, 9)
    X[0], y[0] = -1, -1
    again, labels = load_digits()
    assert again.min() == 0
    assert labels.min() == 0


def test_digits_are_credited_where_they_ship() -> None:
    """The licence beside the data names its authors, its source, its licence and the changes."""
    text = (resources.files("optim.datasets") / "LICENSE-digits.txt").read_text(encoding="utf-8")
    for words in ("Alpaydin", "Kaynak", "10.24432/C50P49", "CC BY 4.0", "What was changed"):
        assert words in text
    assert "https://creativecommons.org/licenses/by/4.0/" in text


def idx(values: np.ndarray) -> bytes:
    """`values` as an IDX file of bytes, written independently of the reader."""
    header = struct.pack(f">HBB{values.ndim}I", 0, 8, values.ndim, *values.shape)
    return header + values.astype(np.uint8).tobytes()


@pytest.fixture
def mnist_files(tmp_path: Path) -> Path:
    """A folder of four small files in MNIST's format: six training images, two of test."""
    rng = np.random.default_rng(0)
    for part, n in (("train", 6), ("t10k", 2)):
        images = rng.integers(0, 256, (n, 28, 28))
        (tmp_path / f"{part}-images-idx3-ubyte").write_bytes(idx(images))
        (tmp_path / f"{part}-labels-idx1-ubyte").write_bytes(idx(np.arange(n)))
    return tmp_path


def test_mnist_is_read_row_by_row(mnist_files: Path) -> None:
    """Images come as rows of 784 pixel values in the dtype asked for, labels as int64."""
    data = load_mnist(mnist_files)
    expected = np.random.default_rng(0).integers(0, 256, (6, 28, 28)).reshape(6, 784)
    np.testing.assert_array_equal(data.x_train, expected)
    np.testing.assert_array_equal(data.y_train, np.arange(6))
    assert data.x_train.dtype == np.float32
    assert data.y_train.dtype == np.int64
    assert data.x_test.shape == (2, 784)
    assert load_mnist(str(mnist_files), dtype=np.float64).x_test.dtype == np.float64


def test_mnist_lies_in_the_users_cache(
    mnist_files: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Without a folder the files are looked for below XDG_CACHE_HOME, else below ~/.cache."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert mnist_directory() == tmp_path / "cache" / "autograd-core" / "mnist"
    mnist_directory().parent.mkdir(parents=True)
    mnist_directory().symlink_to(mnist_files, target_is_directory=True)
    assert len(load_mnist().x_train) == 6
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert mnist_directory() == tmp_path / ".cache" / "autograd-core" / "mnist"


def test_missing_mnist_says_how_to_get_it(mnist_files: Path) -> None:
    """A missing file is named, with its folder and the command that fetches it."""
    (mnist_files / "t10k-labels-idx1-ubyte").unlink()
    with pytest.raises(FileNotFoundError, match=r"lacks t10k-labels-idx1-ubyte; .*make data") as e:
        load_mnist(mnist_files)
    assert isinstance(e.value, ag.AutogradError)
    assert str(mnist_files) in str(e.value)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "starts with nothing"),
        (b"\x1f\x8b\x08\x00" + bytes(20), "gunzip"),
        (b"\x00\x00\x0d\x01\x00\x00\x00\x01\x00\x00\x00\x00", "not an IDX file"),
        (idx(np.zeros((2, 28, 28)))[:-1], "holds 1567 values"),
        (idx(np.zeros((2, 28, 28)))[:9], "holds 0 values"),
        (idx(np.zeros((3, 28, 28))), "do not belong together"),
        (idx(np.zeros(2)), "do not belong together"),
    ],
    ids=["empty", "packed", "floats", "cut", "header-cut", "count", "axes"],
)
def test_damaged_mnist_is_refused(mnist_files: Path, content: bytes, message: str) -> None:
    """A file that is packed, cut short, of another type or of another count is an error."""
    (mnist_files / "t10k-images-idx3-ubyte").write_bytes(content)
    with pytest.raises(ag.ArgumentError, match=message):
        load_mnist(mnist_files)
