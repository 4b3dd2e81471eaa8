"""The right gradients of a forward pass, from the engine or from central differences."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from autograd_core import Tensor, UnsupportedError

from .calls import kind_and_message
from .student import Array
from .subject import Subject

#: At most so many entries are varied one by one.
LARGEST = 3000


class Truth:
    """The pullback of a forward pass at one point.

    Attributes
    ----------
    tolerance : float
        How far the gradients may be off, relative to the largest entry.
    reason : str
        Why they are no gradients of the engine; empty if they are.
    """

    tolerance: float = 1e-7
    reason: str = ""

    def pull(self, g: Array) -> list[Array]:
        """The gradients of everything varied, for the cotangent `g`."""
        raise NotImplementedError


class EngineTruth(Truth):
    """From the graph that the engine recorded."""

    def __init__(self, output: Tensor, leaves: Sequence[Tensor]) -> None:
        self.output = output
        self.leaves = leaves

    def pull(self, g: Array) -> list[Array]:
        for leaf in self.leaves:
            leaf.grad = None
        if self.output.requires_grad:
            self.output.backward(g, retain_graph=True, inputs=list(self.leaves))
        return [
            np.zeros(t.shape) if t.grad is None else np.array(t.grad.data, float)
            for t in self.leaves
        ]


class DifferenceTruth(Truth):
    """From central differences: a column of the Jacobian for each entry that is varied."""

    def __init__(
        self, function: Callable[[list[Array]], Array], point: Sequence[Array], reason: str
    ) -> None:
        self.reason = reason
        single = _single(function, point)
        self.tolerance = 2e-2 if single else 1e-5
        step = 2e-3 if single else 1e-5
        self.jacobians = []
        jumps = False
        for k, x in enumerate(point):
            columns = []
            for i in range(x.size):
                h = step * max(1.0, abs(float(x.flat[i])))
                moved = _moved(function, point, k, i, h)
                steep = np.abs(moved) > 10 * h
                if steep.any():  # or a jump, as of astype(int), which stays for a smaller h
                    stays = np.abs(_moved(function, point, k, i, h / 16)) > np.abs(moved) / 4
                    jump = stays & steep
                    jumps = jumps or bool(jump.any())
                    moved = np.where(jump, 0.0, moved)
                columns.append(moved / (2 * h))
            self.jacobians.append(np.stack(columns) if columns else np.zeros((0, 1)))
        self.shapes = [x.shape for x in point]
        if jumps:
            self.reason += " Where forward jumps, 0 was taken as its slope."

    def pull(self, g: Array) -> list[Array]:
        return [
            (j.reshape(len(j), -1) @ g.ravel()).reshape(shape) if len(j) else np.zeros(shape)
            for j, shape in zip(self.jacobians, self.shapes, strict=True)
        ]


def _single(function: Callable[[list[Array]], Array], point: Sequence[Array]) -> bool:
    """Whether forward computes in float32: it returns it, or it does not see smaller changes."""
    value = function([np.array(x) for x in point])
    if value.dtype.itemsize < 8:
        return True
    near, far = (
        [
            k
            for k, x in enumerate(point)
            if not np.array_equal(value, _scaled(function, point, k, e))
        ]
        for e in (1e-10, 1e-4)
    )
    return near != far


def _scaled(
    function: Callable[[list[Array]], Array], point: Sequence[Array], k: int, by: float
) -> Array:
    moved = [np.array(x) for x in point]
    moved[k] = moved[k] * (1 + by)
    return function(moved)


def _moved(
    function: Callable[[list[Array]], Array], point: Sequence[Array], k: int, i: int, h: float
) -> Array:
    """How much the value changes from h below to h above, in entry i of the k-th array."""
    outputs = []
    for sign in (1, -1):
        moved = [np.array(y, float) for y in point]
        moved[k].flat[i] += sign * h
        outputs.append(np.asarray(function(moved), float))
    return np.asarray(outputs[0] - outputs[1])


def agrees(
    truth: Truth,
    function: Callable[[list[Array]], Array],
    point: Sequence[Array],
    g: Array,
    rng: np.random.Generator,
) -> bool:
    """Whether the gradients fit the values in a random direction.

    They do not where forward left the graph, as ``np.array(u)`` with a list of numbers can.
    """
    directions = [rng.standard_normal(x.shape) for x in point]
    slope = sum(float((p * d).sum()) for p, d in zip(truth.pull(g), directions, strict=True))
    size = sum(float(np.abs(p * d).sum()) for p, d in zip(truth.pull(g), directions, strict=True))
    single = _single(function, point)
    h, near = (1e-3, 1e-2) if single else (1e-6, 1e-5)
    ends = [
        np.asarray(function([x + s * h * d for x, d in zip(point, directions, strict=True)]), float)
        for s in (1, -1)
    ]
    measured = float(((ends[0] - ends[1]) * g).sum()) / (2 * h)
    scale = size + float(np.abs(ends[0] * g).sum()) + 1e-3
    return abs(measured - slope) <= near * scale


class Known:
    """What forward gives at any point, and its gradients there."""

    def __init__(self, subject: Subject, rng: np.random.Generator) -> None:
        self.subject = subject
        self.rng = rng

    def value(self, point: list[Array]) -> Array:
        """Forward at other values of the input and the weights."""
        u, *weights = point
        with self.subject.trial(dict(zip(self.subject.weights, weights, strict=True))) as made:
            return np.array(made.forward(np.array(u)))

    def at_input(self, u: Array) -> Array:
        """Forward at another input; zeros where it fails."""
        try:
            return self.value([u, *self.subject.weights.values()])
        except Exception:
            return np.zeros_like(u)

    def found(self, u: Array, v: Array, g: Array) -> Truth:
        """The truth from the engine if it can follow forward, else from differences."""
        point = [u, *self.subject.weights.values()]
        reason = "its result is not on the graph."
        try:
            output, leaves = self.subject.trace(u)
            if isinstance(output, Tensor) and np.allclose(output.data, v, 1e-6, 1e-9):
                truth = EngineTruth(output, leaves)
                if agrees(truth, self.value, point, g, self.rng):
                    return truth
        except Exception as error:
            reason = kind_and_message(error).split(";")[0].rstrip(".") + "."
        size = sum(x.size for x in point)
        if size > LARGEST:
            raise UnsupportedError(
                f"The engine cannot follow forward ({reason[:-1]}), and its {size} inputs and "
                f"weights are too many to vary one by one."
            )
        return DifferenceTruth(self.value, point, reason)

    def pull_at(self, u: Array, c: Array) -> list[Array]:
        """The gradients at another input, for a mistake that takes them there."""
        try:
            v = self.value([u, *self.subject.weights.values()])
            truth = self.found(u, v, c)
            return truth.pull(c)
        except Exception:
            return [np.zeros_like(u)]
