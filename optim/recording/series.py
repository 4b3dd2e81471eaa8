"""One metric of a record, and the errors for what there is not."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from autograd_core import ArgumentError, DTypeError, ShapeError, Tensor

from .rows import ACTIVITY_METRICS, EPOCH_METRICS, LAYER_METRICS, METRICS, names_of, values_of

if TYPE_CHECKING:
    from .recorder import Recorder

Array = NDArray[Any]


def number_of(owner: str, name: str, value: Any) -> float:
    """`value` as a float, NaN and infinities among them."""
    data = value.data if isinstance(value, Tensor) else value
    try:
        array = np.asarray(data)
    except ValueError:
        array = np.asarray(None)
    if array.dtype.kind not in "fiu":
        raise DTypeError(f"{owner}: {name} is {value!r}; it must be a number or a scalar Tensor")
    if array.size != 1:
        raise ShapeError(f"{owner}: {name} has shape {array.shape}; it must be one number")
    return float(array.reshape(()))


def series_of(record: Recorder, metric: str, layer: str | None) -> tuple[Array, Array]:
    """See `TrainingRecord.series`."""
    owner = "TrainingRecord.series"
    if not isinstance(metric, str) or metric not in METRICS:
        raise ArgumentError(f"{owner}: there is no metric {metric!r}{_meant(metric, METRICS)}")
    by_layer = metric in LAYER_METRICS or metric in ACTIVITY_METRICS
    if not by_layer and layer is not None:
        raise ArgumentError(f"{owner}: {metric!r} is not measured by layer; leave layer= out")
    if metric in EPOCH_METRICS:
        epochs = record.epoch_rows
        values = np.array([getattr(row, metric) for row in epochs], float)
        return _some(owner, metric, np.array([row.epoch for row in epochs], int), values)
    steps = record.step_rows
    places = np.array([row.step for row in steps], int)
    if not by_layer:
        return _some(owner, metric, places, np.array([getattr(row, metric) for row in steps]))
    names = names_of(steps, metric)
    if not names:
        _some(owner, metric, places, np.zeros(0))
    if layer is None and len(names) > 1:
        raise ArgumentError(f"{owner}: {metric!r} is measured by layer; say which: {listed(names)}")
    chosen = checked_layers(owner, names if layer is None else [layer], names)[0]
    return _some(owner, f"{metric} of {chosen}", places, values_of(steps, metric, chosen))


def _some(owner: str, metric: str, places: Array, values: Array) -> tuple[Array, Array]:
    if not values.size or (np.isnan(values).all() and not metric.endswith("loss")):
        raise ArgumentError(f"{owner}: nothing was recorded of {metric!r} yet")
    return places, values


def checked_layers(owner: str, wanted: Sequence[str], names: Sequence[str]) -> list[str]:
    """`wanted`, or an error that names the layers that there are."""
    for name in wanted:
        if name not in names:
            raise ArgumentError(
                f"{owner}: there is no layer {name!r}{_meant(name, names)}"
                if names
                else f"{owner}: no layer was recorded yet"
            )
    return list(wanted)


def _meant(name: Any, names: Sequence[str]) -> str:
    close = difflib.get_close_matches(str(name), names, n=1)
    return f"; {close[0]!r} is one" if close else f"; there are {listed(names)}"


def listed(names: Sequence[str], most: int = 12) -> str:
    """The names, or the first of many."""
    rest = f", … ({len(names)} in all)" if len(names) > most else ""
    return ", ".join(repr(name) for name in names[:most]) + rest
