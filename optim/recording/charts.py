"""A record as charts: which lines are on which."""

from __future__ import annotations

import base64
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .rows import names_of, values_of
from .series import checked_layers
from .words import counted, notes_of

if TYPE_CHECKING:
    from .recorder import Recorder

Array = NDArray[Any]

#: The charts in their order.
CHARTS = ("loss", "accuracy", "gradients", "updates", "activations", "units", "lr")
#: An update that is about this share of the weights is usual.
USUAL = (1e-3, "1/1000, a usual size")


class Line(NamedTuple):
    """What a `Curve` is made from; the drawing is loaded when it is drawn."""

    name: str
    x: Array
    y: Array
    kind: str = "line"
    colour: int | None = None
    depth: float | None = None


@dataclass(frozen=True, slots=True)
class Chart:
    """What is on a chart, whoever draws it."""

    what: str
    title: str
    curves: list[Line]
    x_label: str
    log: bool = False
    percent: bool = False
    levels: tuple[tuple[float, str], ...] = ()
    marks: tuple[tuple[float, str], ...] = ()

    def panel(self) -> Any:
        from autograd_core import Curve, Panel

        curves = [Curve(*line) for line in self.curves]
        return Panel(self.title, curves, self.x_label, self.log, self.percent, self.levels,
                     self.marks)  # fmt: skip


def charts_of(record: Recorder, layers: Iterable[str] | None = None) -> list[Chart]:
    """All charts of which something was recorded, with some of the layers or with all."""
    wanted = None if layers is None else list(layers)
    if wanted is not None:
        known = {n: None for m in ("weight_norm", "mean") for n in names_of(record.step_rows, m)}
        checked_layers("TrainingRecord.plot", wanted, list(known))
    makers = (_loss, _accuracy, _gradients, _updates, _activations, _units, _lr)
    made = [maker(record, wanted) for maker in makers]
    return [chart for chart in made if any(np.isfinite(c.y).any() for c in chart.curves)]


def _loss(record: Recorder, _: Any) -> Chart:
    steps, epochs = record.step_rows, record.epoch_rows
    seen = np.array([row.loss for row in steps])
    if not epochs:
        places = np.array([row.step for row in steps])
        return Chart("loss", "Loss", [Line("mini-batch", places, seen, colour=0)], "step")
    curves = []
    if seen.size:
        curves.append(Line("", _in_epochs(record), seen, "faint", 0))
    curves += _parts(record, "loss")
    return Chart("loss", "Loss", curves, "epoch", log=_spreads(curves), marks=_best(record))


def _accuracy(record: Recorder, _: Any) -> Chart:
    curves = _parts(record, "accuracy")
    values = np.concatenate([np.asarray(c.y, float) for c in curves] or [np.zeros(0)])
    values = values[np.isfinite(values)]
    share = bool(values.size) and values.min() >= 0 and values.max() <= 1
    return Chart("accuracy", "Accuracy", curves, "epoch", percent=share, marks=_best(record))


def _parts(record: Recorder, what: str) -> list[Line]:
    epochs = record.epoch_rows
    x = np.array([row.epoch for row in epochs])
    found = []
    for i, (part, name) in enumerate((("train", "training"), ("validation", "validation"))):
        values = np.array([getattr(row, f"{part}_{what}") for row in epochs], float)
        if np.isfinite(values).any():
            found.append(Line(name, x, values, colour=i))
    return found


def _in_epochs(record: Recorder) -> Array:
    """The steps on an axis of epochs."""
    ends = [(0.0, 0.0), *[(float(row.step), float(row.epoch)) for row in record.epoch_rows]]
    (before, e0), (last, e1) = ends[-2], ends[-1]
    if record.steps > last > before:  # the epoch that still runs
        ends.append((float(record.steps), e1 + (record.steps - last) * (e1 - e0) / (last - before)))
    steps = np.array([row.step for row in record.step_rows], float)
    found: Array = np.interp(steps, [a for a, _ in ends], [b for _, b in ends])
    return found


def _best(record: Recorder) -> tuple[tuple[float, str], ...]:
    best = record.best_epoch
    return ((float(best), f"best: epoch {best}"),) if best else ()


