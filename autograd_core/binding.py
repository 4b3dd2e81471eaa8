"""Hangs the registry on the Tensor: methods, operators, and NumPy's two protocols.

``np.tanh(t)`` and ``ndarray * t`` arrive here and stay on the graph. What has no counterpart
raises, naming an alternative: nothing leaves the graph without a word.
"""

from __future__ import annotations

import functools
import inspect
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Any

import numpy as np

from .elsewhere import ELSEWHERE, Elsewhere
from .errors import (
    AutogradError,
    DTypeError,
    UnsupportedError,
    unsupported,
)
from .inplace import setitem
from .ops import arithmetic, comparison, linalg, transcendental
from .ops.shape import astype, raw, transpose
from .primitive import FUNCTIONS, Function, Public
from .tensor import Tensor
from .walks import backward


def _reflected(function: Function) -> Function:
    def method(self: Tensor, other: Any) -> Any:
        return function(other, self)

    return method


def _divmod(a: Any, b: Any) -> tuple[Any, Any]:
    return arithmetic.floor_divide(a, b), arithmetic.remainder(a, b)


def _equality(function: Function) -> Function:
    """Comparison with what is no array, such as None, is Python's own: by identity."""

    def method(self: Tensor, other: Any) -> Any:
        if isinstance(other, (Tensor, *_NUMBERS)) or hasattr(other, "__array__"):
            return function(self, other)
        return NotImplemented

    return method


_NUMBERS = (int, float, complex, list, tuple)


_BINARY: dict[str, Function] = {
    "add": arithmetic.add,
    "sub": arithmetic.subtract,
    "mul": arithmetic.multiply,
    "truediv": arithmetic.divide,
    "pow": transcendental.power,
    "matmul": linalg.matmul,
    "floordiv": arithmetic.floor_divide,
    "mod": arithmetic.remainder,
    "divmod": _divmod,
    "and": comparison.bitwise_and,
    "or": comparison.bitwise_or,
    "xor": comparison.bitwise_xor,
}

_COMPARISONS: dict[str, Function] = {
    "eq": _equality(comparison.equal),
    "ne": _equality(comparison.not_equal),
    "lt": comparison.less,
    "le": comparison.less_equal,
    "gt": comparison.greater,
    "ge": comparison.greater_equal,
}


#: The binary operators, by the names of their methods.
OPERATORS: dict[str, Function] = {
    **{f"__{name}__": function for name, function in (_BINARY | _COMPARISONS).items()},
    **{f"__r{name}__": _reflected(function) for name, function in _BINARY.items()},
}


def _iterate(self: Tensor) -> Iterator[Tensor]:
    if not self.shape:
        raise DTypeError("iter: a tensor of shape () cannot be iterated over; use item()")
    return (self[i] for i in range(self.shape[0]))


def _contains(self: Tensor, item: Any) -> bool:
    return bool(np.any(raw(self) == raw(item)))


def _fill(self: Tensor, value: Any) -> None:
    """Set every element in place; outside of the graph or inside no_grad() only."""
    setitem(self, Ellipsis, value)


def _mimebundle(self: Tensor, include: Any = None, exclude: Any = None) -> dict[str, str]:
    """What a notebook shows: the value as text, and the picture of a small graph."""
    if self._node is None or self._node.primitive is None:
        return {"text/plain": repr(self)}
    from .visualize.notebook import mimebundle

    return mimebundle(self, include, exclude)


def _fabs(x: Any) -> Any:
    """The absolute value as a float."""
    kind = np.result_type(x.dtype, np.float32)
    return arithmetic.absolute(x if x.dtype.kind == "f" else astype(x, kind))


_ALIASES: dict[Any, Function] = {np.divmod: _divmod, np.fabs: _fabs}

#: NumPy's functions that only ask for shapes, sizes or texts, and get the plain value.
_HARMLESS = {
    np.shape,
    np.ndim,
    np.size,
    np.array_repr,
    np.array_str,
    np.array2string,
    np.result_type,
    np.can_cast,
    np.may_share_memory,
    np.shares_memory,
    np.iscomplexobj,
    np.isrealobj,
}

_CREATING = {np.zeros_like: 0, np.ones_like: 1, np.empty_like: 0, np.full_like: None}


def _numpy_table() -> dict[Any, Function]:
    table = {np_f: f.function for f in FUNCTIONS.values() for np_f in f.numpy}
    table.update(_ALIASES)
    return table


