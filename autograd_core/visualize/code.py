"""The user's lines of code, as far as they were recorded and can still be read."""

from __future__ import annotations

import linecache


def code_of(place: str) -> str:
    """The text of ``file.py:12`` without its indentation; empty where it cannot be read."""
    file, _, number = place.rpartition(":")
    return linecache.getline(file, int(number)).strip() if file and number.isdigit() else ""


def short_place(place: str) -> str:
    """``file.py:12`` without the folders; a cell of a notebook is called one."""
    file, _, number = place.rpartition(":")
    name = file.replace("\\", "/").rpartition("/")[2]
    if name.startswith("<ipython-input-"):
        name = f"cell {name.removeprefix('<ipython-input-').partition('-')[0]}"
    return f"{name}:{number}"
