"""Titles: what a box is called."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..graph import Node
from ..tensor import Tensor
from .wording import brief_setting, number, parameter_text, shorten

#: Symbols between their operands.
INFIX = frozenset("+−×÷^@=≠<≤>≥")


def is_number(value: Any) -> bool:
    """Whether a constant operand is written into the title instead of having a box."""
    if isinstance(value, Tensor):
        return not value.shape and value.name is None
    return np.ndim(value) == 0


def _raw(value: Any) -> Any:
    return value.data if isinstance(value, Tensor) else value


def operation_title(node: Node) -> tuple[str, str]:
    """The symbol with the numbers among its operands, and the name in words.

    ``× 0.5`` and "multiply"; ``1 −`` and "subtract"; ``max(·, 0)`` and "maximum"; "sum axis=1".
    """
    primitive = node.primitive
    assert primitive is not None
    symbol, name = primitive.symbol, primitive.name
    constants = node.constants or (None,) * len(node.parents)
    numbers = [
        number(np.asarray(_raw(c))[()]) if p is None and c is not None and is_number(c) else None
        for p, c in zip(node.parents, constants, strict=True)
    ]
    title = symbol
    if any(n is not None for n in numbers):
        if symbol in INFIX and len(numbers) == 2:
            title = " ".join([n for n in (numbers[0], symbol, numbers[1]) if n is not None])
        else:
            title = f"{symbol}({', '.join([n or '·' for n in numbers[:6]])})"
    words = "" if name.lower() == symbol.lower() else name
    given = " ".join(settings(node, brief=True))
    return title, shorten(f"{words} {given}".strip(), 32)


def settings(node: Node, brief: bool = False) -> list[str]:
    """The static parameters that differ from NumPy's usual defaults: ``axis=1``.

    What is `brief` says of arrays only how many places they choose: ``index of 32``.
    """
    return [
        brief_setting(key, value) if brief else f"{key}={parameter_text(value)}"
        for key, value in node.params.items()
        if value is not None and value is not False
    ]


def constant_title(value: Any) -> tuple[str, str]:
    """The name of a constant, and what it is."""
    if isinstance(value, Tensor) and value.name:
        return value.name, "constant"
    return "constant", ""