def _spreads(curves: Sequence[Line]) -> bool:
    """Whether positive numbers differ so much that only a logarithmic axis shows them."""
    values = np.concatenate([np.asarray(c.y, float) for c in curves] or [np.zeros(0)])
    values = values[np.isfinite(values)]
    return bool(values.size) and values.min() > 0 and values.max() > 10 * values.min()


def _layered(record: Recorder, metric: str, wanted: list[str] | None) -> list[Line]:
    rows = record.step_rows
    x = np.array([row.step for row in rows])
    names = names_of(rows, metric)
    return _deep(
        [
            (titled(record, name), x, values_of(rows, metric, name))
            for name in names
            if wanted is None or name in wanted
        ]
    )


def titled(record: Recorder, name: str) -> str:
    """A layer's path and its kind: ``0 Linear``."""
    kind = record.kinds.get(name, "")
    return f"{name} {kind}" if kind and kind.lower() not in name.lower() else name


def _deep(lines: Sequence[tuple[str, Array, Array]]) -> list[Line]:
    """Lines with colours from the first layer to the last; those that have no number left out."""
    some = [line for line in lines if np.isfinite(line[2]).any()]
    last = max(len(some) - 1, 1)
    return [Line(name, x, y, depth=i / last) for i, (name, x, y) in enumerate(some)]


def _gradients(record: Recorder, wanted: list[str] | None) -> Chart:
    curves = _layered(record, "gradient_norm", wanted)
    return Chart("gradients", "Gradient norm by layer", curves, "step", log=True)


def _updates(record: Recorder, wanted: list[str] | None) -> Chart:
    curves = _layered(record, "update_ratio", wanted)
    title = "Update / weight by layer"
    return Chart("updates", title, curves, "step", log=True, levels=(USUAL,))


def _activations(record: Recorder, wanted: list[str] | None) -> Chart:
    curves = _layered(record, "spread", wanted)
    return Chart("activations", "Spread of activations", curves, "step", log=_spreads(curves))


def _units(record: Recorder, wanted: list[str] | None) -> Chart:
    rows = record.step_rows
    x = np.array([row.step for row in rows])
    lines = [
        (f"{titled(record, name)} {metric}", x, values_of(rows, metric, name))
        for metric in ("dead", "saturated")
        for name in names_of(rows, metric)
        if wanted is None or name in wanted
    ]
    title = "Dead units, saturated values"
    return Chart("units", title, _deep(lines), "step", percent=True)


def _lr(record: Recorder, _: Any) -> Chart:
    rows = record.step_rows
    values = np.array([row.lr for row in rows], float)
    varied = values.size and np.nanmin(values, initial=np.inf) < np.nanmax(values, initial=-np.inf)
    x = np.array([row.step for row in rows])
    curves = [Line("η", x, values, colour=2)] if varied else []
    return Chart("lr", "Learning rate", curves, "step", log=_spreads(curves))


def svg_of(record: Recorder) -> str:
    """See `TrainingRecord.svg`."""
    from autograd_core import charts as as_svg

    title = f"Training: {counted(record.epochs, 'epoch')}, {counted(record.steps, 'step')}"
    panels = [chart.panel() for chart in charts_of(record)]
    notes = notes_of(record) or ([] if panels else ["nothing recorded yet"])
    return as_svg(panels, title, notes=notes)


def bundle_of(
    record: Recorder, include: Collection[str] | None, exclude: Collection[str] | None
) -> dict[str, Any]:
    """What a notebook shows: an image, which untrusted notebooks show too."""
    makers: dict[str, Callable[[], str]] = {
        "text/plain": lambda: repr(record),
        "text/html": lambda: _image(record),
    }
    return {
        kind: make()
        for kind, make in makers.items()
        if (not include or kind in include) and kind not in (exclude or ())
    }


def _image(record: Recorder) -> str:
    data = base64.b64encode(svg_of(record).encode()).decode()
    words = escape("".join(c if c.isprintable() else " " for c in repr(record)))
    return f'<img alt="{words}" style="max-width:100%" src="data:image/svg+xml;base64,{data}">'
