"""Tapes written by hand, and what they give when they are computed call by call."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_core.program.calls import Call, Ref, Tape, Value, order_of


class Draft:
    """A tape written by hand, with the values that its slots have."""

    def __init__(self) -> None:
        self.tape = Tape()
        self.held: dict[int, Any] = {}

    def new(self, value: Any) -> Ref:
        slot = len(self.held)
        self.held[slot] = value
        weak = type(value) in (int, float)
        array = type(value) is np.ndarray
        self.tape.values[slot] = Value(
            np.shape(value), np.asarray(value).dtype, weak, "", array, order_of(value)
        )
        return Ref(slot)

    def argument(self, value: Any) -> Ref:
        ref = self.new(value)
        self.tape.arguments.append(ref.slot)
        return ref

    def cell(self, value: Any) -> Ref:
        ref = self.new(value)
        self.tape.cells[ref.slot] = value
        return ref

    def literal(self, value: Any) -> Ref:
        ref = self.new(value)
        self.tape.literals[ref.slot] = value
        return ref

    def call(self, function: Any, *args: Any, effect: bool = False, **kwargs: Any) -> Ref:
        given, named = self.valued(args), {k: self.valued(v) for k, v in kwargs.items()}
        out = self.new(function(*given, **named))
        self.tape.calls.append(Call(function, args, kwargs, (out.slot,), effect))
        return out

    def valued(self, x: Any) -> Any:
        if isinstance(x, Ref):
            return self.held[x.slot]
        return type(x)([self.valued(item) for item in x]) if type(x) in (tuple, list) else x

    def results(self, *refs: Ref) -> Tape:
        self.tape.results = [ref.slot for ref in refs]
        return self.tape


def interpreted(tape: Tape, *arguments: Any, slots: list[int] | None = None) -> list[Any]:
    """The results of a tape, or some slots, computed call by call: the oracle of all passes."""
    held = {**tape.literals, **tape.cells, **dict(zip(tape.arguments, arguments, strict=True))}

    def valued(x: Any) -> Any:
        if isinstance(x, Ref):
            return held[x.slot]
        return type(x)([valued(item) for item in x]) if type(x) in (tuple, list) else x

    for call in tape.calls:
        made = call.function(*valued(call.args), **{k: valued(v) for k, v in call.kwargs.items()})
        held.update(zip(call.out, (made,), strict=True))
    return [held[slot] for slot in (tape.results if slots is None else slots)]


def names(tape: Tape) -> list[str]:
    """The functions of a tape, in order."""
    return [call.function.__name__ for call in tape.calls]
