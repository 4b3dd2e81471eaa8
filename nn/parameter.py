"""Parameters: the tensors of a module that training changes."""

from __future__ import annotations

from numpy.typing import ArrayLike, DTypeLike

from autograd_core import Tensor


class Parameter(Tensor):
    """A Tensor that requires a gradient, and that a `Module` counts among its weights.

    Parameters
    ----------
    data : array_like
        Copied, unless ``copy=False``.
    dtype : dtype_like, optional
        ``float64`` or ``float32``.
    requires_grad : bool, default True
        False freezes it: it stays in ``state_dict``, and training leaves it as it is.
    name : str, optional
        By default the module that it is assigned to names it by its path, as in ``"0.W"``.
    copy : bool, default True
        With False, an array is shared with the caller.

    Raises
    ------
    DTypeError
        For integers, which cannot require a gradient.

    Examples
    --------
    >>> from nn import Parameter
    >>> Parameter([1.0, 2.0])
    Parameter([1., 2.], shape=(2,), dtype=float64, requires_grad=True)
    """

    __slots__ = ()

    def __init__(
        self,
        data: ArrayLike | Tensor,
        *,
        dtype: DTypeLike | None = None,
        requires_grad: bool = True,
        name: str | None = None,
        copy: bool = True,
    ) -> None:
        super().__init__(data, dtype=dtype, requires_grad=requires_grad, name=name, copy=copy)
