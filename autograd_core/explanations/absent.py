"""Why a loss has no gradient by a tensor at all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from ..graph import Leaf, Node, topological
from ..program.again import compiled_in
from ..tensor import Tensor
from .findings import Finding
from .numbers import raw
from .places import Places, line_of, name_of, operation_of, safe

_MOST_CONSTANTS = 200_000


def no_loss(loss: Any) -> Finding | None:
    """What is wrong with the loss itself, if it is not on a graph."""
    if not isinstance(loss, Tensor):
        return Finding(
            "detached",
            f"The loss is a plain {type(loss).__name__}: float(), item(), .data or numpy() took it "
            f"off the graph.",
            "Explain the Tensor that it was made of.",
        )
    if loss.node is not None:
        return None
    if loss.dtype.kind != "f":
        return Finding(
            "step",
            f"The loss holds {loss.dtype} values, which have no gradient: it was made by a "
            f"comparison, by argmax, or by astype.",
            "Compute a loss of floats, such as nn.CrossEntropyLoss in place of a count of errors.",
        )
    return Finding(
        "detached",
        "The loss is a constant: no tensor that requires a gradient led to it. It was computed "
        "inside no_grad(), from detached values (detach(), .data, numpy(), item()), by an "
        "operation without a derivative (a comparison, argmax, a step), or from tensors made "
        "without requires_grad=True.",
        "Ask with the function: ag.explain(f, w) runs it and finds the place.",
    )


def no_gradient_asked(w: Tensor, order: Sequence[Node]) -> Finding | None:
    """Whether w takes no gradient."""
    if w.node is not None:
        return None
    name = safe(w.name or "w")
    if w.dtype.kind != "f":
        return Finding(
            "requires_grad",
            f"{name} holds {w.dtype} values, and only floats have gradients.",
            "Make it a float.",
            "Tensor(data, dtype=float, requires_grad=True)",
        )
    frozen = any(isinstance(n, Leaf) and n.owner() is w for n in order)
    when = ", after this graph was recorded" if frozen else ""
    return Finding(
        "requires_grad",
        f"{name} does not require a gradient (requires_grad is False{when}): it is a constant of "
        f"the graph.",
        "Set it before the loss is computed.",
        f"{name if name.isidentifier() else 'w'}.requires_grad = True",
    )


def no_path(loss: Tensor, w: Tensor, order: Sequence[Node], places: Places) -> list[Finding]:
    """Why no path leads from `w` to the loss, though both are on a graph."""
    found = list(used_as_constant(w, order, places))
    assert w.node is not None
    name = safe(compiled_in(order))
    if not found and name:
        found.append(
            Finding(
                "compiled",
                f"The loss is a result of the compiled function {name}, which keeps no graph.",
                f"Ask with the function itself: ag.explain({name}, w).",
            )
        )
    if not found and loss.node in topological((w.node,)):
        found.append(Finding("no path", "w was computed from the loss, and not the loss from w."))
    if not found:
        found += _doubles(w, order)
    if not found:
        found.append(
            Finding(
                "no path",
                "The loss was not computed from this tensor, or not on the graph: somewhere "
                "between them stands detach(), .data, numpy(), item(), no_grad() or an operation "
                "without a derivative (a comparison, argmax), or another tensor was used.",
                "Ask with the function: ag.explain(f, w) runs it and finds the place.",
            )
        )
    return found


def used_as_constant(w: Tensor, order: Sequence[Node], places: Places) -> Iterator[Finding]:
    """Operations that use w's memory without its place in the graph."""
    data = w._value
    if type(data) is not np.ndarray or not data.size or len(order) > _MOST_CONSTANTS:
        return
    count = 0
    for node in order:
        for constant in node.constants or ():
            value = raw(constant)
            if type(value) is np.ndarray and np.may_share_memory(value, data) and count < 3:
                count += 1
                yield Finding(
                    "detached",
                    f"{safe(w.name or 'w')} enters {places.long(node)} as a constant: through "
                    f"detach(), .data or numpy(), or before it required a gradient. No gradient "
                    f"comes back from there.",
                    "Use the tensor itself.",
                    operation=operation_of(node),
                    line=line_of(node),
                )


def _doubles(w: Tensor, order: Sequence[Node]) -> Iterator[Finding]:
    """Leaves that look like w and are not."""
    name = w.name
    for node in order:
        if not isinstance(node, Leaf) or node.shape != w.shape:
            continue
        owner = node.owner()
        same_name = bool(name) and name_of(node) == safe(name, 40)
        same_value = owner is not None and w.size > 1 and np.array_equal(owner._value, w._value)
        if same_name or same_value:
            what = f"of the same name, {safe(name)}" if same_name else "of the same values"
            yield Finding(
                "no path",
                f"The loss was computed from another tensor {what}: was w replaced since, as by "
                f"w = w - eta * w.grad, or copied?",
                "Change the parameter in place (w.data -= eta * w.grad.data, or an optimizer), or "
                "compute the loss again.",
            )
            return
