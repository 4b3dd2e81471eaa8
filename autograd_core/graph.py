"""The dynamic graph: nodes, and the order in which they are walked.

A `Node` is an operation that was recorded; the arrows run from an output to the inputs that it
was computed from. Nodes know nothing of tensors but a weak reference, so that a graph has no
reference cycle and dies with the last tensor that needs it::

    x = Tensor(3.0, requires_grad=True)     # Leaf
    y = x * x                               # Node(multiply, parents=(Leaf, Leaf))
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterable
from math import prod
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from .primitive import Primitive

Shape = tuple[int, ...]
FLOAT64 = np.dtype(np.float64)


class StandIn:
    """What a rule receives for a value that it did not declare: a shape and a dtype, no value.

    NumPy would compare it, or put it into an array, without a word; so it is made to refuse.
    """

    __slots__ = ()
    __array_ufunc__ = None

    def __array__(self, *_: Any, **__: Any) -> Any:
        raise TypeError("a rule of a derivative read a value that it did not declare in `saves`")


class Spec(StandIn):
    """The stand-in for the value of a constant."""

    __slots__ = ("dtype", "shape")

    def __init__(self, value: Any) -> None:
        array = value if hasattr(value, "dtype") else np.asarray(value)
        self.shape = array.shape
        self.dtype = array.dtype

    @property
    def ndim(self) -> int:
        return len(self.shape)

    @property
    def size(self) -> int:
        return prod(self.shape)


class Blame(NamedTuple):
    """Of what a value is the gradient, without keeping it alive.

    Attributes
    ----------
    result, by : weak reference to Node
        What was differentiated, and by what.
    earlier : list of Blame, or None
        The `blames` of the result, if it was a gradient itself.
    """

    result: weakref.ref[Node]
    by: weakref.ref[Node]
    earlier: list[Blame] | None


class Extra:
    """What few nodes have: hooks, a retained gradient, and what `keep_values` asks for.

    Attributes
    ----------
    hooks : dict of int to callable, or None
        Called in order with the cotangent that arrives; may replace it.
    retained : weak reference to a Tensor, or None
        The tensor whose ``grad`` receives the cotangent (`Tensor.retain_grad`).
    seed : array or None
        The cotangent with which a backward pass was started here.
    value, cotangent : array or None
        The output, and the last cotangent, while `keep_values` is on.
    operands : tuple
        The values of the operands, likewise.
    line : str or None
        The user's line that recorded the node, ``file.py:12``.
    name : str or None
        The name of the tensor that the user gave to this value.
    checksum : list of int or None
        Fingerprints of what was saved, under `detect_anomaly`.
    blames : list of `Blame`, or None
        Of a gradient that is on the graph: what it is the gradient of.
    freed : bool
        Of a `ScalarNode`: whether a backward pass has used it up.
    """

    __slots__ = (
        "blames",
        "checksum",
        "cotangent",
        "freed",
        "hooks",
        "line",
        "name",
        "operands",
        "retained",
        "seed",
        "value",
    )

    def __init__(self) -> None:
        self.hooks: dict[int, Callable[[Any], Any]] | None = None
        self.retained: weakref.ref[Any] | None = None
        self.seed: Any = None
        self.value: Any = None
        self.operands: tuple[Any, ...] = ()
        self.cotangent: Any = None
        self.line: str | None = None
        self.name: str | None = None
        self.checksum: list[int] | None = None
        self.blames: list[Blame] | None = None
        self.freed = False


#: The `Extra` of all nodes of floats that were used up and have nothing else to say.
FREED = Extra()
FREED.freed = True


class Node(StandIn):
    """One recorded operation.

    Attributes
    ----------
    primitive : Primitive or None
        The operation; None for a leaf.
    parents : tuple of (Node or None)
        The nodes of the operands, None for an operand that needs no gradient.
    saved : tuple or None
        What the rules of the primitive declared that they read; None once it was freed.
    params : dict
        Static parameters of the operation.
    shape, dtype
        Of the output. A Node is also the stand-in that a rule receives for a value that it did
        not declare: it has a shape and a dtype, and no value.
    constants : tuple
        The operands that have no node (None where they have one), kept for replay and drawing.
    clock : float
        The time of recording on the clock of changes (see `versions`).
    extra : Extra or None
    """

    __slots__ = ("__weakref__", "extra", "parents", "primitive", "saved")

    primitive: Primitive | None
    parents: tuple[Node | None, ...]
    saved: Any
    extra: Extra | None
    if TYPE_CHECKING:
        shape: Shape
        dtype: np.dtype[Any]
        params: dict[str, Any]
        constants: tuple[Any, ...]
        clock: float

    @property
    def ndim(self) -> int:
        return len(self.shape)

    @property
    def size(self) -> int:
        return prod(self.shape)

    @property
    def name(self) -> str | None:
        return None if self.extra is None else self.extra.name

    @name.setter
    def name(self, value: str | None) -> None:
        self.extras().name = value

    def extras(self) -> Extra:
        """The node's `Extra`, made on first use."""
        if self.extra is None or self.extra is FREED:
            used_up = self.extra is FREED
            self.extra = Extra()
            self.extra.freed = used_up
        return self.extra

    def __repr__(self) -> str:
        what = "leaf" if self.primitive is None else self.primitive.name
        return f"<{type(self).__name__} {what} shape={self.shape} dtype={self.dtype}>"


