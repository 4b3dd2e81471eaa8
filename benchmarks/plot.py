"""The figures as a drawing: a panel a work, a bar an engine, on a logarithmic scale."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from benchmarks.results import LABELS, Table

#: The works that are drawn, and their names above the panels.
PANELS = {
    "a1": "64–100–10, batch 1, SGD",
    "a32": "64–100–10, batch 32, SGD",
    "b": "784–256–256–10, batch 128, Adam",
    "c": "784–1024–1024–10, batch 512, Adam",
    "d": "784–256–256–10, BatchNorm, Dropout, Adam",
    "e7": "Σ tanh(x)·exp(−x²) and its gradient, 10⁷ numbers",
    "moons": "moons demo, every number a node",
    "g": "recurrence in scalars, 3·10⁵ nodes",
}

#: Ours, the yardstick, and everybody else; they can be told apart on a light and a dark page.
COLOURS = {
    "compiled": "#d9581c",
    "ours": "#f0a060",
    "numpy": "#707070",
    "numpy-tuned": "#a0a0a0",
    "python": "#707070",
}
OTHER, TEXT = "#8fa8c4", "#808080"


def draw(tables: list[Table], machine: str, path: Path) -> None:
    """Write an SVG of the tables in `PANELS`; nothing where there is none of them.

    Raises
    ------
    ImportError
        Without matplotlib.
    """
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    shown = [table for key in PANELS for table in tables if table.work == key and table.rounds]
    if not shown:
        return
    style = {
        "svg.fonttype": "none",  # letters stay letters: a small file
        "svg.hashsalt": "benchmark",
        "font.family": "sans-serif",
        "font.sans-serif": ["DejaVu Sans"],
        "font.size": 8.5,
        **dict.fromkeys(("text.color", "axes.edgecolor", "ytick.color"), TEXT),
    }
    rows = -(-len(shown) // 2)
    tallest = [max(len(t.rounds) for t in shown[2 * i : 2 * i + 2]) for i in range(rows)]
    with plt.rc_context(style):
        figure, panels = plt.subplots(
            rows,
            2,
            figsize=(9.6, 0.5 * rows + 0.21 * sum(tallest) + 0.3),
            squeeze=False,
            height_ratios=[n + 1 for n in tallest],
            layout="constrained",
        )
        for panel in panels.flat[len(shown) :]:
            panel.set_visible(False)
        for panel, table in zip(panels.flat, shown, strict=False):
            _bars(panel, table)
        figure.supxlabel(_caption(machine), fontsize=8, color=TEXT)
        figure.savefig(path, transparent=True, metadata={"Date": None})
        plt.close(figure)


def _bars(axes: Any, table: Table) -> None:
    times = sorted(table.times.items(), key=lambda item: item[1].median, reverse=True)
    unit, factor = table.scale
    values = [one.median * factor for _, one in times]
    bars = axes.barh(
        [LABELS[name] for name, _ in times],
        values,
        color=[COLOURS.get(name, OTHER) for name, _ in times],
    )
    axes.bar_label(bars, [f" {_short(value)} {unit}" for value in values], color=TEXT)
    axes.set_xscale("log")
    axes.set_xlim(min(values) / 3, max(values) * 4)
    axes.set_title(PANELS[table.work], fontsize=9, loc="left", color=TEXT)
    axes.spines[["top", "right", "bottom"]].set_visible(False)
    axes.tick_params(length=0)
    axes.xaxis.set_visible(False)


def _short(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _caption(machine: str) -> str:
    processor, _, python, engines = (line[11:] for line in machine.split("\n"))
    return f"{processor}; logarithmic scale\npython {python}, {engines}"
