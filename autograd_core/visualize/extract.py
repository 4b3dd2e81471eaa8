"""From the nodes of a graph to the boxes and edges of a picture."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import versions
from ..graph import Leaf, Node
from ..tensor import Tensor
from .labels import constant_title, is_number, operation_title, settings
from .picture import Box, Edge, Line, Picture
from .recompute import Found, find
from .wording import shape_text, shorten, value_text

NOT_KEPT = Line("value", "not kept", absent=True)
NOT_COMPUTED = Line("grad", "not computed", absent=True)
NO_PATH = Line("grad", "none arrived", absent=True)
GRADIENT_NOT_KEPT = Line("grad", "not kept", absent=True)


def order_of(tensor: Tensor) -> list[Node]:
    """The nodes of the tensor's graph, inputs first, and the first operand before the second."""
    if tensor.node is None:
        return []
    order: list[Node] = []
    seen: set[Node] = set()
    stack: list[tuple[Node, bool]] = [(tensor.node, False)]
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
    title = f"Computation graph of {tensor.name or 'a tensor'}"
    root = tensor.node
    if root is None:
        box = _constant_box("n1", tensor, values)
        return Picture(title, (box,), ())
    found = find(root, order, tensor, gradients) if values or gradients else Found()
    drawn = _Extraction(root, found, values, gradients)
    for node in order:
        drawn.add(node)
    notes = _change_notes(tensor, drawn, found)
    return Picture(title, tuple(drawn.boxes), tuple(drawn.edges), tuple(notes + found.notes))


class _Extraction:
    """Boxes and edges as they accumulate."""

    def __init__(self, root: Node, found: Found, values: bool, gradients: bool) -> None:
        self.root = root
        self.found = found
        self.values = values
        self.gradients = gradients
        self.ran = root.extra is not None and root.extra.seed is not None
        self.boxes: list[Box] = []
        self.edges: list[Edge] = []
        self.changed_constants: list[str] = []
        self._places: dict[Node, int] = {}
        self._constants: dict[int, int] = {}

    def add(self, node: Node) -> None:
        tails = [(i, self._tail(node, parent, i)) for i, parent in enumerate(node.parents)]
        self._places[node] = len(self.boxes)
        self.boxes.append(self._box(node))
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
            self.boxes.append(self._constant(value, node))
        return self._constants[id(value)]

    def _constant(self, value: Any, node: Node) -> Box:
        raw = value.data if isinstance(value, Tensor) else value
        change = versions.changed_since(raw, node.clock)
        if change is not None:
            name = value.name if isinstance(value, Tensor) else None
            self.changed_constants.append(name or "A constant")
        return _constant_box(f"n{len(self.boxes) + 1}", value, self.values, change)

    def _box(self, node: Node) -> Box:
        name = _name(node)
        shape = shape_text(node.shape, node.dtype)
        if isinstance(node, Leaf):
            kind, words = "parameter", "parameter"
            title, subtitle = (name, words) if name else (words, "")
        else:
            kind = "output" if node is self.root else "operation"
            symbol, words = operation_title(node)
            title = name or symbol
            subtitle = f"{symbol} {words}".strip() if name else words
        return Box(
            id=f"n{len(self.boxes) + 1}",
            kind=kind,
            title=title,
            subtitle=subtitle,
            shape=shape,
            lines=tuple(self._lines(node)),
            tooltip=tuple(self._tooltip(node, name, words)),
        )

    def _lines(self, node: Node) -> list[Line]:
        lines = []
        known = self.found.values.get(node)
        if self.values:
            lines.append(NOT_KEPT if known is None else Line("value", value_text(known)))
        if self.gradients:
            g = self.found.gradients.get(node)
            if g is not None:
                lines.append(Line("grad", value_text(g)))
            elif not self.ran:
                lines.append(NOT_COMPUTED)
            else:
                lines.append(NO_PATH if self.found.complete else GRADIENT_NOT_KEPT)
        if node in self.found.changed:
            lines.append(Line("", "changed since it was used", absent=True))
        return lines

    def _tooltip(self, node: Node, name: str | None, words: str) -> list[str]:
        texts = [words if name is None else f"{name}: {words}"]
        texts.append(f"shape {node.shape}, {node.dtype}")
        texts += settings(node)
        texts += [f"{line.label}: {line.text}" for line in self._lines(node) if line.label]
        if isinstance(node, Leaf) and node in self.found.changed:
            texts.append(f"changed after it was used, by {self.found.changed[node]}")
        if node.extra is not None and node.extra.line:
            texts.append(f"recorded at {node.extra.line}")
        return texts


def _name(node: Node) -> str | None:
    if isinstance(node, Leaf):
        owner = node.owner()
        return node.name if owner is None else owner.name or node.name
    return node.name


def _constant_box(id: str, value: Any, values: bool, change: str | None = None) -> Box:
    title, subtitle = constant_title(value)
    raw = value.data if isinstance(value, Tensor) else value
    shape = shape_text(np.shape(raw), np.asarray(raw).dtype)
    lines = [Line("value", value_text(raw))] if values else []
    tooltip = [title, "a constant: it needs no gradient", f"shape {np.shape(raw)}"]
    tooltip += [f"value: {line.text}" for line in lines]
    if change is not None:
        lines.append(Line("", "changed since it was used", absent=True))
        tooltip.append(f"changed after it was used, by {change}")
    return Box(id, "constant", title, subtitle, shape, tuple(lines), tuple(tooltip))


def _change_notes(tensor: Tensor, drawn: _Extraction, found: Found) -> list[str]:
    """What was changed after it was used, and what that means for the numbers."""
    names = [_name(leaf) or "a parameter" for leaf in found.changed] + drawn.changed_constants
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
