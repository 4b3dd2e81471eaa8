"""Pictures of section 8, regularization."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

import optim

from .section_8_runs import Directions, smooth
from .style import COLORS, colors, subplots

Array = np.ndarray[Any, Any]
Figure = Any


def finished(figure: Figure) -> Figure:
    """The figure, closed, so that a cell shows it once."""
    import matplotlib.pyplot as plt

    plt.close(figure)
    return figure


def decays(records: Mapping[float, optim.TrainingRecord]) -> Figure:
    """The norm of the first layer, training and validation loss, for values of λ."""
    figure, axes = subplots(1, 3, height=3.3)
    for (decay, record), tint in zip(records.items(), colors(len(records)), strict=True):
        h = record.history
        axes[0].plot(*record.series("weight_norm", "0"), color=tint, label=f"λ = {decay:g}")
        axes[1].plot(h["epoch"], h["train_loss"], color=tint)
        axes[2].plot(h["epoch"], h["validation_loss"], color=tint)
    axes[0].set(xlabel="step", ylabel="norm of W¹ and its offsets", ylim=(0, None))
    axes[1].set(xlabel="epoch", ylabel="training loss", ylim=(0, 1.5))
    axes[2].set(xlabel="epoch", ylabel="validation loss", ylim=(0.6, 1.2))
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=4)
    return finished(figure)


def features(found: Mapping[str, Array], count: int = 10) -> Figure:
    """The weights into the first hidden units as pictures of 8 by 8, a row for each network."""
    figure, axes = subplots(len(found), count, height=1.15)
    for (name, W), row in zip(found.items(), axes, strict=True):
        limit = float(np.abs(W).max())
        for j, ax in enumerate(row):
            ax.imshow(W[:, j].reshape(8, 8), cmap="PuOr_r", vmin=-limit, vmax=limit)
            ax.set(xticks=[], yticks=[])
            ax.grid(False)
            for side in ax.spines.values():
                side.set_visible(False)
        row[0].set_ylabel(name)
    return finished(figure)


def ridge_paths(
    scales: Array, ridge: Array, noisy: Mapping[float, Array], names: Sequence[str]
) -> Figure:
    """Ridge regression's coefficients by s, as lines, and those learnt with noise, as points."""
    figure, ax = subplots(1, 1, height=4)
    for j, name in enumerate(names):
        tint = COLORS[j % len(COLORS)]
        ax.plot(scales, ridge[:, j], color=tint, lw=1.3)
        ax.plot(list(noisy), [w[j] for w in noisy.values()], "o", color=tint, ms=5)
        if abs(ridge[0, j]) > 0.2:
            ax.annotate(
                name, (scales[0], ridge[0, j]), xytext=(-24, -3), textcoords="offset points"
            )
    ax.axhline(0, color="0.6", lw=0.8)
    ax.plot([], [], color="0.3", label="scikit-learn's Ridge with λ = n s²")
    ax.plot([], [], "o", color="0.3", label="engine, inputs with noise s")
    ax.set(xscale="log", xlabel="s", ylabel="coefficient")
    ax.set_xlim(scales[0] * 0.75, scales[-1] * 1.05)
    ax.legend(loc="upper right")
    return finished(figure)


def left_over(
    at: Directions, found: Mapping[str, Array], lam: float, steps: int, eta: float
) -> Figure:
    """What share of the least squares weights each method leaves, by curvature."""
    figure, ax = subplots(1, 1, height=3.4)
    h = np.geomspace(2, 3000, 300)
    ax.plot(h, h / (h + lam), color="0.5", lw=1.2, label="h/(h + λ)")
    ax.plot(h, 1 - (1 - 2 * eta * h) ** steps, color="0.5", ls="--", lw=1.2, label="1 − (1 − 2ηh)ᵗ")
    start = (at.axes.T @ at.weights)[:, 0]
    for (name, w), mark, tint in zip(found.items(), "sov^", COLORS, strict=False):
        share = (at.axes.T @ w)[:, 0] / start
        ax.plot(at.curvature, share, mark, color=tint, ms=8, mfc="none", mew=1.6, label=name)
    ax.set(xscale="log", xlabel="curvature h of a direction of the data", ylabel="share left")
    ax.set_ylim(0, 1.08)
    ax.legend()
    return finished(figure)


def updates(moved: Mapping[str, Array], dropped: Array) -> Figure:
    """By how much each weight of a hidden unit moves; dropped units are marked."""
    figure, axes = subplots(1, 2, height=3.6, width_ratios=(64, 14))
    for ax, (name, values) in zip(axes, moved.items(), strict=True):
        size = np.log10(np.maximum(np.abs(values), 1e-12))
        size = np.where(values == 0, np.nan, size)
        ax.imshow(size, aspect="auto", cmap="viridis", interpolation="nearest", vmin=-6, vmax=-1)
        ax.grid(False)
        ax.set_title(name)
    picture = axes[1].images[0]
    labels = [f"{j + 1} dropped" if gone else f"{j + 1}" for j, gone in enumerate(dropped)]
    axes[0].set_yticks(range(len(dropped)), labels)
    axes[1].set_yticks([])
    axes[0].set(xlabel="pixel", ylabel="hidden unit")
    axes[1].set(xlabel="output", xticks=range(0, 10, 3))
    figure.colorbar(picture, ax=list(axes), label="log₁₀ of the move", shrink=0.9)
    return finished(figure)


