"""The plain model of a picture: boxes and edges, without a word on how they are drawn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .heat import Heat
from .marks import Mark
from .stats import Stats

#: What a box stands for; also its class in SVG and its row in the legend. "backward" is an
#: operation of a backward pass, "update" one that changes what is kept between runs.
KINDS = ("input", "parameter", "constant", "operation", "output", "backward", "update")
#: The kind of a box that stands for a folded module.
FOLDED = "module"

#: What a kind is called in legends and sentences.
WORDS = {"backward": "backward operation", "update": "update operation"}


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
        ``n1``, ``n2``, … in the order of computation, whatever is folded or hidden; a folded
        module has the id of its cluster.
    kind : str
        One of `KINDS`, or `FOLDED`.
    title, subtitle : str
        The name or symbol, and the operation in words.
    shape : str
    lines : tuple of Line
        Value and gradient.
    tooltip : tuple of str
        Everything that is known, in lines, unshortened.
    op : str
        The name of the operation; the type of a folded module.
    name, dtype : str
        The user's name, and the type of the elements.
    line : str
        Where the user wrote it, ``file.py:12``, if that was recorded.
    cluster : str
        The id of the innermost cluster in which it lies.
    value, grad : Stats or None
    heat : Heat or None
        Of a large value.
    marks : tuple of Mark
    path : str
        Of a folded module.
    holds : tuple of str
        The ids of the boxes that are folded into this one.
    count : int
        For how many equal boxes this one stands.
    folded : bool
        Whether it stands for a whole cluster.
    """

    id: str
    kind: str
    title: str
    subtitle: str
    shape: str
    lines: tuple[Line, ...] = ()
    tooltip: tuple[str, ...] = ()
    op: str = ""
    name: str = ""
    dtype: str = ""
    line: str = ""
    cluster: str = ""
    value: Stats | None = None
    grad: Stats | None = None
    heat: Heat | None = None
    marks: tuple[Mark, ...] = ()
    path: str = ""
    holds: tuple[str, ...] = ()
    count: int = 1
    folded: bool = False


@dataclass(frozen=True, slots=True)
class Cluster:
    """What belongs together: a call of a module, or a part that is there several times.

    Attributes
    ----------
    id : str
        ``g1``, ``g2``, …; the outer before the inner ones.
    kind : str
        "module", "repeat", or "update": the operations of an optimizer, for one parameter
        or for all.
    title : str
        The type of the module, or what is repeated.
    path : str
        Of the module, as `named_modules` has it; of an update the name of the parameter.
    parent : str
        The id of the cluster around it, or nothing.
    call : int
        Which call of the module it is, from 1.
    count : int
        How many times the part is there.
    words : str
        What else there is to say; of a repeat, in what the parts differ.
    inputs : tuple of str
        The ids of the boxes that the call was given.
    output : str
        The id of the box in which it ends.
    """

    id: str
    kind: str
    title: str
    path: str = ""
    parent: str = ""
    call: int = 1
    count: int = 1
    words: str = ""
    inputs: tuple[str, ...] = ()
    output: str = ""


@dataclass(frozen=True, slots=True)
class Edge:
    """From an input (`tail`) to the operation (`head`), as its operand number `operand`.

    `norm` is the Euclidean norm of the gradient of what flows along it, if that is known, and
    `width` that of its line; `count` is how many equal edges it stands for.
    """

    id: str
    tail: int
    head: int
    operand: int
    norm: float | None = None
    width: float | None = None
    count: int = 1


@dataclass(frozen=True, slots=True)
class Picture:
    """Boxes with inputs before outputs, edges by index of box, and what is to be said."""

    title: str
    boxes: tuple[Box, ...]
    edges: tuple[Edge, ...]
    notes: tuple[str, ...] = field(default=())
    clusters: tuple[Cluster, ...] = ()
    #: How many boxes of each kind there were, where some are folded or hidden.
    full: Mapping[str, int] | None = None
    #: What the live page steps through (`live.record.Recorded`), if there is something.
    recorded: Any = field(default=None, compare=False, repr=False)

    def counts(self) -> dict[str, int]:
        """How many boxes of each kind there are."""
        return {kind: sum(box.kind == kind for box in self.boxes) for kind in KINDS}

    def summary(self) -> str:
        """One sentence: "3 operations, 2 parameters, 1 constant"."""
        counts = self.full or self.counts()
        operations = counts["operation"] + counts["output"]
        named = {
            "operation": operations,
            **{kind: counts[kind] for kind in ("backward", "update")},
            **{kind: counts[kind] for kind in ("input", "parameter", "constant")},
        }
        return ", ".join(
            f"{count:,} {WORDS.get(kind, kind)}{'' if count == 1 else 's'}"
            for kind, count in named.items()
            if count
        )
