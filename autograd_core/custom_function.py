"""Operations of the user's own: the `custom` decorator, and `Function` in PyTorch's form."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any

import numpy as np

from .dtypes import check_dtype
from .errors import DTypeError, GraphError, ShapeError
from .graph import Node, topological
from .modes import enable_grad, is_grad_enabled, no_grad
from .primitive import Primitive, apply, as_scalar
from .rules import Custom
from .tensor import Tensor, wrap
from .tracing import as_array
from .walks import transpose_in_cotangent


def custom(
    vjp: Callable[..., Any], *, name: str | None = None, latex: str = r"\operatorname{{f}}({0})"
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Give a function on arrays a derivative; used as a decorator.

    Parameters
    ----------
    vjp : callable
        ``vjp(g, y, *args, **params)``, given the gradient of the output, the output and the
        arguments, returns the gradient of each argument (a tuple; a single one needs none),
        None where there is none. Written in operators and in this library's or NumPy's
        functions it gives every higher derivative, and the forward mode, as well.
    name : str, optional
        The label in drawings and messages; by default the name of the function.
    latex : str
        The formula, with ``{0}``, ``{1}`` … for the operands.

    Returns
    -------
    callable
        A decorator for ``function(*arrays, **params)``. Arrays are positional, static
        parameters are keywords.

    Examples
    --------
    >>> import numpy as np
    >>> import autograd_core as ag
    >>> @ag.custom(lambda g, y, x: g * 3 * x**2)
    ... def cube(x):
    ...     return x**3
    >>> x = ag.Tensor(2.0, requires_grad=True)
    >>> cube(x).backward()
    >>> x.grad
    Tensor(12.0, shape=(), dtype=float64)
    """
    if not callable(vjp):
        raise DTypeError(f"custom: {vjp!r} is not a vjp rule; use @custom(lambda g, y, x: ...)")

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        label = str(name or getattr(function, "__name__", "custom"))

        def forward(*args: Any, **params: Any) -> Any:
            return _output(function(*args, **params), label)

        def pullback(g: Any, y: Any, *args: Any, **params: Any) -> tuple[Any, ...]:
            answers = vjp(g, y, *args, **params)
            several = answers if isinstance(answers, tuple) else (answers,)
            if len(several) != len(args):
                return several  # which the kind refuses
            return tuple(
                [_cotangent(c, g, y, x, label) for c, x in zip(several, args, strict=True)]
            )

        primitive = Custom(
            name=label, forward=forward, pullback=pullback, latex=latex, registered=False
        )

        def wrapper(*args: Any, **params: Any) -> Any:
            return primitive(*args, **params)

        wrapper.__name__ = wrapper.__qualname__ = label
        wrapper.__doc__ = function.__doc__
        wrapper.primitive = primitive  # type: ignore[attr-defined]
        return wrapper

    return decorate


def _output(y: Any, name: str) -> Any:
    """What a user's forward returned, as an array of a dtype that the engine holds."""
    if isinstance(y, Tensor):
        if y.requires_grad:
            raise GraphError(
                f"{name}: its forward used a tensor that requires a gradient and is not among the "
                f"arguments, so that its gradient would be lost; pass it as an argument"
            )
        y = y._value
    if isinstance(y, (tuple, list, dict)) or y is None:
        raise DTypeError(
            f"{name}: its forward returned a {type(y).__name__}; return one array, or write a "
            f"Function, which may return a tuple"
        )
    array = as_array(y)
    check_dtype(array, name)
    return array[()]


def _cotangent(c: Any, g: Any, y: Any, x: Any, name: str) -> Any:
    """What a user's rule answered for the operand `x`, in the form in which the walk takes it."""
    if c is None:
        return None
    recording = isinstance(g, Tensor)
    if not isinstance(c, (Tensor, np.ndarray, np.generic)):
        try:
            c = np.asarray(c, float)
        except (ValueError, TypeError):
            raise DTypeError(
                f"{name}: its rule answered {c!r}, which is no gradient; return arrays or tensors"
            ) from None
    if c.shape not in (np.shape(_plain(x)), np.shape(_plain(y))):
        raise ShapeError(
            f"{name}: its rule answered a gradient of shape {c.shape} for an argument of shape "
            f"{np.shape(_plain(x))}; it must have that shape (or the output's, if the argument "
            f"was broadcast to it)"
        )
    if recording and isinstance(c, Tensor):
        return c
    value = _plain(c)
    if recording and np.any(value):
        raise GraphError(
            f"{name}: its rule left the graph, so it cannot be differentiated again; compute the "
            f"gradient with tensor operations, not with .numpy() or .data"
        )
    return as_scalar(np.copy(value))  # the rule may have answered an array of the user's


def _plain(x: Any) -> Any:
    return x._value if isinstance(x, Tensor) else x


