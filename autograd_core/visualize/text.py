"""The picture as text, for terminals and logs."""

from __future__ import annotations

from .marks import MARKS
from .measure import cluster_title, times_of
from .picture import Picture
from .wording import shorten, visible

MAX_ROWS = 40


def text_of(picture: Picture) -> str:
    """One line a box: its number, what it is, the boxes that it reads, value and gradient.

    A long graph is shown by its first and last rows.
    """
    inputs: dict[int, list[str]] = {}
    for edge in picture.edges:
        inputs.setdefault(edge.head, []).append(picture.boxes[edge.tail].id)
    rows = []
    for i, box in enumerate(picture.boxes):
        heading = " ".join([part for part in (box.title, box.subtitle, times_of(box)) if part])
        rows.append(
            (
                box.id,
                shorten(visible(heading), 36),
                shorten(f"({', '.join(inputs[i])})" if i in inputs else "", 20),
                box.shape,
                "  ".join(
                    [f"{line.label} {line.text}".strip() for line in box.lines]
                    + [f"({box.heat.words})" for _ in (1,) if box.heat is not None]
                    + [f"{MARKS[mark.kind][0]} {mark.kind}: {mark.text}" for mark in box.marks]
                ),
            )
        )
    if len(rows) > MAX_ROWS:
        half = MAX_ROWS // 2
        gap = ("…", f"{len(rows) - 2 * half:,} more", "", "", "")
        rows = [*rows[:half], gap, *rows[-half:]]
    widths = [max(len(row[k]) for row in rows) for k in range(4)]
    lines = [f"{visible(picture.title)}: {picture.summary()}"]
    if picture.full is not None:
        lines[0] += f", drawn as {len(picture.boxes):,} boxes"
    lines += [
        f"  {cluster.id}: {cluster_title(cluster)}"
        for cluster in picture.clusters
        if cluster.kind == "repeat"
    ]
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row, (*widths, 0), strict=True)]
        lines.append("  " + "  ".join(cells).rstrip())
    return "\n".join([*lines, *[visible(note) for note in picture.notes]])
