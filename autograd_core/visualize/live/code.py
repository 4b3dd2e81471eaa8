"""The user's lines of code that recorded a graph, as far as they can be read."""

from __future__ import annotations

import linecache
import os
from typing import Any

from ..wording import shorten, visible

#: Lines shown in all, and characters of one.
MAX_LINES = 400
MAX_WIDTH = 160
#: Lines shown before the first, after the last, and at most between two that recorded something.
AROUND = 2
GAP = 6


class Code:
    """Places in files, as they are asked for."""

    def __init__(self) -> None:
        self._names: dict[str, int] = {}
        self._lines: list[set[int]] = []

    def place(self, line: str | None) -> list[int] | None:
        """``[number of the file, number of the line]`` of ``file.py:12``."""
        name, _, number = (line or "").rpartition(":")
        if not name or not number.isdigit():
            return None
        if name not in self._names:
            self._names[name] = len(self._names)
            self._lines.append(set())
        self._lines[self._names[name]].add(int(number))
        return [self._names[name], int(number)]

    def files(self) -> list[dict[str, Any]]:
        """For each file its name and the lines to show: ``[number, text]``, or None for a gap."""
        left = MAX_LINES
        found = []
        for name, i in self._names.items():
            lines = _chosen(name, sorted(self._lines[i]), left)
            left -= len(lines)
            found.append({"name": _title(name), "lines": lines})
        return found


def _chosen(name: str, numbers: list[int], limit: int) -> list[list[Any] | None]:
    source = linecache.getlines(name)
    if not source:
        return [[number, None] for number in numbers[:limit]]
    chosen: list[list[Any] | None] = []
    last = 0
    for number in numbers:
        first = max(1, number - AROUND, last + 1)
        if last and first - last <= GAP:
            first = last + 1
        elif last:
            chosen.append(None)
        end = min(number + AROUND, len(source))
        chosen += [[k, _text(source[k - 1])] for k in range(first, end + 1)]
        last = max(last, end)
        if len(chosen) >= limit:
            break
    return _outdented(chosen[:limit])


def _outdented(lines: list[list[Any] | None]) -> list[list[Any] | None]:
    """The lines without the blanks that all of them begin with."""
    texts = [line[1] for line in lines if line and line[1].strip()]
    blank = min([len(text) - len(text.lstrip()) for text in texts], default=0)
    return [line and [line[0], shorten(line[1][blank:], MAX_WIDTH)] for line in lines]


def _text(line: str) -> str:
    return visible(line.rstrip("\r\n").expandtabs(4))


def _title(name: str) -> str:
    """The file's own name, without the folders that it lies in; of a cell its word."""
    folder, base = os.path.split(name)
    cell = "ipykernel" in os.path.basename(folder) or base.startswith("<ipython-input")
    return "notebook cell" if cell else visible(base)
