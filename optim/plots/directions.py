"""Directions in the space of all weights, along which a loss is looked at."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograd_core import ArgumentError, ShapeError, Tensor

from .. import _checks as check
from ..recording.record import TrainingRecord
from ..recording.series import listed

Array = NDArray[Any]
Named = Sequence[tuple[str, Tensor]]

OWNER = "loss_slice"
KINDS = ("random", "path")
#: Rows of all paths together that their principal directions are found from.
MAX_ROWS = 200


@dataclass(frozen=True, slots=True)
class Directions:
    """One or two directions, and what the axes along them are.

    Attributes
    ----------
    vectors : ndarray of shape (d, P)
        P is the number of all weights.
    labels : tuple of d str
    start : ndarray of d
        What is written on an axis at the weights that the slice goes through.
    """

    vectors: Array
    labels: tuple[str, ...]
    start: Array


def directions_of(
    wanted: Any,
    dimensions: int,
    named: Named,
    origin: Array,
    paths: Mapping[str, Array],
    rng: np.random.Generator,
) -> Directions:
    """The directions that were asked for, by name or as they are."""
    if isinstance(wanted, str) and wanted in KINDS:
        if wanted == "random":
            return _random(named, dimensions, rng)
        return _principal(origin, dimensions, paths)
    parts = [wanted] if isinstance(wanted, str) else list(wanted)
    if not 1 <= len(parts) <= 2:
        raise ArgumentError(f"{OWNER}: {len(parts)} directions; there must be one or two")
    if all(isinstance(part, str) for part in parts):
        return _weights(parts, named, origin)
    vectors = np.stack([_vector(part, origin.size) for part in parts])
    labels = tuple(f"direction {i + 1}" for i in range(len(parts)))
    return _checked(Directions(vectors, labels, np.zeros(len(parts))))


def _vector(part: Any, size: int) -> Array:
    vector = np.asarray(part, np.float64).ravel()
    if vector.size != size:
        raise ShapeError(
            f"{OWNER}: a direction has {vector.size:,} numbers, and the model has {size:,} weights"
        )
    return vector


def _checked(found: Directions) -> Directions:
    """Refuse directions that are zero, not finite, or the same but for their length."""
    lengths = np.linalg.norm(found.vectors, axis=1)
    if not np.isfinite(lengths).all() or not lengths.all():
        raise ArgumentError(f"{OWNER}: a direction is zero or not finite")
    if np.linalg.matrix_rank(found.vectors / lengths[:, None]) < len(lengths):
        raise ArgumentError(f"{OWNER}: the two directions are parallel; they span no plane")
    return found


def _random(named: Named, dimensions: int, rng: np.random.Generator) -> Directions:
    """Random directions, each unit's part as long as its weights (Li et al., 2018).

    A unit's weights are a column of a matrix, in general what belongs to one place of the last
    axis. Offsets and other parameters of less than two axes stay, as in the authors' programs,
    unless there are no others.
    """
    matrices = any(p.ndim >= 2 for _, p in named)
    vectors = []
    for _ in range(dimensions):
        parts = []
        for _, p in named:
            w = np.asarray(p.data, np.float64)
            d = rng.standard_normal(w.shape)
            if matrices and w.ndim < 2:
                d = np.zeros(w.shape)
            else:
                axes = tuple(range(w.ndim - 1)) if w.ndim > 1 else None
                length = np.sqrt((d * d).sum(axis=axes, keepdims=True))
                d = d / np.where(length > 0, length, 1)
                d = d * np.sqrt((w * w).sum(axis=axes, keepdims=True))
            parts.append(d.ravel())
        vectors.append(np.concatenate(parts))
    labels = tuple(f"random direction {i + 1}" for i in range(dimensions))
    return _checked(Directions(np.stack(vectors), labels, np.zeros(dimensions)))


def _principal(origin: Array, dimensions: int, paths: Mapping[str, Array]) -> Directions:
    """The directions in which the paths differ most from the weights of the slice."""
    if not paths:
        raise ArgumentError(
            f"{OWNER}: directions='path' needs paths=: records made with keep_weights=True"
        )
    rows = np.concatenate([np.asarray(path, np.float64) for path in paths.values()]) - origin
    if len(rows) > MAX_ROWS:
        rows = rows[np.linspace(0, len(rows) - 1, MAX_ROWS).round().astype(int)]
    _, sizes, vectors = np.linalg.svd(rows, full_matrices=False)
    if len(sizes) < dimensions or sizes[dimensions - 1] <= 1e-12 * max(sizes[0], 1e-300):
        raise ArgumentError(
            f"{OWNER}: the paths do not leave a line, or do not move at all; they span no "
            f"{dimensions} directions"
        )
    shares = sizes**2 / (sizes**2).sum()
    labels = tuple(
        f"principal direction {i + 1} of the way ({100 * shares[i]:.0f} %)"
        for i in range(dimensions)
    )
    return Directions(vectors[:dimensions], labels, np.zeros(dimensions))


def _weights(names: Sequence[str], named: Named, origin: Array) -> Directions:
    """Single weights, by names such as ``"0.W[0, 1]"``."""
    places = [_place(name, named) for name in names]
    if len(set(places)) < len(places):
        raise ArgumentError(f"{OWNER}: {names[0]!r} and {names[1]!r} are the same weight")
    vectors = np.zeros((len(places), origin.size))
    for row, place in zip(vectors, places, strict=True):
        row[place] = 1.0
    return Directions(vectors, tuple(names), origin[places].astype(np.float64))


def _place(name: str, named: Named) -> int:
    """Where the weight of a name stands among all weights."""
    match = re.fullmatch(r"(.*?)(?:\[([\d\s,]*)\])?", name, re.DOTALL)
    assert match is not None
    known = dict(named)
    path, inside = match.group(1), match.group(2)
    if path not in known:
        raise ArgumentError(
            f"{OWNER}: there is no parameter {path!r}; there are {listed(list(known))}; a weight "
            f"is named as in '0.W[0, 1]', and other directions are 'random' and 'path'"
        )
    shape = known[path].shape
    index = tuple(int(k) for k in re.findall(r"\d+", inside or ""))
    fits = len(index) == len(shape) and all(i < n for i, n in zip(index, shape, strict=False))
    if not fits and not (inside is None and known[path].size == 1):
        raise ArgumentError(f"{OWNER}: {name!r} names no single weight; {path!r} has shape {shape}")
    before = 0
    for other, p in named:
        if other == path:
            break
        before += p.size
    return before + (int(np.ravel_multi_index(index, shape)) if index else 0)


def paths_of(given: Any, size: int) -> dict[str, Array]:
    """The ways of trainings as arrays of shape (t, P), by name."""
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        raise ArgumentError(f"{OWNER}: paths is a {type(given).__name__}; give a dict, "
                            f"{{'SGD': record}}")  # fmt: skip
    found = {}
    for name, path in given.items():
        rows = path.path if isinstance(path, TrainingRecord) else np.asarray(path)
        if rows.ndim != 2 or rows.shape[1] != size or not len(rows):
            raise ShapeError(
                f"{OWNER}: the path {name!r} has shape {rows.shape}; it must be (n, {size}), a row "
                f"of all weights for each place"
            )
        if rows.dtype.kind != "f" or not np.isfinite(rows).all():
            raise ArgumentError(f"{OWNER}: the path {name!r} holds NaN, infinity or no floats")
        found[str(name)] = rows
    return found


def dimensions_of(value: Any) -> int:
    found = check.whole(OWNER, "dimensions", value)
    if found > 2:
        raise ArgumentError(f"{OWNER}: dimensions is {found}; it must be 1 or 2")
    return found
