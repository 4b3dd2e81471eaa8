"""Names for the values of a graph: the chapter's where modules made them, or the user's."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..graph import Leaf, Node, topological
from ..scopes import Gone, scopes
from ..tensor import Tensor
from ..visualize.flow import Flow
from ..visualize.steps import Step, Stream, merged
from ..visualize.symbols import Symbols, sub, sup
from ..visualize.tracing import Call, Run, is_innermost

#: Reductions over a batch that have a letter.
_STATISTICS = {"mean": "μ", "std": "σ", "var": "σ²"}


@dataclass(slots=True)
class Names:
    """What is called how, as text such as ``W₀¹``.

    Attributes
    ----------
    nodes : dict of Node to str
        Values at which equations are cut, and leaves.
    inner : dict of Node to str
        Values that have a letter, within a module: μ, σ.
    constants : dict of int to str
        By the identity of the array.
    signs : dict of int to str
        Of arrays that are 1 − 2Y: what Y is called.
    data : set of Node
        Values that flow through the network: with a batch in rows, the chapter's transposed.
    loss_nodes : set of Node
        What was recorded inside of the loss.
    modules : bool
        Whether calls of modules were found.
    rows : bool
        Whether batches are in rows.
    """

    nodes: dict[Node, str] = field(default_factory=dict)
    inner: dict[Node, str] = field(default_factory=dict)
    constants: dict[int, str] = field(default_factory=dict)
    signs: dict[int, str] = field(default_factory=dict)
    data: set[Node] = field(default_factory=set)
    data_constants: set[int] = field(default_factory=set)
    loss_nodes: set[Node] = field(default_factory=set)
    modules: bool = False
    rows: bool = False


def has_modules(order: Sequence[Node]) -> bool:
    """Whether a call of a module ended in some node."""
    return any(getattr(node, "scope", None) is not None and scopes(node) for node in order)


def module_names(root: Tensor, order: Sequence[Node]) -> Names:
    """The chapter's symbols for what modules took and gave, found by their calls on the graph."""
    names = Names(modules=True)
    steps, inputs, parameters = _steps(order)
    flow = Flow(Run(loss=None if root.shape else root), inputs, None, steps, _last(steps))
    symbols = Symbols(flow, parameters)
    # What dropout passes on keeps its letter, and here gets a prime; a loss in a loss too.
    top = root.name or "loss"
    taken: set[str] = set() if root.shape else {top}
    for stream, name in symbols.values.items():
        name = _free(name, taken)
        if stream.node is not None:
            names.nodes[stream.node] = name
            names.data.add(stream.node)
        else:
            names.constants[id(stream.value)] = name
            names.data_constants.add(id(stream.value))
    for node in order:
        if isinstance(node, Leaf) and node not in names.nodes:
            owner = node.owner()
            known = symbols.weights.get(id(owner)) if owner is not None else None
            names.nodes[node] = known or node.name or f"w{sub(len(names.nodes))}"
    root_node = root.node
    if root_node is not None and not root.shape:
        names.nodes[root_node] = top
    for step in steps:
        _within(step, symbols, names, root.node)
    _orient(order, names)
    return names


def _steps(order: Sequence[Node]) -> tuple[list[Step], list[Stream], dict[int, str]]:
    """Blocks of the graph: the innermost calls, and operations between them."""
    streams: dict[Node, Stream] = {}
    inputs: list[Stream] = []
    steps: list[Step] = []
    placed: set[Node] = set()
    paths: dict[int, str] = {}
    for node in order:
        marks = scopes(node) if getattr(node, "scope", None) is not None else []
        if not marks:
            continue
        for mark in marks[:1]:
            if hasattr(mark.module, "named_parameters"):
                paths.update({id(p): n for n, p in mark.module.named_parameters() if n})
        mark_in = next((m for m in reversed(marks) if is_innermost(m.module)), None)
        if mark_in is None:
            continue
        ends = {n for n in mark_in.inputs if n is not None}
        inside = [
            n for n in topological((node,), placed | ends) if n not in placed and n not in ends
        ]
        call = Call(mark_in.module, "", [], [], hasattr(mark_in.module, "reduction"))
        step = Step(call, [n for n in inside if not isinstance(n, Leaf)])
        for n in ends:
            if n not in streams:
                streams[n] = Stream(n, n.shape, n.dtype, name=n.name)
                if isinstance(n, Leaf):
                    inputs.append(streams[n])
            step.inputs.append(streams[n])
        if None in mark_in.inputs and not call.is_loss:
            data = _data_constant(step.nodes)
            if data is not None and all(s.value is not data for s in inputs):
                inputs.append(Stream(None, data.shape, data.dtype, data))
                step.inputs.append(inputs[-1])
            elif data is not None:
                step.inputs.append(next(s for s in inputs if s.value is data))
        if isinstance(mark_in.module, Gone):
            leaves = [n for n in inside if isinstance(n, Leaf)]
            step.weights = [p for n in leaves if (p := n.owner()) is not None]
        elif not call.is_loss:
            step.weights = [p for _, p in mark_in.module.named_parameters()]
        streams[node] = Stream(node, node.shape, node.dtype, name=node.name)
        step.outputs = [streams[node]]
        placed.update(step.nodes)
        steps.append(step)
    steps = _with_operations(order, steps, streams, placed)
    return steps, inputs, paths


