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

import copy
import functools
import weakref
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from autograd_core import (
    ArgumentError,
    ShapeError,
    Tensor,
    UnsupportedError,
    enable_grad,
    is_grad_enabled,
)

if TYPE_CHECKING:
    from .module import Module


class Record:
    """One forward pass on arrays.

    Attributes
    ----------
    inputs : list
        The inputs as the module got them: leaves of the graph, and labels as they are.
    output : Tensor
    parameters : dict of str to Parameter
        Those that require a gradient.
    """

    def __init__(
        self,
        module: Module,
        forward: Callable[..., Any],
        arrays: Sequence[Any],
        options: dict[str, Any],
    ) -> None:
        self.inputs = module._enter_all(tuple(arrays))
        for x in self.inputs:
            if isinstance(x, Tensor) and x.dtype.kind == "f":
                x.requires_grad = True
        with enable_grad():
            output = forward(module, *self.inputs, **options)
        if not isinstance(output, Tensor):
            raise UnsupportedError(
                f"{module._label()}: forward on arrays needs a forward that returns one tensor, "
                f"not a {type(output).__name__}; call the module with tensors instead"
            )
        self.output = output
        self.parameters = {n: p for n, p in module.named_parameters() if p.requires_grad}

    def array(self) -> NDArray[Any]:
        """The output v; a copy, so that nothing done to it changes the record."""
        return np.array(self.output.data)

    def is_of(self, inputs: Sequence[Any]) -> bool:
        """Whether the pass was made on these inputs."""
        return len(inputs) == len(self.inputs) and all(map(_same, self.inputs, inputs))

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
    return getattr(forward, "_nn_plain", forward)


def offered(forward: Callable[..., Any]) -> Callable[..., Any]:
    """`forward` with the chapter's meaning when it is called with arrays only."""

    @functools.wraps(forward)
    def wrapper(self: Module, *inputs: Any, **options: Any) -> Any:
        for x in (*inputs, *options.values()):
            if isinstance(x, Tensor):
                return forward(self, *inputs, **options)
        if not inputs or not is_grad_enabled():
            output = forward(self, *self._enter_all(inputs), **options)
            return np.array(output.data) if inputs and isinstance(output, Tensor) else output
        record = Record(self, forward, inputs, options)
        v = record.array()
        vars(self).setdefault("_records", Records()).add(record, v)
        return v

    wrapper._nn_plain = forward  # type: ignore[attr-defined]
    wrapper.__doc__ = forward.__doc__ or _DOC
    return wrapper


@contextmanager
def preserved(module: Module) -> Iterator[None]:
    """Leave the module as it was: work on copies of its buffers and generators."""
    memo: dict[int, Any] = {}
    kept = [(vars(m), dict(vars(m)), m._buffers) for m in module.modules()]
    try:
        for held, before, buffers in kept:
            for name, value in before.items():
                if name in buffers or isinstance(value, np.random.Generator):
                    held[name] = copy.deepcopy(value, memo)
        yield
    finally:
        for held, before, _ in kept:
            held.clear()
            held.update(before)


def _several(u: Any) -> tuple[Any, ...]:
    return u if isinstance(u, tuple) else (u,)


def _find(module: Module, u: Any, v: Any = None) -> Record:
    """The record of the pass from `u` (to `v`), or that of a pass made again."""
    entered = module._enter_all(_several(u))
    records = vars(module).get("_records")
    for record in records.candidates(v) if records is not None else ():
        if record.is_of(entered) and (v is None or _same(record.output, v)):
            return record  # type: ignore[no-any-return]
    with preserved(module):
        record = Record(module, type(module)._nn_forward, _several(u), {})
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
    g = np.asarray(dL_dv)
    if g.shape != record.output.shape:
        raise ShapeError(
            f"{module._label()}.{what}: dL_dv has shape {g.shape}, and v has shape "
            f"{record.output.shape}; they must be equal"
        )
    return g.astype(record.output.dtype)


def input_grad(module: Module, u: Any, v: Any, dL_dv: Any) -> Any:
    """See `Module.backward`."""
    record = _find(module, u, v)
    g = _cotangent(module, record, dL_dv, "backward")
    leaves = [x for x in record.inputs if isinstance(x, Tensor) and x.requires_grad]
    found = dict(zip(map(id, leaves), record.pull(g, leaves), strict=True))
    gradients = tuple(found.get(id(x)) for x in record.inputs)
    return gradients if isinstance(u, tuple) else gradients[0]


def weight_grad(module: Module, u: Any, dL_dv: Any) -> dict[str, NDArray[Any]]:
    """See `Module.weight_grad`."""
    record = _find(module, u)
    g = _cotangent(module, record, dL_dv, "weight_grad")
    gradients = record.pull(g, list(record.parameters.values()))
    return dict(zip(record.parameters, gradients, strict=True))
