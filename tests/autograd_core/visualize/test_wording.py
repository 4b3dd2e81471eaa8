"""Numbers, shapes and hostile text as they are shown."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd_core.visualize.wording import (
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
