"""Layers, activations and losses against PyTorch: as frozen, and as installed."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from .parity import CASES, run_ours, run_theirs

GOLDENS = json.loads((Path(__file__).parent.parent / "goldens/nn.json").read_text("utf-8"))["cases"]


def test_every_case_is_frozen() -> None:
    """The file of frozen values has each case and no other."""
    assert set(GOLDENS) == set(CASES)


@pytest.mark.parametrize("name", CASES)
def test_values_and_gradients_are_the_frozen_ones(name: str) -> None:
    """y and all gradients are those that PyTorch computed when the file was made."""
    mine = run_ours(CASES[name])
    assert set(mine) == set(GOLDENS[name])
    for key, value in mine.items():
        assert value.shape == np.shape(GOLDENS[name][key]), key
        np.testing.assert_allclose(value, GOLDENS[name][key], rtol=1e-10, atol=1e-13, err_msg=key)


@pytest.mark.parametrize("name", CASES)
def test_float32_stays_float32(name: str) -> None:
    """Given float32, a case computes in float32: values, gradients and running statistics."""
    mine = run_ours(CASES[name], np.float32)
    for key, value in mine.items():
        assert value.dtype == np.float32, key
        np.testing.assert_allclose(value, GOLDENS[name][key], rtol=2e-4, atol=2e-5, err_msg=key)


@pytest.mark.parametrize("name", CASES)
def test_pytorch_still_agrees_with_the_frozen_values(name: str) -> None:
    """The installed PyTorch computes what the file holds."""
    pytest.importorskip("torch")
    for key, value in run_theirs(CASES[name]).items():
        np.testing.assert_allclose(value, GOLDENS[name][key], rtol=1e-12, atol=1e-15, err_msg=key)
