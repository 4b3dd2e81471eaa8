"""How a gradient grows or shrinks on its way from the loss to w, layer by layer."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ..graph import Node
from .findings import Finding, listing, number
from .numbers import Numbers, size_of
from .paths import Path
from .places import Places, line_of, operation_of

#: A gradient vanishes or explodes if it changes by this much over three layers or more …
_TOTAL = 1e4
#: … and each of them, on average, by this factor.
_EACH = 2.0
#: Without layers: how large or small it becomes, compared with where it started.
_HUGE, _TINY = 1e6, 1e-9
_MOST_LAYERS = 1000


class Layer(NamedTuple):
    """A stretch of the weightiest path.

    Attributes
    ----------
    name : str
    size : float
        The norm of the gradient that arrives at its end.
    factor : float
        By which it has grown at its beginning.
    """

    name: str
    size: float
    factor: float


def layers_of(numbers: Numbers, places: Places, path: Path) -> list[Layer]:
    """The stretches of a path, from the loss down to w.

    A stretch is what lies in one module; without modules what lies between matrix products; of
    scalars a single operation.
    """
    nodes = path.nodes
    if len(nodes) < 2:
        return []
    groups: list[tuple[str, list[Node]]] = []
    modules = any(places.module(n) for n in nodes[:5000])
    products = any(operation_of(n) in ("matmul", "einsum") for n in nodes[:5000])
    fresh = True
    for node in nodes[:0:-1]:
        name = places.module(node) or "" if modules else ""
        if modules:
            fresh = not groups or groups[-1][0] != name
        elif not products:
            fresh, name = True, places.short(node) if len(groups) < _MOST_LAYERS else ""
        if fresh:
            if len(groups) > _MOST_LAYERS:
                break
            groups.append((name, []))
        groups[-1][1].append(node)
        if products and not modules:
            fresh = operation_of(node) in ("matmul", "einsum")
    made = []
    for k, (name, group) in enumerate(groups[:_MOST_LAYERS]):
        below = groups[k + 1][1][0] if k + 1 < len(groups) else nodes[0]
        top, bottom = (size_of(numbers.cotangents[n]) for n in (group[0], below))
        words = name or places.path(group[::-1], 6)
        factor = bottom / top if top else math.nan
        made.append(Layer(words, top, factor))
    return made


def growth_findings(
    numbers: Numbers, places: Places, path: Path, layers: Sequence[Layer]
) -> list[Finding]:
    """Whether the gradient vanishes or explodes along `path`, of these layers, and where."""
    inner = [layer for layer in layers[1:-1] if layer.factor > 0 and math.isfinite(layer.factor)]
    if len(inner) >= 3:
        logs = [math.log(layer.factor) for layer in inner]
        total, mean = math.fsum(logs), math.exp(math.fsum(logs) / len(logs))
        if abs(total) > math.log(_TOTAL) and not 1 / _EACH < mean < _EACH:
            return [_by_layers(layers, inner, total, mean)]
    start, end = size_of(numbers.seed), size_of(numbers.gradient)
    if not end or not start or not math.isfinite(end):
        return []
    if end / start > _HUGE or end / start < _TINY:
        return [_by_steps(numbers, places, path, end / start)]
    return []


def _power(log: float) -> str:
    """``4.2e-13`` of a logarithm, which may be beyond what a float holds."""
    if abs(log) < 600:
        return number(math.exp(log))
    return f"1e{log / math.log(10):+.0f}"


def _by_layers(layers: Sequence[Layer], inner: list[Layer], total: float, mean: float) -> Finding:
    kind = "vanishing" if total < 0 else "exploding"
    extreme = (min if total < 0 else max)(inner, key=lambda layer: layer.factor)
    text = (
        f"{kind.capitalize()}: over {len(inner)} layers the gradient is multiplied by "
        f"{_power(total)}, by {number(mean)} a layer; most by {extreme.name}: "
        f"{number(extreme.factor)}"
    )
    cure = (
        "Use ReLU in place of sigmoid or tanh, an initialization for the activation "
        "(init='he_normal' or 'xavier_normal'), nn.BatchNorm, or fewer layers."
        if kind == "vanishing"
        else "Use smaller initial weights, clip the gradient (optim.clip_grad_norm_), or "
        "nn.BatchNorm."
    )
    return Finding(kind, text, cure, data=tuple(layers))


def _by_steps(numbers: Numbers, places: Places, path: Path, factor: float) -> Finding:
    """The steps of the path that change the size the most."""
    kind = "exploding" if factor > 1 else "vanishing"
    steps = []
    for node, below in zip(path.nodes[1:], path.nodes, strict=False):
        top, bottom = (size_of(numbers.cotangents[n]) for n in (node, below))
        if top and bottom and math.isfinite(top) and math.isfinite(bottom):
            steps.append((math.log(bottom) - math.log(top), node))
    steps.sort(key=lambda step: -step[0] if factor > 1 else step[0])
    shown = [f"{places.long(node)}: {_power(log)}" for log, node in steps[:3] if abs(log) > 0.7]
    word = "Huge" if factor > 1 else "Tiny"
    text = f"{word}: the gradient of w is {number(factor)} times that of the loss"
    if shown:
        text += f"; it changes most in {listing(shown)}"
    first = steps[0][1] if steps else None
    return Finding(
        kind,
        text,
        "Scale the data to mean 0 and deviation 1, or look at the value that is so "
        + ("small (a division, a logarithm) or large." if factor > 1 else "large or small."),
        operation=None if first is None else operation_of(first),
        line=None if first is None else line_of(first),
        data=tuple((operation_of(n), math.exp(min(700.0, log))) for log, n in steps[:3]),
    )


def fraction_saturated(y: np.ndarray, low: float, high: float, near: float = 0.01) -> float:
    """How much of an activation lies within `near` of its bounds."""
    span = near * (high - low)
    return float(np.mean((y < low + span) | (y > high - span))) if y.size else 0.0


def saturated_findings(numbers: Numbers, places: Places, most: int = 3) -> list[Finding]:
    """Sigmoids and tanh between w and the loss whose outputs are mostly at their bounds."""
    found: list[Finding] = []
    for node in numbers.between[1:] if len(numbers.between) < 20_000 else ():
        bounds = {"sigmoid": (0.0, 1.0), "tanh": (-1.0, 1.0)}.get(operation_of(node))
        y = numbers.values.get(node)
        if bounds is None or y is None:
            continue
        array = np.asarray(y)
        part = fraction_saturated(array, *bounds)
        if part >= 0.5 and len(found) < most:
            found.append(
                Finding(
                    "nearly saturated",
                    f"{round(100 * part)} % of the outputs of {places.long(node)} are within "
                    f"1 % of {bounds[0]:g} or {bounds[1]:g}, where it is nearly flat",
                    "Scale the inputs or the initial weights down.",
                    operation=operation_of(node),
                    line=line_of(node),
                    count=round(part * array.size),
                    total=int(array.size),
                )
            )
    return found
