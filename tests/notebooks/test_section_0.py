"""The start page: its exercise, and what it says about the other notebooks."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from lab import section_0

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"


def test_the_solution_passes() -> None:
    """The formula by hand agrees with the engine."""
    assert section_0.slope_of_J(section_0.slope_of_J.solution).right is True


@pytest.mark.parametrize("slip", section_0.slope_of_J.slips)
def test_slips_are_told(slip: str) -> None:
    """Each slip that the exercise lists is answered by its own words."""
    verdict = section_0.slope_of_J(section_0.slope_of_J.slips[slip])
    assert verdict.right is False
    assert slip in verdict.text


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (lambda w, x, y: 2 * (w * x - y) * x, "sum over the batch"),
        (lambda w, x, y: np.sum(2 * (y - w * x) * x), "wrong sign"),
        (lambda w, x, y: np.mean(2 * (w * x - y) * x), "1/5"),
        (lambda w, x, y: "no", ""),
        (lambda w, x, y: 1 / 0, "ZeroDivisionError"),
    ],
)
def test_general_slips(wrong: Any, words: str) -> None:
    """The missing sum, the sign and 1/n are named."""
    verdict = section_0.slope_of_J(wrong)
    assert verdict.right is False
    assert words in verdict.text


def test_no_answer_is_no_mistake() -> None:
    """A function that is still empty counts as not answered."""
    assert section_0.slope_of_J(lambda w, x, y: ...).right is None


def test_the_start_page_links_to_every_notebook() -> None:
    """Each notebook is in the table, and each link leads somewhere."""
    text = (NOTEBOOKS / "00_start.py").read_text(encoding="utf-8")
    linked = set(re.findall(r"\]\((\d\d_\w+\.ipynb)\)", text))
    there = {path.with_suffix(".ipynb").name for path in NOTEBOOKS.glob("0[1-8]_*.py")}
    assert linked == there


def test_the_start_page_counts_fifteen_study_questions() -> None:
    """The table names all study questions of the textbook, numbered."""
    text = (NOTEBOOKS / "00_start.py").read_text(encoding="utf-8")
    assert re.findall(r"\*\*(\d+)\*\*", text) == [str(i) for i in range(1, 16)]
