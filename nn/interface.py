"""The chapter's module interface (section 4), for every module, from the engine.

====================  ==============================================
``forward(u)``        u → v
``backward(u, v, g)`` u, v, ∂L/∂v → ∂L/∂u
``weight_grad(u, g)`` u, ∂L/∂v → ∂L/∂W, a dict by parameter name
====================  ==============================================

Arrays in, arrays out. ``forward`` keeps its record, the small graph of the pass, for as long as
the array v lives, and always the last one; the other two pull the gradient through that record.
"""

from __future__ import annotations

import functools
import weakref
from collections.abc import Callable, Iterator, Sequence
from types import FunctionType
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from autograd_core import (
    ArgumentError,
    DTypeError,
    ShapeError,
    Tensor,
    UnsupportedError,
    enable_grad,
    is_grad_enabled,
)

from .labels import Pass, recorded
from .parameter import Parameter
from .preservation import preserved

if TYPE_CHECKING:
    from .module import Module


class Record:
    """One forward pass on arrays.

    Attributes
    ----------
    inputs : list
        The inputs as the module got them: leaves of the graph, and labels as they are.
    labels : list of Tensor
        Those of the inputs that a loss took as constants.
    output : Tensor
    trained : set of int
        Identities of the parameters that required a gradient.
    made_by : tuple
        See `_structure`.
    """

    def __init__(
        self,
        module: Module,
        forward: Callable[..., Any],
        arrays: Sequence[Any],
        options: dict[str, Any],
    ) -> None:
        self.inputs, options = module._enter_all(tuple(arrays), options)
        for x in self.inputs:
            if isinstance(x, Tensor) and x.dtype.kind == "f":
                x.requires_grad = True
        now = Pass(self.inputs)
        token = recorded.set(now)
        try:
            with enable_grad():
                output = forward(*self.inputs, **options)
        finally:
            recorded.reset(token)
        if not isinstance(output, Tensor):
            raise UnsupportedError(
                f"{module._label()}: forward on arrays needs a forward that returns one tensor, "
                f"not a {type(output).__name__}; call the module with tensors instead"
            )
        self.output = output
        self.labels = now.labels
        self.made_by = _structure(module)
        self.trained = {id(p) for p in module.parameters() if p.requires_grad}

    def array(self) -> NDArray[Any]:
        """The output v; a copy, so that nothing done to it changes the record."""
        return np.array(self.output.data)

    def is_of(self, inputs: Sequence[Any], structure: tuple[list[str], list[Any]]) -> bool:
        """Whether the pass was made on these inputs, and by the module as it is put together."""
        (names, parts), (now_names, now_parts) = self.made_by, structure
        return (
            names == now_names
            and all(a is b for a, b in zip(parts, now_parts, strict=True))
            and len(inputs) == len(self.inputs)
            and all(map(_same, self.inputs, inputs))
        )

    def pull(self, g: NDArray[Any], targets: Sequence[Tensor]) -> list[NDArray[Any]]:
        """The gradients of the targets; the ``grad`` that they have is not touched."""
        kept = [target.grad for target in targets]
        try:
            for target in targets:
                target.grad = None
            if targets and self.output.requires_grad:
                self.output.backward(g, retain_graph=True, inputs=targets)
            return [
                np.zeros(t.shape, t.dtype) if t.grad is None else np.asarray(t.grad.data)
                for t in targets
            ]
        finally:
            for target, old in zip(targets, kept, strict=True):
                target.grad = old


def _structure(module: Module) -> tuple[list[str], list[Any]]:
    """The paths of the modules and parameters, and for each what it is and computes.

    Without `module` itself, which holds its records.
    """
    names, parts = [], []
    for path, m in module.named_modules():
        names += [path, path, path]
        parts += [m if path else None, vars(m).get("forward"), type(m).forward]
    for path, parameter in module.named_parameters():
        names.append(path)
        parts.append(parameter)
    return names, parts


def _value(x: Any) -> Any:
    return np.asarray(x.numpy() if isinstance(x, Tensor) else x)


def _same(a: Any, b: Any) -> bool:
    x, y = _value(a), _value(b)
    return x.shape == y.shape and np.array_equal(
        x, y, equal_nan=x.dtype.kind == y.dtype.kind == "f"
    )


class Records:
    """The passes of one module: those whose output is still alive, and the last one."""

    def __init__(self) -> None:
        self.last: Record | None = None
        self.live: dict[int, tuple[weakref.ref[Any], Record]] = {}

    def add(self, record: Record, v: NDArray[Any]) -> None:
        """Keep `record` for as long as `v` lives."""
        key = id(v)
        gone = functools.partial(_forget, weakref.ref(self), key)
        self.live[key] = (weakref.ref(v, gone), record)
        self.last = record

    def candidates(self, v: Any) -> Iterator[Record]:
        """The record of `v` first, then the others, the newest first."""
        ref, own = self.live.get(id(v), (None, None))
        if ref is not None and own is not None and ref() is v:
            yield own
        for _, record in reversed(list(self.live.values())):
            yield record
        if self.last is not None:
            yield self.last


def _forget(records: weakref.ref[Records], key: int, ref: weakref.ref[Any]) -> None:
    owner = records()
    if owner is not None and owner.live.get(key, (None,))[0] is ref:
        del owner.live[key]


_DOC = """u → v: on arrays the chapter's forward pass, recorded; see `Module`.

        Parameters
        ----------
        *inputs : array_like, or Tensor
            With a tensor among them the module just computes, as when it is called.

        Returns
        -------
        ndarray, or Tensor
        """