_ADVICE = {
    "fmax": "maximum",
    "fmin": "minimum",
    "nan_to_num": "where(isnan(x), 0, x)",
    "heaviside": "where(x > 0, 1, 0)",
    "median": "sort and index",
    "percentile": "sort and index",
    "quantile": "sort and index",
    "nonzero": "np.nonzero(x.numpy())",
    "cumprod": "exp(cumsum(log(x)))",
    "nansum": "where(isnan(x), 0, x).sum()",
    "sinc": "sin(pi x) / (pi x)",
    "cross": "index and multiply",
    "convolve": "index and matmul",
    "interp": "where and arithmetic",
    "float_power": "power",
    "cbrt": "sign(x) * abs(x) ** (1 / 3)",
    "fmod": "remainder",
    "save": "x.numpy() or autograd_core.save",
    "savez": "x.numpy() or autograd_core.save",
    "copyto": "x.assign(value) to change a tensor in place",
    "put": "x.assign(value) to change a tensor in place",
    "meshgrid": "reshape and broadcast_to",
    "block": "concatenate",
    "dstack": "stack",
}


def _refuse(function: Any, why: str = "has no differentiable counterpart here") -> UnsupportedError:
    name = getattr(function, "__name__", str(function))
    module = getattr(function, "__module__", None) or "numpy"
    advice = _ADVICE.get(name)
    hint = f"use {advice}" if advice else "compute with x.numpy() if no gradient is needed"
    return UnsupportedError(f"{module}.{name}: on a Tensor it {why}; {hint}")


