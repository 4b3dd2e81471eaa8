"""The steps of a run, and the values that they pass on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..graph import Node, Shape
from ..tensor import Tensor
from .tracing import Call


@dataclass(slots=True, eq=False)
class Stream:
    """A value on its way: its place in the graph, what it is, and the blame that arrives."""

    node: Node | None
    shape: Shape
    dtype: Any
    value: Any = None
    gradient: Any = None
    name: str | None = None


@dataclass(slots=True, eq=False)
class Step:
    """A block: the call of a module, or operations between modules.

    Attributes
    ----------
    call : Call or None
        None for operations.
    nodes : list of Node
        What was recorded within, inputs first.
    inputs, outputs : list of Stream
    recorded : list of Stream
        Those of the inputs from which an output was computed on the graph.
    weights : list of Tensor
        The parameters that it reads; those of its module first.
    """

    call: Call | None
    nodes: list[Node]
    inputs: list[Stream] = field(default_factory=list)
    outputs: list[Stream] = field(default_factory=list)
    recorded: list[Stream] = field(default_factory=list)
    weights: list[Tensor] = field(default_factory=list)


def merged(steps: Iterable[Step], outputs: Sequence[Stream]) -> list[Step]:
    """Operations joined where no arrow is lost: one goes into the only other that reads it."""
    kept = list(steps)
    users: dict[Stream, list[Step]] = {}
    makers = {stream: step for step in kept for stream in step.outputs}
    for step in kept:
        for stream in step.inputs:
            users.setdefault(stream, []).append(step)
    gone: set[Step] = set()
    for step in kept:
        while step.call is None and (inner := _absorbable(step, makers, users, outputs)):
            gone.add(inner)
            (passed,) = inner.outputs
            before = step.inputs.index(passed)
            step.inputs[before : before + 1] = inner.inputs
            step.inputs = list(dict.fromkeys(step.inputs))
            step.recorded = [s for s in step.recorded if s is not passed] + inner.recorded
            step.nodes = [*inner.nodes, *step.nodes]
            step.weights += [w for w in inner.weights if all(w is not own for own in step.weights)]
            for stream in inner.inputs:
                users[stream] = list(
                    dict.fromkeys(step if s is inner else s for s in users[stream])
                )
    return [step for step in kept if step not in gone]


def _absorbable(
    step: Step,
    makers: dict[Stream, Step],
    users: dict[Stream, list[Step]],
    outputs: Sequence[Stream],
) -> Step | None:
    for stream in step.inputs:
        inner = makers.get(stream)
        if inner is None or inner.call is not None or users[stream] != [step] or stream in outputs:
            continue
        others = {s for s in step.inputs if s is not stream}
        if others.issuperset(inner.inputs) or (not others and len(inner.inputs) == 1):
            return inner
    return None
