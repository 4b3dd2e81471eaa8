"""What was measured, kept as JSON, and made into a page and a drawing.

``python -m benchmarks.report FOLDER`` makes both anew from the figures in the folder.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.results import Table, page

FIGURES, PAGE, DRAWING = "results.json", "results.md", "benchmark.svg"


def keep(tables: list[Table], machine: str, folder: Path) -> None:
    """Put the tables beside those of other works, unless they are from another machine."""
    folder.mkdir(parents=True, exist_ok=True)
    old, where = load(folder)
    kept = {one.title: one for one in (*(old if where == machine else ()), *tables)}
    lines = [json.dumps(_short(asdict(one)), ensure_ascii=False) for one in kept.values()]
    body = ",\n".join(lines)
    text = f'{{"machine": {json.dumps(machine)},\n"tables": [\n{body}\n]}}\n'
    (folder / FIGURES).write_text(text)


def load(folder: Path) -> tuple[list[Table], str]:
    """The tables in a folder, and the machine that they were measured on."""
    path = folder / FIGURES
    if not path.exists():
        return [], ""
    body = json.loads(path.read_text())
    return [Table(**fields) for fields in body["tables"]], body["machine"]


def write(folder: Path) -> list[str]:
    """Make the page, and the drawing where matplotlib is installed; the names of the files."""
    tables, machine = load(folder)
    (folder / PAGE).write_text(page(machine, tables))
    try:
        from benchmarks.plot import draw

        draw(tables, machine, folder / DRAWING)
    except ImportError:
        return [FIGURES, PAGE]
    return [FIGURES, PAGE, DRAWING]


def _short(fields: Any) -> Any:
    """Four digits of every figure: there are no more in them."""
    if isinstance(fields, dict):
        return {key: _short(value) for key, value in fields.items()}
    if isinstance(fields, (list, tuple)):
        return [_short(value) for value in fields]
    return float(f"{fields:.4g}") if isinstance(fields, float) else fields


if __name__ == "__main__":
    print(*write(Path(sys.argv[1])))
