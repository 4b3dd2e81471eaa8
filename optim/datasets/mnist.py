"""MNIST, read from the four IDX files it is published as."""

from __future__ import annotations

import math
import os
import struct
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import DTypeLike, NDArray

import autograd_core as ag

_FILES = {
    "x_train": "train-images-idx3-ubyte",
    "y_train": "train-labels-idx1-ubyte",
    "x_test": "t10k-images-idx3-ubyte",
    "y_test": "t10k-labels-idx1-ubyte",
}
_UNSIGNED_BYTES = 0x08


class MissingDataError(ag.AutogradError, FileNotFoundError):
    """Files of a data set that are not where they are looked for."""


class MNIST(NamedTuple):
    """The four arrays of `load_mnist`, by name and in this order."""

    x_train: NDArray[Any]
    y_train: NDArray[np.int64]
    x_test: NDArray[Any]
    y_test: NDArray[np.int64]


def mnist_directory() -> Path:
    """Where `load_mnist` looks: ``$XDG_CACHE_HOME/autograd-core/mnist``, or below ``~/.cache``."""
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache) / "autograd-core" / "mnist"


def load_mnist(
    directory: str | os.PathLike[str] | None = None, *, dtype: DTypeLike = np.float32
) -> MNIST:
    """The 70,000 handwritten digits of MNIST, from files that ``make data`` brings.

    Parameters
    ----------
    directory : path, optional
        Folder of the four unpacked IDX files; `mnist_directory` by default.
    dtype : dtype, default float32
        Of the images. In float64 they take 440 MB, in float32 half of that.

    Returns
    -------
    x_train : ndarray of `dtype`, shape (60000, 784)
        An image of 28 by 28 a row, its pixels row by row from the top left, 0 (paper) to 255.
    y_train : ndarray of int64, shape (60000,)
        The digit, 0 to 9.
    x_test, y_test : ndarray, shapes (10000, 784) and (10000,)
        The test set, likewise.

    Raises
    ------
    MissingDataError
        If a file is missing; also a FileNotFoundError.
    ArgumentError
        If a file is no IDX file of bytes, is cut short, or does not fit the others.

    Notes
    -----
    The data set is by Y. LeCun, C. Cortes and C. J. C. Burges. It is not part of this package.

    Examples
    --------
    >>> from optim.datasets import load_mnist
    >>> x_train, y_train, x_test, y_test = load_mnist()  # doctest: +SKIP
    >>> x_train.shape, x_train.dtype  # doctest: +SKIP
    ((60000, 784), dtype('float32'))
    """
    folder = mnist_directory() if directory is None else Path(directory)
    paths = {part: folder / name for part, name in _FILES.items()}
    missing = [path.name for path in paths.values() if not path.is_file()]
    if missing:
        raise MissingDataError(
            f"load_mnist: {folder} lacks {', '.join(missing)}; fetch them with `make data`, or put "
            f"the unpacked files there, or name their folder: load_mnist(directory)"
        )
    read = {part: read_idx(path) for part, path in paths.items()}
    for part in ("train", "test"):
        images, labels = read[f"x_{part}"], read[f"y_{part}"]
        if images.ndim != 3 or labels.shape != images.shape[:1]:
            raise ag.ArgumentError(
                f"load_mnist: images of shape {images.shape} and labels of shape {labels.shape} in "
                f"{folder} do not belong together; expected (N, 28, 28) and (N,)"
            )
    return MNIST(
        read["x_train"].reshape(len(read["x_train"]), -1).astype(dtype),
        read["y_train"].astype(np.int64),
        read["x_test"].reshape(len(read["x_test"]), -1).astype(dtype),
        read["y_test"].astype(np.int64),
    )


def read_idx(path: str | os.PathLike[str]) -> NDArray[np.uint8]:
    """The array of bytes in one unpacked IDX file.

    The format: two zero bytes, the type (8: unsigned bytes), the number of axes, each axis'
    length as a big-endian 32-bit integer, then the values in C order.
    """
    content = Path(path).read_bytes()
    if content[:3] != bytes((0, 0, _UNSIGNED_BYTES)) or len(content) < 4:
        packed = "; it is packed: unpack it with gunzip" if content[:2] == b"\x1f\x8b" else ""
        raise ag.ArgumentError(
            f"read_idx: {path} is not an IDX file of unsigned bytes: it starts with "
            f"{content[:4].hex(' ') or 'nothing'}, expected 00 00 08 and the number of axes{packed}"
        )
    axes = content[3]
    values = content[4 + 4 * axes :]
    shape = struct.unpack(f">{axes}I", content[4 : 4 + 4 * axes]) if values else ()
    if not values or len(values) != math.prod(shape):
        raise ag.ArgumentError(
            f"read_idx: {path} holds {len(values)} values where its header says {shape}; "
            f"fetch it again"
        )
    return np.frombuffer(values, np.uint8).reshape(shape)