class Context:
    """What `Function.forward` leaves for `Function.backward`.

    Attributes
    ----------
    saved_tensors : tuple of Tensor
        What was given to `save_for_backward`.
    needs_input_grad : tuple of bool
        Which inputs need a gradient; the others may be None.
    """

    def __init__(self, needs: tuple[bool, ...]) -> None:
        self.needs_input_grad = needs
        self.saved_tensors: tuple[Tensor, ...] = ()

    def save_for_backward(self, *tensors: Tensor) -> None:
        """Keep inputs, outputs or intermediate values; backward finds them in `saved_tensors`."""
        for t in tensors:
            if not isinstance(t, Tensor):
                raise DTypeError(
                    f"save_for_backward: a {type(t).__name__} is not a Tensor; set other values as "
                    f"attributes of ctx"
                )
        self.saved_tensors = tensors


class _Saved:
    """What one call left behind: the context, and where in the graph its saved tensors belong."""

    def __init__(self, ctx: Context, inputs: tuple[Any, ...], result: Any) -> None:
        self.ctx = ctx
        self.several = isinstance(result, tuple)
        self.tensors = ctx.saved_tensors
        self.nodes: list[weakref.ref[Node]] = []  # of the outputs, once they are recorded
        operands = [x for x in inputs if isinstance(x, Tensor)]
        outputs = result if self.several else (result,)
        self.operands = [_place(t, operands) for t in self.tensors]
        self.outputs = [_place(t, outputs) for t in self.tensors]

    def __iter__(self) -> Any:
        return iter([t._value for t in self.tensors])

    def linked(self, parents: Any, name: str) -> tuple[Tensor, ...]:
        """The saved tensors at their places in the graph, for a backward pass that is recorded."""
        made = []
        for t, i, k in zip(self.tensors, self.operands, self.outputs, strict=True):
            node = parents[i] if i is not None else self.nodes[k]() if k is not None else None
            if i is None and node is None and t.dtype.kind == "f":
                raise GraphError(
                    f"{name}: backward cannot be differentiated, because forward saved a tensor "
                    f"that is neither an input nor an output; save those, or set a constant as an "
                    f"attribute of ctx"
                )
            made.append(wrap(t._value, node))
        return tuple(made)


def _place(tensor: Tensor, among: Any) -> int | None:
    return next((i for i, x in enumerate(among) if x is tensor), None)


#: Marks the places of the tensors among the arguments of a Function.
_TENSOR = object()


class _UserPrimitive(Primitive):
    """The primitive of one call of a `Function`; one an output."""

    def __init__(
        self,
        function: type[Function],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        run: tuple[_Saved, list[Any]],
        k: int,
    ) -> None:
        self.function = function
        self.args = tuple([_TENSOR if isinstance(a, Tensor) else a for a in args])
        self.needs = tuple([isinstance(a, Tensor) and a._node is not None for a in args])
        self.kwargs = kwargs
        self.outputs = [(np.shape(y), as_array(y).dtype) for y in run[1]]
        self.k = k
        self.run: tuple[_Saved, list[Any]] | None = run
        super().__init__(
            name=function.__name__,
            forward=self._value,
            latex=rf"\operatorname{{{{{function.__name__}}}}}({{0}})",
            registered=False,
        )

    def _value(self, *values: Any) -> Any:
        """The output: of the call that is being recorded, or computed again for a replay."""
        if self.run is None:
            tensors = iter([wrap(v, None) for v in values])
            inputs = tuple([next(tensors) if a is _TENSOR else a for a in self.args])
            self.run = _run(self.function, self.needs, inputs, self.kwargs)
        return self.run[1][self.k]

    def save(self, y: Any, values: Any, parents: Any, params: dict[str, Any]) -> Any:
        assert self.run is not None
        (saved, _), self.run = self.run, None
        return saved

    def vjp(self, g: Any, saved: Any, parents: Any, params: dict[str, Any]) -> tuple[Any, ...]:
        recording = isinstance(g, Tensor)
        ctx = saved.ctx
        ctx.saved_tensors = (
            saved.linked(parents, self.name)
            if recording
            else tuple([wrap(t._value, None) for t in saved.tensors])
        )
        cotangent = wrap(g._value if recording else g, None)
        if recording:
            from .ops.shape import alias_primitive

            with enable_grad():
                cotangent = alias_primitive(g) if g._node is not None else cotangent
                if g._node is None:
                    cotangent.requires_grad = True
        gs = [
            cotangent if k == self.k else wrap(as_scalar(np.zeros(shape, dtype)), None)
            for k, (shape, dtype) in enumerate(self.outputs)
        ]
        try:
            with enable_grad() if recording else no_grad():
                answers = self.function.backward(ctx, *gs)
        finally:
            ctx.saved_tensors = ()  # linked to the graph, they would close a cycle
        answers = answers if isinstance(answers, tuple) else (answers,)
        if len(answers) != len(self.args):
            raise GraphError(
                f"{self.name}.backward returned {len(answers)} gradients for {len(self.args)} "
                f"inputs of forward; return one an input, None for those without"
            )
        answers = tuple([c for c, a in zip(answers, self.args, strict=True) if a is _TENSOR])
        return tuple(
            [
                None if p is None or c is None else self._checked(c, p, cotangent, recording, i)
                for i, (p, c) in enumerate(zip(parents, answers, strict=True))
            ]
        )

    def _checked(self, c: Any, parent: Node, g: Tensor, recording: bool, i: int) -> Any:
        c = c if isinstance(c, Tensor) else Tensor(c)
        if c.shape != parent.shape:
            raise ShapeError(
                f"{self.name}.backward returned a gradient of shape {c.shape} for input {i} of "
                f"shape {parent.shape}"
            )
        if not recording:
            value = c._value
            return value.copy() if isinstance(value, np.ndarray) else value  # ctx may keep it
        assert g._node is not None
        reaches = c._node is not None and g._node in topological((c._node,), stop={g._node})
        if not reaches and np.any(c._value):
            raise GraphError(
                f"{self.name}.backward left the graph, so it cannot be differentiated again; "
                f"compute the gradient with tensor operations, not with .numpy() or .data"
            )
        return c

    def jvp(self, tangents: Any, y: Any, values: Any, params: dict[str, Any]) -> Any:
        self._value(*[_plain(v) for v in values])
        assert self.run is not None
        (saved, _), self.run = self.run, None
        if y._node is not None:
            saved.nodes = [weakref.ref(y._node)] * len(self.outputs)
        return transpose_in_cotangent(self, tangents, y, values, params, saved)


