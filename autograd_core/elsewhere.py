"""Names that other libraries give to a tensor's methods, and what stands in their place here."""

from __future__ import annotations

from typing import Any

from .errors import MissingAttributeError


class Elsewhere:
    """In place of a name that other libraries have: absent, but the error names ours.

    A descriptor, because a ``__getattr__`` would slow every attribute of every Tensor.
    """

    def __init__(self, name: str, advice: str) -> None:
        self.name = name
        self.advice = advice

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        raise MissingAttributeError(f"a Tensor has no attribute {self.name!r}; {self.advice}")


_IN_PLACE = "nothing changes a tensor in place on the graph; assign the result"
_ONE_DEVICE = "all tensors live in the computer's main memory; leave it out"
_BY_ASTYPE = "use x.astype(dtype)"

#: By name: what to use here.
ELSEWHERE = {
    "add_": _IN_PLACE,
    "clamp": "use x.clip(low, high)",
    "contiguous": "leave it out, any layout will do",
    "cpu": _ONE_DEVICE,
    "cuda": _ONE_DEVICE,
    "device": _ONE_DEVICE,
    "div_": _IN_PLACE,
    "double": _BY_ASTYPE,
    "expand": "use x.broadcast_to(shape)",
    "float": _BY_ASTYPE,
    "gather": "use take_along_axis(x, indices, axis)",
    "int": _BY_ASTYPE,
    "long": _BY_ASTYPE,
    "masked_fill": "use where(mask, value, x)",
    "mul_": _IN_PLACE,
    "numel": "use x.size",
    "permute": "use x.transpose(*axes)",
    "sub_": _IN_PLACE,
    "t": "use x.T",
    "to": "use x.astype(dtype); there is one device",
    "unsqueeze": "use x.expand_dims(axis)",
    "view": "use x.reshape(shape)",
    "zero_": "x.grad = None forgets a gradient; x.fill(0) outside of the graph sets zeros",
}
