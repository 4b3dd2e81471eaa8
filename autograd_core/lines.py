"""The user's lines of code, ``path/file.py:12``, in words and as text."""

from __future__ import annotations

import linecache
from pathlib import PurePath


def short(line: str) -> str:
    """The line without its folders; the file of a notebook's cell is called that.

    Examples
    --------
    >>> from autograd_core.lines import short
    >>> short("project/train.py:12")
    'train.py:12'
    >>> short("ipykernel_7/2655011431.py:2")
    'notebook cell:2'
    """
    file, _, number = line.rpartition(":")
    path = PurePath(file.replace("\\", "/"))
    name = "notebook cell" if "ipykernel" in path.parent.name else path.name
    return f"{name}:{number}" if name else ""


def text_at(line: str | None) -> str:
    """What stands there, without its indentation; empty where it cannot be read."""
    file, _, number = (line or "").rpartition(":")
    return linecache.getline(file, int(number)).strip() if file and number.isdigit() else ""
