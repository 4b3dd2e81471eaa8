"""The steps of a graph, forward and then backward, as plain data for the live page.

Nodes and formulas are written down once, and steps name them by their number. Formulas have
places for the output and the operands, so that a thousand products share one.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ...graph import Leaf, Node, topological
from ...modes import MODE
from ...tensor import Tensor
from ..labels import operation_title, settings
from ..wording import shape_text, shorten, visible
from .code import Code
from .differences import Check, Differences
from .formulas import operation_formula, partial_formula, rule_formula
from .local import Local, locals_of
from .record import Part, Recorded, Visit, run_again, walked
from .trees import Formulas
from .words import entry_text, precise, shown, signed

Plain = dict[str, Any]

#: Names in formulas are no longer than this.
MAX_SYMBOL = 18


def steps_of(kept: Recorded) -> Plain:
    """Every step of a graph.

    Parameters
    ----------
    kept : Recorded
        A graph as it was drawn; it is run again on a copy, and nothing of it is changed.

    Returns
    -------
    dict
        ``nodes``, ``steps``, ``formulas``, ``code`` and ``notes``, ready for JSON.
    """
    copies = run_again(kept)
    token = MODE.set(None)
    try:
        return _Model(kept, copies).build()
    finally:
        MODE.reset(token)


class _Model:
    """The data as it accumulates."""

    def __init__(self, kept: Recorded, copies: dict[Node, Tensor]) -> None:
        self.kept = kept
        self.number = {node: i for i, node in enumerate(kept.order)}
        self.copy = {node: _node(copies[node]) for node in kept.order}
        self.original = {copy: node for node, copy in self.copy.items()}
        self.values = {copy: copies[node].data for node, copy in self.copy.items()}
        self.formulas = Formulas()
        self.code = Code()
        self.notes: list[str] = []

    def build(self) -> Plain:
        nodes = [self._node(node) for node in self.kept.order]
        steps: list[Plain] = [{"phase": "whole"}]
        steps += [
            {"phase": "forward", "node": self.number[node]}
            for node in self.kept.order
            if node.primitive is not None
        ]
        steps += self._backward()
        return {
            "nodes": nodes,
            "steps": steps,
            "formulas": self.formulas.trees,
            "code": self.code.files(),
            "notes": self.notes,
        }

    # -- nodes ---------------------------------------------------------------------------------

    def _node(self, node: Node) -> Plain:
        copy = self.copy[node]
        known: Plain = {
            "id": self.kept.ids[node],
            "shape": shape_text(node.shape, node.dtype),
            "value": shown(self.values[copy]),
        }
        name = self.kept.names.get(node)
        if name:
            known["name"] = shorten(visible(name), 80)
            known["symbol"] = shorten(visible(name), MAX_SYMBOL)
        elif [root for root, _ in self.kept.seeds] == [node] and node.size == 1:
            known["symbol"] = "loss"
        line = self.code.place(None if node.extra is None else node.extra.line)
        if line is not None:
            known["line"] = line
        if isinstance(node, Leaf):
            return known
        assert node.primitive is not None
        known["op"] = visible(node.primitive.name)
        known["title"] = visible(operation_title(node)[0])
        known["formula"] = self.formulas.add(operation_formula(node))
        known["inputs"] = [self._input(node, i) for i in range(len(node.parents))]
        if given := settings(node):
            known["settings"] = visible(" ".join(given))
        if node.primitive.convention:
            known["convention"] = node.primitive.convention
        return known

    def _input(self, node: Node, i: int) -> Plain:
        parent = node.parents[i]
        if parent is not None:
            return {"node": self.number[parent]}
        constant = node.constants[i] if i < len(node.constants) else None
        raw = constant.data if isinstance(constant, Tensor) else constant
        known: Plain = {"value": shown(raw), "shape": str(np.asarray(raw).shape)}
        if isinstance(constant, Tensor) and constant.name:
            known["symbol"] = shorten(visible(constant.name), MAX_SYMBOL)
        return known

    # -- backward ------------------------------------------------------------------------------

    def _backward(self) -> list[Plain]:
        seeds = [(self.copy[root], seed) for root, seed in self.kept.seeds]
        if not seeds:
            self.notes.append(
                "There is no backward pass to step through: "
                + (
                    "no gradients are drawn, as backward() was not called on the result."
                    if self.kept.order[-1].size == 1
                    else "the result is not one number, and backward() was not called on it."
                )
            )
            return []
        order = topological([root for root, _ in seeds])
        try:
            visits = walked(order, seeds)
        except Exception as error:  # a user's rule may raise anything
            self.notes.append(f"The backward pass cannot be stepped through: {error}")
            return []
        differences = Differences(order, self.values, seeds)
        return [self._visit(visit, differences) for visit in visits]

    def _visit(self, visit: Visit, differences: Differences) -> Plain:
        node = self.original[visit.node]
        step: Plain = {
            "phase": "backward",
            "node": self.number[node],
            "blame": shown(visit.blame),
            "parts": [self._part(part, len(visit.arrived) > 1) for part in visit.arrived],
            "check": _check(differences.check(visit.node, visit.blame)),
        }
        if node.primitive is not None:
            locals_ = locals_of(visit.node)
            step["hands"] = [
                self._hand(visit, part, self.original[parent], locals_[part.operand])
                for parent, part in visit.handed
            ]
        held = self.kept.grads.get(node)
        if held is not None and not np.allclose(held, visit.blame, equal_nan=True):
            step["held"] = shown(held)
        return step

    def _part(self, part: Part, several: bool) -> Plain:
        known: Plain = {"blame": shown(part.blame)} if several else {}
        if part.reader is not None:
            known["from"] = self.number[self.original[part.reader]]
            known["operand"] = part.operand
        return known

    def _hand(self, visit: Visit, part: Part, to: Node, local: Local | None) -> Plain:
        """What one operand is handed."""
        known: Plain = {
            "operand": part.operand,
            "to": self.number[to],
            "blame": shown(part.blame),
        }
        if part.place > 1:
            known |= {"place": part.place, "total": shown(part.total)}
        partial = partial_formula(visit.node, part.operand)
        if partial is not None:
            known["partial"] = self.formulas.add(partial)
        else:
            rule = rule_formula(visit.node, part.operand)
            if rule is not None:
                known["rule"] = self.formulas.add(rule)
        if local is not None:
            known["local"] = _local(local)
            if local.kind == "number":
                known["factors"] = [signed(float(np.sum(visit.blame))), signed(local.value)]
        if np.shape(part.raw) != to.shape:
            known["summed"] = [str(np.shape(part.raw)), str(to.shape)]
        return known


def _node(tensor: Tensor) -> Node:
    assert tensor.node is not None
    return tensor.node


def _local(local: Local) -> Plain:
    known: Plain = {"kind": local.kind}
    if local.kind != "number":
        known["shape"] = str(local.shape)
    if local.value is not None:
        known["value"] = shown(local.value)
    return known


def _check(check: Check) -> Plain:
    if check.verdict == "large":
        return {"verdict": "large"}
    if check.verdict == "none":
        return {"verdict": "none", "why": visible(check.why)}
    known = {
        "verdict": check.verdict,
        "difference": precise(check.difference),
        "derivative": precise(check.derivative),
    }
    return {**known, "entry": entry_text(check.entry)} if check.entry else known
