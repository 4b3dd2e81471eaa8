"""A record in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .rows import names_of

if TYPE_CHECKING:
    from .recorder import Recorder


def words_of(record: Recorder) -> str:
    """What ``repr`` says: how far it got, the last numbers, and what deserves a look."""
    rows = record.step_rows
    if not record.steps and not record.epochs:
        return "TrainingRecord: nothing recorded yet"
    head = f"TrainingRecord: {counted(record.epochs, 'epoch')}, {counted(record.steps, 'step')}"
    if rows and record.every > 1:
        head += f" (looked at: every {ordinal(record.every)})"
    lines = [head]
    if record.epoch_rows:
        last = record.epoch_rows[-1]
        parts = [
            words
            for name in ("train", "validation")
            if (words := _part(name, *[getattr(last, f"{name}_{w}") for w in ("loss", "accuracy")]))
        ]
        best = "" if record.best_epoch is None else f"; best epoch {record.best_epoch}"
        lines.append(f"  last epoch: {', '.join(parts) or 'nothing measured'}{best}")
    elif rows:
        lines.append(f"  last loss looked at: {rows[-1].loss:.4g}")
    for metric, words in (("gradient_norm", "gradient norms"), ("update_ratio", "update / weight")):
        found = [(n, v) for n in names_of(rows, metric) if (v := getattr(rows[-1], metric).get(n))]
        if found:
            shown = ", ".join(f"{name}: {value:.2g}" for name, value in found[:8])
            lines.append(f"  {words} by layer: {shown}{', …' if len(found) > 8 else ''}")
    return "\n".join([*lines, *[f"  {note}" for note in notes_of(record)]])


def notes_of(record: Recorder) -> list[str]:
    """What a reader of the charts has to know."""
    rows, notes = record.step_rows, []
    for what, numbers, places in (
        ("loss", [row.loss for row in rows], [row.step for row in rows]),
        *[
            (
                f"{part} loss",
                [getattr(row, f"{part}_loss") for row in record.epoch_rows],
                [row.epoch for row in record.epoch_rows],
            )
            for part in ("train", "validation")
        ],
    ):
        bad = ~np.isfinite(np.array(numbers, float))
        if bad.any() and (what == "loss" or not bad.all()):
            unit = "step" if what == "loss" else "epoch"
            first = places[int(bad.argmax())]
            notes.append(f"the {what} was not finite in {counted(int(bad.sum()), unit)} of those "
                         f"kept, first in {unit} {first}: gaps in the charts")  # fmt: skip
    if rows:
        latest = next((row.activity for row in reversed(rows) if row.activity), {})
        for name, seen in latest.items():
            if seen.dead > 0:
                notes.append(f"{name}: {100 * seen.dead:.0f} % of the units are dead")
            if seen.saturated >= 0.1:
                notes.append(f"{name}: {100 * seen.saturated:.0f} % of the values are saturated")
        silent = [n for n, v in rows[-1].gradient_norm.items() if np.isnan(v)]
        if silent:
            notes.append(f"no gradient in {', '.join(silent[:8])}: frozen, not reached, or cleared "
                         f"before the step was recorded")  # fmt: skip
    return [*notes, *record.notes]


def counted(n: int, what: str) -> str:
    return f"{n:,} {what}{'' if n == 1 else 's'}"


def ordinal(n: int) -> str:
    end = "th" if n % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(n % 10, "th")
    return f"{n:,}{end}"


def _part(name: str, loss: float, share: float) -> str:
    right = "" if np.isnan(share) else f" ({100 * share:.1f} %)"
    return "" if np.isnan(loss) and not right else f"{name} loss {loss:.4g}{right}"
