"""The methods of Tensor. Written by tools/make_stubs.py: change the registry instead."""

from collections.abc import Iterator, Sequence
from typing import Any

from numpy.typing import ArrayLike, DTypeLike

from .tensor import Tensor

Operand = Tensor | ArrayLike
Axis = int | Sequence[int] | None
Shape = int | Sequence[int]

class TensorMethods:
    """Base of Tensor: the methods and operators that the registry declares."""

    __slots__ = ()

    def abs(self) -> Tensor:
        """The absolute value."""

    def absolute(self) -> Tensor:
        """The absolute value."""

    def add(self, b: Operand, /) -> Tensor:
        """Sum of two arrays."""

    def all(self, axis: Axis = None, out: None = None, keepdims: bool = False) -> Tensor:
        """Whether all are true."""

    def any(self, axis: Axis = None, out: None = None, keepdims: bool = False) -> Tensor:
        """Whether any is true."""

    def arccos(self) -> Tensor:
        """The inverse cosine, in radians."""

    def arccosh(self) -> Tensor:
        """The inverse hyperbolic cosine."""

    def arcsin(self) -> Tensor:
        """The inverse sine, in radians."""

    def arcsinh(self) -> Tensor:
        """The inverse hyperbolic sine."""

    def arctan(self) -> Tensor:
        """The inverse tangent, in radians."""

    def arctan2(self, b: Operand, /) -> Tensor:
        """The angle of the point (b, a), in radians: arctan(a / b) in the right quadrant."""

    def arctanh(self) -> Tensor:
        """The inverse hyperbolic tangent."""

    def argmax(
        self,
        axis: int | None = None,
        out: None = None,
        *,
        keepdims: bool = False,
    ) -> Tensor:
        """Index of the first largest element."""

    def argmin(
        self,
        axis: int | None = None,
        out: None = None,
        *,
        keepdims: bool = False,
    ) -> Tensor:
        """Index of the first smallest element."""

    def argsort(self, axis: int | None = -1, kind: str | None = None) -> Tensor:
        """The indices that sort."""

    def astype(self, dtype: DTypeLike, copy: bool = True) -> Tensor:
        """Convert to another dtype; to integers and bools it leaves the graph."""

    def broadcast_to(self, shape: Shape) -> Tensor:
        """Repeat an array along new axes and axes of size 1 to a shape, as arithmetic does."""

    def ceil(self) -> Tensor:
        """The smallest integer that is not smaller, as a float."""

    def clip(
        self,
        a_min: Operand | None = None,
        a_max: Operand | None = None,
        *,
        min: Operand | None = None,
        max: Operand | None = None,
    ) -> Tensor:
        """Limit values to an interval."""

    def clone(self) -> Tensor:
        """A copy with memory of its own that stays on the graph."""

    def copy(self) -> Tensor:
        """A copy with memory of its own that stays on the graph."""

    def cos(self) -> Tensor:
        """The cosine; x in radians."""

    def cosh(self) -> Tensor:
        """The hyperbolic cosine."""

    def cumsum(self, axis: int | None = None) -> Tensor:
        """Cumulative sum along an axis; of the flattened array by default."""

    def diagonal(self, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Tensor:
        """The diagonal of two axes; it becomes the last axis."""

    def divide(self, b: Operand, /) -> Tensor:
        """Quotient of two arrays."""

    def dot(self, b: Operand) -> Tensor:
        """The sum of products over the last axis of `a` and the last but one of `b`."""

    def erf(self) -> Tensor:
        """The error function, by the C library's ``erf`` for each element."""

    def exp(self) -> Tensor:
        """The exponential function."""

    def exp2(self) -> Tensor:
        """2 to the power of x."""

    def expand_dims(self, axis: Axis) -> Tensor:
        """Insert axes of size 1 at the places `axis` of the result."""

    def expm1(self) -> Tensor:
        """exp(x) − 1, exact near 0."""

    def flatten(self, order: str = "C") -> Tensor:
        """The elements in one row, with memory of their own."""

    def floor(self) -> Tensor:
        """The largest integer that is not larger, as a float."""

    def hypot(self, b: Operand, /) -> Tensor:
        """The length of (a, b), without overflow."""

    def log(self) -> Tensor:
        """The natural logarithm."""

    def log10(self) -> Tensor:
        """The logarithm to base 10."""

    def log1p(self) -> Tensor:
        """log(1 + x), exact near 0."""

    def log2(self) -> Tensor:
        """The logarithm to base 2."""

    def log_softmax(self, axis: int = -1) -> Tensor:
        """The logarithm of `softmax`, exact where the softmax underflows."""

    def logaddexp(self, b: Operand, /) -> Tensor:
        """log(exp(a) + exp(b)) without overflow."""

    def logsumexp(self, axis: Axis = None, keepdims: bool = False) -> Tensor:
        """log Σ exp(a), without overflow."""

    def max(self, axis: Axis = None, keepdims: bool = False) -> Tensor:
        """Largest element over axes; tied elements share the derivative equally."""

    def maximum(self, b: Operand, /) -> Tensor:
        """The larger of two values; NaN if either is."""

    def mean(self, axis: Axis = None, keepdims: bool = False) -> Tensor:
        """Mean over axes."""

    def min(self, axis: Axis = None, keepdims: bool = False) -> Tensor:
        """Smallest element over axes; tied elements share the derivative equally."""

    def minimum(self, b: Operand, /) -> Tensor:
        """The smaller of two values; NaN if either is."""

    def multiply(self, b: Operand, /) -> Tensor:
        """Product of two arrays, element by element."""

    def negative(self) -> Tensor:
        """The negative, −x."""

    def norm(
        self,
        ord: float | str | None = None,
        axis: Axis = None,
        keepdims: bool = False,
    ) -> Tensor:
        """Vector norm over axes; of a matrix the Frobenius norm."""

    def positive(self) -> Tensor:
        """A copy of x."""

    def power(self, b: Operand, /) -> Tensor:
        """a to the power of b."""

    def prod(self, axis: Axis = None, keepdims: bool = False) -> Tensor:
        """Product over axes, with exact derivatives of every order also where elements are 0."""

    def ravel(self, order: str = "C") -> Tensor:
        """The elements in one row; shares memory with `a` where it can."""

    def reciprocal(self) -> Tensor:
        """The reciprocal, 1/x."""

    def relu(self) -> Tensor:
        """The rectified linear unit max(0, x) (chapter, section 3)."""

    def repeat(self, repeats: int | Sequence[int], axis: int | None = None) -> Tensor:
        """Repeat each element along an axis; of the flattened array by default."""

    def reshape(self, *shape: Shape, order: str = "C") -> Tensor:
        """The same elements in another shape."""

    def rint(self) -> Tensor:
        """The nearest integer as a float, ties to even."""

    def round(self, decimals: int = 0) -> Tensor:
        """Round to a number of decimals, ties to even; the derivative is 0."""

    def sigmoid(self) -> Tensor:
        """The logistic function 1 / (1 + exp(−x)), exact at any x (chapter, section 3)."""

    def sign(self) -> Tensor:
        """The sign: −1, 0 or 1."""

    def sin(self) -> Tensor:
        """The sine; x in radians."""

    def sinh(self) -> Tensor:
        """The hyperbolic sine."""

    def softmax(self, axis: int = -1) -> Tensor:
        """exp(aᵢ) / Σ exp(aⱼ) along an axis, without overflow (chapter, section 3)."""

    def sort(self, axis: int | None = -1) -> Tensor:
        """The elements in ascending order along an axis; equal ones keep their order."""

    def split(self, indices_or_sections: int | Sequence[int], axis: int = 0) -> list[Tensor]:
        """Cut into equal parts, or at indices, along an axis."""

    def sqrt(self) -> Tensor:
        """The square root."""

    def square(self) -> Tensor:
        """The square, x²."""

    def squeeze(self, axis: Axis = None) -> Tensor:
        """Drop axes of size 1; all of them by default."""

    def std(
        self,
        axis: Axis = None,
        ddof: int = 0,
        keepdims: bool = False,
        *,
        correction: int | None = None,
    ) -> Tensor:
        """Standard deviation over axes; its derivative where it is 0 is 0."""

    def subtract(self, b: Operand, /) -> Tensor:
        """Difference of two arrays."""

    def sum(self, axis: Axis = None, keepdims: bool = False) -> Tensor:
        """Sum over axes."""

    def swapaxes(self, axis1: int, axis2: int) -> Tensor:
        """Exchange two axes."""

    def take(self, indices: Tensor | ArrayLike, axis: int | None = None) -> Tensor:
        """Read along an axis at indices; of the flattened array by default."""

    def tan(self) -> Tensor:
        """The tangent; x in radians."""

    def tanh(self) -> Tensor:
        """The hyperbolic tangent (chapter, section 3)."""

    def trace(self, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Tensor:
        """The sum of the diagonal."""

    def transpose(self, *axes: int | Sequence[int] | None) -> Tensor:
        """Permute the axes; reverse them by default."""

    def trunc(self) -> Tensor:
        """The integer nearest to zero that is not farther from x than 1, as a float."""

    def var(
        self,
        axis: Axis = None,
        ddof: int = 0,
        keepdims: bool = False,
        *,
        correction: int | None = None,
    ) -> Tensor:
        """Variance over axes, ``Σ (x − x̄)² / (n − ddof)``."""

    @property
    def T(self) -> Tensor:
        """The axes reversed."""

    @property
    def mT(self) -> Tensor:
        """The last two axes exchanged."""

    def backward(
        self,
        gradient: Operand | None = None,
        retain_graph: bool | None = None,
        create_graph: bool = False,
        inputs: Tensor | Sequence[Tensor] | None = None,
    ) -> None:
        """Compute the gradients of this tensor and add them to ``grad`` of the leaves."""

    def fill(self, value: Operand) -> None:
        """Set every element in place; outside of the graph or inside no_grad() only."""

    def __getitem__(self, index: Any) -> Tensor: ...
    def __setitem__(self, index: Any, value: Operand) -> None: ...
    def __iter__(self) -> Iterator[Tensor]: ...
    def __contains__(self, item: object) -> bool: ...
    def __round__(self, decimals: int = 0) -> Tensor: ...
    def __neg__(self) -> Tensor: ...
    def __pos__(self) -> Tensor: ...
    def __abs__(self) -> Tensor: ...
    def __invert__(self) -> Tensor: ...
    def __hash__(self) -> int: ...
    def __dir__(self) -> list[str]: ...
    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any: ...
    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any: ...
    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]: ...
    def __add__(self, other: Operand, /) -> Tensor: ...
    def __and__(self, other: Operand, /) -> Tensor: ...
    def __divmod__(self, other: Operand, /) -> tuple[Tensor, Tensor]: ...
    def __eq__(self, other: Operand, /) -> Tensor: ...  # type: ignore[override]
    def __floordiv__(self, other: Operand, /) -> Tensor: ...
    def __ge__(self, other: Operand, /) -> Tensor: ...
    def __gt__(self, other: Operand, /) -> Tensor: ...
    def __le__(self, other: Operand, /) -> Tensor: ...
    def __lt__(self, other: Operand, /) -> Tensor: ...
    def __matmul__(self, other: Operand, /) -> Tensor: ...
    def __mod__(self, other: Operand, /) -> Tensor: ...
    def __mul__(self, other: Operand, /) -> Tensor: ...
    def __ne__(self, other: Operand, /) -> Tensor: ...  # type: ignore[override]
    def __or__(self, other: Operand, /) -> Tensor: ...
    def __pow__(self, other: Operand, /) -> Tensor: ...
    def __radd__(self, other: Operand, /) -> Tensor: ...
    def __rand__(self, other: Operand, /) -> Tensor: ...
    def __rdivmod__(self, other: Operand, /) -> tuple[Tensor, Tensor]: ...
    def __rfloordiv__(self, other: Operand, /) -> Tensor: ...
    def __rmatmul__(self, other: Operand, /) -> Tensor: ...
    def __rmod__(self, other: Operand, /) -> Tensor: ...
    def __rmul__(self, other: Operand, /) -> Tensor: ...
    def __ror__(self, other: Operand, /) -> Tensor: ...
    def __rpow__(self, other: Operand, /) -> Tensor: ...
    def __rsub__(self, other: Operand, /) -> Tensor: ...
    def __rtruediv__(self, other: Operand, /) -> Tensor: ...
    def __rxor__(self, other: Operand, /) -> Tensor: ...
    def __sub__(self, other: Operand, /) -> Tensor: ...
    def __truediv__(self, other: Operand, /) -> Tensor: ...
    def __xor__(self, other: Operand, /) -> Tensor: ...
