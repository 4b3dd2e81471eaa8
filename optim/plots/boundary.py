"""Which class a model names where, over two features."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

import autograd_core as ag
from autograd_core import ArgumentError, ShapeError, Tensor

from .. import _checks as check
from ..data import as_array
from ..evaluation import predict
from ..labels import is_one_hot
from .figures import MARKERS, axes_for, colour, plain

Array = NDArray[Any]

OUTPUTS = ("auto", "probabilities", "logits")


def plot_decision_boundary(
    model: Any,
    X: ArrayLike | Tensor,
    y: ArrayLike | Tensor,
    *,
    outputs: str = "auto",
    classes: Sequence[str] | None = None,
    features: Sequence[str] = ("x₁", "x₂"),
    resolution: int = 160,
    margin: float = 0.1,
    ax: Any = None,
) -> Any:
    """Draw which class a model names over the plane of two features, and how sure it is.

    The colour is that of the most probable class, the deeper the more probable it is; lines are
    where two classes are equally probable. Points are the data, those that the model names
    wrongly with a black rim.

    Parameters
    ----------
    model : Module, or any function of a Tensor
        Called as `predict` calls it, in evaluation mode; gives scores of K classes, shape (n, K),
        or one score of two classes, (n, 1) or (n,). Its modes are afterwards what they were.
    X : array_like of shape (n, 2)
    y : array_like of n labels
        Class indices or one-hot rows; of two classes also a column, 0 and 1 or −1 and 1.
    outputs : {"auto", "probabilities", "logits"}
        What the model gives. By default probabilities, if all numbers on the plane are such (from
        0 to 1, of several classes with sum 1), and else logits: a softmax or a sigmoid makes them
        probabilities.
    classes : sequence of str, optional
        Names; by default the numbers of the classes.
    features : (str, str)
        Names of the axes.
    resolution : int, default 160
        Points of the grid along each axis.
    margin : float, default 0.1
        How far the plane reaches beyond the data, as a share of their range.
    ax : Axes, optional

    Returns
    -------
    Axes

    Raises
    ------
    ShapeError
        If X does not have two columns, or the model does not give a score for each class.
    ArgumentError
        For labels that are no classes, data or outputs that are not finite, and other arguments
        out of range.
    MissingExtraError
        Without matplotlib.

    Examples
    --------
    >>> import nn, numpy as np
    >>> from optim.plots import plot_decision_boundary
    >>> X, y = np.array([[0.0, 0.0], [1.0, 1.0], [2.0, 0.0]]), np.array([0, 1, 2])
    >>> ax = plot_decision_boundary(nn.Linear(2, 3, rng=0), X, y, classes=["a", "b", "c"])
    >>> [text.get_text() for text in ax.texts]
    ['a', 'b', 'c']
    """
    owner = "plot_decision_boundary"
    points = as_array(X)
    if points.ndim != 2 or points.shape[1] != 2:
        raise ShapeError(
            f"{owner}: X has shape {points.shape}; it must be (n, 2), two features that span the "
            f"plane. Of more, give a model of two: lambda x: model(…)"
        )
    check.choice(owner, "outputs", outputs, OUTPUTS)
    count = check.whole(owner, "resolution", resolution, low=2)
    air = check.real(owner, "margin", margin)
    if points.dtype.kind not in "fiub" or not np.isfinite(points).all():
        raise ArgumentError(f"{owner}: X must hold finite numbers, and is of dtype {points.dtype}")
    labels = _labels(owner, as_array(y), len(points))
    low, high = points.min(axis=0).astype(float), points.max(axis=0).astype(float)
    room = np.where(high > low, high - low, 1.0) * air
    across, upright = (np.linspace(low[i] - room[i], high[i] + room[i], count) for i in (0, 1))
    grid = np.stack(np.meshgrid(across, upright), axis=-1).reshape(-1, 2)
    scores = _scores(owner, predict(model, np.concatenate([grid, points])), outputs)
    kinds = max(scores.shape[1], int(labels.max()) + 1)
    if scores.shape[1] < kinds:
        raise ShapeError(
            f"{owner}: the model gives {scores.shape[1]} scores, and y has the class {kinds - 1}"
        )
    names = [str(k) for k in range(kinds)] if classes is None else [str(c) for c in classes]
    if len(names) != kinds:
        raise ArgumentError(f"{owner}: {len(names)} names for {kinds} classes")
    (place,) = axes_for(owner, 1, ax, width=5.2, height=4.4)
    p = scores[: len(grid)].reshape(count, count, kinds)
    place.grid(False)
    _shade(place, across, upright, p)
    _dots(place, points, labels, scores[len(grid) :].argmax(axis=1), names)
    place.set(xlim=across[[0, -1]], ylim=upright[[0, -1]])
    place.set(xlabel=plain(features[0]), ylabel=plain(features[1]))
    return place


def _labels(owner: str, y: Array, n: int) -> Array:
    """Class indices."""
    if y.ndim == 2 and y.shape[1] > 1 and is_one_hot(y):
        y = y.argmax(axis=1)
    if y.ndim == 2 and y.shape[1] == 1:
        y = y[:, 0]
    if y.shape != (n,) or not n:
        raise ShapeError(f"{owner}: y has shape {y.shape}; it must have a label for each of the "
                         f"{n} points")  # fmt: skip
    if y.dtype.kind not in "fiub" or (y != np.round(y)).any() or y.min() < -1:
        raise ArgumentError(f"{owner}: y must hold class indices, 0, 1, …, or −1 and 1")
    if y.min() == -1:
        if not np.isin(y, (-1, 1)).all():
            raise ArgumentError(f"{owner}: y holds −1 and other classes than −1 and 1")
        y = (y + 1) // 2
    return y.astype(int)


def _scores(owner: str, given: Array, outputs: str) -> Array:
    """Probabilities of shape (n, K)."""
    if given.ndim == 1:
        given = given[:, None]
    if given.ndim != 2 or not given.shape[1]:
        raise ShapeError(
            f"{owner}: the model gives shape {given.shape} for {len(given)} points; it must be "
            f"(n, K), a score for each class"
        )
    if not np.isfinite(given).all():
        raise ArgumentError(f"{owner}: the model gives NaN or infinity on the plane")
    given = given.astype(np.float64)
    one = given.shape[1] == 1
    inside = given.min() >= 0 and given.max() <= 1
    shares = inside and (one or np.allclose(given.sum(axis=1), 1.0, atol=1e-4))
    if outputs == "logits" or (outputs == "auto" and not shares):
        given = np.asarray(ag.sigmoid(given) if one else ag.softmax(given, axis=1))
    return np.concatenate([1 - given, given], axis=1) if one else given


def _shade(ax: Any, across: Array, upright: Array, p: Array) -> None:
    from matplotlib.colors import to_rgb

    kinds = p.shape[2]
    tints = np.array([to_rgb(colour(k)) for k in range(kinds)])
    best = p.argmax(axis=2)
    sure = np.clip((p.max(axis=2) - 1 / kinds) / (1 - 1 / kinds), 0, 1)
    depth = (0.08 + 0.47 * sure)[..., None]
    image = 1 - depth * (1 - tints[best])
    half_x, half_y = (across[1] - across[0]) / 2, (upright[1] - upright[0]) / 2
    extent = (across[0] - half_x, across[-1] + half_x, upright[0] - half_y, upright[-1] + half_y)
    ax.imshow(image, origin="lower", extent=extent, aspect="auto", interpolation="bilinear")
    for k in range(kinds if kinds > 2 else 1):
        others = np.delete(p, k, axis=2).max(axis=2)
        lead = p[..., k] - others
        if lead.min() < 0 < lead.max():
            ax.contour(across, upright, lead, levels=[0.0], colors="#30343a", linewidths=1.1)


def _dots(ax: Any, X: Array, labels: Array, guess: Array, names: Sequence[str]) -> None:
    from matplotlib.patheffects import withStroke

    halo = [withStroke(linewidth=3, foreground="white")]
    for k, name in enumerate(names):
        own = labels == k
        if not own.any():
            continue
        for which, rim, width in ((own & (guess == k), "white", 0.6), (own & (guess != k),
                                                                       "black", 1.3)):  # fmt: skip
            if which.any():
                ax.scatter(*X[which].T, s=20, color=colour(k), marker=MARKERS[k % len(MARKERS)],
                           edgecolors=rim, linewidths=width, zorder=3)  # fmt: skip
        ax.annotate(plain(name), _amid(X[own]), color=colour(k), fontweight="bold", ha="center",
                    va="center", path_effects=halo, zorder=4)  # fmt: skip


def _amid(X: Array) -> Array:
    """The point that has the nearest third of all points nearest: within the densest group."""
    some = X[:: -(-len(X) // 400)].astype(float)
    scale = np.where(np.ptp(some, axis=0) > 0, np.ptp(some, axis=0), 1.0)
    away = np.linalg.norm((some[:, None] - some) / scale, axis=2)
    near = np.sort(away, axis=1)[:, : max(2, len(some) // 3)].sum(axis=1)
    place: Array = some[int(near.argmin())]
    return place
