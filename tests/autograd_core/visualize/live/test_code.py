"""Lines of code on the live page."""

from __future__ import annotations

import linecache

import pytest

from autograd_core.visualize.live.code import MAX_LINES, MAX_WIDTH, Code

SOURCE = "".join([f"    line {i}\n" for i in range(1, 101)])


@pytest.fixture
def name() -> str:
    """A file of a hundred lines, as Python's own cache has it."""
    name = "<a file for a test>"
    linecache.cache[name] = (len(SOURCE), None, SOURCE.splitlines(keepends=True), name)
    return name


def test_lines_around_and_gaps(name: str) -> None:
    """Two lines around each; what is near is joined, what is far has a gap between."""
    code = Code()
    assert [code.place(f"{name}:{n}") for n in (10, 14, 50)] == [[0, 10], [0, 14], [0, 50]]
    (file,) = code.files()
    numbers = [line and line[0] for line in file["lines"]]
    assert numbers == [*range(8, 17), None, *range(48, 53)]
    assert file["lines"][2] == [10, "line 10"]


def test_what_cannot_be_read_has_numbers_only() -> None:
    """A file that is gone is named, with the numbers of its lines."""
    code = Code()
    code.place("/no/such/file.py:3")
    assert code.files() == [{"name": "file.py", "lines": [[3, None]]}]


def test_no_line() -> None:
    """Without keep_values nothing is known."""
    code = Code()
    assert code.place(None) is None
    assert code.place("nonsense") is None
    assert code.files() == []


def test_long_and_many_lines_are_cut() -> None:
    """A line has a largest width, and there is a largest number of them."""
    name = "<a long file>"
    lines = ["x" * 1000 + "\n"] * 5000
    linecache.cache[name] = (0, None, lines, name)
    code = Code()
    for n in range(1, 5001, 2):
        code.place(f"{name}:{n}")
    (file,) = code.files()
    assert len(file["lines"]) == MAX_LINES
    assert max(len(text) for _, text in file["lines"]) == MAX_WIDTH


def test_cells_are_called_so() -> None:
    """A cell's file has a name that nobody knows."""
    code = Code()
    code.place("/tmp/ipykernel_12/34.py:1")
    assert code.files()[0]["name"] == "notebook cell"
