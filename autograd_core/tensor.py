"""The Tensor: a value, and its place in the graph. Operations are attached by `binding`."""

from __future__ import annotations

import copy as _copy
import itertools
import math
import weakref
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from . import dtypes, versions
from ._methods import TensorMethods
from .dtypes import as_dtype, check_dtype, check_mask, holds
from .errors import (
    ArgumentError,
    DTypeError,
    GraphError,
    IndexingError,
    ShapeError,
)
from .graph import FLOAT64, Leaf, Node, Shape
from .tracing import TRACES, Symbol, changed, current

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, DTypeLike, NDArray

T = TypeVar("T", bound="Tensor")

_handles = itertools.count()


#: What an array is mostly of; in the machine's own byte order.
_PLAIN = (np.dtype(np.float32), FLOAT64)


def as_data(data: Any, dtype: DTypeLike | None, copy: bool, where: str = "Tensor") -> Any:
    """The form in which a Tensor holds `data`: an array, a NumPy scalar or a Python float.

    Scalars are immutable; a scalar of float64 is a Python float, whose arithmetic is the fastest.
    """
    if type(data) is float and dtype is None:
        return data if dtypes.default is FLOAT64 else dtypes.default.type(data)
    if type(data) is np.ndarray and data.ndim and dtype is None and data.dtype in _PLAIN:
        return data.copy() if copy else data
    if isinstance(data, Symbol):
        check_dtype(data, where)
        if dtype is not None and data.dtype != (wanted := as_dtype(dtype, where)):
            return data.astype(wanted)  # type: ignore[attr-defined]
        return data.again() if copy else data
    if isinstance(data, Tensor):
        if data.requires_grad:
            raise GraphError(
                f"{where}: the data is a tensor that requires a gradient, and wrapping it would "
                f"cut the graph without a word; use x.detach(), or x.clone() to stay on the graph"
            )
        data = data.data
    elif isinstance(data, (list, tuple)) and holds(data, Tensor):
        raise GraphError(
            f"{where}: the list holds tensors, and copying their values would cut the graph; "
            f"join them with stack([...]) or concatenate([...])"
        )
    plain = not (hasattr(data, "dtype") or hasattr(data, "__array__"))
    array = source = as_array(data, where)
    if plain and dtype is None and array.dtype.kind == "f":
        dtype = dtypes.default
    if dtype is not None:
        array = array.astype(as_dtype(dtype, where), copy=False)
    if array.ndim == 0 and (copy or not isinstance(data, np.ndarray)):
        value = array[()]
        return float(value) if array.dtype is FLOAT64 or array.dtype == FLOAT64 else value
    if copy and array is source and not isinstance(data, (list, tuple)):
        array = array.copy()
    return array


def as_array(data: Any, where: str) -> NDArray[Any]:
    """NumPy's array of `data`, of a dtype that the engine holds."""
    check_mask(data, where)
    try:
        array = np.asarray(data)
    except (ValueError, TypeError) as error:
        raise ShapeError(
            f"{where}: the rows of the data are ragged or not numbers ({error}); "
            f"give rows of equal length"
        ) from None
    check_dtype(array, where)
    return array


