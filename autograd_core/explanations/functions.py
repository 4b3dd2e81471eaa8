"""Running the function that was asked about, and finding where a value leaves the graph."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import AutogradError, DTypeError
from ..graph import Node, Spec, topological
from ..modes import MODE, PLAIN
from ..primitive import as_scalar
from ..tensor import Tensor
from ..walks import pull
from ..walks.reverse import fit
from .findings import Finding
from .numbers import quietly
from .places import Places, line_words
from .watching import Cut, Event, cuts, watched


@dataclass
class Asked:
    """A function, what it was asked about, and one run of it.

    Attributes
    ----------
    call : callable
        Runs the function as it is.
    w : Tensor
        A leaf.
    result : anything
        What it returned.
    events : list of Event
    """

    call: Callable[[], Any]
    w: Tensor
    result: Any
    events: list[Event]


def takes_nothing(f: Callable[..., Any]) -> bool:
    """Whether `f` is called without w, and finds it by itself."""
    try:
        signature = inspect.signature(f)
    except (TypeError, ValueError):
        return False
    try:
        signature.bind(None)
    except TypeError:
        try:
            signature.bind()
        except TypeError:
            return False
        return True
    return False


def as_leaf(w: Any, what: str) -> Tensor:
    """`w` itself if it is a leaf that takes gradients; else a new one of its value."""
    if isinstance(w, Tensor):
        if w.requires_grad and w.is_leaf:
            return w
        name, value = w.name, w.data
    else:
        name, value = None, w
    try:
        array = np.array(value)
    except ValueError as error:
        raise DTypeError(f"{what}: {type(w).__name__} is no array of numbers ({error})") from None
    if array.dtype.kind in "iub":
        array = array.astype(np.float64)
    if array.dtype.kind != "f":
        raise DTypeError(
            f"{what}: the second argument is of type {type(w).__name__}; give a Tensor or an array "
            f"of floats"
        )
    return Tensor(array, requires_grad=True, name=name)


def asked_of(f: Callable[..., Any], w: Any, what: str) -> Asked:
    """Run `f` once, of `w` or of nothing."""
    if takes_nothing(f):
        if not isinstance(w, Tensor):
            raise DTypeError(
                f"{what}: the function takes no argument, so give the tensor that it uses"
            )
        leaf, call = w, f
    else:
        leaf = as_leaf(w, what)
        call = lambda: f(leaf)  # noqa: E731
    result, events = watched(call)
    return Asked(call, leaf, result, events)


@contextmanager
def moved(w: Tensor, value: Any) -> Iterator[None]:
    """`w` with another value for a while; no clock of changes sees it."""
    before = w._value
    w._value = value
    try:
        yield
    finally:
        w._value = before


def step_away(value: Any, seed: int = 0) -> Any:
    """A point very near, other in every element."""
    array = np.asarray(value)
    rng = np.random.default_rng(seed)
    eps = 1e-6 if array.dtype == np.float64 else 1e-3
    step = eps * np.maximum(1.0, np.abs(array)) * rng.uniform(0.5, 1.0, array.shape)
    moved = array + (step * rng.choice([-1.0, 1.0], array.shape)).astype(array.dtype)
    return as_scalar(moved.astype(array.dtype))


def run_near(asked: Asked) -> tuple[Any, list[Event]]:
    with moved(asked.w, step_away(asked.w._value)):
        return watched(asked.call)


def cotangents(root: Node, seed: Any = None) -> dict[Node, Any]:
    """The cotangents of all nodes of a graph that was recorded with its values kept."""
    order = topological((root,))
    start = as_scalar(np.ones(root.shape, root.dtype)) if seed is None else seed
    token = MODE.set(PLAIN._replace(keep=True))
    try:
        with np.errstate(all="ignore"):
            pull(order, [(root, start)], retain_graph=True)
    finally:
        MODE.reset(token)
    return {n: n.extra.cotangent for n in order if n.extra is not None}


def missing(cut: Cut, arriving: dict[Node, Any], other: Event) -> float:
    """How much the loss moves through an operand that is not on the graph, to first order."""
    event = cut.event
    g = arriving.get(event.node)
    if g is None:
        return 0.0
    node, i = event.node, cut.operand
    values = [np.float64(v) if isinstance(v, (int, float)) else v for v in event.values]
    stand_ins = tuple([Spec(v) for v in values])
    with quietly():
        if _runs_first(node):
            node.primitive.forward(*values, **node.params)
        saved = node.primitive.save(event.result, values, stand_ins, node.params)
        c = node.primitive.vjp(g, saved, stand_ins, node.params)[i]
        if c is None:
            return 0.0
        c = fit(c, stand_ins[i])  # type: ignore[arg-type]
        return float(np.sum(c * (np.asarray(other.values[i]) - np.asarray(event.values[i]))))


def _runs_first(node: Node) -> bool:
    """Whether a node's primitive needs its forward run before it saves: a user's Function."""
    return hasattr(node.primitive, "function")


def real_cuts(asked: Asked, near: list[Event], root: Node | None) -> list[Cut]:
    """The cuts that matter: through which the loss moves, and not only in intermediate values."""
    found = cuts(asked.events, near)
    if root is None:
        return list({id(c.origin): c.origin for c in found}.values())
    arriving = cotangents(root)
    others = {id(a): b for a, b in zip(asked.events, near, strict=False)}
    sizes = [0.0 if c.kind == "step" else missing(c, arriving, others[id(c.event)]) for c in found]
    top = max([abs(s) for s in sizes], default=0.0)
    steps = [c for c in found if c.kind == "step"]
    floats = [c for c, s in zip(found, sizes, strict=True) if abs(s) > 1e-3 * top]
    return list({id(c.origin): c.origin for c in floats or steps}.values())


def cut_findings(asked: Asked) -> list[Finding]:
    """Where a value that depends on w comes in without the graph, by running once more."""
    try:
        result, near = run_near(asked)
    except Exception:  # the function may refuse another value
        return []
    root = asked.result.node if isinstance(asked.result, Tensor) else None
    moved_too = not _same_value(asked.result, result)
    found = [_cut_finding(c) for c in real_cuts(asked, near, root)[:3]]
    if not found and not moved_too:
        found.append(
            Finding(
                "step",
                "The loss does not change when w changes a little: it does not depend on it, or is "
                "piecewise constant.",
            )
        )
    elif not found:
        found.append(
            Finding(
                "detached",
                "The value of the loss changes with w, but w's place in the graph is lost between "
                "them, in NumPy or Python: .data, numpy(), item() or float() took it out.",
                "Use this library's functions on the tensor itself.",
            )
        )
    return found


def _same_value(a: Any, b: Any) -> bool:
    x = a._value if isinstance(a, Tensor) else a
    y = b._value if isinstance(b, Tensor) else b
    try:
        return bool(np.array_equal(np.asarray(x, float), np.asarray(y, float), equal_nan=True))
    except (TypeError, ValueError, AutogradError):
        return x is y


def _cut_finding(cut: Cut) -> Finding:
    event = cut.event
    name = event.primitive.name
    line = line_words(event.line)
    place = f"{name}, at {line}" if line else name
    if event.node is not None:
        place = Places([event.node]).long(event.node)
    if cut.kind == "step":
        return Finding(
            "step",
            f"{place} has no derivative: what it returns is a constant of the graph.",
            "Use it to report, and a smooth function to train.",
            operation=name,
            line=event.line,
        )
    return Finding(
        "detached",
        f"Operand {cut.operand + 1} of {place} depends on w, and is not on the graph: detach(), "
        f".data, numpy(), item() or no_grad() took it out before.",
        "Use the tensor itself.",
        operation=name,
        line=event.line,
    )