def _array_ufunc(self: Tensor, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
    for x in inputs:
        if isinstance(x, np.ma.MaskedArray):
            raise DTypeError(
                f"{ufunc.__name__}: a masked array with a Tensor would lose its mask; use "
                f"array.filled(value), or where(mask, 0, x)"
            )
    function = _table.get(ufunc)
    if method == "reduce":
        function = _REDUCTIONS.get(ufunc)
        kwargs.setdefault("axis", 0)
    elif method != "__call__":
        raise _refuse(ufunc, f"cannot use the method {method!r}")
    out = kwargs.pop("out", None)
    if out is not None:
        raise UnsupportedError(
            f"numpy.{ufunc.__name__}: out= would leave the graph without a word; assign the "
            f"result, or use x.assign(value) to change a tensor in place"
        )
    kwargs = {k: v for k, v in kwargs.items() if not (k == "where" and v is True)}
    if function is None:
        raise _refuse(ufunc)
    unknown = kwargs.keys() - ({"axis", "keepdims"} if method == "reduce" else set())
    if unknown:
        raise unsupported(f"numpy.{ufunc.__name__}", unknown)
    return function(*inputs, **kwargs)


def _array_function(self: Tensor, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
    if any(issubclass(t, np.ma.MaskedArray) for t in types):
        raise DTypeError(f"{function.__name__}: a masked array with a Tensor would lose its mask")
    if function in _HARMLESS:
        return function(*[_shown(a) for a in args], **kwargs)
    if function in _CREATING:
        fill = _CREATING[function]
        rest = args[1:] if fill is None else (fill, *args[1:])
        return Tensor(np.full_like(_shown(args[0]), *rest, **kwargs))
    if kwargs.get("out") is not None:
        raise UnsupportedError(
            f"numpy.{function.__name__}: out= would leave the graph without a word; assign the "
            f"result"
        )
    ours = _table.get(function)
    if ours is None:
        raise _refuse(function)
    args, kwargs = _aligned(function, ours, args, kwargs)
    kwargs = {k: v for k, v in kwargs.items() if not (v is None and k in ("out", "dtype"))}
    try:
        return ours(*args, **kwargs)
    except TypeError as error:
        if "argument" not in str(error) or isinstance(error, AutogradError):
            raise
        unknown = kwargs.keys() - inspect.signature(ours).parameters.keys()
        if unknown:
            raise unsupported(f"numpy.{function.__name__}", unknown) from None
        raise UnsupportedError(
            f"numpy.{function.__name__} on a Tensor: {error}; compute with x.numpy() if no "
            f"gradient is needed"
        ) from None


@functools.cache
def _signatures(function: Any, ours: Function) -> tuple[int, tuple[str, ...], str]:
    """How many leading arguments agree, NumPy's names, and the name of our starred one."""
    try:
        names = tuple(inspect.signature(function).parameters)
    except (TypeError, ValueError):
        return sys.maxsize, (), ""
    agree = 1
    for i, parameter in enumerate(inspect.signature(ours).parameters.values()):
        if parameter.kind is parameter.VAR_POSITIONAL:
            named = parameter.name in names[i : i + 1] and names[0] != "operands"
            return (i + 1, names, parameter.name) if named else (sys.maxsize, names, "")
        if i and names[i : i + 1] != (parameter.name,):
            break
        agree = i + 1
    return agree, names, ""


def _aligned(
    function: Any, ours: Function, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """The arguments by name where NumPy's order is another than ours."""
    agree, names, starred = _signatures(function, ours)
    if agree < len(args) <= len(names):
        kwargs = {**dict(zip(names[agree:], args[agree:], strict=False)), **kwargs}
        args = args[:agree]
    if starred in kwargs:
        kwargs = dict(kwargs)
        args = (*args, kwargs.pop(starred))
    return args, kwargs


def _shown(x: Any) -> Any:
    return x.numpy() if isinstance(x, Tensor) else x


def _outward(public: Public) -> Function:
    """A function as users call it: NumPy's own where no argument is a Tensor.

    The rules call the function inside, whose sums of arrays are quicker and keep no masks.
    """
    function = public.function
    theirs = public.numpy[0] if public.numpy else None
    ours = inspect.signature(function).parameters
    names = tuple(ours)
    agree, _, starred = (1, (), "") if theirs is None else _signatures(theirs, function)
    agree = max(agree, sum([p.kind is p.POSITIONAL_ONLY for p in ours.values()]))

    @functools.wraps(function)
    def outward(*args: Any, **kwargs: Any) -> Any:
        if args and isinstance(args[0], Tensor):
            if not kwargs:
                return function(*args)
        elif theirs is not None and _is_plain(args) and _is_plain(kwargs.values()):
            head, named = args, kwargs
            if starred and len(args) > agree > 1:
                head = (args[0], args[1:])
            elif len(args) > agree:
                head = args[:agree]
                named = {**dict(zip(names[agree:], args[agree:], strict=False)), **kwargs}
            with suppress(TypeError, ValueError, IndexError):  # ours says what is wrong
                return theirs(*head, **named)
        try:
            return function(*args, **kwargs)
        except TypeError as error:
            unknown = kwargs.keys() - ours.keys()
            if isinstance(error, AutogradError) or not unknown or "unexpected" not in str(error):
                raise
            raise unsupported(public.name, unknown) from None

    outward.__module__ = "autograd_core"
    outward.__name__ = outward.__qualname__ = public.name
    return outward


def _is_plain(args: Iterable[Any]) -> bool:
    """Whether no Tensor is among the arguments, nor in a list of them."""
    for x in args:
        if isinstance(x, Tensor):
            return False
        if type(x) is list or type(x) is tuple:
            if any([isinstance(item, Tensor) for item in x]):
                return False
        elif hasattr(x, "__next__"):  # an iterator is read once, by the function that takes it
            return False
    return True


def outward_functions() -> dict[str, Function]:
    """The compositions, by public name, as users call them; the others need no such care."""
    return _outwards


_outwards: dict[str, Function] = {}


def _dir(self: Tensor) -> list[str]:
    return sorted(set(object.__dir__(self)) - ELSEWHERE.keys())


_table: dict[Any, Function] = {}
_REDUCTIONS: dict[Any, Function] = {}


def bind() -> None:
    """Attach everything; called once when the package is imported."""
    _table.update(_numpy_table())
    functions = {name: f.function for name, f in FUNCTIONS.items()}
    _REDUCTIONS.update(
        {
            np.add: functions["sum"],
            np.multiply: functions["prod"],
            np.maximum: functions["max"],
            np.minimum: functions["min"],
            np.logical_and: functions["all"],
            np.logical_or: functions["any"],
        }
    )
    for name, public in FUNCTIONS.items():
        if not hasattr(public.function, "primitive") and name not in ("astype", "where"):
            _outwards[name] = _outward(public)
        takes_axis = "axis" in inspect.signature(public.function).parameters
        for method in public.methods:
            chosen = _outwards.get(name) if takes_axis else None
            setattr(Tensor, method, chosen or public.function)
    for name, advice in ELSEWHERE.items():
        setattr(Tensor, name, Elsewhere(name, advice))
    for name, function in OPERATORS.items():
        setattr(Tensor, name, function)
    attributes: dict[str, Any] = {
        "__neg__": arithmetic.negative,
        "__pos__": arithmetic.positive,
        "__abs__": arithmetic.absolute,
        "__invert__": comparison.invert,
        "__setitem__": setitem,
        "__iter__": _iterate,
        "__contains__": _contains,
        "__round__": arithmetic.round_,
        "fill": _fill,
        "T": property(transpose),
        "mT": property(functions["matrix_transpose"]),
        "backward": backward,
        "_repr_mimebundle_": _mimebundle,
        "__array_ufunc__": _array_ufunc,
        "__array_function__": _array_function,
        "__hash__": object.__hash__,
        "__dir__": _dir,
    }
    for name, value in attributes.items():
        setattr(Tensor, name, value)


__all__ = ["bind", "outward_functions"]
