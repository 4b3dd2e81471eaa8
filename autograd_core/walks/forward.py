"""The forward mode: `push` runs the rules from inputs to outputs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..errors import GraphError
from ..graph import Leaf, Node, topological
from ..modes import MODE, enable_grad, no_grad
from ..primitive import Primitive, as_scalar
from ..tensor import Tensor, wrap
from ..tracing import as_array
from .reverse import pull


def push(order: Sequence[Node], tangents: dict[Node, Any], create_graph: bool) -> dict[Node, Any]:
    """Walk forward over a graph recorded under `keep_values`; `tangents` gains an entry a node.

    Parameters
    ----------
    order : sequence of Node
        Inputs first.
    tangents : dict of Node to Tensor
        Of the inputs.
    create_graph : bool
        Record the tangents, so that they can be differentiated.
    """
    with enable_grad() if create_graph else no_grad():
        for node in order:
            primitive = node.primitive
            if primitive is None or node in tangents:
                continue
            moving = [None if p is None else tangents.get(p) for p in node.parents]
            if all(t is None for t in moving):
                continue
            values = operands(node)
            y = wrap(value_of(node), node)
            t = primitive.jvp(moving, y, values, node.params)
            if not isinstance(t, Tensor):
                t = wrap(as_scalar(as_array(t)), None)
            if t.shape != node.shape:
                t = t.broadcast_to(node.shape)
            if t.dtype != node.dtype:
                t = t.astype(node.dtype)
            tangents[node] = t
    return tangents


def value_of(node: Node) -> Any:
    """The value that a node was kept with; a leaf's comes from its tensor."""
    if isinstance(node, Leaf):
        owner = node.owner()
        if owner is not None:
            return owner._value
        if node.extra is None or node.extra.value is None:
            raise GraphError("replay: the tensor of a leaf is gone; keep a reference to it")
    if node.extra is None or node.extra.value is None:
        raise GraphError("replay: the value was not kept; record inside keep_values()")
    return node.extra.value


def operands(node: Node) -> list[Any]:
    """The operands of a kept node: Tensors at their places, and constants."""
    if node.extra is None or len(node.extra.operands) != len(node.parents):
        raise GraphError("jvp: the operands were not kept; record inside keep_values()")
    return [
        v if p is None else wrap(v, p)
        for p, v in zip(node.parents, node.extra.operands, strict=True)
    ]


def transpose_in_cotangent(
    primitive: Primitive,
    tangents: Sequence[Any],
    y: Any,
    values: Any,
    params: dict[str, Any],
    saved: Any = None,
) -> Any:
    """The jvp of a primitive of which only the vjp is known.

    The vjp is linear in its cotangent g: ``vjp(g) = Jᵀ g``. Its transpose, applied to a tangent,
    is ``J t``; it is found by differentiating ``⟨vjp(g), t⟩`` by g, at any g.
    """
    g = Tensor(np.ones(y.shape, y.dtype), requires_grad=True)
    saved = (y, *values) if saved is None else saved
    parents = [
        None if t is None else getattr(v, "_node", None) or True
        for t, v in zip(tangents, values, strict=True)
    ]
    with enable_grad():
        cotangents = primitive.vjp(g, saved, parents, params)
        pairing: Any = None
        for c, t in zip(cotangents, tangents, strict=True):
            if c is not None and t is not None:
                term = (c * t).sum()
                pairing = term if pairing is None else pairing + term
    if pairing is None or pairing._node is None:
        return np.zeros(y.shape, y.dtype)
    assert g._node is not None
    order = topological((pairing._node,))
    recording = MODE.get() is None or MODE.get().grad  # type: ignore[union-attr]
    found = pull(
        order,
        [(pairing._node, wrap(1.0, None) if recording else as_scalar(np.ones((), y.dtype)))],
        [g._node],
        retain_graph=True,
        create_graph=recording,
    )
    return found.get(g._node, np.zeros(y.shape, y.dtype))
