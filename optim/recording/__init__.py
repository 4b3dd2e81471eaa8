"""What a training looked like: the record, what it measures, and how it shows itself."""

from __future__ import annotations

from .record import TrainingRecord as TrainingRecord
