"""Numbers, shapes and hostile text as they are shown."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd_core as ag
import nn
from autograd_core.visualize import draw
from autograd_core.visualize.wording import (
    brief_setting,
    number,
    parameter_text,
    shape_text,
    shorten,
    value_text,
    visible,
)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1.0, "1"),
        (-0.0, "0"),
        (np.pi, "3.142"),
        (123456.0, "1.235e+05"),
        (1e-7, "1e-07"),
        (float("nan"), "nan"),
        (float("-inf"), "-inf"),
        (1234567, "1234567"),
        (True, "True"),
        (np.float32(0.1), "0.1"),
    ],
)
def test_numbers_have_four_digits(value: object, text: str) -> None:
    """Floats have four significant digits; integers are whole; there is no minus zero."""
    assert number(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (2.5, "2.5"),
        ([1.0, 2.0], "[1, 2]"),
        ([[1, 2], [3, 4]], "[[1, 2], [3, 4]]"),
        (np.zeros((0, 3)), "no elements"),
        (np.arange(7), "min 0  mean 3  max 6"),
        (np.full(9, 0.5), "all 0.5"),
        (np.arange(8) > 4, "3 of 8 true"),
        (np.r_[np.arange(7.0), np.nan, np.nan, np.inf], "min 0  mean 3  max 6  2 NaN  1 inf"),
        (np.full(8, np.nan), "8 NaN"),
        (np.full(8, -np.inf), "8 -inf"),
    ],
)
def test_values(value: object, text: str) -> None:
    """Up to six elements in full, more as minimum, mean, maximum and what is not finite."""
    assert value_text(value) == text


def test_mean_of_rounding_noise_is_said_to_be_about_zero() -> None:
    """A mean that is only rounding error is not shown with four digits."""
    assert "mean ≈0" in value_text(np.array([0.1, 0.2, -0.3, 0.0, 0.0, 0.0, 0.0]))


def test_extreme_values_do_not_warn() -> None:
    """The mean of the largest floats overflows without a warning."""
    assert "mean inf" in value_text(np.array([1e308] * 9 + [9e307]))


def test_shapes_name_the_dtype_unless_it_is_float64() -> None:
    """A float64 is not mentioned, a float32 is."""
    assert shape_text((2, 3), np.dtype("float64")) == "(2, 3)"
    assert shape_text((2,), np.dtype("float32")) == "(2,) float32"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ((slice(1, None), Ellipsis, None, 2), "(1:, ..., None, 2)"),
        (slice(None, None, -1), "::-1"),
        ((1,), "(1,)"),
        (np.arange(3), "[0, 1, 2]"),
        (np.zeros((40, 50)), "array(40, 50)"),
        (list(range(100)), "[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, … 100 in all]"),
        (0.1 + 0.2, "0.3"),
        (len, "len"),
        ("ij,jk->ik", "'ij,jk->ik'"),
    ],
)
def test_static_parameters_are_short(value: object, text: str) -> None:
    """Indices, axes and arrays among the parameters take a few characters."""
    assert parameter_text(value) == text


@given(st.text(st.characters(exclude_categories=())))
def test_visible_text_is_legal_xml(text: str) -> None:
    """No control character, lone surrogate or noncharacter remains, and none is lost."""
    shown = visible(text)
    assert len(shown) == len(text)
    shown.encode()
    assert not any(ord(c) < 0x20 or 0x7F <= ord(c) < 0xA0 or ord(c) & 0xFFFE == 0xFFFE
                   for c in shown)  # fmt: skip


def test_ordinary_unicode_stays() -> None:
    """Greek, Chinese and joined emoji are shown as they are; marks of direction are not."""
    text = "σ 权重 👩‍🔬 é"
    assert visible(text) == text
    assert visible("a\u202eb") == "a\N{REPLACEMENT CHARACTER}b"


def test_shorten() -> None:
    """What is too long ends in an ellipsis, within the limit."""
    assert shorten("abcdef", 6) == "abcdef"
    assert shorten("abcdefg", 6) == "abcde…"


@pytest.mark.parametrize(
    ("key", "value", "text"),
    [
        ("axis", 1, "axis=1"),
        ("index", np.array([0, 2]), "index=[0, 2]"),
        ("index", (slice(None), np.array([1])), "index=(:, [1])"),
        ("index", (np.arange(32), np.zeros(32, int)), "index of 32"),
        ("index", (np.arange(4)[:, None], np.arange(1000)), "index of 4×1,000"),
        ("index", (np.ones((3, 4), bool), np.arange(5)), "index=…"),
    ],
)
def test_settings_in_boxes(key: str, value: object, text: str) -> None:
    """Arrays that would fill a box are told by how many places they choose."""
    assert brief_setting(key, value) == text


def test_the_labels_of_a_loss() -> None:
    """A loss of 32 labels says so in its box; the arrays are told where it is pointed at."""
    scores = ag.randn(32, 10, rng=0, requires_grad=True)
    labels = np.arange(32) % 10
    loss = nn.CrossEntropyLoss()(scores, labels)
    box = draw(loss).picture.boxes[-1]
    assert box.subtitle == "sum_at index of 32 over=-32"
    assert any("array(32,)" in text for text in box.tooltip)
