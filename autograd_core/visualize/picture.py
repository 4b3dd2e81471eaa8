"""The plain model of a picture: boxes and edges, without a word on how they are drawn."""

from __future__ import annotations

from dataclasses import dataclass, field

#: What a box stands for; also its class in SVG and its row in the legend.
KINDS = ("parameter", "constant", "operation", "output")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a box: a label and its text; `absent` if there is nothing to show, and why."""

    label: str
    text: str
    absent: bool = False


@dataclass(frozen=True, slots=True)
class Box:
    """A node of the picture.

    Attributes
    ----------
    id : str
        ``n1``, ``n2``, … in the order of computation.
    kind : str
        One of `KINDS`.
    title, subtitle : str
        The name or symbol, and the operation in words.
    shape : str
    lines : tuple of Line
        Value and gradient.
    tooltip : tuple of str
        Everything that is known, in lines, unshortened.
    """

    id: str
    kind: str
    title: str
    subtitle: str
    shape: str
    lines: tuple[Line, ...] = ()
    tooltip: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Edge:
    """From an input (`tail`) to the operation (`head`), as its operand number `operand`."""

    id: str
    tail: int
    head: int
    operand: int


@dataclass(frozen=True, slots=True)
class Picture:
    """Boxes with inputs before outputs, edges by index of box, and what is to be said."""

    title: str
    boxes: tuple[Box, ...]
    edges: tuple[Edge, ...]
    notes: tuple[str, ...] = field(default=())

    def counts(self) -> dict[str, int]:
        """How many boxes of each kind there are."""
        return {kind: sum(box.kind == kind for box in self.boxes) for kind in KINDS}

    def summary(self) -> str:
        """One sentence: "3 operations, 2 parameters, 1 constant"."""
        counts = self.counts()
        operations = counts["operation"] + counts["output"]
        named = {
            "operation": operations,
            "parameter": counts["parameter"],
            "constant": counts["constant"],
        }
        return ", ".join(
            f"{count:,} {kind}{'' if count == 1 else 's'}" for kind, count in named.items() if count
        )
