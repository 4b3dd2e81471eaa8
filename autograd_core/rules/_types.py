"""The types of functions of arrays; imported by type checkers only."""

from __future__ import annotations

from typing import Any, Protocol, overload

from numpy.typing import ArrayLike, NDArray

from ..tensor import Tensor


class Unary(Protocol):
    """The type of a function of one array."""

    __name__: str

    @overload
    def __call__(self, x: Tensor, /) -> Tensor: ...
    @overload
    def __call__(self, x: ArrayLike, /) -> NDArray[Any]: ...


class Binary(Protocol):
    """The type of a function of two arrays."""

    __name__: str

    @overload
    def __call__(self, a: Tensor, b: Tensor | ArrayLike, /) -> Tensor: ...
    @overload
    def __call__(self, a: ArrayLike, b: Tensor, /) -> Tensor: ...
    @overload
    def __call__(self, a: ArrayLike, b: ArrayLike, /) -> NDArray[Any]: ...
