"""The reverse mode: `pull` runs the rules of the primitives from outputs to inputs."""

from __future__ import annotations

import weakref
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from .. import versions
from ..broadcasting import column_sums, sum_to
from ..errors import AnomalyError, GraphError, ShapeError
from ..graph import FLOAT64, FREED, Blame, Extra, Node, ScalarNode, Spec, topological
from ..modes import MODE
from ..primitive import as_scalar, checksum, first_nonfinite
from ..tensor import Tensor, wrap
from ..tracing import Symbol, current
from .gradients import accumulate, copied


def is_freed(node: Node) -> bool:
    """Whether a backward pass has used up what the node saved."""
    if type(node) is ScalarNode:
        return node.extra is not None and node.extra.freed
    return node.saved is None


def _free(node: Node) -> None:
    """Forget what the node saved for a backward pass."""
    if type(node) is not ScalarNode:
        node.saved = None
    elif node.extra is None:
        node.extra = FREED
    else:
        node.extra.freed = True


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
    if value.dtype != node.dtype:
        value = value.astype(node.dtype)
    return value if node.shape or isinstance(value, Tensor) else as_scalar(value)


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
    mode = MODE.get()
    trace = None if mode is None else current()
    grads: dict[Node, Any] = {} if trace is None else trace.cotangents()
    for node, seed in seeds:
        grads[node] = grads[node] + seed if node in grads else seed
    watched = mode is not None and (trace is None or mode.anomaly)
    _verify(order)  # before anything is used up
    found: dict[Node, Any] = {}
    retained: list[tuple[Tensor, Any]] = []
    if inputs is None and not create_graph and not watched:
        return _pull_arrays(order, grads, retain_graph)
    wanted = None if inputs is None else _leading_to(inputs, order)
    targets = frozenset(inputs or ())
    ends = targets.difference([n for n in targets if wanted and not wanted.isdisjoint(n.parents)])
    for node in reversed(order):
        g = grads.pop(node, None)
        if g is None:
            continue
        if node.extra is not None:
            g = _arrive(node, node.extra, g, create_graph, retained)
        primitive = node.primitive
        if node in targets or (primitive is None and inputs is None):
            found[node] = g
        if create_graph:
            _name_blame(g, order[-1], node)
        if primitive is None or node in ends:
            continue
        if is_freed(node):
            raise freed(node)
        if watched:
            _verify_watched(node)
        saved = _rewrap(node) if create_graph else node.saved
        cotangents = primitive.vjp(g, saved, node.parents, node.params)
        if watched:
            _watch(node, cotangents)
        if not retain_graph:
            _free(node)
        for parent, c in zip(node.parents, cotangents, strict=True):
            if c is None or parent is None or (wanted is not None and parent not in wanted):
                continue
            c = fit(c, parent)
            grads[parent] = grads[parent] + c if parent in grads else c
    _retain(retained)
    return found


def _verify(order: Sequence[Node]) -> None:
    """Raise if a value that some node saved was changed in place since."""
    now = versions.now
    for node in order:
        if node.clock < now:
            versions.verify(node)


def _retain(retained: Iterable[tuple[Tensor, Any]]) -> None:
    """Hand out the gradients of intermediate tensors, once the whole walk has succeeded."""
    for tensor, g in retained:
        accumulate(tensor, g, own=False)


def pull_from(root: Node, seed: Any, retain_graph: bool) -> dict[Node, Any]:
    """`pull` from one node to every leaf, on arrays: a training step's."""
    if MODE.get() is not None:
        return pull(topological((root,)), [(root, seed)], retain_graph=retain_graph)
    return _pull_arrays(_inner(root), {root: seed}, retain_graph)


def _inner(root: Node) -> list[Node]:
    """`topological` without the leaves, whose place does not matter; what it meets is verified."""
    now = versions.now
    order: list[Node] = []
    seen: set[Node | None] = {None}
    stack: list[Node | None] = [root]
    push, pop, see, place = stack.append, stack.pop, seen.add, order.append
    while stack:
        node = pop()
        if node is None:
            place(pop())  # type: ignore[arg-type]
        elif node not in seen:
            see(node)
            if node.primitive is None:
                continue
            if node.clock < now:
                versions.verify(node)
            push(node)
            push(None)
            for parent in node.parents:
                if parent not in seen:
                    push(parent)
    return order


