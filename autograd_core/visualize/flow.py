"""From a watched run to a flow: blocks, the values between them, and the blame on each.

A value belongs to the call that made it. What was recorded between the calls of modules belongs
to none, as the ``+`` around a residual block; each such operation is a block of its own, and a
row of them that only one value goes through is one block.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..graph import Leaf, Node, topological
from ..tensor import Tensor
from ..walks import pull, seed_for
from .steps import Step, Stream, merged
from .tracing import Call, Key, Run, key


@dataclass(slots=True)
class Flow:
    """The whole picture: steps in the order in which they were taken.

    ``gradients`` has the blame on each parameter, by identity.
    """

    run: Run
    inputs: list[Stream]
    target: Stream | None
    steps: list[Step]
    outputs: list[Stream]
    gradients: dict[int, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def flow_of(run: Run) -> Flow:
    """Find what flows from where to where, and run backward over it."""
    building = _Building(run)
    inputs = [building.streams[key(t)] for t in run.inputs]
    target = None if run.target is None else building.stream(run.target)
    for call in run.calls:
        building.add(call)
    outputs = [building.stream(t) for t in run.outputs]
    if run.loss is not None and not any(call.is_loss for call in run.calls):
        outputs = [building.stream(run.loss)]
    steps = merged(building.steps, outputs)
    for step in steps:
        if target is not None and step.call is not None and step.call.is_loss:
            step.inputs = list(dict.fromkeys([*step.inputs, target]))
    flow = Flow(run, inputs, target, steps, outputs)
    if run.loss is not None:
        _blame(flow, run.loss)
    return flow


class _Building:
    """Steps as they accumulate; a value is known by its node, or by its tensor."""

    def __init__(self, run: Run) -> None:
        self.steps: list[Step] = []
        self.streams: dict[Key, Stream] = {}
        self.nodes: set[Node] = set()
        for tensor in [*run.inputs, *[t for call in run.calls for t in call.made]]:
            self._know(key(tensor), _stream(tensor))

    def _know(self, where: Key, stream: Stream) -> None:
        self.streams[where] = stream
        if isinstance(where, Node):
            self.nodes.add(where)

    def stream(self, tensor: Tensor) -> Stream:
        """Where a tensor comes from: its step; those of operations are made now."""
        if key(tensor) not in self.streams:
            if tensor.node is None or isinstance(tensor.node, Leaf):
                self._know(key(tensor), self._detached(tensor) or _stream(tensor))
            else:
                self._operations(tensor.node)
        found = self.streams[key(tensor)]
        if found.value is None:
            found.value = tensor.data
        return found

    def _detached(self, tensor: Tensor) -> Stream | None:
        """The value that a tensor was cut from: it still holds the same array."""
        if not tensor.shape:
            return None
        held = (stream for stream in self.streams.values() if stream.value is tensor.data)
        return next(held, None)

    def add(self, call: Call) -> None:
        """The step of a call: what it was given comes first, then what else it read."""
        step = Step(call, [])
        given = [t for t in call.given if t.node in self.nodes or not isinstance(t.node, Leaf)]
        step.inputs = [self.stream(t) for t in given]
        if not call.is_loss:
            step.weights = [p for _, p in call.module.named_parameters()]
        step.outputs = [self.streams[key(t)] for t in call.made]
        roots = {t.node for t in call.made if t.node is not None}
        ends = {s.node for s in step.inputs if s.node is not None}
        self.nodes -= roots
        for node in topological(roots, self.nodes):
            if node in ends or node in self.nodes or isinstance(node, Leaf):
                self._read(step, node)
            else:
                step.nodes.append(node)
        self.nodes |= roots
        step.inputs = list(dict.fromkeys(step.inputs))
        self.steps.append(step)

    def _operations(self, root: Node) -> None:
        for node in topological((root,), self.nodes):
            if node in self.nodes or isinstance(node, Leaf):
                continue
            step = Step(None, [node])
            constants: Sequence[Any] = node.constants or (None,) * len(node.parents)
            for parent, constant in zip(node.parents, constants, strict=True):
                if parent is not None:
                    self._read(step, parent)
                elif id(constant) in self.streams:
                    step.inputs.append(self.streams[id(constant)])
                elif isinstance(constant, Tensor) and constant.name:
                    step.weights.append(constant)  # frozen, or a buffer
            step.inputs = list(dict.fromkeys(step.inputs))
            made = Stream(node, node.shape, node.dtype, name=node.name)
            step.outputs = [made]
            self._know(node, made)
            self.steps.append(step)

    def _read(self, step: Step, node: Node) -> None:
        """A step reads a known value, or a parameter."""
        if node in self.streams:
            step.inputs.append(self.streams[node])
            step.recorded.append(self.streams[node])
        elif isinstance(node, Leaf):
            owner = node.owner()
            if owner is not None and all(owner is not w for w in step.weights):
                step.weights.append(owner)


def _stream(tensor: Tensor) -> Stream:
    return Stream(tensor.node, tensor.shape, tensor.dtype, tensor.data, name=tensor.name)


def _blame(flow: Flow, loss: Tensor) -> None:
    """The gradient of the loss by every value and parameter; no ``grad`` is touched."""
    if loss.node is None:
        flow.notes.append("The loss depends on nothing that requires a gradient.")
        return
    streams = {*flow.inputs, *[s for step in flow.steps for s in step.outputs]}
    weights = {w.node: w for step in flow.steps for w in step.weights if w.node is not None}
    targets = [s.node for s in streams if s.node is not None]
    hooked = []
    for node in weights:
        if node.extra is not None and node.extra.hooks:
            hooked.append((node.extra, node.extra.hooks))
            node.extra.hooks = None
    if hooked:
        flow.notes.append("Hooks were not called: gradients are shown without them.")
    try:
        with np.errstate(all="ignore"):
            order = topological((loss.node,))
            seeds = [(loss.node, seed_for(loss, None))]
            found = pull(order, seeds, [*targets, *weights], retain_graph=True)
    finally:
        for extra, hooks in hooked:
            extra.hooks = hooks
    for stream in streams:
        if stream.node is not None:
            stream.gradient = found.get(stream.node)
    flow.gradients = {id(w): found[node] for node, w in weights.items() if node in found}