class ArrayNode(Node):
    """A node whose output is a NumPy array or scalar."""

    __slots__ = ("clock", "constants", "dtype", "params", "scope", "shape")

    scope: tuple[Any, ...]  # set only by `scopes.called`


class ScalarNode(Node):
    """A node of Python floats: immutable, so nothing about it has to be remembered.

    Output and operands stay when the node is used up, for replay. They are held one by one: a
    tuple of them would be one more object an operation for the cycle collector to look at.
    """

    __slots__ = ("a", "b", "y")

    y: float
    a: Any
    b: Any
    shape: ClassVar[Shape] = ()  # type: ignore[misc]
    dtype: ClassVar[np.dtype[Any]] = FLOAT64  # type: ignore[misc]
    params: ClassVar[dict[str, Any]] = {}  # type: ignore[misc]
    clock: ClassVar[float] = float("inf")  # type: ignore[misc]

    @property
    def saved(self) -> tuple[Any, ...]:
        """Output and operands."""
        return (self.y, self.a) if len(self.parents) == 1 else (self.y, self.a, self.b)

    @saved.setter
    def saved(self, values: tuple[Any, ...]) -> None:
        self.y, self.a, *rest = values
        if rest:
            (self.b,) = rest

    @property
    def constants(self) -> tuple[Any, ...]:  # type: ignore[override]
        operands = self.saved[-len(self.parents) :]
        return tuple(v if p is None else None for p, v in zip(self.parents, operands, strict=True))


class Leaf(Node):
    """The graph's end: a tensor that requires a gradient and was not computed."""

    __slots__ = ("dtype", "label", "owner", "shape")

    clock: ClassVar[float] = float("inf")  # type: ignore[misc]
    params: ClassVar[dict[str, Any]] = {}  # type: ignore[misc]
    constants: ClassVar[tuple[Any, ...]] = ()  # type: ignore[misc]

    def __init__(self, shape: Shape, dtype: np.dtype[Any], owner: Callable[[], Any | None]) -> None:
        self.primitive = None
        self.parents = ()
        self.saved = ()
        self.extra = None
        self.shape = shape
        self.dtype = dtype
        self.owner = owner
        self.label: str | None = None

    @property
    def name(self) -> str | None:
        return self.label

    @name.setter
    def name(self, value: str | None) -> None:
        self.label = value


def topological(
    roots: Iterable[Node], stop: frozenset[Node] | set[Node] = frozenset()
) -> list[Node]:
    """Order the nodes reachable from `roots` so that inputs come before outputs.

    Parameters
    ----------
    roots : iterable of Node
    stop : set of Node
        Nodes whose own parents are not entered.

    Returns
    -------
    list of Node
        Each reachable node once. Reversed, it is the order of the backward pass.

    Notes
    -----
    Depth first with a stack of its own: graphs of 10⁶ nodes in a row do not recurse. A None on
    the stack says that the node below it has had all its inputs placed.
    """
    order: list[Node] = []
    seen: set[Node | None] = {None}
    stack: list[Node | None] = list(roots)
    push, pop, see, place = stack.append, stack.pop, seen.add, order.append
    while stack:
        node = pop()
        if node is None:
            place(pop())  # type: ignore[arg-type]
        elif node not in seen:
            see(node)
            parents = node.parents
            if parents and node not in stop:
                push(node)
                push(None)
                for parent in parents:
                    if parent not in seen:
                        push(parent)
            else:
                place(node)
    return order
