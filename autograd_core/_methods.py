"""Where `binding` hangs the operations. The stub beside this file lists them for editors."""

from __future__ import annotations


class TensorMethods:
    """Base of Tensor; `binding` attaches to it the methods that the registry declares."""

    __slots__ = ()
