"""From the nodes of a graph to the boxes and edges of a picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from .. import versions
from ..graph import Node
from ..tensor import Tensor
from .blame import name_of, parts_of
from .describing import Describer, Subject, constant_box
from .labels import is_number
from .live.record import Recorded, remembered
from .picture import Box, Cluster, Edge, Picture
from .recompute import Found, find
from .wording import shorten, value_text


def order_of(*tensors: Tensor) -> list[Node]:
    """The nodes of the tensors' graph, inputs first, and the first operand before the second."""
    order: list[Node] = []
    seen: set[Node] = set()
    stack = [(t.node, False) for t in reversed(tensors) if t.node is not None]
    while stack:
        node, placed = stack.pop()
        if placed:
            order.append(node)
        elif node not in seen:
            seen.add(node)
            stack.append((node, True))
            stack += [(p, False) for p in reversed(node.parents) if p is not None]
    return order


def picture_of(
    tensor: Tensor, order: Sequence[Node], *, values: bool = True, gradients: bool = True
) -> Picture:
    """Describe the graph of `tensor`.

    Parameters
    ----------
    tensor : Tensor
    order : sequence of Node
        From `order_of`.
    values, gradients : bool
        Whether the boxes show them. Neither is computed where it is not shown.
    """
    if tensor.node is None:
        box = constant_box("n1", tensor, values)
        return Picture(f"Computation graph of {tensor.name or 'a tensor'}", (box,), ())
    subject = subject_of(tensor, order, values=values, gradients=gradients)
    gradients = gradients and (subject.ran or not subject.kinds)
    drawn = _drawn(subject, values, gradients)
    notes = (*_change_notes(tensor, drawn, subject.found), *subject.found.notes)
    return drawn.picture(notes)


def subject_of(
    tensor: Tensor, order: Sequence[Node], *, values: bool = True, gradients: bool = True
) -> Subject:
    """What is known of the graph of a tensor that has one."""
    root = tensor.node
    assert root is not None
    ran = root.extra is not None and root.extra.seed is not None
    parts = parts_of(order, (root,))
    title = f"Computation graph of {tensor.name or 'a tensor'}"
    if parts.kinds or root in parts.words:
        title = f"Backward graph of {parts.names.get(root) or tensor.name or 'a gradient'}"
    found = find(root, order, tensor, gradients) if values or gradients else Found()
    return Subject(title, order, (root,), found, ran, parts.kinds, parts.names, parts.words)


def described(subject: Subject, *, values: bool = True, gradients: bool = True) -> Picture:
    """Describe nodes of which somebody else has found out what there is to know."""
    drawn = _drawn(subject, values, gradients)
    return drawn.picture(tuple(subject.found.notes))


def _drawn(subject: Subject, values: bool, gradients: bool) -> _Extraction:
    drawn = _Extraction(subject, values, gradients)
    for node in subject.order:
        drawn.add(node)
    return drawn


class _Extraction:
    """Boxes and edges as they accumulate."""

    def __init__(self, subject: Subject, values: bool, gradients: bool) -> None:
        self.subject = subject
        self.found = subject.found
        self.values = values
        self.gradients = gradients
        self.boxes: list[Box] = []
        self.edges: list[Edge] = []
        self.changed_constants: list[str] = []
        self._describer = Describer(subject, values, gradients)
        self._calls = self._describer.calls
        self._places: dict[Node, int] = {}
        self._constants: dict[int, int] = {}
        self._readers: dict[int, list[Node]] = {}
        self._constant_values: dict[int, Any] = {}

    def picture(self, notes: tuple[str, ...]) -> Picture:
        """What has been added, with the calls of modules around it."""
        boxes = list(self.boxes)
        constants = [(self._constant_values[key], nodes) for key, nodes in self._readers.items()]
        homes = self._calls.homes_of_constants(constants)
        for key, call in zip(self._readers, homes, strict=True):
            place = self._constants[key]
            boxes[place] = replace(boxes[place], cluster=call.id if call else "")
        clusters = [
            Cluster(
                call.id,
                "module",
                call.type,
                call.path,
                call.parent.id if call.parent else "",
                call.number,
                inputs=tuple([f"n{self._places[n] + 1}" for n in call.inputs if n in self._places]),
                output=f"n{self._places[call.end] + 1}",
            )
            for call in self._calls.calls
        ]
        whole = Picture(self.subject.title, tuple(boxes), tuple(self.edges), notes, tuple(clusters))
        kept = self._recorded()
        if kept is not None:
            kept.whole = whole
        return replace(whole, recorded=kept)

    def _recorded(self) -> Recorded | None:
        """The graph as the live page will step through it, if its values are to be seen."""
        if not self.values:
            return None
        order = self.subject.order
        names = {node: self.subject.names.get(node) or name_of(node) or "" for node in order}
        return remembered(
            order,
            self.subject.roots if self.gradients else (),
            {node: self.boxes[place].id for node, place in self._places.items()},
            names,
            self.found.values,
            self.found.gradients,
        )

    def add(self, node: Node) -> None:
        tails = [(i, self._tail(node, parent, i)) for i, parent in enumerate(node.parents)]
        self._places[node] = len(self.boxes)
        self.boxes.append(self._describer.box(f"n{len(self.boxes) + 1}", node))
        for operand, tail in tails:
            if tail is not None:
                edge = Edge(f"e{len(self.edges) + 1}", tail, self._places[node], operand)
                self.edges.append(edge)

    def _tail(self, node: Node, parent: Node | None, i: int) -> int | None:
        """The box of an operand; None if it is a number, told in the operation's title."""
        if parent is not None:
            return self._places[parent]
        value = node.constants[i] if i < len(node.constants) else None
        if value is None or is_number(value):
            return None
        if id(value) not in self._constants:
            self._constants[id(value)] = len(self.boxes)
            self._constant_values[id(value)] = value
            self.boxes.append(self._constant(value, node))
        self._readers.setdefault(id(value), []).append(node)
        return self._constants[id(value)]

    def _constant(self, value: Any, node: Node) -> Box:
        raw = value.data if isinstance(value, Tensor) else value
        change = versions.changed_since(raw, node.clock)
        if change is not None:
            name = value.name if isinstance(value, Tensor) else None
            self.changed_constants.append(name or "A constant")
        return constant_box(f"n{len(self.boxes) + 1}", value, self.values, change)


def _change_notes(tensor: Tensor, drawn: _Extraction, found: Found) -> list[str]:
    """What was changed after it was used, and what that means for the numbers."""
    names = [name_of(leaf) or "a parameter" for leaf in found.changed] + drawn.changed_constants
    if not names:
        return []
    listed = ", ".join([shorten(name, 30) for name in names[:4]])
    if len(names) > 4:
        listed += f" and {len(names) - 4:,} more"
    note = f"Changed after the graph was recorded: {listed}."
    if drawn.values and tensor.node is not None:
        shown = found.values.get(tensor.node)
        recorded = tensor.data
        if shown is not None and not np.array_equal(shown, recorded, equal_nan=True):
            note += (
                " The values and gradients in between are computed from what they hold now"
                f" (the result was {value_text(recorded)})."
            )
    return [note]
