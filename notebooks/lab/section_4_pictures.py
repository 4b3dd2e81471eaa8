"""Pictures of section 4, error back-propagation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .section_3_pictures import finished
from .style import COLORS, colors, subplots

Array = NDArray[Any]
Figure = Any


def blame(image: Array, on_input: Array, strips: Mapping[str, Array], guess: Array) -> Figure:
    """A digit, the blame for each value inside of the network, and the blame for its pixels.

    Parameters
    ----------
    image, on_input : ndarray of 64 entries
        The digit, and ∂loss/∂x.
    strips : mapping of str to ndarray
        The blame for the values of each block, from the loss backward.
    guess : ndarray of 10 entries
        The probabilities.
    """
    figure, axes = subplots(1, 3, height=3.6, width_ratios=[1, 1.7, 1])
    axes[0].imshow(image.reshape(8, 8), cmap="gray_r")
    k = int(guess.argmax())
    axes[0].set_title(f"read as {k} ({guess[k]:.0%})")
    n = max(map(len, strips.values()))
    rows = np.full((len(strips), n), np.nan)
    labels = []
    for row, (name, values) in zip(rows, strips.items(), strict=True):
        row[: len(values)] = values / np.abs(values).max()
        labels.append(f"{name}\nat most {np.abs(values).max():.2g}")
    axes[1].imshow(rows, cmap="PuOr_r", vmin=-1, vmax=1, aspect="auto", interpolation="nearest")
    axes[1].set(yticks=range(len(strips)), yticklabels=labels, xlabel="unit")
    axes[1].set_title("blame, from the loss down")
    axes[1].grid(False)
    limit = float(np.abs(on_input).max())
    pixels = axes[2].imshow(on_input.reshape(8, 8), cmap="PuOr_r", vmin=-limit, vmax=limit)
    axes[2].set_title(r"blame for the pixels")
    figure.colorbar(pixels, ax=axes[2], shrink=0.6, label="∂loss/∂x")
    for ax in (axes[0], axes[2]):
        ax.axis("off")
    return finished(figure)


def by_layer(found: Mapping[str, Mapping[float, tuple[Array, Array]]]) -> Figure:
    """Sizes of ∂J/∂Z^l and ∂J/∂W^l along the layers, for each activation and weight scale."""
    figure, axes = subplots(2, len(found), height=3.0, sharex=True, sharey="row")
    for (name, runs), column in zip(found.items(), axes.T, strict=True):
        for (scale, (W, Z)), color in zip(runs.items(), colors(len(runs)), strict=True):
            for ax, sizes in zip(column, (Z, W), strict=True):
                layers = np.arange(1, len(sizes) + 1)
                ax.semilogy(layers, sizes, ".-", color=color, ms=4, label=f"× {scale:.3g}")
        column[0].set_title(name)
        column[1].set_xlabel("layer l")
        column[1].set_xticks([1, 5, 10, 15, 20])
    axes[0, 0].set_ylabel(r"size of ∂J/∂$Z^l$")
    axes[1, 0].set_ylabel(r"size of ∂J/∂$W^l$")
    handles, labels = axes[0, 0].get_legend_handles_labels()
    figure.legend(
        handles, labels, loc="outside lower center", ncols=len(labels), title="scale of the weights"
    )
    return finished(figure)


def factors(rows: Sequence[tuple[str, float, float, float]]) -> Figure:
    """Measured factors from layer to layer against scale times slope; one is neither."""
    figure, ax = subplots(width=5.5, height=4.2)
    for name, color, marker in zip(dict.fromkeys(r[0] for r in rows), COLORS, "o^s", strict=False):
        mine = [r for r in rows if r[0] == name]
        ax.loglog([r[2] for r in mine], [r[3] for r in mine], marker, color=color, label=name)
    low, high = 0.1, 4.0
    ticks = (0.1, 0.2, 0.5, 1, 2, 4)
    ax.plot([low, high], [low, high], color="0.6", lw=1, zorder=0)
    ax.axhline(1.0, color="black", lw=0.8, ls=":")
    ax.annotate("explodes", (low * 1.1, 1.08), fontsize=9)
    ax.annotate("vanishes", (low * 1.1, 0.93), fontsize=9, va="top")
    ax.set(
        xlabel="scale of the weights × root mean square of f'",
        ylabel=r"measured: size of ∂J/∂$Z^l$ ÷ ∂J/∂$Z^{l+1}$",
    )
    ax.set_xticks(ticks, map(str, ticks))
    ax.set_yticks(ticks, map(str, ticks))
    ax.minorticks_off()
    ax.legend(loc="lower right")
    return finished(figure)


def learning(curves: Mapping[str, Sequence[float]]) -> Figure:
    """Training loss by epoch of several deep networks."""
    figure, ax = subplots(width=7, height=3.2)
    for name, losses in curves.items():
        ax.plot(np.arange(1, len(losses) + 1), losses, "o-", ms=3, label=name)
    ax.axhline(np.log(10), color="0.6", lw=1, ls=":")
    ax.annotate(
        "ln 10: guessing", (4.5, np.log(10)), (0, 5), textcoords="offset points", fontsize=9
    )
    ax.set(xlabel="epoch", ylabel="training loss", ylim=(0, 2.7))
    ax.legend(loc="center right")
    return finished(figure)
