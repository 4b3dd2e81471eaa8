"""From the flow through a network to its block diagram."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..tensor import Tensor
from .diagram import Block, Diagram, Gradient, Link, Value, Weight
from .flow import Flow
from .labels import operation_title
from .signatures import extra_of
from .steps import Step, Stream
from .symbols import Symbols
from .wording import number, shape_text, shorten, value_text


def diagram_of(
    flow: Flow, module: Any, paths: dict[int, str], *, values: bool = True, gradients: bool = True
) -> Diagram:
    """Describe a run of `module`.

    Parameters
    ----------
    flow : Flow
    module : Observable
    paths : dict of int to str
        The names of the parameters, by identity.
    values, gradients : bool
        Whether sizes of gradients and the loss are told as numbers; whether blame is shown.
    """
    drawn = _Drawing(flow, Symbols(flow, paths), paths, values, gradients)
    for i, stream in enumerate(flow.inputs):
        drawn.add_input(stream, i)
    for step in flow.steps:
        drawn.add_step(step)
    title = f"Block diagram of {type(module).__name__}"
    return Diagram(title, *drawn.parts(), (*flow.notes, *drawn.notes()))


class _Drawing:
    """Blocks, values and links as they accumulate; links name their ends until all are there."""

    def __init__(
        self, flow: Flow, symbols: Symbols, paths: dict[int, str], values: bool, gradients: bool
    ) -> None:
        self.flow = flow
        self.symbols = symbols
        self.paths = paths
        self.show_values = values
        self.show_gradients = gradients
        self.blocks: list[Block] = []
        self.values: list[Value] = []
        self._links: list[tuple[str, str, bool]] = []
        self._ends: dict[Stream, str] = {}
        self._used: dict[int, int] = {}

    def parts(self) -> tuple[tuple[Block, ...], tuple[Value, ...], tuple[Link, ...]]:
        ids = [*[block.id for block in self.blocks], *[value.id for value in self.values]]
        place = {id: i for i, id in enumerate(ids)}
        links = [
            Link(f"e{i}", place[tail], place[head], back)
            for i, (tail, head, back) in enumerate(self._links, 1)
        ]
        return tuple(self.blocks), tuple(self.values), tuple(links)

    def notes(self) -> list[str]:
        twice = [self.symbols.weights[i] for i, count in self._used.items() if count > 1]
        if not twice:
            return []
        total = "; the gradient shown is the sum over them" if self._gradients_found() else ""
        return [f"Used by several blocks: {', '.join(twice)}{total}."]

    def _gradients_found(self) -> bool:
        loss = self.flow.run.loss
        return self.show_gradients and loss is not None and loss.node is not None

    def add_input(self, stream: Stream, i: int) -> None:
        symbol = self.symbols.values[stream]
        names = self.flow.run.names
        name = names[i] if i < len(names) and len(self.flow.inputs) > 1 else ""
        title = "X" if symbol == "A⁰" else symbol
        shown = f"{symbol} = X" if symbol == "A⁰" else symbol
        self._source(stream, title, name)
        self._value(stream, shown)

    def _source(self, stream: Stream, title: str, subtitle: str) -> None:
        shape = shape_text(stream.shape, stream.dtype)
        tooltip = [part for part in (f"input {title}", subtitle, f"shape {shape}") if part]
        if stream.value is not None:
            tooltip.append(f"value: {value_text(stream.value)}")
        block = Block(f"b{len(self.blocks) + 1}", "input", title, subtitle, False, (), (*tooltip,))
        self.blocks.append(block)
        self._ends[stream] = block.id

    def add_step(self, step: Step) -> None:
        for stream in step.inputs:
            if stream not in self._ends:  # the truth, or a constant
                known = stream is self.flow.target
                title = "y" if known else shorten(stream.name or "constant", 16)
                self._source(stream, title, shape_text(stream.shape, stream.dtype))
        block = Block(
            f"b{len(self.blocks) + 1}",
            _kind(step),
            *titles_of(step, self.symbols.functions.get(step, "")),
            tuple([self._weight(w) for w in step.weights]),
            tuple(self._tooltip(step)),
        )
        blamed = any(stream.gradient is not None for stream in step.outputs)
        for stream in step.inputs:
            back = self._blame(stream) is not None and stream in step.recorded and blamed
            self._links.append((self._ends[stream], block.id, back))
        self.blocks.append(block)
        for stream in step.outputs:
            self._ends[stream] = block.id
            self._value(stream, self.symbols.values.get(stream, ""))

    def _value(self, stream: Stream, symbol: str) -> None:
        gradient = self._blame(stream)
        shape = shape_text(stream.shape, stream.dtype)
        tooltip = [symbol, f"shape {shape}"]
        if stream.value is not None:
            tooltip.append(f"value: {value_text(stream.value)}")
        if gradient is not None:
            tooltip.append(f"{gradient.label}: {value_text(stream.gradient)}")
        final = symbol == "loss"
        text = number(np.asarray(stream.value).reshape(())[()]) if final else shape
        if final and not self.show_values:
            text = shape
        value = Value(f"v{len(self.values) + 1}", symbol, text, gradient, tuple(tooltip))
        self.values.append(value)
        self._links.append((self._ends[stream], value.id, gradient is not None))
        self._ends[stream] = value.id

    def _blame(self, stream: Stream) -> Gradient | None:
        symbol = self.symbols.values.get(stream, "")
        if not self.show_gradients or stream.gradient is None or symbol == "loss":
            return None
        return self._gradient(symbol, stream.gradient)

    def _gradient(self, symbol: str, g: Any) -> Gradient:
        size = ""
        if self.show_values:
            size = number(np.asarray(g).item()) if np.size(g) == 1 else f"norm {norm_text(g)}"
        return Gradient(f"∂loss/∂{symbol}", str(np.shape(g)), size)

    def _weight(self, weight: Tensor) -> Weight:
        symbol = self.symbols.weights[id(weight)]
        self._used[id(weight)] = self._used.get(id(weight), 0) + 1
        g = self.flow.gradients.get(id(weight)) if self.show_gradients else None
        absent = ""
        if g is None and self._gradients_found():
            absent = "no gradient arrived" if weight.requires_grad else "frozen"
        return Weight(
            symbol,
            self.paths.get(id(weight), weight.name or symbol),
            shape_text(weight.shape, weight.dtype),
            None if g is None else self._gradient(symbol, g),
            absent,
        )

    def _tooltip(self, step: Step) -> list[str]:
        if step.call is None:
            texts = ["operations between modules: " + ", ".join(_operations(step))]
        else:
            module = step.call.module
            path = f"{step.call.path}: " if step.call.path else ""
            texts = [f"{path}{_class(module)}"]
        for w in step.weights:
            texts.append(f"{self.symbols.weights[id(w)]}: {w.shape}, {value_text(w.data)}")
            g = self.flow.gradients.get(id(w))
            if g is not None and self.show_gradients:
                texts.append(f"∂loss/∂{self.symbols.weights[id(w)]}: {value_text(g)}")
        return texts


def norm_text(g: Any) -> str:
    """The Euclidean norm, without overflow where the numbers are large."""
    array = np.asarray(g, np.float64)
    top = float(np.max(np.abs(array), initial=0.0))
    if not 0 < top < np.inf:
        return number(top)
    return number(top * float(np.linalg.norm(array / top)))


def _kind(step: Step) -> str:
    if step.call is None:
        return "operation"
    return "loss" if step.call.is_loss else "module"


def _class(module: Any) -> str:
    extra = extra_of(module)
    name = getattr(module, "__name__", type(module).__name__)
    return f"{name}({extra})" if extra else str(name)


def titles_of(step: Step, function: str) -> tuple[str, str, bool]:
    """Title and subtitle of a block, and whether the subtitle is a formula."""
    if step.call is None:
        names = _operations(step)
        if len(names) == 1:
            title = names[0]
        else:
            title = " ".join(names) if len(names) <= 3 else f"{names[0]} … {names[-1]}"
        return shorten(title, 18), function, True
    module = step.call.module
    inner = getattr(module, "function", None)
    if type(module).__name__ == "HandWritten":  # of nn: the class that is wrapped says more
        module = module.hand
    name = getattr(inner if callable(inner) else module, "__name__", type(module).__name__)
    title = type(module).__name__ if name == "<lambda>" else str(name)
    if step.call.is_loss:
        return shorten("Loss" if name == "<lambda>" else title, 22), "", False
    return shorten(title, 22), function, True


def _operations(step: Step) -> list[str]:
    return [operation_title(node)[0] for node in step.nodes]