def plain(forward: Callable[..., Any]) -> Callable[..., Any]:
    """The function that a class defined, without what `offered` put around it."""
    if not isinstance(forward, FunctionType):  # a mock has every attribute
        return forward
    return getattr(forward, "_nn_plain", forward)


def offered(forward: Callable[..., Any]) -> Callable[..., Any]:
    """`forward` with the chapter's meaning when it is called with arrays only."""

    @functools.wraps(forward)
    def wrapper(self: Module, *inputs: Any, **options: Any) -> Any:
        for x in (*inputs, *options.values()):
            if isinstance(x, Tensor):
                return forward(self, *inputs, **options)
        if not inputs or not is_grad_enabled():
            entered, named = self._enter_all(inputs, options)
            output = forward(self, *entered, **named)
            given = inputs or options
            return np.array(output.data) if given and isinstance(output, Tensor) else output
        record = Record(self, functools.partial(forward, self), inputs, options)
        v = record.array()
        vars(self).setdefault("_records", Records()).add(record, v)
        return v

    wrapper._nn_plain = forward  # type: ignore[attr-defined]
    wrapper.__doc__ = forward.__doc__ or _DOC
    return wrapper


def adopt(cls: type[Module]) -> None:
    """Offer the ``forward`` of a class, where it was defined or assigned, to callers."""
    owner: Any = cls
    for base in cls.__mro__:
        if "forward" in vars(base):
            # That of a mixin, which is no module, is offered by the class that mixes it in.
            owner = base if hasattr(base, "_nn_forward") else cls
            break
    function = plain(cls.forward)
    owner._nn_forward = function
    owner.forward = owner._nn_offered = offered(function)


def current(module: Module) -> Callable[..., Any]:
    """What a call of the module computes."""
    cls = type(module)
    if cls.forward is not cls._nn_offered:
        adopt(cls)
    return module._nn_forward


def _several(u: Any) -> tuple[Any, ...]:
    return u if isinstance(u, tuple) else (u,)


def _find(module: Module, u: Any, v: Any = None, trained: Sequence[Parameter] = ()) -> Record:
    """The record of the pass from `u` (to `v`), or that of a pass made again."""
    forward = current(module)
    entered, _ = module._enter_all(_several(u), {})
    records = vars(module).get("_records")
    structure = _structure(module)
    for record in records.candidates(v) if records is not None else ():
        if (
            record.is_of(entered, structure)
            and (v is None or _same(record.output, v))
            and all(id(parameter) in record.trained for parameter in trained)
        ):
            return record  # type: ignore[no-any-return]
    with preserved(module):
        record = Record(module, forward, _several(u), {})
    if v is not None:
        _check_made_by(module, record.array(), np.asarray(v))
    return record


def _check_made_by(module: Module, made: NDArray[Any], v: NDArray[Any]) -> None:
    if made.shape != v.shape:
        raise ShapeError(
            f"{module._label()}.backward: v has shape {v.shape}, and forward(u) has shape "
            f"{made.shape}; give the v that forward made of u"
        )
    near = 1e-3 if made.dtype == np.float32 else 1e-6
    if not np.allclose(made, v, rtol=near, atol=near, equal_nan=True):
        raise ArgumentError(
            f"{module._label()}.backward: v is not what forward makes of u (the largest "
            f"difference is {np.max(np.abs(made - v)):.3g}), and no recorded pass made it; give "
            f"the array that forward returned, unchanged. After dropout a pass cannot be made "
            f"again, as another mask would be drawn"
        )


def _cotangent(module: Module, record: Record, dL_dv: Any, what: str) -> NDArray[Any]:
    g = _numbers(module, dL_dv, f"{what}: dL_dv")
    if g.shape != record.output.shape:
        raise ShapeError(
            f"{module._label()}.{what}: dL_dv has shape {g.shape}, and v has shape "
            f"{record.output.shape}; they must be equal"
        )
    return g.astype(record.output.dtype)


def _numbers(module: Module, given: Any, what: str) -> NDArray[Any]:
    """An argument as an array, without masks, texts and complex numbers."""
    try:
        return Tensor(given.data if isinstance(given, Tensor) else given, copy=False).numpy()
    except DTypeError as error:
        raise DTypeError(f"{module._label()}.{what}: {error}") from None


def input_grad(module: Module, u: Any, v: Any, dL_dv: Any) -> Any:
    """See `Module.backward`."""
    if isinstance(v, np.ma.MaskedArray):
        _numbers(module, v, "backward: v")
    record = _find(module, u, v)
    g = _cotangent(module, record, dL_dv, "backward")
    labels = {id(x) for x in record.labels}
    leaves = [
        x
        for x in record.inputs
        if isinstance(x, Tensor) and x.requires_grad and id(x) not in labels
    ]
    found = dict(zip(map(id, leaves), record.pull(g, leaves), strict=True))
    gradients = tuple(found.get(id(x)) for x in record.inputs)
    return gradients if isinstance(u, tuple) else gradients[0]


def weight_grad(module: Module, u: Any, dL_dv: Any) -> dict[str, NDArray[Any]]:
    """See `Module.weight_grad`."""
    weights = {n: p for n, p in module.named_parameters() if p.requires_grad}
    record = _find(module, u, trained=list(weights.values()))
    g = _cotangent(module, record, dL_dv, "weight_grad")
    gradients = record.pull(g, list(weights.values()))
    return dict(zip(weights, gradients, strict=True))
