"""Pictures of section 7, optimizing the weights."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

import nn
import optim
from autograd_core import Tensor

from .section_7_runs import fastest, neuron, slope, surface, tumours
from .style import COLORS, colors, subplots

Array = np.ndarray[Any, Any]
Figure = Any


def finished(figure: Figure) -> Figure:
    """The figure, closed, so that a cell shows it once."""
    import matplotlib.pyplot as plt

    plt.close(figure)
    return figure


def _ground(best: Array, wide: bool = False) -> optim.plots.LossSlice:
    """The surface of the neuron from above; the cross is at its lowest point."""
    return optim.plots.loss_slice(
        neuron(best),
        nn.BCEWithLogitsLoss(),
        *tumours(),
        directions=("W[0, 0]", "W0[0]"),
        span=((-2.5, 6.5), (-8.5, 3.5)) if wide else ((-1.3, 3.4), (-7.0, 2.7)),
        points=41,
    )


def _name(ax: Any, title: str = "") -> None:
    ax.set(xlabel="weight w", ylabel="offset w₀")
    ax.set_title(title, loc="left")


def paths(*panels: Mapping[str, Array], best: Array, wide: bool = False) -> Figure:
    """Ways down the surface, a panel for each mapping of names to ways."""
    figure, axes = subplots(1, len(panels), height=4.2, squeeze=False)
    ground = _ground(best, wide)
    for ax, ways in zip(axes.flat, panels, strict=True):
        replace(ground, paths=dict(ways)).plot(ax=ax)
        _name(ax)
    return finished(figure)


def relief(best: Array) -> Figure:
    """The surface in space and from above."""
    figure, (left, right) = subplots(1, 2, height=3.9)
    left.remove()
    left = figure.add_subplot(1, 2, 1, projection="3d")
    w, w0 = np.meshgrid(np.linspace(-1.3, 3.4, 60), np.linspace(-7, 2.7, 60))
    J = np.minimum(surface(w, w0), 4)
    left.plot_surface(w, w0, J, cmap="viridis_r", linewidth=0, rcount=60, ccount=60)
    left.view_init(32, 35)
    left.set(xlabel="weight w", ylabel="offset w₀", title="J, cut off at 4")
    _ground(best).plot(ax=right)
    right.annotate("lowest", best, xytext=(6, 6), textcoords="offset points")
    _name(right, "Lines of equal J")
    return finished(figure)


def clouds(found: Mapping[int, Array], full: Array) -> Figure:
    """Gradients of mini-batches as points around the gradient over all data."""
    figure, axes = subplots(1, len(found), height=3.2, sharex=True, sharey=True)
    for ax, (k, g) in zip(axes, found.items(), strict=True):
        ax.plot(*g.T, ".", color=COLORS[5], ms=4, alpha=0.6)
        ax.plot(*full, "+", color="k", ms=11, mew=2)
        ax.axhline(0, color="0.6", lw=0.8)
        ax.axvline(0, color="0.6", lw=0.8)
        ax.set(title=f"k = {k}", xlabel="∂/∂w")
    axes[0].set_ylabel("∂/∂w₀")
    return finished(figure)


def once_an_epoch(turns: Array, drawn: Array) -> Figure:
    """In which batch each point comes, epoch by epoch; and how often, against drawing anew.

    `turns` holds the number of the batch by epoch and point, `drawn` how often each point is met.
    """
    figure, (left, right) = subplots(1, 2, height=3, width_ratios=(3, 2))
    picture = left.imshow(turns, aspect="auto", cmap="viridis", interpolation="nearest")
    left.set(xlabel="point", ylabel="epoch", yticks=range(len(turns)))
    left.set_yticklabels(range(1, len(turns) + 1))
    left.grid(False)
    left.set_title("Batch in which each point comes")
    figure.colorbar(picture, ax=left, label="batch", shrink=0.9)
    counts = np.bincount(drawn)
    right.bar(np.arange(len(counts)), counts, color=COLORS[1], label="drawn anew each step")
    label = "shuffled: every point"
    right.vlines(len(turns), 0, 1.08 * counts.max(), color=COLORS[0], lw=3, label=label)
    right.set(xlabel=f"times a point is met in {len(turns)} epochs", ylabel="points")
    right.set(xticks=range(len(counts)), ylim=(0, 1.5 * counts.max()))
    right.legend(fontsize=9)
    return finished(figure)


def costs(found: Mapping[int, Array]) -> Figure:
    """Loss against passes over the data and against steps, by batch size."""
    figure, (left, right) = subplots(1, 2, sharey=True)
    n = max(found)
    for k, rows in found.items():
        left.plot(rows[:, 0], rows[:, 2])
        label = f"k = {k}" + (" = n" if k == n else "")
        right.plot(np.maximum(rows[:, 1], 1), rows[:, 2], label=label)
    left.set(xlabel="epochs", ylabel="loss over all digits", yscale="log", title="By work done")
    right.set(xlabel="steps", xscale="log", title="By steps taken")
    right.legend(loc="lower left")
    return finished(figure)


def step_sizes(ways: Mapping[float, Array], best: Array) -> Figure:
    """Batch descent with some step sizes: the loss by step, and the ways."""
    figure, (left, right) = subplots(1, 2, height=4.2)
    for eta, way in ways.items():
        left.plot(surface(*way.T), label=f"η = {eta:g}")
    left.set(xlabel="step", ylabel="J", yscale="log")
    left.set_yticks([0.3, 0.5, 1, 2, 5], ["0.3", "0.5", "1", "2", "5"])
    left.set_yticks([], minor=True)
    left.legend(fontsize=9)
    named = {f"η = {eta:g}": way for eta, way in ways.items()}
    replace(_ground(best, wide=True), paths=named).plot(ax=right)
    _name(right)
    return finished(figure)


def conditions(
    schedules: Mapping[str, Callable[[int], float]], errors: Mapping[str, Array]
) -> Figure:
    """The error of SGD by step, and the sums of η and of η², for schedules of the step size."""
    figure, (left, middle, right) = subplots(1, 3, height=3.3)
    for (name, schedule), error in zip(schedules.items(), errors.values(), strict=True):
        t = np.arange(1, len(error) + 1)
        eta = np.array([schedule(int(i)) for i in t])
        left.plot(t, error, label=f"η = {name}")
        middle.plot(t, eta.cumsum())
        right.plot(t, (eta**2).cumsum())
    for ax in (left, middle, right):
        ax.set(xscale="log", yscale="log", xlabel="step t")
    left.set(ylabel="mm, root mean square", title="Error of the weight")
    middle.set_title("Σ η")
    right.set_title("Σ η²")
    figure.legend(*left.get_legend_handles_labels(), loc="outside lower center", ncols=5)
    return finished(figure)


def shares(weights: Mapping[str, Array]) -> Figure:
    """The weight of each entry of a sequence in its running average."""
    figure, ax = subplots(1, 1, height=3)
    for name, share in weights.items():
        ax.plot(np.arange(1, len(share) + 1), share, ".-", ms=4, lw=1, label=name)
    ax.set(xlabel="t", ylabel=f"weight of aₜ in A, T = {len(share)}", yscale="log", ylim=(1e-5, 2))
    ax.legend(ncols=2)
    return finished(figure)


def smoothed(losses: Array, averages: Mapping[str, Array]) -> Figure:
    """A noisy sequence and its running averages."""
    figure, ax = subplots(1, 1, height=3)
    ax.plot(losses, ".", color="0.75", ms=3)
    for name, values in averages.items():
        ax.plot(values, label=name, lw=1.6)
    ax.set(xlabel="step", ylabel="loss of a mini-batch", ylim=(0, 2.6))
    ax.legend()
    return finished(figure)


def apart(differences: Mapping[str, Array]) -> Figure:
    """How far two trainings are apart, step by step."""
    figure, ax = subplots(1, 1, height=2.8)
    for name, far in differences.items():
        ax.semilogy(np.maximum(far[1:], 1e-17), label=name, lw=1)
    ax.set(xlabel="step", ylabel="largest difference of a weight", ylim=(1e-17, 10))
    ax.legend()
    return finished(figure)


def bouncing(steps: Mapping[str, Array]) -> Figure:
    """V, step by step, where the gradient is 1 and where it alternates between 1 and −1."""
    figure, axes = subplots(1, 2, sharex=True)
    titles = ("Gradient 1, 1, 1, 1, …", "Gradient 1, −1, 1, −1, …")
    for i, (ax, title) in enumerate(zip(axes, titles, strict=True)):
        for name, V in steps.items():
            ax.plot(np.arange(1, len(V) + 1), V[:, i], ".-", label=name, lw=1, ms=4)
        ax.axhline(0, color="0.6", lw=0.8)
        ax.set(xlabel="step t", title=title)
    axes[0].set_ylabel("V / η")
    axes[0].legend()
    return finished(figure)


def biased(g: Array, m: Array, corrected: Array, gammas: Array) -> Figure:
    """m and m̂ of recorded gradients; and the share of the past that makes m̂."""
    figure, (left, right) = subplots(1, 2)
    t = np.arange(1, len(g) + 1)
    left.plot(t, g, ".", color="0.7", label="g")
    left.plot(t, m, color=COLORS[1], label="m")
    left.plot(t, corrected, color=COLORS[0], label="m̂")
    left.set(xlabel="step t", ylabel="∂J/∂w₀")
    left.legend()
    right.plot(t, gammas, ".-", color=COLORS[0])
    right.axhline(0.9, color="0.5", ls="--", lw=1)
    right.annotate("B₁", (t[-1], 0.9), xytext=(0, 4), textcoords="offset points")
    right.set(xlabel="step t", ylabel="γₜ", ylim=(-0.05, 1.05))
    return finished(figure)


def sizes(
    found: Mapping[str, Sequence[Tensor]], steps: Mapping[str, Callable[[Tensor], Array]]
) -> Figure:
    """By layer, the sizes of the gradients and each weight's own step size."""
    figure, axes = subplots(2, len(found), height=2.5, sharex="row", sharey="row")
    for (name, layers), column in zip(found.items(), axes.T, strict=True):
        tints = colors(len(layers))
        for i, (W, tint) in enumerate(zip(layers, tints, strict=True), 1):
            for ax, values, bins in (
                (column[0], np.abs(slope(W)), np.linspace(-8, 0, 65)),
                (column[1], steps[name](W), np.linspace(-2.2, 1.8, 65)),
            ):
                logs = np.log10(np.maximum(values.ravel(), 1e-12))
                share = np.full(logs.size, 100 / logs.size)
                ax.hist(logs, bins, weights=share, histtype="step", color=tint, label=f"layer {i}")
        column[0].set(title=name, xlabel="log₁₀ |g|")
        column[1].set_xlabel("log₁₀ of the step size")
    for ax in axes[:, 0]:
        ax.set_ylabel("weights, %")
    axes[1, 0].set_ylim(0, 40)
    figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=5)
    return finished(figure)


def finish(races: Mapping[str, Mapping[float, optim.History]]) -> Figure:
    """Learning curves at each optimizer's fastest rate, and the last loss by rate."""
    figure, (left, middle, right) = subplots(1, 3, height=3.4)
    for name, runs in races.items():
        rate = fastest(runs)
        history = runs[rate].arrays()
        left.plot(history["epoch"], history["train_loss"], label=f"{name}, η = {rate:g}")
        middle.plot(history["epoch"], 100 * history["validation_accuracy"])
        ends = [(r, h.train_loss[-1]) for r, h in runs.items()]
        right.plot(*np.array(ends).T, "o-", ms=4)
    ticks = range(2, len(history["epoch"]) + 1, 2)
    left.set(xlabel="epoch", ylabel="training loss", yscale="log", xticks=ticks)
    middle.set(xlabel="epoch", ylabel="held-out digits read, %", ylim=(84, 100), xticks=ticks)
    right.set(xlabel="step size η", ylabel="training loss at the end", xscale="log", yscale="log")
    figure.legend(*left.get_legend_handles_labels(), loc="outside lower center", ncols=4)
    return finished(figure)
