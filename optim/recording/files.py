"""Records as plain data: dicts, JSON, CSV."""

from __future__ import annotations

import csv
import io
import json
import math
import os
import tempfile
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from autograd_core import ArgumentError, CheckpointError

from .measures import Activity, EpochRow, StepRow
from .rows import ACTIVITY_METRICS, EPOCH_METRICS, LAYER_METRICS, STEP_METRICS

if TYPE_CHECKING:
    from .record import TrainingRecord

R = TypeVar("R", bound="TrainingRecord")

VERSION = 1
_INFINITE = {math.inf: "inf", -math.inf: "-inf"}


def as_dict(record: TrainingRecord) -> dict[str, Any]:
    """See `TrainingRecord.to_dict`."""
    return {
        "format": "autograd-core TrainingRecord",
        "version": VERSION,
        "epochs": record.epochs,
        "steps": record.steps,
        "every": record.every,
        "limit": record.limit,
        "best_epoch": record.best_epoch,
        "notes": list(record.notes),
        "kinds": dict(record.kinds),
        "epoch_rows": [asdict(row) for row in record.epoch_rows],
        "step_rows": [asdict(row) for row in record.step_rows],
    }


def from_dict(cls: type[R], stored: Any) -> R:
    """See `TrainingRecord.from_dict`."""
    try:
        if stored["format"] != "autograd-core TrainingRecord" or stored["version"] > VERSION:
            raise ValueError(f"the format is {stored['format']!r}, version {stored['version']!r}")
        record = cls(every=stored["every"], limit=stored["limit"])
        epochs = [EpochRow(**row) for row in stored["epoch_rows"]]
        steps = [_step_row(row) for row in stored["step_rows"]]
        record.take(stored["epochs"], stored["steps"], epochs, steps)
        best = stored["best_epoch"]
        record.best_epoch = None if best is None else int(best)
        record.notes = [str(note) for note in stored["notes"]]
        record.kinds = {str(path): str(kind) for path, kind in stored["kinds"].items()}
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise CheckpointError(
            f"TrainingRecord: this is no stored record ({type(error).__name__}: {error})"
        ) from None
    return record


def _step_row(row: Mapping[str, Any]) -> StepRow:
    seen = {name: Activity(**values) for name, values in row["activity"].items()}
    return StepRow(**{**row, "activity": seen})


def write(record: TrainingRecord, path: Path) -> Path:
    """See `TrainingRecord.save`. A file that was there before stays if the writing fails."""
    makers = {".json": as_json, ".csv": as_csv}
    maker = makers.get(path.suffix.lower())
    if maker is None:
        raise ArgumentError(f"TrainingRecord.save: {str(path)!r} does not end in '.json' or '.csv'")
    text = maker(record)
    handle, temporary = tempfile.mkstemp(prefix=".record-", dir=path.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            file.write(text)
        os.replace(temporary, path)
    except OSError:
        os.unlink(temporary)
        raise
    return path


def read(cls: type[R], path: Path) -> R:
    """See `TrainingRecord.load`."""
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise CheckpointError(f"TrainingRecord.load: {str(path)!r} is no JSON: {error}") from None
    return from_dict(cls, _restored(stored))


def as_json(record: TrainingRecord) -> str:
    """Strict JSON: null for NaN, ``{"number": "inf"}`` for infinities."""
    return json.dumps(_plain(as_dict(record)), ensure_ascii=False, allow_nan=False) + "\n"


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(v) for name, v in value.items()}
    if isinstance(value, list):
        return [_plain(v) for v in value]
    if isinstance(value, float) and not math.isfinite(value):
        return {"number": _INFINITE.get(value, "nan")}
    return value


def _restored(value: Any) -> Any:
    if isinstance(value, dict):
        if set(value) == {"number"}:
            return float(value["number"])
        return {name: _restored(v) for name, v in value.items()}
    return [_restored(v) for v in value] if isinstance(value, list) else value


def as_csv(record: TrainingRecord) -> str:
    """One number a row: step, epoch, metric, layer, value."""
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(("step", "epoch", "metric", "layer", "value"))
    for row in record.step_rows:
        for name in STEP_METRICS:
            table.writerow((row.step, "", name, "", repr(getattr(row, name))))
        for name in LAYER_METRICS:
            for layer, value in getattr(row, name).items():
                table.writerow((row.step, "", name, layer, repr(value)))
        for layer, seen in row.activity.items():
            for name in ACTIVITY_METRICS:
                table.writerow((row.step, "", name, layer, repr(getattr(seen, name))))
    for epoch in record.epoch_rows:
        for name in EPOCH_METRICS:
            table.writerow((epoch.step, epoch.epoch, name, "", repr(getattr(epoch, name))))
    return text.getvalue()
