"""First values of weights: functions of a shape, a generator and a dtype.

The shape of W is (m, n), m inputs and n outputs. Everything is drawn in float64 and rounded to
`dtype`, so that a float32 network starts as the rounded float64 one.

==================  ==============================  =============================================
name                distribution                    source
==================  ==============================  =============================================
``chapter``         Gaussian, variance 1/m          the formula Gaussian(0, 1/m) of section 5
``chapter_std``     Gaussian, standard deviation 1/m  the sentence above that formula
``normal``          Gaussian, variance 1            W0 in line 3 of SGD-NEURAL-NET
``xavier_uniform``  uniform, ±√(6/(m + n))          Glorot and Bengio 2010
``xavier_normal``   Gaussian, variance 2/(m + n)    Glorot and Bengio 2010
``kaiming_uniform``  uniform, ±√(6/m)               He et al. 2015, for ReLU
``kaiming_normal``  Gaussian, variance 2/m          He et al. 2015, for ReLU
``lecun_uniform``   uniform, ±√(3/m)                LeCun et al. 1998
``lecun_normal``    Gaussian, variance 1/m          LeCun et al. 1998; equal to ``chapter``
``torch``           uniform, ±1/√m                  PyTorch's default for a linear layer
``zeros``           0
``ones``            1
==================  ==============================  =============================================

``glorot_…`` and ``he_…`` are other names of ``xavier_…`` and ``kaiming_…``.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

import autograd_core as ag
from autograd_core import ArgumentError, ShapeError

Rng = np.random.Generator | int | None
Init = Callable[[tuple[int, ...], Any, Any], NDArray[Any]]


def fans(shape: tuple[int, ...]) -> tuple[int, int]:
    """The numbers of inputs and outputs of a unit: the first and the last size of W's shape.

    Raises
    ------
    ShapeError
        For a shape of fewer than two axes.
    """
    if len(shape) < 2:
        raise ShapeError(
            f"init: a rule that counts inputs and outputs needs a shape (m, n), not {shape}; "
            f"for offsets use 'zeros' or 'normal'"
        )
    return shape[0], shape[-1]


def _gaussian(
    shape: tuple[int, ...], std: float, rng: Rng, dtype: DTypeLike | None
) -> NDArray[Any]:
    draw = np.asarray(ag.generator(rng).standard_normal(shape)) * std
    return draw.astype(dtype or ag.get_default_dtype())


def _uniform(
    shape: tuple[int, ...], bound: float, rng: Rng, dtype: DTypeLike | None
) -> NDArray[Any]:
    draw = np.asarray(ag.generator(rng).uniform(-bound, bound, shape))
    return draw.astype(dtype or ag.get_default_dtype())


def chapter(
    shape: tuple[int, ...], rng: Rng = None, dtype: DTypeLike | None = None
) -> NDArray[Any]:
    """Gaussian of mean 0 and variance 1/m: the chapter's Gaussian(0, 1/m), section 5.

    Parameters
    ----------
    shape : tuple of int
        (m, n).
    rng : numpy.random.Generator or int, optional
        A generator, which is advanced, or a seed.
    dtype : dtype_like, optional
        By default the default dtype.

    Returns
    -------
    ndarray

    Examples
    --------
    >>> from nn import init
    >>> W = init.chapter((100, 2000), rng=0)
    >>> abs(W.var() * 100 - 1) < 0.01
    np.True_
    """
    return _gaussian(shape, 1 / math.sqrt(fans(shape)[0]), rng, dtype)


def chapter_std(
    shape: tuple[int, ...], rng: Rng = None, dtype: DTypeLike | None = None
) -> NDArray[Any]:
    """Gaussian of mean 0 and standard deviation 1/m, as the prose of section 5 reads."""
    return _gaussian(shape, 1 / fans(shape)[0], rng, dtype)


def normal(shape: tuple[int, ...], rng: Rng = None, dtype: DTypeLike | None = None) -> NDArray[Any]:
    """Gaussian(0, 1), as SGD-NEURAL-NET draws the offsets W0 in its line 3."""
    return _gaussian(shape, 1.0, rng, dtype)


def xavier_uniform(
    shape: tuple[int, ...], rng: Rng = None, dtype: DTypeLike | None = None
) -> NDArray[Any]:
    """Uniform on ±√(6/(m + n)) (Glorot and Bengio 2010)."""
    return _uniform(shape, math.sqrt(6 / sum(fans(shape))), rng, dtype)


def xavier_normal(
    shape: tuple[int, ...], rng: Rng = None, dtype: DTypeLike | None = None
) -> NDArray[Any]:
    """Gaussian of variance 2/(m + n) (Glorot and Bengio 2010)."""
    return _gaussian(shape, math.sqrt(2 / sum(fans(shape))), rng, dtype)


def kaiming_uniform(
    shape: tuple[int, ...], rng: Rng = None, dtype: DTypeLike | None = None
) -> NDArray[Any]:
    """Uniform on ±√(6/m), for ReLU (He et al. 2015)."""
    return _uniform(shape, math.sqrt(6 / fans(shape)[0]), rng, dtype)


def kaiming_normal(
    shape: tuple[int, ...], rng: Rng = None, dtype: DTypeLike | None = None
) -> NDArray[Any]:
    """Gaussian of variance 2/m, for ReLU (He et al. 2015)."""
    return _gaussian(shape, math.sqrt(2 / fans(shape)[0]), rng, dtype)


def lecun_uniform(
    shape: tuple[int, ...], rng: Rng = None, dtype: DTypeLike | None = None
) -> NDArray[Any]:
    """Uniform on ±√(3/m) (LeCun et al. 1998)."""
    return _uniform(shape, math.sqrt(3 / fans(shape)[0]), rng, dtype)


def torch_uniform(
    shape: tuple[int, ...], rng: Rng = None, dtype: DTypeLike | None = None, m: int | None = None
) -> NDArray[Any]:
    """Uniform on ±1/√m, PyTorch's default for W and, with `m` given, for W0."""
    return _uniform(shape, 1 / math.sqrt(m or fans(shape)[0]), rng, dtype)