def _pull_arrays(
    order: Sequence[Node], grads: dict[Node, Any], retain_graph: bool
) -> dict[Node, Any]:
    """`pull` as training uses it: to every leaf, on arrays, nothing watched. The hot path."""
    owned: set[Node] = set()  # their sum is an array that this walk allocated
    retained: list[tuple[Tensor, Any]] = []
    take = grads.pop
    for node in reversed(order):
        primitive = node.primitive
        if primitive is None:
            continue
        g = take(node, None)
        if g is None:
            continue
        extra = node.extra
        if extra is not None:
            if extra.freed:
                raise freed(node)
            g = _arrive(node, extra, g, False, retained)
        if type(node) is ScalarNode:
            primitive.pull_scalars(node, g, grads)
            if retain_graph:
                pass
            elif extra is None:  # as `_free` does
                node.extra = FREED
            else:
                extra.freed = True
            continue
        saved = node.saved
        if saved is None:
            raise freed(node)
        parents = node.parents
        cotangents = primitive.vjp(g, saved, parents, node.params)
        if not retain_graph:
            node.saved = None
        for parent, c in zip(parents, cotangents):  # noqa: B905
            if c is None or parent is None:
                continue
            if type(c) is float:
                if parent.dtype is not FLOAT64 or parent.shape:
                    c = fit(c, parent)
            elif c.shape != parent.shape or c.dtype is not parent.dtype:
                if c.shape[1:] == parent.shape and c.dtype is parent.dtype and parent.shape:
                    c = column_sums(c)  # the offsets of a layer
                else:
                    c = fit(c, parent)
            if parent in grads:
                total = grads[parent]
                if parent in owned:
                    total += c
                else:
                    grads[parent] = total = total + c
                    if type(total) is np.ndarray:
                        owned.add(parent)
            else:
                grads[parent] = c
    for leaf in grads:  # all that is left
        if leaf.extra is not None:
            grads[leaf] = _arrive(leaf, leaf.extra, grads[leaf], False, retained)
    _retain(retained)
    return grads


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
            v if place is None or v is None or isinstance(v, (Node, Spec)) else wrap(v, place)
            for v, place in zip(saved, places, strict=True)
        ]
    )


def _name_blame(g: Any, result: Node, by: Node) -> None:
    """Remember of a gradient on the graph what it is the gradient of, so that it can be drawn."""
    if isinstance(g, Tensor) and g._node is not None:
        extra = g._node.extras()
        earlier = None if result.extra is None else result.extra.blames
        blame = Blame(weakref.ref(result), weakref.ref(by), earlier)
        extra.blames = [*(extra.blames or ()), blame]


def _arrive(
    node: Node,
    extra: Extra,
    g: Any,
    create_graph: bool,
    retained: list[tuple[Tensor, Any]],
) -> Any:
    """Hooks and retained gradients, when a cotangent is complete."""
    if extra.hooks:
        for hook in tuple(extra.hooks.values()):
            # Hooks may keep what they see and what they answer: neither is this walk's memory.
            place = g._node if isinstance(g, Tensor) else None
            answer = hook(wrap(copied(g._value if isinstance(g, Tensor) else g), place))
            if answer is None:
                continue
            if not isinstance(answer, Tensor):
                answer = Tensor(answer, dtype=node.dtype)
            if answer.shape != node.shape or answer.dtype != node.dtype:
                raise ShapeError(
                    f"hook: it returned shape {answer.shape} and dtype {answer.dtype} for a "
                    f"gradient of shape {node.shape} and dtype {node.dtype}"
                )
            g = answer if create_graph else copied(answer._value)
    if extra.retained is not None:
        tensor = extra.retained()
        if tensor is not None:
            retained.append((tensor, g))
    if extra.value is not None:
        # As an array: a Tensor would hold the graph that leads back to this node.
        held = g._value if isinstance(g, Tensor) else g
        if not isinstance(held, Symbol):  # a leaf outlives the trace of a program
            extra.cotangent = copied(held)
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
