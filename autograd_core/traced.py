"""A function run once on aliases of its arguments, and the walks over what it recorded."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import index
from typing import Any

import numpy as np

from .errors import ArgumentError, DTypeError, ShapeError
from .graph import Leaf, Node, topological
from .modes import enable_grad, is_grad_enabled
from .ops.shape import alias_primitive
from .tensor import Tensor, wrap
from .walks import nothing, pull, push

Fn = Callable[..., Any]
Argnums = int | Sequence[int]


def _alias(x: Any, n: int, what: str) -> Tensor:
    """A tensor with the value of `x` and a node of its own, linked to that of `x` if it has one."""
    if isinstance(x, Tensor) and x._node is not None:
        return alias_primitive(x)  # type: ignore[no-any-return]
    value = x._value if isinstance(x, Tensor) else x
    alias = Tensor(value, copy=not isinstance(value, np.ndarray))
    if alias.dtype.kind != "f":
        raise DTypeError(
            f"{what}: argument {n} is of dtype {alias.dtype}, and only floats have derivatives; "
            f"give {value}.0 instead of {value}"
            if np.ndim(value) == 0 and alias.dtype.kind in "iu"
            else f"{what}: argument {n} is of dtype {alias.dtype}, and only floats have "
            f"derivatives; convert it with astype(float)"
        )
    return alias.requires_grad_()


def _positions(argnums: Argnums, count: int, what: str) -> list[int]:
    """The positions that `argnums` names, each once."""
    named = argnums if isinstance(argnums, Sequence) else (argnums,)
    try:
        numbers = [index(n) for n in named]
    except TypeError:
        raise ArgumentError(
            f"{what}: argnums {argnums!r} is not an integer or a sequence of them"
        ) from None
    if not all([-count <= n < count for n in numbers]):
        raise ArgumentError(
            f"{what}: argnums {argnums!r} does not name one of the {count} positional arguments"
        )
    numbers = [n % count for n in numbers]
    if len(set(numbers)) < len(numbers):
        raise ArgumentError(f"{what}: argnums {argnums!r} names an argument twice")
    return numbers


def detached(x: Any) -> Any:
    """`x` with the tensors in it, and in its tuples, lists and dicts, off the graph."""
    if isinstance(x, Tensor):
        return x.detach()
    if isinstance(x, (list, tuple)) and type(x) in (list, tuple):
        return type(x)([detached(item) for item in x])
    if type(x) is dict:
        return {key: detached(item) for key, item in x.items()}
    return x


class Traced:
    """A function run once on aliases of some of its arguments."""

    def __init__(
        self,
        f: Fn,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        argnums: Argnums,
        what: str,
        has_aux: bool = False,
    ) -> None:
        self.what = what
        self.single = not isinstance(argnums, Sequence)
        numbers = _positions(argnums, len(args), what)
        recording = is_grad_enabled()
        moved = list(args)
        with enable_grad():
            self.inputs: list[Tensor] = []
            for n in numbers:
                moved[n] = _alias(args[n], n, what)
                self.inputs.append(moved[n])
            result = f(*moved, **kwargs)
        self.aux: Any = None
        if has_aux:
            if not isinstance(result, tuple) or len(result) != 2:
                raise ArgumentError(
                    f"{what}: with has_aux=True the function returns a pair (value, aux)"
                )
            result, self.aux = result
        if not isinstance(result, Tensor):
            if isinstance(result, (tuple, list, dict)) or result is None:
                raise ArgumentError(
                    f"{what}: the function returned a {type(result).__name__}; it must return one "
                    f"tensor (stack several, or use has_aux=True)"
                )
            result = Tensor(result)
        self.output: Tensor = result
        self.nodes: list[Node] = [t._node for t in self.inputs if t._node is not None]
        root = self.output._node
        self.order = [] if root is None else topological((root,), stop=set(self.nodes))
        mine = set(self.nodes)
        self.nested = recording and any(
            [
                bool(node.parents)
                if node in mine
                else isinstance(node, Leaf) and node.owner() is not None
                for node in self.order
            ]
        )

    def value(self) -> Tensor:
        """The output, as outer transforms see it: on their graph, or a constant."""
        if self.nested:
            return self.output
        value = self.output._value
        given = any([value is x._value for x in self.inputs])  # not to share the caller's memory
        return wrap(np.array(value) if given and type(value) is np.ndarray else value, None)

    def pull(self, g: Any) -> tuple[Tensor, ...]:
        """The cotangents of the inputs."""
        found: dict[Node, Any] = {}
        root = self.output._node
        if root is not None:
            if self.nested and not isinstance(g, Tensor):
                g = wrap(g, None)
            elif not self.nested and isinstance(g, Tensor):
                g = g._value
            with enable_grad() if self.nested else nothing:
                found = pull(
                    self.order,
                    [(root, g)],
                    self.nodes,
                    retain_graph=True,
                    create_graph=self.nested,
                )
        return tuple(
            [self._result(t, found.get(n)) for t, n in zip(self.inputs, self.nodes, strict=True)]
        )

    def _result(self, x: Tensor, g: Any) -> Tensor:
        if g is None:
            return Tensor(np.zeros(x.shape, x.dtype))
        if isinstance(g, Tensor):
            return g
        # A rule may hand on the seed, a view of it or of an argument: the caller gets a copy.
        return wrap(np.array(g) if type(g) is np.ndarray else g, None)

    def unpack(self, results: Sequence[Any]) -> Any:
        return results[0] if self.single else tuple(results)


def pushed(traced: Traced, tangents: Sequence[Any]) -> tuple[Tensor, Tensor]:
    moving: dict[Node, Any] = {}
    recording = is_grad_enabled()
    for x, node, t in zip(traced.inputs, traced.nodes, tangents, strict=True):
        given = t if isinstance(t, Tensor) else Tensor(t, dtype=x.dtype)
        if given.shape != x.shape:
            raise ShapeError(
                f"jvp: a tangent of shape {given.shape} for an argument of shape {x.shape}; they "
                f"must be equal"
            )
        traced.nested |= recording and given._node is not None
        moving[node] = given.astype(x.dtype, copy=False)
    root = traced.output._node
    result = None
    if root is not None:
        # Leaves of outer graphs are values that do not move; the aliases' own are at hand.
        result = push(traced.order, moving, create_graph=traced.nested).get(root)
    if result is None:
        result = Tensor(np.zeros(traced.output.shape, traced.output.dtype))
    return traced.value(), result


def by_rows(traced: Traced) -> list[Tensor]:
    from .ops.joining import stack
    from .ops.shape import reshape

    shape, dtype = traced.output.shape, traced.output.dtype
    rows = []
    for i in range(traced.output.size):
        seed = np.zeros(traced.output.size, dtype)
        seed[i] = 1
        rows.append(traced.pull(seed.reshape(shape) if shape else seed[0]))
    if not rows:
        return [Tensor(np.zeros((*shape, *x.shape), x.dtype)) for x in traced.inputs]
    return [
        reshape(stack(column), (*shape, *x.shape))
        for column, x in zip(zip(*rows, strict=True), traced.inputs, strict=True)
    ]


def by_columns(traced: Traced) -> list[Tensor]:
    from .ops.joining import stack
    from .ops.shape import reshape

    shape = traced.output.shape
    results = []
    for k, x in enumerate(traced.inputs):
        columns = []
        for i in range(x.size):
            moves = [np.zeros(z.size, z.dtype) for z in traced.inputs]
            moves[k][i] = 1
            tangents = [m.reshape(z.shape) for m, z in zip(moves, traced.inputs, strict=True)]
            columns.append(pushed(traced, tangents)[1])
        if not columns:
            results.append(Tensor(np.zeros((*shape, *x.shape), x.dtype)))
        else:
            results.append(reshape(stack(columns, axis=len(shape)), (*shape, *x.shape)))
    return results
