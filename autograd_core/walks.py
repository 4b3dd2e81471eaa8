"""Walks over the graph: `pull` (reverse), `push` (forward), `replay`.

`pull` runs the rules of the primitives on arrays, or, with ``create_graph``, on Tensors: the
same rules then record the graph of the gradient, and every higher order follows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from . import versions
from .broadcasting import sum_to
from .errors import AnomalyError, GraphError, ShapeError
from .graph import FLOAT64, Extra, Leaf, Node, ScalarNode, Spec, topological
from .modes import MODE, enable_grad, keep_values, no_grad
from .primitive import Primitive, as_scalar, checksum, first_nonfinite
from .tensor import Tensor, wrap


def is_freed(node: Node) -> bool:
    """Whether a backward pass has used up what the node saved.

    A node of floats then still holds its operands, without which it could not be replayed.
    """
    if type(node) is ScalarNode:
        return len(node.saved) == len(node.parents)
    return node.saved is None


def freed(node: Node) -> GraphError:
    """The error for a node whose saved values are gone."""
    name = "a node" if node.primitive is None else node.primitive.name
    return GraphError(
        f"backward: the graph was freed by an earlier backward pass (at {name}); pass "
        f"retain_graph=True to the earlier one, or compute the loss again"
    )


def fit(value: Any, node: Node) -> Any:
    """Bring a cotangent to the shape and dtype of the value that it belongs to."""
    if type(value) is float:
        if node.dtype is FLOAT64 and not node.shape:
            return value
        value = np.float64(value)
    if value.shape != node.shape:
        value = sum_to(value, node.shape)
        if not node.shape and not isinstance(value, Tensor):
            value = as_scalar(value)
            if type(value) is float and node.dtype is FLOAT64:
                return value
    if value.dtype != node.dtype:
        value = value.astype(node.dtype)
    return value


def pull(
    order: Sequence[Node],
    seeds: Iterable[tuple[Node, Any]],
    inputs: Sequence[Node] | None = None,
    *,
    retain_graph: bool = False,
    create_graph: bool = False,
) -> dict[Node, Any]:
    """Walk backward and return the cotangents of the leaves, or of `inputs`.

    Parameters
    ----------
    order : sequence of Node
        From `topological`, inputs first.
    seeds : pairs of Node and array
        The cotangents of the outputs (Tensors with `create_graph`).
    inputs : sequence of Node, optional
        Only what leads to them is computed.
    retain_graph : bool
        Keep what the nodes saved.
    create_graph : bool
        Run the rules on Tensors and record them.

    Returns
    -------
    dict of Node to array (or Tensor)
    """
    grads: dict[Node, Any] = {}
    for node, seed in seeds:
        grads[node] = grads[node] + seed if node in grads else seed
    watched = MODE.get() is not None
    node = order[-1]
    found: dict[Node, Any] = {}
    if inputs is None and not create_graph and not watched:
        _pull_arrays(order, grads, found, retain_graph)
        return found
    try:
        wanted = None if inputs is None else _leading_to(inputs, order)
        targets = frozenset(inputs or ())
        ends = targets.difference([n for n in targets if wanted and not wanted.isdisjoint(n.parents)])
        for node in reversed(order):
            g = grads.pop(node, None)
            if g is None:
                continue
            if node.extra is not None:
                g = _arrive(node, node.extra, g, create_graph)
            primitive = node.primitive
            if node in targets or (primitive is None and inputs is None):
                found[node] = g
            if primitive is None or node in ends:
                continue
            if node.clock < versions.now:
                versions.verify(node)
            if watched:
                _verify_watched(node)
            saved = _rewrap(node) if create_graph else node.saved
            cotangents = primitive.vjp(g, saved, node.parents, node.params)
            if watched:
                _watch(node, cotangents)
            if not retain_graph:
                node.saved = node.saved[1:] if type(node) is ScalarNode else None
            for parent, c in zip(node.parents, cotangents, strict=True):
                if c is None or parent is None or (wanted is not None and parent not in wanted):
                    continue
                c = fit(c, parent)
                grads[parent] = grads[parent] + c if parent in grads else c
    except (TypeError, AttributeError, ValueError):
        if is_freed(node):
            raise freed(node) from None
        raise
    return found


def _pull_arrays(
    order: Sequence[Node], grads: dict[Node, Any], found: dict[Node, Any], retain_graph: bool
) -> None:
    """`pull` as training uses it: to every leaf, on arrays, nothing watched. The hot path."""
    owned: set[Node] = set()  # their sum is an array that this walk allocated
    now = versions.now
    take = grads.pop
    node = order[-1]
    try:
        for node in reversed(order):
            g = take(node, None)
            if g is None:
                continue
            if node.extra is not None:
                g = _arrive(node, node.extra, g, False)
            primitive = node.primitive
            if primitive is None:
                found[node] = g
                continue
            if type(node) is ScalarNode:
                primitive.pull_scalars(node, g, grads)
                if not retain_graph:
                    node.saved = node.saved[1:]
                continue
            if node.clock < now:
                versions.verify(node)
            parents = node.parents
            cotangents = primitive.vjp(g, node.saved, parents, node.params)
            if not retain_graph:
                node.saved = None
            for parent, c in zip(parents, cotangents):  # noqa: B905
                if c is None:
                    continue
                if type(c) is float:
                    if parent.dtype is not FLOAT64 or parent.shape:  # type: ignore[union-attr]
                        c = fit(c, parent)  # type: ignore[arg-type]
                elif c.shape != parent.shape or c.dtype is not parent.dtype:  # type: ignore[union-attr]
                    c = fit(c, parent)  # type: ignore[arg-type]
                if parent in grads:
                    total = grads[parent]
                    if parent in owned:
                        total += c
                    else:
                        grads[parent] = total = total + c
                        if type(total) is np.ndarray:
                            owned.add(parent)  # type: ignore[arg-type]
                else:
                    grads[parent] = c
    except (TypeError, AttributeError, ValueError):
        if is_freed(node):
            raise freed(node) from None
        raise


def _leading_to(inputs: Sequence[Node], order: Sequence[Node]) -> set[Node]:
    """The nodes of `order` from which some input is reached."""
    wanted = set(inputs)
    for node in order:
        if node not in wanted and any([p in wanted for p in node.parents]):
            wanted.add(node)
    return wanted


def _rewrap(node: Node) -> Any:
    """What `node` saved, as Tensors at their places in the graph; stand-ins as they are.

    The first entry of a saved tuple may be the output; it is told from the operands by its
    length, one more than theirs.
    """
    saved = node.saved
    if is_freed(node):
        raise freed(node)
    if not isinstance(saved, tuple):  # a user's Function knows its own
        return saved
    places: tuple[Node | None, ...] = node.parents
    if len(saved) == len(places) + 1:
        places = (node, *places)
    return tuple(
        [
            v
            if place is None or v is None or isinstance(v, (Node, Spec))
            else wrap(v, place)
            for v, place in zip(saved, places, strict=True)
        ]
    )


def _arrive(node: Node, extra: Extra, g: Any, create_graph: bool) -> Any:
    """Hooks and retained gradients, when a cotangent is complete."""
    if extra.hooks:
        for hook in tuple(extra.hooks.values()):
            given = g if isinstance(g, Tensor) else wrap(g, None)
            answer = hook(given)
            if answer is None:
                continue
            if not isinstance(answer, Tensor):
                answer = Tensor(answer, dtype=node.dtype)
            if answer.shape != node.shape or answer.dtype != node.dtype:
                raise ShapeError(
                    f"hook: it returned shape {answer.shape} and dtype {answer.dtype} for a "
                    f"gradient of shape {node.shape} and dtype {node.dtype}"
                )
            g = answer if create_graph else answer._value
    if extra.retained is not None:
        tensor = extra.retained()
        if tensor is not None:
            _accumulate(tensor, g, own=False)
    if extra.value is not None:
        extra.cotangent = np.array(g) if type(g) is np.ndarray else g
    return g


def _verify_watched(node: Node) -> None:
    extra = node.extra
    if extra is None or extra.checksum is None or node.saved is None:
        return
    if extra.checksum != checksum(node.saved):
        name = node.primitive.name if node.primitive else "leaf"
        raise GraphError(
            f"{name}: backward needs a value that was changed in place after it was recorded at "
            f"{extra.line}, through a NumPy alias of its memory; compute with a copy: x.clone()"
        )


def _watch(node: Node, cotangents: Iterable[Any]) -> None:
    mode = MODE.get()
    if mode is None or not mode.anomaly:
        return
    for i, c in enumerate(cotangents):
        bad = None if c is None else first_nonfinite(c._value if isinstance(c, Tensor) else c)
        if bad is not None:
            assert node.primitive is not None
            line = node.extra.line if node.extra is not None else None
            raise AnomalyError(
                f"{node.primitive.name}: backward made {bad} in the gradient of operand {i}, of "
                f"shape {c.shape if hasattr(c, 'shape') else ()}; recorded at "
                f"{line or '(record it inside detect_anomaly() to learn the line)'}"
            )


# -- backward -----------------------------------------------------------------------------------


def seed_for(tensor: Tensor, gradient: Any, what: str = "backward") -> Any:
    """The cotangent to start from: 1 for a scalar, else what the caller gave, checked."""
    if gradient is None:
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
        given = wrap(as_scalar(np.asarray(given._value).astype(tensor.dtype)), None)
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
    Tensor([2., 4.])
    """
    root = self._node
    if root is None:
        raise GraphError(
            "backward: this tensor requires no gradient; nothing that it was computed from was "
            "made with requires_grad=True, or it was computed inside no_grad()"
        )
    seed = seed_for(self, gradient)
    if inputs is not None:
        inputs = (inputs,) if isinstance(inputs, Tensor) else tuple(inputs)
        if not inputs:
            raise GraphError("backward: inputs is empty; leave it out to reach every leaf")
        for tensor in inputs:
            if not isinstance(tensor, Tensor) or tensor._node is None:
                raise GraphError("backward: an entry of inputs is not a tensor that requires_grad")
    targets = None if inputs is None else [t._node for t in inputs if t._node is not None]
    if create_graph and not isinstance(seed, Tensor):
        seed = wrap(seed, None)
    elif not create_graph and isinstance(seed, Tensor):
        seed = seed._value
    retain = create_graph if retain_graph is None else retain_graph
    order = topological((root,))
    with enable_grad() if create_graph else nothing:
        found = pull(
            order, [(root, seed)], targets, retain_graph=retain, create_graph=create_graph
        )
    if root.primitive is not None:
        root.extras().seed = seed._value if isinstance(seed, Tensor) else seed
    given = {id(seed)}
    owners = (
        [(node, node.owner()) for node in found if isinstance(node, Leaf)]
        if inputs is None
        else [(t._node, t) for t in dict.fromkeys(inputs) if t._node in found]
    )
    for node, tensor in owners:
        if tensor is not None and node is not None:
            g = found[node]
            seen = node.extra is not None and node.extra.hooks  # a hook may have kept it
            own = type(g) is not np.ndarray or (g.base is None and id(g) not in given and not seen)
            given.add(id(g))
            _accumulate(tensor, g, own)


