"""Records as dicts, JSON and CSV."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autograd_core import ArgumentError, CheckpointError
from optim import TrainingRecord

from .recorded import recorded


def same(a: TrainingRecord, b: TrainingRecord) -> None:
    assert repr(a) == repr(b)
    assert a.svg() == b.svg()
    ours, theirs = a.history, b.history
    assert ours.keys() == theirs.keys()
    for name in ours:
        np.testing.assert_array_equal(ours[name], theirs[name])


def test_json_holds_all(tmp_path: Path) -> None:
    """Read back it is the same, NaN and infinities too, and strict JSON."""
    record = recorded(every=1)
    record.step(float("inf"))
    record.step(float("nan"))
    path = record.save(tmp_path / "run.json")

    def refuse(word: str) -> Any:
        raise AssertionError(word)

    json.loads(path.read_text("utf-8"), parse_constant=refuse)
    again = TrainingRecord.load(path)
    same(record, again)
    same(record, TrainingRecord.from_dict(record.to_dict()))
    again.step(0.5)
    again.epoch()
    assert (again.steps, again.epochs) == (record.steps + 1, record.epochs + 1)


def test_csv_is_one_number_a_row(tmp_path: Path) -> None:
    """Every number of the history is there, to the last digit."""
    record = recorded(every=1)
    with record.save(tmp_path / "run.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    found = record.history
    for name, layer in (("loss", ""), ("gradient_norm", "4"), ("dead", "1"), ("spread", "5")):
        values = [float(r["value"]) for r in rows if (r["metric"], r["layer"]) == (name, layer)]
        np.testing.assert_array_equal(values, found[f"{name}/{layer}" if layer else name])
    ends = [(int(r["epoch"]), int(r["step"])) for r in rows if r["metric"] == "train_loss"]
    assert ends == list(zip(found["epoch"], found["epoch_step"], strict=True))


def test_files_that_are_none(tmp_path: Path) -> None:
    """Another ending, another content, a folder that is not there."""
    record = recorded()
    with pytest.raises(ArgumentError, match=r"'\.json' or '\.csv'"):
        record.save(tmp_path / "run.txt")
    with pytest.raises(FileNotFoundError):
        record.save(tmp_path / "none" / "run.json")
    (tmp_path / "a.json").write_text("{")
    (tmp_path / "b.json").write_text('{"format": "other", "version": 1}')
    for name in ("a", "b"):
        with pytest.raises(CheckpointError):
            TrainingRecord.load(tmp_path / f"{name}.json")
    for broken in (None, [], {}, {**record.to_dict(), "version": 99},
                   {**record.to_dict(), "step_rows": [{"step": 1}]},
                   {**record.to_dict(), "every": 0}):  # fmt: skip
        with pytest.raises(CheckpointError, match="no stored record"):
            TrainingRecord.from_dict(broken)
    assert list(tmp_path.glob(".record*")) == []
