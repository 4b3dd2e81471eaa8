"""Learning curves, gradients, updates and activations with matplotlib."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from autograd_core import ArgumentError

from .. import _checks as check
from ..history import History
from ..recording.charts import CHARTS, Chart, charts_of
from ..recording.measures import EpochRow
from ..recording.record import TrainingRecord
from .figures import MUTE, axes_for, colour, name_ends, number_axes, plain, quiet, sequence


def plot_record(
    record: TrainingRecord, *what: str, ax: Any = None, layers: Iterable[str] | None = None
) -> Any:
    """See `TrainingRecord.plot`."""
    owner = "TrainingRecord.plot"
    for name in what:
        check.choice(owner, "what", name, CHARTS)
    found = {chart.what: chart for chart in charts_of(record, layers)}
    missing = [name for name in what if name not in found]
    if missing or not found:
        raise ArgumentError(
            f"{owner}: nothing was recorded of {', '.join(map(repr, missing)) or 'anything'} yet"
            + (f"; there are {', '.join(found)}" if found else "")
        )
    chosen = [found[name] for name in what] if what else list(found.values())
    axes = axes_for(owner, len(chosen), ax)
    for place, chart in zip(axes, chosen, strict=True):
        draw_chart(place, chart)
    return axes[0] if len(what) == 1 else axes


def plot_learning_curves(history: History | TrainingRecord, *, ax: Any = None) -> Any:
    """Loss and accuracy by epoch, of the training and the validation data.

    Parameters
    ----------
    history : History or TrainingRecord
        What `fit` returned, or a record.
    ax : sequence of Axes, optional
        Two, or one where no accuracy was measured.

    Returns
    -------
    list of Axes

    Raises
    ------
    ArgumentError
        If there is no epoch.
    MissingExtraError
        Without matplotlib.

    Examples
    --------
    >>> from optim import History
    >>> from optim.plots import plot_learning_curves
    >>> done = History(train_loss=[2.3, 0.9, 0.4], train_accuracy=[0.1, 0.7, 0.9])
    >>> loss, accuracy = plot_learning_curves(done)
    >>> loss.lines[0].get_ydata()
    array([2.3, 0.9, 0.4])
    """
    record = history
    if isinstance(history, History):
        record = TrainingRecord(limit=max(2, len(history)))
        record.take(len(history), 0, _rows(history), [])
        record.best_epoch = history.best_epoch
    elif not isinstance(history, TrainingRecord):
        raise ArgumentError(
            f"plot_learning_curves: {type(history).__name__} is neither a History nor a "
            f"TrainingRecord"
        )
    assert isinstance(record, TrainingRecord)
    what = [chart.what for chart in charts_of(record) if chart.what in ("loss", "accuracy")]
    if not record.epochs or not what:
        raise ArgumentError("plot_learning_curves: there is no epoch yet")
    axes = plot_record(record, *what, ax=ax)
    return [axes] if len(what) == 1 else axes


def _rows(history: History) -> list[EpochRow]:
    def at(values: list[float], i: int) -> float:
        return values[i] if i < len(values) else float("nan")

    return [
        EpochRow(
            i + 1,
            0,
            history.train_loss[i],
            at(history.train_accuracy, i),
            at(history.validation_loss, i),
            at(history.validation_accuracy, i),
            at(history.lr, i),
        )
        for i in range(len(history))
    ]


def draw_chart(ax: Any, chart: Chart) -> None:
    """One chart on its axes."""
    quiet(ax)
    drawn = []
    thin = 1.0 if len(chart.curves) > 8 else 1.6
    for i, curve in enumerate(chart.curves):
        y = np.where(np.isfinite(curve.y), curve.y, np.nan)
        faint = curve.kind == "faint"
        tint = (
            colour(i if curve.colour is None else curve.colour)
            if curve.depth is None
            else sequence(curve.depth)
        )
        line = ax.plot(
            curve.x,
            y,
            color=tint,
            linewidth=0.8 if faint else thin,
            alpha=0.35 if faint else 1,
            marker="." if _alone(y) else None,
            label=plain(curve.name) if curve.name else "_",
        )[0]
        drawn.append((curve.name, line))
    if chart.log:
        ax.set_yscale("log")
    ax.margins(x=0.01)
    for value, words in chart.levels:
        ax.axhline(value, color=MUTE, linewidth=1, linestyle=(0, (4, 3)))
        ax.annotate(words, (0, value), xycoords=("axes fraction", "data"), xytext=(4, 3),
                    textcoords="offset points", fontsize="small", color=MUTE)  # fmt: skip
    for value, words in chart.marks:
        ax.axvline(value, color=MUTE, linewidth=1, linestyle=(0, (4, 3)))
        middle = np.mean(ax.get_xlim())
        ax.annotate(words, (value, 1), xycoords=("data", "axes fraction"),
                    xytext=(4 if value < middle else -4, 2), textcoords="offset points",
                    ha="left" if value < middle else "right", va="bottom", fontsize="small",
                    color=MUTE)  # fmt: skip
    number_axes(ax, percent=chart.percent)
    ax.set(xlabel=chart.x_label)
    ax.set_title(chart.title, loc="left", fontsize="medium", fontweight="bold",
                 pad=18 if chart.marks else 8)  # fmt: skip
    name_ends(ax, drawn)


def _alone(y: Any) -> bool:
    """Whether some point has no neighbour, so that a line alone would not show it."""
    good = np.concatenate([[False], np.isfinite(y), [False]])
    return bool((good[1:-1] & ~good[:-2] & ~good[2:]).any())
