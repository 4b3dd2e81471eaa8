"""What each box says: of a node, and of a constant."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..graph import Leaf, Node
from ..lines import text_at
from ..tensor import Tensor
from .blame import name_of
from .heat import Heat, heat_of
from .labels import constant_title, operation_title, settings
from .marks import marks_of
from .module_calls import Calls, calls_of
from .picture import Box, Line
from .recompute import Found
from .stats import stats_of
from .wording import shape_text, value_text

NOT_KEPT = Line("value", "not kept", absent=True)
NOT_COMPUTED = Line("grad", "not computed", absent=True)
NO_PATH = Line("grad", "none arrived", absent=True)
GRADIENT_NOT_KEPT = Line("grad", "not kept", absent=True)


@dataclass(slots=True)
class Subject:
    """What is drawn: nodes, where they end, and what is known of them.

    Attributes
    ----------
    title : str
    order : sequence of Node
        Inputs first.
    roots : sequence of Node
        The results.
    found : Found
        Values and gradients.
    ran : bool
        Whether a backward pass started from the result.
    kinds, names : mapping of Node to str
        Where a node is shown as another kind, or under another name, than its own.
    words : mapping of Node to str
        What is to be said of a node besides.
    calls : Calls or None
        Of modules, where the nodes do not tell themselves.
    """

    title: str
    order: Sequence[Node]
    roots: Sequence[Node]
    found: Found = field(default_factory=Found)
    ran: bool = False
    kinds: Mapping[Node, str] = field(default_factory=dict)
    names: Mapping[Node, str] = field(default_factory=dict)
    words: Mapping[Node, str] = field(default_factory=dict)
    calls: Calls | None = None


class Describer:
    """The boxes of the nodes of a subject."""

    def __init__(self, subject: Subject, values: bool, gradients: bool) -> None:
        self.subject = subject
        self.roots = frozenset(subject.roots)
        self.found = subject.found
        self.values = values
        self.gradients = gradients
        self.ran = subject.ran
        self.calls = subject.calls or calls_of(subject.order)
        #: What is read on the line on which it was made; the line stands at its result.
        self._inner = {
            p for node in subject.order for p in node.parents
            if p is not None and line_of(p) and line_of(p) == line_of(node)
        }  # fmt: skip
        self._marks = marks_of(
            subject.order,
            self.found.values if values else {},
            self.found.gradients if gradients else {},
        )

    def box(self, id: str, node: Node) -> Box:
        name = self.subject.names.get(node) or name_of(node)
        shape = shape_text(node.shape, node.dtype)
        kind = self.subject.kinds.get(node)
        if isinstance(node, Leaf):
            kind = words = kind or "parameter"
            title, subtitle = (name, words) if name else (words, "")
        else:
            kind = kind or ("output" if node in self.roots else "operation")
            symbol, words = operation_title(node)
            title = name or symbol
            subtitle = f"{symbol} {words}".strip() if name else words
        value = self.found.values.get(node) if self.values else None
        gradient = self.found.gradients.get(node) if self.gradients else None
        heat = None if value is None else heat_of(value)
        lines = self._lines(node)
        return Box(
            id=id,
            kind=kind,
            title=title,
            subtitle=subtitle,
            shape=shape,
            lines=tuple(lines),
            tooltip=tuple(self._tooltip(node, name, words, lines, heat)),
            op="" if node.primitive is None else node.primitive.name,
            name=name or "",
            dtype=str(node.dtype),
            line=line_of(node),
            cluster=home.id if (home := self.calls.home.get(node)) else "",
            value=None if value is None else stats_of(value),
            grad=None if gradient is None else stats_of(gradient),
            heat=heat,
            marks=tuple(self._marks.get(node, ())),
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
        code = "" if node in self._inner else text_at(line_of(node))
        if code:
            lines.append(Line("code", code))
        return lines

    def _tooltip(
        self, node: Node, name: str | None, words: str, lines: list[Line], heat: Heat | None
    ) -> list[str]:
        texts = [words if name is None else f"{name}: {words}"]
        if node in self.subject.words:
            texts.append(self.subject.words[node])
        texts.append(f"shape {node.shape}, {node.dtype}")
        texts += settings(node)
        texts += [f"{line.label}: {line.text}" for line in lines if line.label]
        if isinstance(node, Leaf) and node in self.found.changed:
            texts.append(f"changed after it was used, by {self.found.changed[node]}")
        if line_of(node):
            texts.append(f"recorded at {line_of(node)}")
        if heat is not None:
            texts.append(heat.words)
        texts += [mark.text for mark in self._marks.get(node, ())]
        return texts


def line_of(node: Node) -> str:
    """Where the user wrote it, if that was recorded."""
    return (node.extra.line if node.extra is not None else None) or ""


def constant_box(id: str, value: Any, values: bool, change: str | None = None) -> Box:
    title, subtitle = constant_title(value)
    raw = value.data if isinstance(value, Tensor) else value
    shape = shape_text(np.shape(raw), np.asarray(raw).dtype)
    lines = [Line("value", value_text(raw))] if values else []
    tooltip = [title, "a constant: it needs no gradient", f"shape {np.shape(raw)}"]
    tooltip += [f"value: {line.text}" for line in lines]
    if change is not None:
        lines.append(Line("", "changed since it was used", absent=True))
        tooltip.append(f"changed after it was used, by {change}")
    name = value.name if isinstance(value, Tensor) else None
    return Box(
        id,
        "constant",
        title,
        subtitle,
        shape,
        tuple(lines),
        tuple(tooltip),
        name=name or "",
        dtype=str(np.asarray(raw).dtype),
        value=stats_of(raw) if values else None,
        heat=heat_of(raw) if values else None,
    )
