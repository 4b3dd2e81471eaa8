"""What the tests of records share: a network of every kind of layer, and a short training."""

from __future__ import annotations

from typing import Any

import numpy as np

import nn
import optim
from optim import TrainingRecord

from .fitting import blobs, run


def deep(seed: int = 0) -> nn.Sequential:
    """ReLU, tanh and sigmoid, with dropout and batch normalization, which have a state."""
    rng = np.random.default_rng(seed)
    return nn.Sequential(
        nn.Linear(2, 8, rng=rng),
        nn.ReLU(),
        nn.BatchNorm(8),
        nn.Dropout(0.3, rng=rng),
        nn.Linear(8, 5, rng=rng),
        nn.Tanh(),
        nn.Linear(5, 3, rng=rng),
    )


def recorded(model: Any = None, **settings: Any) -> TrainingRecord:
    """The record of three epochs on blobs."""
    record = TrainingRecord(**settings)
    run(deep() if model is None else model, validation=blobs(30, 1), callbacks=[record])
    return record


def by_hand(record: TrainingRecord, steps: int = 5, **given: Any) -> tuple[Any, Any]:
    """A loop of one's own, full batches; the model and the optimizer after it."""
    X, y = blobs()
    model = nn.Sequential(nn.Linear(2, 4, rng=0), nn.Tanh(), nn.Linear(4, 3, rng=1))
    optimizer = optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    record.begin(model, optimizer)
    for _ in range(steps):
        loss = nn.CrossEntropyLoss()(model(X), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        record.step(loss, model, optimizer, X, **given)
    return model, optimizer