class Tensor(TensorMethods):
    """A NumPy array, or a number, that remembers how it was computed.

    Parameters
    ----------
    data : array_like
        Copied, unless ``copy=False``. Python floats become the default dtype; arrays keep theirs.
    dtype : dtype_like, optional
        ``float64``, ``float32``, an integer type or ``bool``.
    requires_grad : bool, default False
        Whether operations on it are recorded and `backward` fills its ``grad``. Floats only.
    name : str, optional
        Shown in drawings, messages and derivations.
    copy : bool, default True
        With False, an array is shared with the caller. Changes made through the caller's own
        reference are not seen by the checks on in-place changes.

    Warnings
    --------
    An array that is an operand, as `a` in ``x * a``, is kept by reference and not copied:
    writing to it between the operation and `backward` makes a wrong gradient without a word.
    `detect_anomaly` finds such writes; a Tensor in its place, changed by item assignment, raises.

    Attributes
    ----------
    data : ndarray or NumPy scalar
        The value. Writing to it by hand bypasses the graph; assigning ``t.data = v`` changes the
        value in place and is noticed. Of a scalar it is NumPy's immutable one: assign ``t.data``.
    grad : Tensor or None
        The accumulated gradient, of the tensor's shape and dtype; only on leaves, and where
        `retain_grad` was called.
    requires_grad : bool
        Of a leaf it can be set. Once it is False no backward pass fills ``grad``, also none
        over a graph that was recorded before.
    is_leaf : bool
        True unless it was computed from tensors that require a gradient.
    node : Node or None
        Its place in the graph.
    name : str or None

    Raises
    ------
    DTypeError
        For a gradient of integers, and for dtypes that are not supported (complex, float16,
        longdouble, object, string, masked arrays).
    ShapeError
        For ragged rows.
    GraphError
        If `data` is or holds a tensor of which a copy would silently leave the graph.

    Notes
    -----
    ``copy.deepcopy`` and ``pickle`` work on leaves, and keep value, name, ``requires_grad`` and
    the attributes of a subclass. Hooks stay behind, and ``pickle`` leaves out ``grad`` too.

    Examples
    --------
    >>> from autograd_core import Tensor
    >>> x = Tensor([1.0, 2.0, 3.0], requires_grad=True)
    >>> y = (x**2).sum()
    >>> y.backward()
    >>> x.grad
    Tensor([2., 4., 6.], shape=(3,), dtype=float64)
    """

    __slots__ = ("__weakref__", "_grad", "_name", "_node", "_value")

    #: NumPy's arrays let a Tensor's operators answer: ``ndarray * Tensor`` is a Tensor.
    __array_priority__ = 1000.0

    _value: Any
    _node: Node | None
    _grad: Tensor | None
    _name: str | None

    def __init__(
        self,
        data: ArrayLike | Tensor,
        *,
        dtype: DTypeLike | None = None,
        requires_grad: bool = False,
        name: str | None = None,
        copy: bool = True,
    ) -> None:
        if TRACES and copy and (trace := current()) is not None:
            self._value = trace.made(as_data(trace.found(data), dtype, copy))
        else:
            self._value = as_data(data, dtype, copy)
        self._node = None
        if requires_grad:
            self.requires_grad = True
        if name is not None:
            self.name = name

    # -- value -----------------------------------------------------------------------------

    @property
    def data(self) -> Any:
        """The value: the array itself, or NumPy's number.

        ``t.data = x`` and ``t.data -= x`` are seen by graphs that still need the old value, which
        then refuse to go backward. A write through the array, ``t.data[0] = x``, is not, and a
        gradient that needs the old value is then wrong: write ``t[0] = x``, or look for such
        writes with `detect_anomaly`.
        """
        if TRACES and (trace := current()) is not None:
            return trace.lift(self)
        value = self._value
        return np.float64(value) if type(value) is float else value

    @data.setter
    def data(self, value: ArrayLike | Tensor) -> None:
        self.assign(value, "data")

    def assign(self, value: ArrayLike | Tensor, change: str = "assign") -> None:
        """Change the value in place, keeping shape and dtype.

        Parameters
        ----------
        value : array_like
            Of the tensor's shape.
        change : str
            Words for the error of a backward pass that still needed the old value.

        Raises
        ------
        ShapeError
            If the shapes differ; nothing is changed then, nor by any other error.
        DTypeError
            For floats into integers and the like.
        ArgumentError
            If the tensor shares an array that is read-only.
        """
        if TRACES and (trace := current()) is not None:
            trace.assign(self, value)
            return
        new = value._value if isinstance(value, Tensor) else value
        old = self._value
        if new is not old:
            array = as_array(new, change)
            if array.shape != self.shape:
                raise ShapeError(
                    f"{change}: a value of shape {array.shape} cannot replace the value of shape "
                    f"{self.shape} of {self._label()}"
                )
            if not np.can_cast(array.dtype, self.dtype, "same_kind"):
                raise DTypeError(
                    f"{change}: a value of dtype {array.dtype} cannot replace the value of dtype "
                    f"{self.dtype} of {self._label()}; convert it with astype first"
                )
            if type(old) is np.ndarray:
                check_writeable(old, change)
                np.copyto(old, array, casting="same_kind")
            elif type(old) is float:
                self._value = float(array)
            else:
                self._value = old.dtype.type(array[()])
        self.touched(change)

    def touched(self, change: str) -> None:
        """Say that the value was changed in place, so that a backward pass that needs it raises.

        Parameters
        ----------
        change : str
            What changed it, for the message.
        """
        if isinstance(self._value, Symbol):
            return
        node = self._node
        versions.touch(self._value, change, node if type(node) is Leaf else self.name)

    def _seen(self) -> Any:
        """The value; in a trace, its symbol."""
        if TRACES and (trace := current()) is not None:
            return trace.held_by(self)
        return self._value

    def _label(self) -> str:
        return f"tensor {self.name!r}" if self.name else "a tensor"

    @property
    def shape(self) -> Shape:
        value = self._value
        return () if type(value) is float else value.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        value = self._value
        return FLOAT64 if type(value) is float else value.dtype

    @property
    def ndim(self) -> int:
        return len(self.shape)

    @property
    def size(self) -> int:
        value = self._value
        return 1 if type(value) is float else value.size

    @property
    def nbytes(self) -> int:
        return self.size * self.dtype.itemsize

    @property
    def itemsize(self) -> int:
        return self.dtype.itemsize

    def item(self, *index: Any) -> Any:
        """The value, or the element at an index, as a Python number.

        Parameters
        ----------
        *index : int or tuple of int, optional
            As in NumPy: one integer counts through the flat tensor, else one an axis.

        Raises
        ------
        ShapeError
            Without an index, if the tensor has more than one element.
        IndexingError
            For an index that the tensor does not have.
        """
        if index:
            try:
                return self.data.item(*index)
            except (IndexError, ValueError, TypeError) as error:
                raise IndexingError(
                    f"item: {error} (index {index} into a tensor of shape {self.shape})"
                ) from None
        if self.size != 1:
            raise ShapeError(
                f"item: shape {self.shape} has {self.size} elements; item() needs exactly one, "
                f"reduce with sum() or mean(), or use tolist()"
            )
        value = self._seen()
        return value if type(value) is float else value.item()

    def tolist(self) -> Any:
        """The value as (nested lists of) Python numbers."""
        return self.data.tolist()

    def numpy(self) -> NDArray[Any]:
        """A read-only view of the value. It is not on the graph; copy it to change it."""
        if TRACES:
            data = self.data
            if isinstance(data, Symbol):
                return data  # type: ignore[return-value]
        view = np.asarray(self._value).view()
        view.flags.writeable = False
        return view

    # -- place in the graph ------------------------------------------------------------------

    @property
    def node(self) -> Node | None:
        return self._node

    @property
    def requires_grad(self) -> bool:
        return self._node is not None

    @requires_grad.setter
    def requires_grad(self, value: bool) -> None:
        changed()
        node = self._node
        if node is not None and node.primitive is not None:
            if not value:
                raise GraphError(
                    f"requires_grad: this tensor was computed by {node.primitive.name}; "
                    f"use x.detach() for a tensor outside of the graph"
                )
        elif not value:
            self._node = None
        elif node is None:
            if self.dtype.kind != "f":
                raise DTypeError(
                    f"Tensor: dtype {self.dtype} cannot require a gradient, only floats can; "
                    f"make it a float: Tensor(data, dtype=float, requires_grad=True)"
                )
            self._node = Leaf(self.shape, self.dtype, weakref.ref(self))
            if self.name is not None:
                self._node.name = self.name

    def requires_grad_(self: T, requires_grad: bool = True) -> T:
        """Set ``requires_grad`` in place and return the tensor."""
        self.requires_grad = requires_grad
        return self

    @property
    def is_leaf(self) -> bool:
        return self._node is None or self._node.primitive is None

    @property
    def grad(self) -> Tensor | None:
        if TRACES and (trace := current()) is not None:
            return trace.grad_of(self)  # type: ignore[no-any-return]
        try:
            return self._grad
        except AttributeError:
            return None

    @grad.setter
    def grad(self, value: Tensor | ArrayLike | None) -> None:
        if value is not None and not isinstance(value, Tensor):
            value = Tensor(value, dtype=self.dtype)
        if value is not None and (value.shape != self.shape or value.dtype != self.dtype):
            raise ShapeError(
                f"grad: a gradient of shape {value.shape} and dtype {value.dtype} does not fit "
                f"{self._label()} of shape {self.shape} and dtype {self.dtype}"
            )
        if TRACES and (trace := current()) is not None:
            trace.sets_grad(self)
        self._grad = value

    @property
    def name(self) -> str | None:
        try:
            return self._name
        except AttributeError:
            return None

    @name.setter
    def name(self, value: str | None) -> None:
        if value is not None and not isinstance(value, str):
            raise ArgumentError(f"name: {value!r} is not a string")
        self._name = value
        if self._node is not None:
            self._node.name = value

    def detach(self) -> Tensor:
        """The value outside of the graph: a tensor that requires no gradient.

        An array is shared, so that a change of one tensor in place shows in the other; a number
        (shape ``()``) is immutable, and each tensor then changes alone.
        """
        value = self._value
        return wrap(value if type(value) is np.ndarray else self._seen(), None)

    def retain_grad(self) -> None:
        """Have `backward` keep this tensor's gradient in ``grad`` though it is no leaf.

        Raises
        ------
        GraphError
            If the tensor requires no gradient.
        """
        if self._node is None:
            raise GraphError("retain_grad: this tensor requires no gradient")
        if self._node.primitive is not None:
            self._node.extras().retained = weakref.ref(self)

    def register_hook(self, hook: Callable[[Tensor], Tensor | None]) -> HookHandle:
        """Call `hook` with the gradient of this tensor whenever a backward pass computes it.

        Parameters
        ----------
        hook : callable
            Receives the gradient as a Tensor. What it returns, unless None, replaces the
            gradient; shape and dtype must be kept.

        Returns
        -------
        HookHandle
            Its ``remove()`` takes the hook away.

        Examples
        --------
        >>> from autograd_core import Tensor
        >>> x = Tensor(2.0, requires_grad=True)
        >>> handle = x.register_hook(lambda g: g * 10)
        >>> (x * 3.0).backward()
        >>> x.grad
        Tensor(30.0, shape=(), dtype=float64)
        """
        if self._node is None:
            raise GraphError("register_hook: this tensor requires no gradient")
        if not callable(hook):
            raise ArgumentError(f"register_hook: {hook!r} is not callable")
        extra = self._node.extras()
        if extra.hooks is None:
            extra.hooks = {}
        key = next(_handles)
        extra.hooks[key] = hook
        changed()
        return HookHandle(extra.hooks, key)

    # -- Python's protocols ------------------------------------------------------------------

    def __repr__(self) -> str:
        kind = type(self).__name__
        value = self._value
        array = np.asarray(value)
        body = (
            np.array2string(array, separator=", ", prefix=f"{kind}(", threshold=200, edgeitems=3)
            if array.ndim
            else str(array[()])
        )
        parts = [body, f"shape={array.shape}", f"dtype={array.dtype}"]
        if self.name:
            parts.append(f"name={self.name!r}")
        if self._node is not None:
            primitive = self._node.primitive
            parts.append("requires_grad=True" if primitive is None else f"op={primitive.name}")
        return f"{kind}({', '.join(parts)})"

    def __format__(self, spec: str) -> str:
        if spec and self.size != 1:
            raise ShapeError(
                f"format: {spec!r} formats one number, and this tensor has shape {self.shape}; "
                f"format x.item() of an element, or str(x)"
            )
        return format(self.item(), spec) if spec else str(self)

    __hash__ = object.__hash__

    def __bool__(self) -> bool:
        if self.size != 1:
            raise ShapeError(
                f"bool: the truth of a tensor of shape {self.shape} is ambiguous; "
                f"use .any(), .all() or .item()"
            )
        return bool(self._seen())

    def __len__(self) -> int:
        if not self.shape:
            raise DTypeError("len: a tensor of shape () has no length")
        return self.shape[0]

    def _number(self, kind: Callable[[Any], Any]) -> Any:
        if self._node is not None:
            raise GraphError(
                f"{kind.__name__}: a plain number would leave the graph without a word; use "
                f"x.item() for the value, or this library's functions (exp(x), not math.exp(x))"
            )
        return kind(self.item())

    def __float__(self) -> float:
        return self._number(float)  # type: ignore[no-any-return]

    def __int__(self) -> int:
        return self._number(int)  # type: ignore[no-any-return]

    def __complex__(self) -> complex:
        return self._number(complex)  # type: ignore[no-any-return]

    def __trunc__(self) -> int:
        return self._number(math.trunc)  # type: ignore[no-any-return]

    def __floor__(self) -> int:
        return self._number(math.floor)  # type: ignore[no-any-return]

    def __ceil__(self) -> int:
        return self._number(math.ceil)  # type: ignore[no-any-return]

    def __index__(self) -> int:
        if self.dtype.kind not in "iu" or self.shape:
            raise DTypeError(
                f"index: a tensor of dtype {self.dtype} and shape {self.shape} is no integer"
            )
        return int(self._value)

    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> NDArray[Any]:
        if self._node is not None:
            raise GraphError(
                "numpy: this tensor requires a gradient, and a NumPy array would leave the graph "
                "without a word; use x.numpy() or x.detach(), or stack([...]) to join tensors"
            )
        array = np.asarray(self._value)
        if copy:
            return np.array(array, dtype=dtype)
        return self.numpy() if dtype is None else self.numpy().astype(dtype, copy=False)

    def __copy__(self: T) -> T:
        return _copy.deepcopy(self)

    def __deepcopy__(self: T, memo: dict[int, Any]) -> T:
        made = _rebuild(*self._state("deepcopy"))
        if self.grad is not None:
            made._grad = _copy.deepcopy(self.grad.detach(), memo)
        memo[id(self)] = made
        if attributes := getattr(self, "__dict__", None):
            made.__dict__.update(_copy.deepcopy(attributes, memo))
        return made  # type: ignore[return-value]

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, self._state("pickle"), getattr(self, "__dict__", None) or None

    def _state(self, what: str) -> tuple[type[Tensor], Any, bool, str | None]:
        if not self.is_leaf:
            raise GraphError(
                f"{what}: this tensor was computed from others, and its graph cannot be copied; "
                f"use x.detach() for its value"
            )
        return type(self), _copy.deepcopy(self._value), self.requires_grad, self.name


class HookHandle:
    """Removes a hook; returned by `Tensor.register_hook`."""

    def __init__(self, hooks: dict[int, Any], key: int) -> None:
        self._hooks = hooks
        self._key = key

    def remove(self) -> None:
        """Take the hook away; a second call does nothing."""
        self._hooks.pop(self._key, None)
        changed()


def check_writeable(array: NDArray[Any], where: str) -> None:
    if not array.flags.writeable:
        raise ArgumentError(
            f"{where}: the tensor shares a read-only array of shape {array.shape}; make it of a "
            f"copy: Tensor(array)"
        )


def wrap(data: Any, node: Node | None) -> Tensor:
    """A Tensor around `data` as it is, at `node`; no checks, no copy."""
    tensor = Tensor.__new__(Tensor)
    tensor._value = data
    tensor._node = node
    return tensor


def _rebuild(kind: type[Tensor], data: Any, requires_grad: bool, name: str | None) -> Tensor:
    tensor = kind.__new__(kind)
    Tensor.__init__(tensor, data, requires_grad=requires_grad, name=name, copy=False)
    return tensor
