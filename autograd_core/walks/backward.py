"""`Tensor.backward`: one reverse walk, and its gradients added to the leaves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..errors import GraphError, ShapeError
from ..graph import Node, topological
from ..modes import enable_grad
from ..primitive import as_scalar
from ..tensor import Tensor, wrap
from ..tracing import TRACES, as_array, current
from .gradients import accumulate
from .reverse import pull, pull_from


def seed_for(tensor: Tensor, gradient: Any, what: str = "backward") -> Any:
    """The cotangent to start from: 1 for a scalar, else what the caller gave, checked."""
    if gradient is None:
        value = tensor._value
        if TRACES and (trace := current()) is not None and tensor.size == 1:
            return trace.seed(tensor)
        if type(value) is float:
            return 1.0
        if isinstance(value, np.floating):
            return type(value)(1)
        if tensor.size != 1:
            raise GraphError(
                f"{what}: a tensor of shape {tensor.shape} is not a scalar; reduce it first, "
                f"loss.sum().backward(), or give the gradient of its shape: "
                f"backward(gradient)"
            )
        return as_scalar(np.ones(tensor.shape, tensor.dtype))
    given = gradient if isinstance(gradient, Tensor) else Tensor(gradient)
    if given.shape != tensor.shape:
        raise ShapeError(
            f"{what}: the gradient has shape {given.shape}, the tensor has shape {tensor.shape}; "
            f"they must be equal"
        )
    if given.dtype.kind != "f" or given.dtype != tensor.dtype:
        given = wrap(as_scalar(as_array(given._value).astype(tensor.dtype)), None)
    return given if isinstance(gradient, Tensor) and gradient.requires_grad else given._value


def backward(
    self: Tensor,
    gradient: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    inputs: Tensor | Sequence[Tensor] | None = None,
) -> None:
    """Compute the gradients of this tensor and add them to ``grad`` of the leaves.

    Parameters
    ----------
    gradient : array_like, optional
        The cotangent of this tensor, of its shape; needed unless it is a scalar.
    retain_graph : bool, optional
        Keep the graph for another pass. By default as `create_graph`.
    create_graph : bool, default False
        Record the backward pass, so that the gradients can be differentiated.
    inputs : Tensor or sequence of Tensor, optional
        Accumulate only into these; they need not be leaves.

    Raises
    ------
    GraphError
        Without a graph, for a graph that was freed, for a value that was changed in place, and
        for a tensor that is not a scalar without `gradient`. No ``grad`` is changed then.
    ShapeError
        If `gradient` does not have this tensor's shape.

    Examples
    --------
    >>> from autograd_core import Tensor
    >>> w = Tensor([1.0, 2.0], requires_grad=True)
    >>> (w * w).sum().backward()
    >>> w.grad
    Tensor([2., 4.], shape=(2,), dtype=float64)
    """
    root = self._node
    if root is None:
        raise GraphError(
            "backward: this tensor requires no gradient; nothing that it was computed from was "
            "made with requires_grad=True, or it was computed inside no_grad()"
        )
    seed = seed_for(self, gradient)
    targets = None if inputs is None else _targets(inputs)
    ends = None if targets is None else tuple(targets)
    if create_graph:
        with enable_grad():
            found = pull(
                topological((root,)),
                [(root, seed if isinstance(seed, Tensor) else wrap(seed, None))],
                ends,
                retain_graph=retain_graph is None or retain_graph,
                create_graph=True,
            )
    else:
        seed = seed._value if isinstance(seed, Tensor) else seed
        if targets is None:
            found = pull_from(root, seed, bool(retain_graph))
        else:
            found = pull(
                topological((root,)), [(root, seed)], ends, retain_graph=bool(retain_graph)
            )
    if root.primitive is not None:
        root.extras().seed = seed._value if isinstance(seed, Tensor) else seed
    given = {id(seed)}
    for node, g in found.items():
        tensor = node.owner() if targets is None else targets[node]  # type: ignore[attr-defined]
        if tensor is not None and tensor._node is not None:  # frozen since it was recorded
            # Nobody else may hold the memory of a gradient: not the caller's seed, no other leaf.
            own = type(g) is not np.ndarray or (g.base is None and id(g) not in given)
            given.add(id(g))
            accumulate(tensor, g, own)


def _targets(inputs: Tensor | Sequence[Tensor]) -> dict[Node, Tensor]:
    """The nodes of the tensors that were named as inputs."""
    named = (inputs,) if isinstance(inputs, Tensor) else tuple(inputs)
    if not named:
        raise GraphError("backward: inputs is empty; leave it out to reach every leaf")
    targets = {}
    for tensor in named:
        if not isinstance(tensor, Tensor) or tensor._node is None:
            raise GraphError("backward: an entry of inputs is not a tensor that requires_grad")
        targets[tensor._node] = tensor
    return targets


class _Nothing:
    def __enter__(self) -> None: ...

    def __exit__(self, *_: object) -> None: ...


#: A context that changes nothing.
nothing = _Nothing()
