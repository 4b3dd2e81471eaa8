"""Optimizers against PyTorch: where it got to when that was frozen, and as installed."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from .parity import CASES, run_ours, run_theirs

PATH = Path(__file__).parent.parent / "goldens/optim.json"
GOLDENS = json.loads(PATH.read_text("utf-8"))["cases"]


def test_every_case_is_frozen() -> None:
    """The file of frozen values has each case and no other."""
    assert set(GOLDENS) == set(CASES)


@pytest.mark.parametrize("name", CASES)
def test_weights_are_the_frozen_ones(name: str) -> None:
    """After 1, 2, 10 and 1,000 steps the weights are those that PyTorch had."""
    np.testing.assert_allclose(run_ours(CASES[name]), GOLDENS[name], rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("name", CASES)
def test_float32_stays_float32_and_close(name: str) -> None:
    """In float32 an optimizer goes the same way, within rounding."""
    mine = run_ours(CASES[name], np.float32)
    assert mine.dtype == np.float32
    np.testing.assert_allclose(mine, GOLDENS[name], rtol=2e-3, atol=2e-3)


@pytest.mark.parametrize("name", CASES)
def test_pytorch_still_goes_the_frozen_way(name: str) -> None:
    """The installed PyTorch gets where the file says."""
    pytest.importorskip("torch")
    np.testing.assert_allclose(run_theirs(CASES[name]), GOLDENS[name], rtol=1e-10, atol=1e-12)