def _data_constant(nodes: Sequence[Node]) -> Any:
    """The array of the first constant tensor that the nodes of a call read."""
    for node in nodes:
        for constant in node.constants:
            if isinstance(constant, Tensor) and constant.ndim:
                return constant.data
    return None


def _with_operations(
    order: Sequence[Node], steps: list[Step], streams: dict[Node, Stream], placed: set[Node]
) -> list[Step]:
    """The steps with a step for each operation outside of all calls, in the graph's order."""
    ending = {step.outputs[0].node: step for step in steps}
    together: list[Step] = []
    for node in order:
        if node in ending:
            together.append(ending[node])
        elif node not in placed and not isinstance(node, Leaf):
            step = Step(None, [node])
            for parent in node.parents:
                if isinstance(parent, Leaf) and parent not in streams:
                    owner = parent.owner()
                    if owner is not None:
                        step.weights.append(owner)
                elif parent is not None and parent in streams:
                    step.inputs.append(streams[parent])
            streams[node] = Stream(node, node.shape, node.dtype, name=node.name)
            step.inputs = list(dict.fromkeys(step.inputs))
            step.outputs = [streams[node]]
            together.append(step)
    return merged(together, _last(together))


def _last(steps: Sequence[Step]) -> list[Stream]:
    return steps[-1].outputs if steps else []


def _within(step: Step, symbols: Symbols, names: Names, root: Node | None) -> None:
    """Letters for statistics over a batch, for labels and for masks."""
    outputs = [symbols.values.get(s, "") for s in step.outputs]
    level = "".join(re.findall(r"[⁰¹²³⁴⁵⁶⁷⁸⁹]+", outputs[0])) if outputs else ""
    is_loss = root in step.nodes if step.call is None else step.call.is_loss
    dropout = step.call is not None and "dropout" in type(step.call.module).__name__.lower()
    taken = {*names.nodes.values(), *names.inner.values(), *names.constants.values()}
    for node in step.nodes:
        if is_loss:
            names.loss_nodes.add(node)
        names.data.add(node)
        name = node.primitive.name if node.primitive is not None else ""
        letter = _STATISTICS.get(name)
        if letter == "μ" and _operation(node.parents[0]) == "square":
            letter = "σ²"
        if letter and node.shape and node not in names.nodes:
            names.inner[node] = _free(_raised(letter, level), taken)
        for constant in node.constants:
            value = constant.data if isinstance(constant, Tensor) else constant
            if getattr(value, "ndim", 0) and id(value) not in names.constants:
                given = constant.name if isinstance(constant, Tensor) else None
                fallback = "Y" if is_loss else f"D{level}" if dropout else None
                if is_loss and given is None and _are_signs(value, node, step.nodes):
                    names.signs[id(value)] = _free("Y", taken)
                elif given or fallback:
                    names.constants[id(value)] = _free(str(given or fallback), taken)
                    if is_loss or dropout:
                        names.data_constants.add(id(value))


def _are_signs(value: Any, node: Node, nodes: Sequence[Node]) -> bool:
    """Whether an array is the 1 − 2Y of ln(1 + exp((1 − 2Y) z)), the cross-entropy of logits."""
    readers = [n for n in nodes if node in n.parents]
    softplus = all(
        _operation(n) == "logaddexp" and any(np.ndim(c) == 0 and c == 0 for c in n.constants)
        for n in readers
    )
    in_place = _operation(node) == "multiply" and bool(readers) and softplus
    return in_place and bool((np.abs(value) == 1).all())


def _operation(node: Node | None) -> str:
    return node.primitive.name if node is not None and node.primitive is not None else ""


def _raised(letter: str, level: str) -> str:
    return f"({letter[0]}{level})²" if letter == "σ²" else f"{letter}{level}"


def _free(name: str, taken: set[str]) -> str:
    while name in taken:
        name += "′"
    taken.add(name)
    return name


def _orient(order: Sequence[Node], names: Names) -> None:
    """Whether batches are in rows: data times weights, not weights times data."""
    votes = 0
    for node in order:
        if _operation(node) == "matmul" and len(node.parents) == 2:
            a, b = node.parents
            left = a is not None and a.ndim == 2 and isinstance(a, Leaf) and a not in names.data
            right = b is not None and b.ndim == 2 and isinstance(b, Leaf) and b not in names.data
            votes += right - left
    names.rows = votes >= 0


def operation_names(order: Sequence[Node], known: Names | None = None) -> Names:
    """A name for every value: what `known` has, the user's own, or v₁, v₂, …."""
    names = known or Names()
    taken = {*names.nodes.values(), *names.inner.values(), *names.constants.values()}
    for node in [n for n in order if n in names.inner]:
        names.nodes[node] = names.inner.pop(node)
    counts = {"v": 0, "w": 0}
    for node in order:
        if node in names.nodes:
            continue
        name = node.name
        if not name:
            letter = "w" if isinstance(node, Leaf) else "v"
            counts[letter] += 1
            name = f"{letter}{sub(counts[letter])}"
        names.nodes[node] = _free(name, taken)
    return names


__all__ = ["Names", "has_modules", "module_names", "operation_names", "sup"]
