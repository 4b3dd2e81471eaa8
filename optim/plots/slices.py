"""The loss along a line or over a plane through the weights of a model."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from autograd_core import ArgumentError, Tensor, no_grad
from autograd_core import generator as as_generator

from .. import _checks as check
from ..data import Rng
from ..evaluation import evaluate, loss_value, mode
from ..recording.weight_path import flat_weights, parameters_of
from .directions import OWNER, Directions, dimensions_of, directions_of, paths_of

Array = NDArray[Any]
Range = tuple[float, float]


@dataclass(frozen=True)
class LossSlice:
    """A loss along one or two directions; what `loss_slice` returns.

    Attributes
    ----------
    axes : tuple of ndarray
        The places along each direction.
    values : ndarray
        The loss at each place; of two directions ``values[j, i]`` is at ``axes[0][i]`` and
        ``axes[1][j]``.
    labels : tuple of str
        What is on the axes.
    centre : ndarray
        Where the model's own weights are.
    paths : dict of str to ndarray of shape (n, d)
        The ways of trainings, as seen from above.
    inside : dict of str to float
        How much of a way is seen: the share of its squared distances from the model's weights
        that lies within the slice; 1 means all.
    """

    axes: tuple[Array, ...]
    values: Array
    labels: tuple[str, ...]
    centre: Array
    paths: dict[str, Array] = field(default_factory=dict)
    inside: dict[str, float] = field(default_factory=dict)

    def plot(self, *, ax: Any = None) -> Any:
        """Draw it: a line, or lines of equal loss with the ways over them. Returns the Axes."""
        from .slice_picture import draw_slice

        return draw_slice(self, ax)

    def __repr__(self) -> str:
        size = " × ".join(str(len(axis)) for axis in self.axes)
        good = self.values[np.isfinite(self.values)]
        spread = f"from {good.min():.4g} to {good.max():.4g}" if good.size else "nowhere finite"
        ways = f", with the ways of {', '.join(self.paths)}" if self.paths else ""
        return f"LossSlice: {size} places along {', '.join(self.labels)}; loss {spread}{ways}"


def loss_slice(
    model: Any,
    loss: Any,
    X: ArrayLike | Tensor | None = None,
    y: ArrayLike | Tensor | None = None,
    *,
    directions: Any = "random",
    dimensions: int = 2,
    span: float | Range | tuple[Range, Range] | None = None,
    points: int | None = None,
    paths: Mapping[str, Any] | None = None,
    rng: Rng = 0,
) -> LossSlice:
    """Compute a loss along one or two directions through the weights of a model.

    A copy of the model is moved about, in evaluation mode and without a graph, so that the model
    is as it was, whatever happens.

    Parameters
    ----------
    model : Module
    loss : callable
        ``loss(model(X), y)``; without X a function of the model, ``loss(model)``.
    X, y : array_like of n rows, optional
    directions : str or sequence, default "random"
        ``"random"``: random ones, of which the part of each unit is as long as its weights
        (filter normalization), so that slices of different networks compare; offsets stay.
        ``"path"``: the principal directions of the `paths`. One or two names of weights, such as
        ``("0.W[0, 1]", "0.W0[0]")``. Or arrays of as many numbers as there are weights, in the
        order of ``named_parameters``.
    dimensions : {2, 1}
        How many directions, of ``"random"`` and ``"path"``.
    span : float, (low, high) or a pair of these, optional
        How far to go, in lengths of the directions, or of named weights in their values. By
        default 1 to either side, or as far as the paths go.
    points : int, optional
        Along each direction; by default 31, or 101 of a single one.
    paths : mapping of str to TrainingRecord or array_like of shape (n, P), optional
        Ways of trainings to see on the slice; records made with ``keep_weights=True``.
    rng : numpy.random.Generator or int, default 0
        Of the random directions.

    Returns
    -------
    LossSlice
        The loss may be NaN or infinite in places.

    Raises
    ------
    ArgumentError
        For a model that is no Module or cannot be copied, unknown weights, directions that are
        zero or parallel, and other arguments out of range.
    ShapeError
        For directions and paths that are not of the model's number of weights.

    Notes
    -----
    Filter normalization is that of Li, Xu, Taylor, Studer and Goldstein, "Visualizing the loss
    landscape of neural nets" (2018). A way is projected: the loss under it is that of the slice,
    which is the loss of the training only where ``inside`` is 1.

    Examples
    --------
    >>> import nn, numpy as np
    >>> from optim.plots import loss_slice
    >>> unit = nn.Linear(1, 1, init="zeros")
    >>> X = np.array([[1.0], [2.0]])
    >>> found = loss_slice(unit, nn.SquaredLoss(), X, 3 * X, directions="W[0, 0]", span=(2, 4),
    ...                    points=3)
    >>> found.axes[0], found.values
    (array([2., 3., 4.]), array([2.5, 0. , 2.5]))
    """
    check.function(OWNER, "loss", loss, "a function of outputs and labels, or of the model")
    check.refuse_class(OWNER, "model", model)
    named = parameters_of(OWNER, model)
    origin = flat_weights(OWNER, model).astype(np.float64)
    if not np.isfinite(origin).all():
        raise ArgumentError(f"{OWNER}: the model has weights that are NaN or infinite")
    if (X is None) != (y is None):
        raise ArgumentError(f"{OWNER}: give X and y, or neither and loss(model)")
    ways = paths_of(paths, origin.size)
    count = dimensions_of(dimensions)
    found = directions_of(directions, count, named, origin, ways, as_generator(rng))
    seen, inside = _projected(ways, origin, found)
    axes = _axes(found, seen, span, points)
    values = _computed(model, loss, X, y, origin, found, axes)
    return LossSlice(axes, values, found.labels, found.start, seen, inside)


def _projected(
    ways: Mapping[str, Array], origin: Array, found: Directions
) -> tuple[dict[str, Array], dict[str, float]]:
    """The ways in coordinates of the slice, by least squares, and how much of each is in it."""
    back = np.linalg.pinv(found.vectors)
    seen, inside = {}, {}
    for name, way in ways.items():
        away = way - origin
        places = away @ back
        rest = away - places @ found.vectors
        whole = float((away * away).sum())
        seen[name] = places + found.start
        inside[name] = 1.0 - float((rest * rest).sum()) / whole if whole else 1.0
    return seen, inside


def _axes(
    found: Directions, seen: Mapping[str, Array], span: Any, points: int | None
) -> tuple[Array, ...]:
    d = len(found.labels)
    count = check.whole(OWNER, "points", points, low=2) if points is not None else (101, 31)[d - 1]
    ranges = _ranges(found, seen) if span is None else _given(span, d, found.start)
    return tuple(np.linspace(low, high, count) for low, high in ranges)


def _ranges(found: Directions, seen: Mapping[str, Array]) -> list[Range]:
    """One to either side; or all places of the ways, and a fifth more."""
    ranges = []
    for i, start in enumerate(found.start):
        places = np.concatenate([[start], *[way[:, i] for way in seen.values()]])
        low, high = float(places.min()), float(places.max())
        if high - low <= 1e-12 * max(1.0, abs(high)):
            low, high = low - 1, high + 1
        else:
            low, high = low - 0.2 * (high - low), high + 0.2 * (high - low)
        ranges.append((low, high))
    return ranges


def _given(span: Any, d: int, start: Array) -> list[Range]:
    """The ranges that were asked for."""
    try:
        array = np.asarray(span, np.float64)
    except (TypeError, ValueError):
        array = np.zeros(0)
    if array.shape == () and np.isfinite(array) and array > 0:
        return [(float(s - array), float(s + array)) for s in start]
    if array.shape == (2,):
        array = np.stack([array] * d)
    if array.shape != (d, 2) or not np.isfinite(array).all() or (array[:, 0] >= array[:, 1]).any():
        raise ArgumentError(
            f"{OWNER}: span is {span!r}; it must be a positive number, (low, high), or one such "
            f"pair for each of {d} directions"
        )
    return [(float(low), float(high)) for low, high in array]


def _computed(
    model: Any, loss: Any, X: Any, y: Any, origin: Array, found: Directions, axes: tuple[Array, ...]
) -> Array:
    """The loss of a copy of the model at each place."""
    try:
        moved, measure = copy.deepcopy((model, loss))
    except Exception as error:
        raise ArgumentError(
            f"{OWNER}: the model cannot be copied ({type(error).__name__}: {error})"
        ) from error
    params = [p for _, p in parameters_of(OWNER, moved)]
    shape = tuple(len(axis) for axis in reversed(axes))
    values = np.empty(shape)
    with np.errstate(all="ignore"):
        for place in np.ndindex(shape):
            steps = [axes[k][place[-1 - k]] - found.start[k] for k in range(len(axes))]
            _move(params, origin + np.asarray(steps) @ found.vectors)
            if X is None:
                with mode(moved, training=False), no_grad():
                    values[place] = loss_value(OWNER, measure(moved))
            else:
                values[place] = evaluate(moved, measure, X, y, accuracy=False)[0]
    return values


def _move(params: list[Tensor], flat: Array) -> None:
    """Give the copy's parameters their numbers."""
    start = 0
    for p in params:
        p.assign(flat[start : start + p.size].reshape(p.shape).astype(p.dtype), OWNER)
        start += p.size