def dropped_activations(
    hidden: Mapping[str, Array], z: Mapping[str, Array], kept: Mapping[str, float]
) -> Figure:
    """Hidden activations in training and evaluation; and z of the next layer over many masks."""
    figure, (left, right) = subplots(1, 2, height=3.5)
    bins = np.linspace(-2.05, 2.05, 42)
    for (name, values), tint in zip(hidden.items(), COLORS, strict=False):
        share = np.full(values.size, 100 / values.size)
        left.hist(
            values.ravel(), bins, weights=share, histtype="step", color=tint, lw=1.5, label=name
        )
    left.set(xlabel="activation of a hidden unit", ylabel="of all activations, %")
    for (name, values), tint in zip(z.items(), COLORS, strict=False):
        right.hist(values, 60, density=True, alpha=0.45, color=tint, label=name)
    for (name, value), style in zip(kept.items(), ("-", "--", ":"), strict=False):
        right.axvline(value, color="k", ls=style, lw=1.6, label=name)
    right.set(xlabel="z of an output, one digit, many masks", yticks=[])
    handles, labels = right.get_legend_handles_labels()
    left.legend(fontsize=9)
    figure.legend(handles, labels, loc="outside lower right", fontsize=9, ncols=2)
    return finished(figure)


def robust(shares: Sequence[float], found: Mapping[str, Sequence[float]]) -> Figure:
    """Accuracy by the share of hidden units that is taken out after training."""
    figure, ax = subplots(1, 1, height=3, width=6.5)
    for name, values in found.items():
        ax.plot(100 * np.asarray(shares), 100 * np.asarray(values), "o-", ms=4, label=name)
    ax.set(xlabel="hidden units taken out, %", ylabel="held-out digits read, %", ylim=(65, 100))
    ax.legend(title="dropped in training")
    return finished(figure)


def across_the_batch(J: Array) -> Figure:
    """∂Ẑ/∂Z of one unit over a batch, entry (k, j)."""
    figure, ax = subplots(1, 1, height=3.4, width=4.6)
    limit = float(np.abs(J).max())
    picture = ax.imshow(J, cmap="RdBu_r", vmin=-limit, vmax=limit)
    ax.set(xlabel="point j whose Z moves", ylabel="point k whose Ẑ follows")
    ax.set(xticks=range(len(J)), yticks=range(len(J)))
    ax.grid(False)
    figure.colorbar(picture, ax=ax, label="∂Ẑₖ/∂Zⱼ")
    return finished(figure)


def growth(without: Mapping[str, Array], with_norm: Mapping[str, Array]) -> Figure:
    """Loss, saturation and slope while the inputs grow."""
    figure, axes = subplots(1, 3, height=3.3)
    panels = (
        ("loss", "training loss"),
        ("saturated", "units beyond ±0.99, %"),
        ("slope", "mean slope of tanh"),
    )
    for found, name in ((without, "without"), (with_norm, "with batch normalization")):
        for ax, (key, label) in zip(axes, panels, strict=True):
            values = smooth(found[key]) * (100 if key == "saturated" else 1)
            ax.plot(smooth(found["factor"]), values, label=name)
            ax.set(xscale="log", xlabel="factor of the inputs", ylabel=label)
            ax.set_ylim(bottom=0)
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=2)
    return finished(figure)


def layers(found: Mapping[str, Mapping[float, Sequence[Array]]]) -> Figure:
    """Histograms of the activations by layer, a row without and one with normalization."""
    depth = len(next(iter(next(iter(found.values())).values())))
    figure, axes = subplots(len(found), depth, height=2.2, sharex=True)
    bins = np.linspace(-1, 1, 41)
    for row, (name, by_scale) in zip(axes, found.items(), strict=True):
        for tint, (scale, activations) in zip(COLORS, by_scale.items(), strict=False):
            for ax, a in zip(row, activations, strict=True):
                share = np.full(a.size, 100 / a.size)
                label = f"first weights × {scale:g}"
                ax.hist(a.ravel(), bins, weights=share, histtype="step", color=tint, label=label)
        row[0].set_ylabel(f"{name}\nactivations, %")
        for ax in row:
            ax.set_ylim(0, 30)
    for i, ax in enumerate(axes[0], 1):
        ax.set_title(f"Layer {i}")
    for ax in axes[-1]:
        ax.set_xlabel("activation")
    figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=3)
    return finished(figure)


def trained(runs: Mapping[str, Mapping[float, optim.History]]) -> Figure:
    """Training loss by epoch, a panel each without and with normalization, for step sizes."""
    figure, axes = subplots(1, len(runs), height=3.3, sharey=True)
    for ax, (name, by_rate) in zip(axes, runs.items(), strict=True):
        for (rate, history), tint in zip(by_rate.items(), colors(len(by_rate)), strict=True):
            h = history.arrays()
            ax.plot(h["epoch"], h["train_loss"], color=tint, label=f"η = {rate:g}")
        ax.set(title=name, xlabel="epoch", ylim=(0, 2.7))
        ax.axhline(np.log(10), color="0.5", ls=":", lw=1)
    axes[0].set_ylabel("training loss")
    axes[0].legend(loc="lower left", ncols=2)
    return finished(figure)


def together(runs: Mapping[str, optim.History]) -> Figure:
    """Validation loss by epoch of several ways to regularize."""
    figure, ax = subplots(1, 1, height=3.4)
    for name, history in runs.items():
        h = history.arrays()
        line = ax.plot(h["epoch"], h["validation_loss"], label=name)[0]
        best = int(np.argmin(h["validation_loss"]))
        ax.plot(best + 1, h["validation_loss"][best], "o", color=line.get_color(), ms=6)
    ax.set(xlabel="epoch", ylabel="validation loss", ylim=(0.58, 1.0))
    ax.legend(ncols=2)
    return finished(figure)
