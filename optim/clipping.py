"""Gradient clipping, by value and by norm."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from autograd_core import AnomalyError, Tensor, as_one, is_tracing

from . import _checks as check
from .groups import as_tensors


def clip_grad_value_(params: Tensor | Iterable[Tensor], limit: float) -> None:
    """Bring every element of the gradients into [−limit, limit], in place.

    Parameters
    ----------
    params : Tensor or iterable of Tensor
        Those without a gradient are passed over.
    limit : float
        Above 0.

    Raises
    ------
    AnomalyError
        If a gradient holds a NaN, naming its parameter; nothing is changed then.
    ArgumentError
        If `limit` is not above 0.

    Examples
    --------
    >>> import autograd_core as ag
    >>> from optim import clip_grad_value_
    >>> w = ag.tensor([1.0, 5.0], requires_grad=True)
    >>> (w * w).sum().backward()
    >>> clip_grad_value_([w], 4.0)
    >>> w.grad
    Tensor([2., 4.], shape=(2,), dtype=float64)
    """
    bound = check.real("clip_grad_value_", "limit", limit, open_low=True)
    found = _gradients("clip_grad_value_", params)
    if is_tracing():
        as_one(_refuse_nan, _words(found), *[gradient.data for _, _, gradient in found])
        for _, _, gradient in found:
            gradient.assign(np.clip(gradient.data, -bound, bound), "clip_grad_value_")
        return
    for place, p, gradient in found:
        if np.isnan(gradient.data).any():
            raise _anomaly("clip_grad_value_", _word(place, p), math.nan)
    for _, _, gradient in found:
        gradient.assign(np.clip(gradient.data, -bound, bound), "clip_grad_value_")


def clip_grad_norm_(params: Tensor | Iterable[Tensor], max_norm: float) -> float:
    """Shrink the gradients together, in place, so that their norm is at most `max_norm`.

    ``g ← g · min(1, max_norm / ‖g‖)``, where g is the vector of all elements of all gradients and
    the norm is the Euclidean one. (PyTorch divides by ‖g‖ + 10⁻⁶.)

    Parameters
    ----------
    params : Tensor or iterable of Tensor
        Those without a gradient are passed over.
    max_norm : float
        Above 0; infinity only measures.

    Returns
    -------
    float
        ‖g‖ before clipping.

    Raises
    ------
    AnomalyError
        If a gradient holds a NaN or an infinity, naming its parameter; nothing is changed then.
    ArgumentError
        If `max_norm` is not above 0.

    Examples
    --------
    >>> import autograd_core as ag
    >>> from optim import clip_grad_norm_
    >>> w = ag.tensor([3.0, 4.0], requires_grad=True)
    >>> (w * w).sum().backward()
    >>> clip_grad_norm_([w], 5.0)
    10.0
    >>> w.grad
    Tensor([3., 4.], shape=(2,), dtype=float64)
    """
    bound = math.inf
    if max_norm != math.inf:
        bound = check.real("clip_grad_norm_", "max_norm", max_norm, open_low=True)
    found = _gradients("clip_grad_norm_", params)
    if is_tracing():
        arrays = [gradient.data for _, _, gradient in found]
        norm, factor = as_one(_norm_and_factor, bound, _words(found), *arrays)
        for _, _, gradient in found:
            gradient.assign(gradient.data * factor, "clip_grad_norm_")
        return norm  # type: ignore[no-any-return]
    norm = math.hypot(*[_norm(_word(i, p), gradient.data) for i, p, gradient in found])
    if norm > bound:
        for _, _, gradient in found:
            gradient.assign(gradient.data * (bound / norm), "clip_grad_norm_")
    return norm


def _gradients(owner: str, params: Any) -> list[tuple[int, Tensor, Tensor]]:
    """Place, parameter and gradient, of the parameters that have one."""
    found = as_tensors(owner, params)
    return [(i, p, p.grad) for i, p in enumerate(found) if p.grad is not None]


def _word(place: int, p: Tensor) -> str:
    """What to call a parameter in messages."""
    return repr(p.name) if p.name else f"parameter {place} of shape {p.shape}"


def _words(found: list[tuple[int, Tensor, Tensor]]) -> tuple[str, ...]:
    return tuple([_word(place, p) for place, p, _ in found])


def _refuse_nan(words: tuple[str, ...], *gradients: Any) -> None:
    """What a program asks at every run."""
    for word, g in zip(words, gradients, strict=True):
        if np.isnan(g).any():
            raise _anomaly("clip_grad_value_", word, math.nan)


def _norm_and_factor(bound: float, words: tuple[str, ...], *gradients: Any) -> tuple[float, float]:
    """The norm of the gradients, and by what to multiply them."""
    norm = math.hypot(*[_norm(word, g) for word, g in zip(words, gradients, strict=True)])
    return norm, bound / norm if norm > bound else 1.0


def _norm(word: str, g: Any) -> float:
    """The norm of one gradient; scaled where its square would leave the range of its dtype."""
    flat = np.ravel(g)
    with np.errstate(over="ignore", under="ignore"):
        norm = math.sqrt(float(np.dot(flat, flat)))
    if math.isfinite(norm) and norm > 1e-15:
        return norm
    top = float(np.max(np.abs(flat), initial=0.0))
    if not math.isfinite(top):
        raise _anomaly("clip_grad_norm_", word, top)
    return top * float(np.linalg.norm(flat / top)) if top else 0.0


def _anomaly(owner: str, name: str, bad: float) -> AnomalyError:
    return AnomalyError(f"{owner}: the gradient of {name} holds {bad}")
