"""Units: a small network opened into its neurons and weights (chapter, sections 1 and 2.1)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import ArgumentError
from ..tensor import Tensor
from .blocks import titles_of
from .flow import Flow, flow_of
from .steps import Step
from .symbols import sub, sup
from .tracing import Observable, run
from .wording import number

MAX_UNITS = 12
MAX_LAYERS = 4
_INSTEAD = "draw it with level='modules', a block for each module"


@dataclass(frozen=True, slots=True)
class Unit:
    """A circle: its id, its symbol, and its value if a sample was given."""

    id: str
    symbol: str
    value: str = ""


@dataclass(frozen=True, slots=True)
class Wire:
    """A weight: from a unit to a sum, and the number."""

    id: str
    symbol: str
    tail: int
    head: int
    weight: float


@dataclass(frozen=True, slots=True)
class Layer:
    """Sums, and the activation behind them.

    Attributes
    ----------
    sums, outputs : tuple of Unit
        z and a; the same in number.
    wires : tuple of Wire
        From the inputs, or the outputs of the layer before.
    offsets : tuple of Wire
        w₀ of each sum; empty without offsets.
    function : str
        The name of the activation; "" if there is none.
    joint : bool
        Whether the activation looks at all sums at once, as softmax does.
    labelled : bool
        Whether there are few enough weights to write them down.
    """

    sums: tuple[Unit, ...]
    outputs: tuple[Unit, ...]
    wires: tuple[Wire, ...]
    offsets: tuple[Wire, ...]
    function: str
    joint: bool
    labelled: bool


@dataclass(frozen=True, slots=True)
class Units:
    """A network of units in columns."""

    title: str
    inputs: tuple[Unit, ...]
    layers: tuple[Layer, ...]
    notes: tuple[str, ...] = ()

    def summary(self) -> str:
        """One sentence: "3 inputs, 2 units, 8 weights"."""
        units = sum(len(layer.sums) for layer in self.layers)
        weights = sum(len(layer.wires) + len(layer.offsets) for layer in self.layers)
        counts = ((len(self.inputs), "input"), (units, "unit"), (weights, "weight"))
        return ", ".join([f"{n:,} {name}{'' if n == 1 else 's'}" for n, name in counts])


def units_of(module: Observable, sample: tuple[Any, ...], values: bool = True) -> Units:
    """Open a network of fully connected layers.

    Parameters
    ----------
    module : Observable
    sample : tuple
        Empty, or one example of shape (m,) or (1, m), whose values are then written beside the
        units.
    values : bool
        Whether weights and values are written as numbers.

    Raises
    ------
    ArgumentError
        For several examples, for too many units, and for what is no row of such layers.
    """
    name = type(module).__name__
    first = next((p for _, p in module.named_parameters()), None)
    if first is None or first.ndim != 2:
        raise ArgumentError(
            f"draw: level='units' draws fully connected layers, and this {name} does not begin "
            f"with a matrix of weights; {_INSTEAD}"
        )
    if len(sample) > 1 or (sample and _examples(sample[0]) != 1):
        shapes = ", ".join([str(np.shape(_raw(x))) for x in sample])
        raise ArgumentError(
            f"draw: level='units' shows the values of one example, of shape ({first.shape[0]},), "
            f"and the sample has shape {shapes}; give one row of it"
        )
    given = sample or (Tensor(np.zeros(first.shape[0], first.dtype)),)
    flow = flow_of(run(module, given, None, None))
    pairs = _layers(name, flow)
    _check_size(name, pairs)
    return _open(name, flow, pairs, bool(sample) and values, values)


def _raw(x: Any) -> Any:
    return x.data if isinstance(x, Tensor) else x


def _examples(x: Any) -> int:
    shape = np.shape(_raw(x))
    return int(np.prod(shape[:-1]))


def _layers(name: str, flow: Flow) -> list[tuple[Step, Step | None]]:
    """Each step with weights, and the activation behind it, if there is one."""
    pairs: list[tuple[Step, Step | None]] = []
    before = flow.inputs
    for step in flow.steps:
        ranks = sorted(w.ndim for w in step.weights)
        row = step.inputs == before[-1:] and len(step.outputs) == 1
        if row and ranks in ([2], [1, 2]):
            pairs.append((step, None))
        elif row and not ranks and pairs and pairs[-1][1] is None:
            pairs[-1] = (pairs[-1][0], step)
        else:
            raise ArgumentError(
                f"draw: level='units' draws a row of fully connected layers, each with at most "
                f"one activation, and in this {name} {titles_of(step, '')[0]} is no part of such a "
                f"row; {_INSTEAD}"
            )
        before = step.outputs
    return pairs


def _check_size(name: str, pairs: Sequence[tuple[Step, Step | None]]) -> None:
    sizes = [max(_matrix(step).shape) for step, _ in pairs]
    if max(sizes) > MAX_UNITS or len(sizes) > MAX_LAYERS:
        shapes = ", ".join([str(_matrix(step).shape) for step, _ in pairs])
        raise ArgumentError(
            f"draw: level='units' draws up to {MAX_UNITS} units in a layer and {MAX_LAYERS} "
            f"layers, and this {name} has weights of shapes {shapes}; {_INSTEAD}"
        )


def _matrix(step: Step) -> Tensor:
    return next(w for w in step.weights if w.ndim == 2)


def _open(
    name: str, flow: Flow, pairs: Sequence[tuple[Step, Step | None]], known: bool, values: bool
) -> Units:
    many = len(pairs) > 1
    before: Any = np.ravel(flow.inputs[0].value) if known else []
    count = _matrix(pairs[0][0]).shape[0]
    inputs = _units("x", "x", count, "", before, True)
    layers = []
    for at, (step, activation) in enumerate(pairs, 1):
        raised = sup(at) if many else ""
        weights = np.asarray(_matrix(step).data, float)
        offsets = next((np.asarray(w.data, float) for w in step.weights if w.ndim == 1), None)
        m, n = weights.shape
        z: Any = np.ravel(step.outputs[0].value) if known else []
        end = step if activation is None else activation
        a: Any = np.ravel(end.outputs[0].value) if known else []
        one = n == 1
        wires = tuple(
            Wire(f"w{at}_{i + 1}_{j + 1}", f"w{sub(i + 1)}{'' if one else sub(j + 1)}{raised}",
                 i, j, float(weights[i, j]))
            for i in range(m) for j in range(n)
        )  # fmt: skip
        lifts = () if offsets is None else tuple(
            Wire(f"w{at}_0_{j + 1}", f"w₀{'' if one else sub(j + 1)}{raised}", -1, j,
                 float(offsets[j])) for j in range(n)
        )  # fmt: skip
        layers.append(
            Layer(
                _units(f"z{at}_", "z", n, raised, z),
                _units(f"a{at}_", "a", n, raised, a),
                wires,
                lifts,
                "" if activation is None else titles_of(activation, "")[0],
                n > 1 and activation is not None and _is_joint(activation),
                values and (one or (m <= 4 and n <= 3)),
            )
        )
    return Units(f"Units of {name}", inputs, tuple(layers))


def _is_joint(activation: Step) -> bool:
    """Whether an output depends on more than the sum in its own place."""
    return any(
        node.shape != activation.outputs[0].shape
        or (node.primitive is not None and "softmax" in node.primitive.name)
        for node in activation.nodes
    )


def _units(
    id: str, letter: str, count: int, raised: str, values: Any, always: bool = False
) -> tuple[Unit, ...]:
    return tuple(
        Unit(
            f"{id}{i + 1}",
            f"{letter}{sub(i + 1) if count > 1 or always else ''}{raised}",
            number(values[i]) if len(values) else "",
        )
        for i in range(count)
    )