class _Nothing:
    def __enter__(self) -> None: ...

    def __exit__(self, *_: object) -> None: ...


#: A context that changes nothing.
nothing = _Nothing()


def _accumulate(tensor: Tensor, g: Any, own: bool) -> None:
    """Add `g` to ``tensor.grad``; `own` says that nobody else holds its memory."""
    old = tensor.grad
    if isinstance(g, Tensor):
        tensor._grad = wrap(_copied(g._value), g._node) if old is None else old + g
    elif old is None:
        tensor._grad = wrap(as_scalar(g if own else _copied(g)), None)
    elif type(old._value) is np.ndarray and old._node is None:
        old._value += g
        old.touched("backward")
    else:
        tensor._grad = wrap(as_scalar(old._value + g), None)


def _copied(value: Any) -> Any:
    return np.array(value) if type(value) is np.ndarray else value


# -- forward ------------------------------------------------------------------------------------


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
                t = wrap(as_scalar(np.asarray(t)), None)
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
        if owner is None:
            raise GraphError("replay: the tensor of a leaf is gone; keep a reference to it")
        return owner._value
    if node.extra is None or node.extra.value is None:
        raise GraphError("replay: the value was not kept; record inside keep_values()")
    return node.extra.value


def operands(node: Node) -> list[Any]:
    """The operands of a kept node: Tensors at their places, and constants."""
    constants = node.constants or (None,) * len(node.parents)
    return [
        wrap(value_of(p), p) if p is not None else c
        for p, c in zip(node.parents, constants, strict=True)
    ]


