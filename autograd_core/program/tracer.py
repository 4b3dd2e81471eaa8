"""`Tracer`: stands for an array during a trace, and writes down what NumPy does with it."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from ..errors import TraceError
from ..primitive import users_line
from ..tensor import Tensor
from .changes import astype, at, changed_by, filled, put_into, with_item
from .operators import Operators, Owner
from .overlap import references, usual_references
from .passes import copied
from .refusals import array_refusal, refusal, shape_refusal
from .shapes import CHANGING, LEAVING, STATIC, has_bounds, has_mask, has_own_shape, without_out


class Tracer(Operators):
    """A value of the program that is being written, with the value that it has this time.

    Attributes
    ----------
    trace : Owner
        The `Trace`.
    value : ndarray, NumPy scalar or Python number
        Of this run; a Python number stays one, as it is weak in NumPy's promotion.
    slot : int
        The number of the value; an operation in place gives the tracer the next one.
    family : list of weak references, or None
        All that show the same memory.
    stale : bool
        Whether its memory was changed through another one of its family.
    part : tuple or None
        Of what it is a part, and the index: in ``x[i] += 1`` NumPy puts it back there.
    """

    __slots__ = ("__weakref__", "family", "part", "slot", "stale", "trace", "value")

    def __init__(self, trace: Owner, value: Any, slot: int) -> None:
        self.trace = trace
        self.value = value
        self.slot = slot
        self.family: list[Any] | None = None
        self.stale = False
        self.part: tuple[Tracer, Any] | None = None

    def again(self) -> Tracer:
        """The same value, as if in memory of its own."""
        return type(self)(self.trace, self.value, self.trace.mine(self).slot)

    # -- what is known without the value -----------------------------------------------------

    @property  # type: ignore[misc]
    def __class__(self) -> type:
        """The type of the value, for ``isinstance(x, np.ndarray)``."""
        return type(self.value)

    @property
    def shape(self) -> tuple[int, ...]:
        return np.shape(self.value)

    @property
    def dtype(self) -> np.dtype[Any]:
        return self.value.dtype if hasattr(self.value, "dtype") else np.asarray(self.value).dtype

    @property
    def ndim(self) -> int:
        return np.ndim(self.value)

    @property
    def size(self) -> int:
        return int(np.size(self.value))

    @property
    def itemsize(self) -> int:
        return self.dtype.itemsize

    @property
    def nbytes(self) -> int:
        return self.size * self.itemsize

    @property
    def flags(self) -> Any:
        return np.asarray(self.value).flags

    def __len__(self) -> int:
        return len(self.value)

    def __hash__(self) -> int:
        return self._leave("a look-up in a dict or set by")  # type: ignore[no-any-return]

    def __reduce_ex__(self, protocol: Any) -> Any:
        return self._leave("a pickle of")

    def __repr__(self) -> str:
        return f"<value {self.slot} of a trace, shape={self.shape} dtype={self.dtype}>"

    # -- what NumPy does ---------------------------------------------------------------------

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        if any([isinstance(x, Tensor) for x in inputs]):
            return NotImplemented  # its answer is a Tensor
        out = kwargs.pop("out", None)
        if method == "at":
            self.trace.update(inputs[0], at, (inputs[0], ufunc, *inputs[1:]), kwargs)
            return None
        function = ufunc if method == "__call__" else getattr(ufunc, method)
        if out is not None and any([_is_number(o) for o in out]):
            raise TypeError("return arrays must be of ArrayType")  # as NumPy says it
        if out is None:
            if method == "__call__" and not kwargs and ufunc.nout == 1:
                made = self.trace.ufunc(ufunc, inputs)
                if made is not None:
                    return made
            return self.trace.call(function, inputs, kwargs)
        if len(out) != 1:
            raise refusal(f"{ufunc.__name__} with several out=")
        if kwargs or method != "__call__":  # what stays as it is, and in which dtype it computes
            return self.trace.update(out[0], put_into, (out[0], function, *inputs), kwargs)
        only = not isinstance(out[0], Tracer) and references(inputs) <= usual_references()
        return self.trace.update(out[0], function, inputs, kwargs, only)

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        if function in STATIC:
            return function(*plain(args), **plain(kwargs))
        if function in CHANGING and args:
            target, *others = args
            known = (filled,) if function is np.copyto else (changed_by, function)
            self.trace.update(target, known[0], (target, *known[1:], *others), kwargs)
            return None
        if function is np.where and len(args) == 3 and not kwargs:
            made = self.trace.ufunc(np.where, args)
            if made is not None:
                return made
        if function in LEAVING:
            raise refusal(f"np.{function.__name__}")
        if has_own_shape(function, args, kwargs):
            raise shape_refusal(f"np.{function.__name__}")
        if function is np.nan_to_num:
            args, kwargs, copies = _copying(*args, **kwargs)
            if not copies:
                return self.trace.update(args[0], function, args, kwargs)
        out, args, kwargs = without_out(function, args, kwargs)
        if out is not None:
            return self.trace.update(out, put_into, (out, function, *args), kwargs)
        return self.trace.call(function, args, kwargs)

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, tuple) and not index and (self.ndim or _is_number(self)):
            return self
        if has_mask(index):
            return self.trace.masked(self, index)
        if has_bounds(index):
            raise shape_refusal("the bounds of a slice")
        made = self.trace.call(operator.getitem, (self, index), {})
        if made.family is not None:
            made.part = (self, index)
        return made

    def __setitem__(self, index: Any, value: Any) -> None:
        if isinstance(value, Tracer) and value.part is not None:
            whole, place = value.part
            if whole is self and place is index:
                self.stale = False
        self.trace.update(self, with_item, (self, index, value), {})

    def __iter__(self) -> Iterator[Any]:
        for i in range(len(self)):
            yield self[i]

    @property
    def T(self) -> Any:
        return np.transpose(self)

    def astype(self, dtype: Any, copy: bool = True, casting: str = "unsafe") -> Any:
        if self.dtype == np.dtype(dtype) and (not copy or type(self.value) is not np.ndarray):
            return self
        return self.trace.call(astype, (self, np.dtype(dtype)), {})

    def copy(self, order: str = "C") -> Any:
        return self.trace.call(copied, (self,), {})

    def __copy__(self) -> Any:
        return self.copy() if type(self.value) is np.ndarray else self

    def __deepcopy__(self, memo: Any) -> Any:
        return self.__copy__()

    def fill(self, value: Any) -> None:
        self.trace.update(self, filled, (self, value), {})

    @property
    def real(self) -> Any:
        return np.real(self)

    @property
    def imag(self) -> Any:
        return np.imag(self)

    def conj(self) -> Any:
        return np.conjugate(self)

    def flatten(self) -> Any:
        return self.copy().reshape(-1)

    def reshape(self, *shape: Any) -> Any:
        return np.reshape(self, shape[0] if len(shape) == 1 else shape)

    def transpose(self, *axes: Any) -> Any:
        order = (axes[0] if len(axes) == 1 else axes) if axes else None
        return np.transpose(self, order)

    # -- what would leave the program --------------------------------------------------------

    def _leave(self, what: str) -> Any:
        raise refusal(what)

    def __bool__(self) -> bool:
        return self._leave("the truth of")  # type: ignore[no-any-return]

    def __float__(self) -> float:
        return self._leave("float() of")  # type: ignore[no-any-return]

    def __int__(self) -> int:
        return self._leave("int() of")  # type: ignore[no-any-return]

    def __index__(self) -> int:
        return self._leave("an index from")  # type: ignore[no-any-return]

    def __array__(self, *_: Any, **__: Any) -> Any:
        raise array_refusal()

    def item(self, *_: Any) -> Any:
        return self._leave("item() of")

    def tolist(self) -> Any:
        return self._leave("tolist() of")

    def __format__(self, spec: str) -> str:
        return self._leave("printing")  # type: ignore[no-any-return]

    def __str__(self) -> str:
        return self._leave("printing")  # type: ignore[no-any-return]

    def __round__(self, digits: Any = None) -> Any:
        return self._leave("round() of")

    def __contains__(self, x: Any) -> bool:
        return self._leave("whether something is in")  # type: ignore[no-any-return]

    def __complex__(self) -> complex:
        return self._leave("complex() of")  # type: ignore[no-any-return]

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or not (
            hasattr(np.ndarray, name) or hasattr(self.__class__, name)
        ):
            raise AttributeError(f"a value of a trace has no attribute {name!r}")
        raise TraceError(
            f"compile: at {users_line()} {name} of a value of the program is asked for, which only "
            f"arrays have; use NumPy's functions and operators, or keep this part outside"
        )


def _copying(x: Any, copy: bool = True, *args: Any, **kwargs: Any) -> tuple[Any, Any, bool]:
    """The arguments of ``np.nan_to_num`` without `copy`, and `copy`."""
    return (x, True, *args), kwargs, bool(copy)


def _is_number(x: Any) -> bool:
    return isinstance(x, Tracer) and type(x.value) is not np.ndarray


def _method(name: str, function: Callable[..., Any]) -> Any:
    def method(self: Tracer, *args: Any, **kwargs: Any) -> Any:
        return function(self, *args, **kwargs)

    method.__name__ = name
    return method


for _name in (
    *("sum", "mean", "std", "var", "max", "min", "prod", "any", "all", "argmax", "argmin"),
    *("argsort", "cumsum", "cumprod", "dot", "take", "repeat", "clip", "squeeze", "swapaxes"),
    *("ravel", "diagonal", "round", "nonzero", "searchsorted"),
):
    setattr(Tracer, _name, _method(_name, getattr(np, _name)))


def plain(x: Any) -> Any:
    """`x` with the values of the tracers in it."""
    if isinstance(x, Tracer):
        return x.value
    if isinstance(x, (tuple, list)):
        return type(x)([plain(item) for item in x])
    if isinstance(x, dict):
        return {key: plain(item) for key, item in x.items()}
    if isinstance(x, slice):
        return slice(plain(x.start), plain(x.stop), plain(x.step))
    return x
