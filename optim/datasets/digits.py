"""The 1,797 handwritten digits that come with the package."""

from __future__ import annotations

from importlib import resources
from typing import Any

import numpy as np
from numpy.typing import NDArray


def load_digits() -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Images of handwritten digits, 8 by 8 pixels, and what they show.

    Returns
    -------
    X : ndarray of float64, shape (1797, 64)
        An image a row, its pixels row by row from the top left; each a count of ink from 0 to 16.
    y : ndarray of int64, shape (1797,)
        The digit, 0 to 9.

    Notes
    -----
    The test set of "Optical Recognition of Handwritten Digits" by E. Alpaydin and C. Kaynak
    (1998), UCI Machine Learning Repository, https://doi.org/10.24432/C50P49, licence CC BY 4.0.
    In this order ``sklearn.datasets.load_digits`` gives it too.

    Examples
    --------
    >>> from optim.datasets import load_digits
    >>> X, y = load_digits()
    >>> X.shape, y.shape
    ((1797, 64), (1797,))
    >>> for row in X[0].reshape(8, 8):
    ...     print("".join("_:-=+*#%@"[int(ink) // 2] for ink in row))
    __-#+___
    __#%*%-_
    _:%:_*+_
    _-#__++_
    _-+__++_
    _-*__#=_
    _:%-*#__
    __=#*___
    """
    file = resources.files(__package__).joinpath("digits.npz")
    with file.open("rb") as stream, np.load(stream, allow_pickle=False) as arrays:
        images: NDArray[Any] = arrays["images"]
        labels: NDArray[Any] = arrays["labels"]
    return images.reshape(len(images), -1).astype(np.float64), labels.astype(np.int64)