def zeros(shape: tuple[int, ...], rng: Rng = None, dtype: DTypeLike | None = None) -> NDArray[Any]:
    """0 everywhere; draws nothing."""
    return np.zeros(shape, dtype or ag.get_default_dtype())


def ones(shape: tuple[int, ...], rng: Rng = None, dtype: DTypeLike | None = None) -> NDArray[Any]:
    """1 everywhere; draws nothing."""
    return np.ones(shape, dtype or ag.get_default_dtype())


#: The rules by the names that `Linear` takes.
INITS: dict[str, Init] = {
    "chapter": chapter,
    "chapter_std": chapter_std,
    "normal": normal,
    "xavier_uniform": xavier_uniform,
    "xavier_normal": xavier_normal,
    "glorot_uniform": xavier_uniform,
    "glorot_normal": xavier_normal,
    "kaiming_uniform": kaiming_uniform,
    "kaiming_normal": kaiming_normal,
    "he_uniform": kaiming_uniform,
    "he_normal": kaiming_normal,
    "lecun_uniform": lecun_uniform,
    "lecun_normal": chapter,
    "torch": torch_uniform,
    "zeros": zeros,
    "ones": ones,
}


def draw(
    rule: str | Init,
    shape: tuple[int, ...],
    rng: Rng = None,
    dtype: DTypeLike | None = None,
    what: str = "init",
) -> NDArray[Any]:
    """First values by the name of a rule, or by a function of (shape, rng, dtype).

    Parameters
    ----------
    rule : str or callable
    shape : tuple of int
    rng : numpy.random.Generator or int, optional
    dtype : dtype_like, optional
    what : str
        The argument that `rule` was given as, for messages.

    Returns
    -------
    ndarray

    Raises
    ------
    ArgumentError
        For a name that is not in the table, or a rule that is no function.
    ShapeError
        If a function returns another shape.
    """
    dtype = np.dtype(dtype or ag.get_default_dtype())
    if isinstance(rule, str):
        if rule not in INITS:
            near = [repr(name) for name in INITS if rule and name.startswith(rule)]
            meant = f"; did you mean {' or '.join(near)}?" if near else ";"
            raise ArgumentError(
                f"{what}: {rule!r} is not a rule of initialization{meant} the names are "
                f"{', '.join(INITS)}; or give a function of (shape, rng, dtype)"
            )
        return INITS[rule](shape, rng, dtype)
    if not callable(rule):
        raise ArgumentError(
            f"{what}: {rule!r} is neither a name ({', '.join(INITS)}) nor a function of "
            f"(shape, rng, dtype)"
        )
    values = np.asarray(rule(shape, ag.generator(rng), dtype))
    if values.shape != shape:
        raise ShapeError(f"{what}: the function returned shape {values.shape} for shape {shape}")
    return values.astype(dtype)
