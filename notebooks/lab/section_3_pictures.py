"""Pictures of section 3, the activation functions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

import autograd_core as ag
import nn
from autograd_core import Tensor

from .style import COLORS, colors, subplots

Array = NDArray[Any]
Figure = Any


def finished(figure: Figure) -> Figure:
    """The figure, closed, so that a cell shows it once."""
    import matplotlib.pyplot as plt

    plt.close(figure)
    return figure


def boundaries(nets: Mapping[str, Any], X: Array, y: Array) -> Figure:
    """The probability of class 1 over two inputs, with the line where it is one half."""
    figure, axes = subplots(1, len(nets), height=3.1, sharex=True, sharey=True)
    low, high = X.min(0) - 0.3, X.max(0) + 0.3
    g1, g2 = np.meshgrid(np.linspace(low[0], high[0], 150), np.linspace(low[1], high[1], 150))
    points = np.column_stack([g1.ravel(), g2.ravel()])
    for ax, (name, net) in zip(axes, nets.items(), strict=True):
        with ag.no_grad():
            p = ag.sigmoid(net(points)).numpy().reshape(g1.shape)
            right = np.mean((net(X).numpy() > 0) == (y > 0.5))
        shades = ax.contourf(g1, g2, p, np.linspace(0, 1, 11), cmap="PuOr_r", alpha=0.6)
        ax.contour(g1, g2, p, [0.5], colors="black", linewidths=1.5)
        for value, marker, label in ((0, "o", "other species"), (1, "^", "versicolor")):
            ax.scatter(
                *X[y[:, 0] == value].T,
                s=14,
                marker=marker,
                color=COLORS[(0, 1)[value]],
                edgecolors="white",
                linewidths=0.4,
                label=label,
            )
        ax.set(title=f"{name}: {100 * right:.0f} % right", xlabel="petal length (standardized)")
        ax.grid(False)
    axes[0].set_ylabel("petal width (standardized)")
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=2)
    figure.colorbar(shades, ax=axes[-1], label="P(versicolor)")
    return finished(figure)


def activations(units: Mapping[str, nn.Module]) -> Figure:
    """Each activation and below it its slope, as `backward` gives it for a blame of 1.

    The last column is softmax of three entries: the first one runs, the others stay at 0 and 1.
    """
    figure, axes = subplots(2, len(units) + 1, height=2.5, sharex=True, sharey="row")
    z = np.linspace(-4, 4, 802)  # an even number: 0 itself is left out
    for (name, unit), color, (top, bottom) in zip(units.items(), COLORS, axes.T, strict=False):
        a = unit.forward(z)
        slope = unit.backward(z, a, np.ones_like(z))
        jump = np.flatnonzero(np.abs(np.diff(a)) > 0.5)
        for ax, values in ((top, a), (bottom, slope)):
            cut = jump if ax is top else np.flatnonzero(np.abs(np.diff(values)) > 0.5)
            ax.plot(z, _broken(values, cut), color=color)
        top.set_title(name)
        bottom.set_xlabel("z")
    _softmax_column(axes[0, -1], axes[1, -1], z)
    axes[0, 0].set_ylim(-1.2, 2.2)
    axes[1, 0].set(ylim=(-0.35, 1.1), xticks=(-4, -2, 0, 2, 4))
    axes[0, 0].set_ylabel("value $f(z)$")
    axes[1, 0].set_ylabel("slope $f'(z)$")
    return finished(figure)


def _broken(values: Array, after: Array) -> Array:
    """The values with a gap behind each of these places, so that no line joins the sides."""
    broken = values.astype(float)
    broken[after] = np.nan
    return broken


def _softmax_column(top: Any, bottom: Any, z: Array) -> None:
    rows = np.column_stack([z, np.zeros_like(z), np.ones_like(z)])
    softmax: Any = nn.Softmax()
    a = softmax.forward(rows)
    for i, style in enumerate(("-", "--", ":")):
        blame = np.zeros_like(rows)
        blame[:, i] = 1.0
        slope = softmax.backward(rows, a, blame)[:, 0]
        top.plot(z, a[:, i], style, color=COLORS[4], label=f"$a_{i + 1}$")
        bottom.plot(z, slope, style, color=COLORS[4], label=rf"$\partial a_{i + 1}/\partial z_1$")
    look = {"loc": "upper center", "frameon": False, "borderaxespad": 0.1}
    top.set_title("softmax")
    top.legend(ncols=3, fontsize=8, handlelength=1.2, columnspacing=0.8, **look)
    bottom.legend(fontsize=9, handlelength=1.5, **look)
    bottom.set_xlabel("$z_1$; $z_2 = 0$, $z_3 = 1$")


def one_weight(net: Callable[[str], nn.Module], X: Array, y: Array, at: Sequence[float]) -> Figure:
    """The loss along the first weight of the first layer, with steps and sigmoids as hidden units.

    Parameters
    ----------
    net : callable
        ``net("step")`` and ``net("sigmoid")`` are the networks; their weights are equal.
    at : sequence of float
        Values of the weight.
    """
    figure, axes = subplots(1, 2, sharey=True)
    loss = nn.BCEWithLogitsLoss()
    for ax, name, color in zip(axes, ("step", "sigmoid"), COLORS, strict=False):
        whole: Any = net(name)
        first = whole[0].W.numpy().copy()
        W = first.copy()
        found = []
        for w in at:
            W[0, 0] = w
            whole[0].W.data = W.copy()
            with ag.no_grad():
                found.append(loss(whole(X), y).item())
        whole[0].W.data = first
        ax.plot(at, found, color=color, drawstyle="steps-mid" if name == "step" else "default")
        ax.set(xlabel=r"weight $W^1_{11}$", title=f"hidden units: {name}")
    axes[0].set_ylabel("loss over the 150 irises")
    return finished(figure)


def step_fits(z: Array, fits: Mapping[str, Array]) -> Figure:
    """A step, and the nearest that scaling and shifting the output of each activation comes."""
    figure, ax = subplots(width=7.5, height=3.4)
    step = (z >= 0).astype(float)
    ax.plot(z, _broken(step, np.flatnonzero(np.diff(step))), color="black", lw=1.2, label="step")
    for (name, a), style in zip(fits.items(), ("-", "-", "--"), strict=False):
        ax.plot(z, a, style, label=name)
    ax.set(xlabel="z", ylabel="best fit to the step")
    ax.legend(loc="upper left")
    return finished(figure)


def steep_sigmoids(units: Mapping[float, Any]) -> Figure:
    """σ(βz) and its slope for several β."""
    figure, (left, right) = subplots(1, 2)
    z = np.linspace(-4, 4, 801)
    for (beta, unit), color in zip(units.items(), colors(len(units)), strict=True):
        a = unit.forward(z)
        left.plot(z, a, color=color, label=rf"$\beta = {beta:g}$")
        right.plot(z, unit.backward(z, a, np.ones_like(z)), color=color)
    left.plot([-4, 0], [0, 0], "k:", lw=1)
    left.plot([0, 4], [1, 1], "k:", lw=1, label="step")
    left.set(xlabel="z", ylabel=r"$\sigma(\beta z)$", title="The value")
    right.set(xlabel="z", ylabel="slope by z", title="The slope, at most β/4")
    left.legend()
    return finished(figure)


def active_units(shares: Mapping[str, Array]) -> Figure:
    """For each hidden unit the share of the digits for which its slope is not 0, sorted."""
    figure, ax = subplots(width=7.5, height=3.2)
    for (name, share), style in zip(shares.items(), ("k:", "-", "-"), strict=False):
        count = np.arange(1, share.size + 1)
        ax.plot(count, 100 * np.sort(share)[::-1], style, label=name, drawstyle="steps-mid")
    ax.set(
        xlabel="hidden units, the most active first",
        ylabel="% of the digits with slope 1",
        ylim=(-3, 103),
        xlim=(0, count[-1] + 1),
    )
    ax.legend(loc="upper right")
    return finished(figure)


def jacobians(z: Array, units: Mapping[str, Callable[[Any], Any]], image: Array) -> Figure:
    """A digit, and the matrix ∂A/∂Z of each activation at the same Z."""
    figure, axes = subplots(1, len(units) + 1, height=3.3, width_ratios=[0.75, *[1] * len(units)])
    axes[0].imshow(image.reshape(8, 8), cmap="gray_r")
    axes[0].set_title("the input")
    axes[0].axis("off")
    for ax, (name, f) in zip(axes[1:], units.items(), strict=True):
        J = ag.jacobian(f)(Tensor(z)).numpy()
        limit = float(np.abs(J).max())
        shades = ax.imshow(J, cmap="PuOr_r", vmin=-limit, vmax=limit)
        ax.set(
            title=rf"$\partial a_i/\partial z_j$ of {name}",
            xlabel="class j of $z_j$",
            ylabel="class i of $a_i$",
            xticks=range(z.size),
            yticks=range(z.size),
        )
        ax.grid(False)
        figure.colorbar(shades, ax=ax, shrink=0.75)
    return finished(figure)
