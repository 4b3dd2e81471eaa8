"""The plain model of a block diagram: blocks, the values between them, and links."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

#: What a block stands for; also its class in SVG and DOT.
KINDS = ("input", "module", "operation", "loss")


@dataclass(frozen=True, slots=True)
class Gradient:
    """The blame on a value: "∂loss/∂A¹", its shape, and its size in words ("norm 0.31")."""

    label: str
    shape: str
    size: str


@dataclass(frozen=True, slots=True)
class Weight:
    """A parameter that feeds a block: its symbol, its path, its shape, and the blame on it.

    `absent` says why there is no gradient, where one was to be expected.
    """

    symbol: str
    path: str
    shape: str
    gradient: Gradient | None = None
    absent: str = ""


@dataclass(frozen=True, slots=True)
class Block:
    """A module that was called, operations between modules, an input, or the loss.

    Attributes
    ----------
    id : str
        ``b1``, ``b2``, … in the order of computation.
    kind : str
        One of `KINDS`.
    title, subtitle : str
        The class; what the chapter calls it, such as f¹.
    formula : bool
        Whether the subtitle is a formula.
    weights : tuple of Weight
    tooltip : tuple of str
        Everything that is known, in lines, unshortened.
    """

    id: str
    kind: str
    title: str
    subtitle: str = ""
    formula: bool = False
    weights: tuple[Weight, ...] = ()
    tooltip: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Value:
    """What goes from a block to others: written above the forward arrow, its blame below.

    Attributes
    ----------
    id : str
        ``v1``, ``v2``, …
    symbol : str
        "A⁰ = X", "Z¹".
    text : str
        Its shape; of the loss the number.
    gradient : Gradient or None
        If blame flows back here.
    tooltip : tuple of str
    """

    id: str
    symbol: str
    text: str
    gradient: Gradient | None = None
    tooltip: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Link:
    """From a block to a value that it puts out, or from a value, or an input, to a block.

    `tail` and `head` count the blocks first, then the values. `back` says whether blame flows
    along it, from `head` to `tail`.
    """

    id: str
    tail: int
    head: int
    back: bool


@dataclass(frozen=True)
class Diagram:
    """A block diagram, inputs first, and what is to be said of it."""

    title: str
    blocks: tuple[Block, ...]
    values: tuple[Value, ...]
    links: tuple[Link, ...]
    notes: tuple[str, ...] = ()

    @property
    def backward(self) -> bool:
        """Whether any blame is shown."""
        return any(link.back for link in self.links)

    @cached_property
    def _near(self) -> tuple[dict[int, list[int]], dict[int, list[int]]]:
        inputs: dict[int, list[int]] = {}
        outputs: dict[int, list[int]] = {}
        for link in self.links:
            inputs.setdefault(link.head, []).append(link.tail)
            outputs.setdefault(link.tail, []).append(link.head)
        return inputs, outputs

    def inputs_of(self, vertex: int) -> list[int]:
        return self._near[0].get(vertex, [])

    def outputs_of(self, vertex: int) -> list[int]:
        return self._near[1].get(vertex, [])

    def summary(self) -> str:
        """One sentence: "4 modules, 4 weights and a loss"."""
        counts = {kind: sum(block.kind == kind for block in self.blocks) for kind in KINDS}
        weights = len({weight.path for block in self.blocks for weight in block.weights})
        words = [
            f"{count:,} {name}{'' if count == 1 else 's'}"
            for name, count in (
                ("module", counts["module"]),
                ("operation", counts["operation"]),
                ("weight", weights),
            )
            if count
        ]
        return ", ".join(words + ["loss"] * bool(counts["loss"]))
