"""One look for all plots: quiet axes, colours that the colour-blind can tell apart."""

from __future__ import annotations

from typing import Any

import autograd_core as ag

#: Okabe and Ito's palette, without its yellow, which is too light for lines.
COLORS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000")

_RC = {
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": "medium",
    "axes.titleweight": "bold",
    "axes.grid": True,
    "grid.color": "#e6e6e6",
    "axes.axisbelow": True,
    "legend.frameon": False,
    "lines.linewidth": 1.8,
    "font.size": 10.5,
    "figure.dpi": 110,
}


def colors(count: int, map: str = "viridis") -> list[Any]:
    """As many colours along a map of matplotlib, for lines that have an order."""
    import matplotlib

    return [matplotlib.colormaps[map](i / max(count - 1, 1) * 0.92) for i in range(count)]


def subplots(
    rows: int = 1, columns: int = 1, *, width: float = 9.5, height: float = 3.4, **options: Any
) -> tuple[Any, Any]:
    """``matplotlib.pyplot.subplots`` in the notebooks' look, `height` inches a row.

    Raises
    ------
    MissingExtraError
        Without matplotlib.
    """
    try:
        import matplotlib.pyplot as plt
        from cycler import cycler
    except ImportError:
        raise ag.MissingExtraError("matplotlib", "notebooks", "the notebooks' plots") from None
    # For good, as much of the look is asked for only when legends and texts are added.
    plt.rcParams.update({**_RC, "axes.prop_cycle": cycler(color=COLORS)})
    return plt.subplots(
        rows, columns, figsize=(width, height * rows), layout="constrained", **options
    )