def transpose_in_cotangent(
    primitive: Primitive, tangents: Sequence[Any], y: Any, values: Any, params: dict[str, Any]
) -> Any:
    """The jvp of a primitive of which only the vjp is known.

    The vjp is linear in its cotangent g: ``vjp(g) = Jᵀ g``. Its transpose, applied to a tangent,
    is ``J t``; it is found by differentiating ``⟨vjp(g), t⟩`` by g, at any g.
    """
    g = Tensor(np.zeros(y.shape, y.dtype), requires_grad=True)
    saved = (y, *values)
    parents = [None if t is None else True for t in tangents]
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


# -- replay -------------------------------------------------------------------------------------


def _report_changes(
    node: Node, copies: dict[Node, Tensor], changed: Callable[[Leaf], None]
) -> None:
    """Tell of the leaves under `node` that do not have the value that it was computed from."""
    scalars = node.saved[-len(node.parents) :] if isinstance(node, ScalarNode) else None
    for i, parent in enumerate(node.parents):
        if isinstance(parent, Leaf) and (
            versions.changed_since(value_of(parent), node.clock)
            or (scalars is not None and scalars[i] != copies[parent]._value)
        ):
            changed(parent)


def replay(root: Node, changed: Callable[[Leaf], None] | None = None) -> dict[Node, Tensor]:
    """Compute again every value of a graph, from its leaves and constants.

    Draws of random numbers are constants of the graph, so a dropout mask is the one that was
    drawn. The copy of the graph that results keeps all of its values.

    Parameters
    ----------
    root : Node
    changed : callable, optional
        Told of each leaf whose value was changed after it was recorded.

    Returns
    -------
    dict of Node to Tensor
        The tensor of the copy for each node of the graph.

    Raises
    ------
    GraphError
        If the tensor of a leaf no longer exists.
    """
    copies: dict[Node, Tensor] = {}
    with enable_grad(), keep_values():
        for node in topological((root,)):
            if isinstance(node, Leaf):
                copies[node] = Tensor(value_of(node), requires_grad=True, name=node.name)
                continue
            if changed is not None:
                _report_changes(node, copies, changed)
            kept = node.constants or (None,) * len(node.parents)
            args = [
                copies[p] if p is not None else c
                for p, c in zip(node.parents, kept, strict=True)
            ]
            assert node.primitive is not None
            copies[node] = node.primitive(*args, **node.params)
            copy = copies[node]._node
            assert copy is not None
            copy.extras().name = node.name
            if node.extra is not None and node.extra.line:
                copy.extras().line = node.extra.line
    return copies


__all__ = [
    "backward",
    "freed",
    "pull",
    "push",
    "replay",
    "topological",
]