class Function:
    """An operation with a hand-written derivative, in PyTorch's form.

    Derive from it, write two static methods, and call ``apply``.

    Examples
    --------
    >>> import autograd_core as ag
    >>> class Cube(ag.Function):
    ...     @staticmethod
    ...     def forward(ctx, x):
    ...         ctx.save_for_backward(x)
    ...         return x**3
    ...     @staticmethod
    ...     def backward(ctx, g):
    ...         (x,) = ctx.saved_tensors
    ...         return g * 3 * x**2
    >>> x = ag.Tensor(2.0, requires_grad=True)
    >>> Cube.apply(x).backward()
    >>> x.grad
    Tensor(12.0, shape=(), dtype=float64)
    """

    @staticmethod
    def forward(ctx: Any, *args: Any, **kwargs: Any) -> Any:
        """The value: a Tensor, an array, or a tuple of them. Nothing is recorded in here."""
        raise NotImplementedError("Function: define the static method forward(ctx, ...)")

    @staticmethod
    def backward(ctx: Any, *gradients: Any) -> Any:
        """The gradient of each input of forward, given those of its outputs."""
        raise NotImplementedError("Function: define the static method backward(ctx, g)")

    @classmethod
    def apply(cls, *args: Any, **kwargs: Any) -> Any:
        """Run forward, and record it so that backward is called in the backward pass.

        Tensors are positional arguments of their own; keyword arguments are constants.

        Raises
        ------
        GraphError
            If a tensor that requires a gradient is a keyword, or inside a list.
        """
        hidden = [a for a in (*args, *kwargs.values()) if not isinstance(a, Tensor)]
        hidden += [a for a in kwargs.values() if isinstance(a, Tensor)]
        if is_grad_enabled() and any([_requires_grad(a) for a in hidden]):
            raise GraphError(
                f"{cls.__name__}.apply: a tensor that requires a gradient is a keyword argument or "
                f"inside a list, and its gradient would be lost; pass it as a positional argument"
            )
        needs = tuple([isinstance(a, Tensor) and a._node is not None for a in args])
        inputs = tuple([a.detach() if isinstance(a, Tensor) else a for a in args])
        run = _run(cls, needs, inputs, kwargs)
        if not any(needs):
            made = [wrap(y, None) for y in run[1]]
        else:
            tensors = tuple([a for a in args if isinstance(a, Tensor)])
            made = [
                apply(_UserPrimitive(cls, args, kwargs, run, k), tensors, {})
                for k in range(len(run[1]))
            ]
            run[0].nodes = [weakref.ref(y._node) for y in made if y._node is not None]
        return tuple(made) if run[0].several else made[0]


def _requires_grad(x: Any) -> bool:
    if isinstance(x, Tensor):
        return x.requires_grad
    return isinstance(x, (list, tuple)) and any([_requires_grad(item) for item in x])


def _run(
    function: type[Function],
    needs: tuple[bool, ...],
    inputs: tuple[Any, ...],
    kwargs: dict[str, Any],
) -> tuple[_Saved, list[Any]]:
    """Run forward: what it saved, and its outputs."""
    ctx = Context(needs)
    with no_grad():
        result = function.forward(ctx, *inputs, **kwargs)
    if isinstance(result, (list, dict)) or result is None:
        raise DTypeError(
            f"{function.__name__}.forward returned a {type(result).__name__}; return a tensor, an "
            f"array, or a tuple of them"
        )
    outputs = [
        as_scalar(y._value if isinstance(y, Tensor) else as_array(y))
        for y in (result if isinstance(result, tuple) else (result,))
    ]
    return _Saved(ctx, inputs, result), outputs
