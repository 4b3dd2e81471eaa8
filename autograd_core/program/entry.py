"""The way into a program: checks and consequences of a run, written out as one function.

What `guards` checks in general is written here for the usual call, with arrays, tensors and
numbers one by one, as a chain of comparisons: at a few microseconds a step they count.
"""

from __future__ import annotations

from collections.abc import Callable
from operator import is_
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import dtypes, tracing, versions
from ..primitive import as_scalar
from ..tensor import Tensor
from .guards import strides_of
from .places import ITEMS, NUMBERS, Place
from .trace import set_numbers

if TYPE_CHECKING:
    from .replay import Program

#: What an entry returns for a call that it is not for.
MISS = object()


def entry(program: Program, args: tuple[Any, ...]) -> Callable[..., Any] | None:
    """The function that runs `program` for calls like that with `args`; None if it has none."""
    if not program.is_inward:
        return None
    space: dict[str, Any] = {
        "MISS": MISS,
        "EPOCH": tracing.EPOCH,
        "guards": program.guards,
        "versions": versions,
        "dtypes": dtypes,
        "default": dtypes.default,
        "own": program.own,
        "alike": alike,
        "run": program.run,
        "form": program.form,
        "Tensor": Tensor,
        "as_scalar": as_scalar,
        "new": Tensor.__new__,
        "ndarray": np.ndarray,
    }
    names = [f"a{i}" for i in range(len(args))]
    checks: list[str] = ["EPOCH[0] == guards.epoch", "dtypes.default is default"]
    handed: list[str] = []
    for name, arg in zip(names, args, strict=True):
        found = _check(name, arg, space, program)
        if found is None:
            return None
        checks += found[0]
        handed += found[1]
    checks += [_look(i, place, space) for i, place in enumerate(program.guards.places)]
    for i, (tensor, array) in enumerate(program.guards.cells):
        space[f"tensor{i}"], space[f"array{i}"] = tensor, array
        checks.append(f"tensor{i}._value is array{i}")
    for i, (tensor, kind) in enumerate(program.guards.kinds):
        space[f"number{i}"], space[f"kind{i}"] = tensor, kind
        checks.append(f"type(number{i}._value) is kind{i}")
    checks += _grads(program, space)
    lines = [
        f"def enter({', '.join(names)}):",
        f"    if not ({' and '.join(checks)}):",
        "        return MISS",
        f"    values = run({', '.join(handed)})",
        *_consequences(program, space),
        *_result(program, space),
    ]
    exec("\n".join(lines), space)

    return space["enter"]  # type: ignore[no-any-return]


def _look(i: int, place: Place, space: dict[str, Any]) -> str:
    """The comparison for a place where the function looks."""
    space[f"place{i}"], space[f"held{i}"] = place.holder, place.value
    if place.key is None:
        return f"place{i}.cell_contents is held{i}"
    if place.key is ITEMS:
        if isinstance(place.holder, dict):
            space[f"held{i}"] = place.value[len(place.holder) :]
            space[f"keys{i}"] = place.value[: len(place.holder)]
            return f"alike(place{i}, keys{i}) and alike(place{i}.values(), held{i})"
        return f"alike(place{i}, held{i})"
    if place.key is NUMBERS:
        return f"place{i}.tobytes() == held{i}"
    space[f"key{i}"] = place.key
    return f"place{i}.get(key{i}) is held{i}"


def alike(items: Any, held: tuple[Any, ...]) -> bool:
    """Whether a container holds these very things."""
    return len(items) == len(held) and all(map(is_, items, held))


def _grads(program: Program, space: dict[str, Any]) -> list[str]:
    """The comparisons for gradients that are read; the last ones, as they copy what is new."""
    space["taken"] = type(program).taken
    checks = []
    for i, (leaf, own) in enumerate(program.guards.grads):
        space[f"read{i}"], space[f"own{i}"] = leaf, own
        if own is None:
            checks.append(f"read{i}._grad is None")
        elif isinstance(own, Tensor):
            checks.append(f"(read{i}._grad is own{i} or taken(own{i}, read{i}._grad))")
        else:
            checks.append(f"read{i}._grad is not None")
    return checks


def _check(
    name: str, arg: Any, space: dict[str, Any], program: Program
) -> tuple[list[str], list[str]] | None:
    """The comparisons for one argument, and what of it is handed to the program."""
    kind = type(arg)
    if kind is np.ndarray:
        space[f"{name}_dtype"] = arg.dtype
        return [
            f"type({name}) is ndarray",
            f"{name}.shape == {arg.shape}",
            f"{name}.dtype is {name}_dtype",
            *_lies(name, arg),
            *_apart(name, arg, program),
        ], [name]
    if kind is Tensor and type(arg._value) is np.ndarray and arg._node is None:
        space[f"{name}_dtype"] = arg.dtype
        return [
            f"type({name}) is Tensor",
            f"{name}._node is None",
            f"type({name}._value) is ndarray",
            f"{name}._value.shape == {arg.shape}",
            f"{name}._value.dtype is {name}_dtype",
            *_lies(f"{name}._value", arg._value),
            *_apart(f"{name}._value", arg._value, program),
        ], [f"{name}._value"]
    if kind is float:
        return [f"type({name}) is float"], [name]
    if kind in (int, bool, str, type(None)):
        space[f"{name}_kind"] = kind
        return [f"type({name}) is {name}_kind", f"{name} == {arg!r}"], []
    return None


def _lies(name: str, array: Any) -> list[str]:
    """The comparison that an argument lies in memory as before."""
    if array.ndim < 2:
        return []
    strides = strides_of(array)
    return [f"{name}.{'flags.c_contiguous' if strides is None else f'strides == {strides}'}"]


def _apart(name: str, array: Any, program: Program) -> list[str]:
    """The comparison that an argument is not in memory of the program, if it could be."""
    kinds = {cell.dtype for cell in program.cells}
    kinds |= {grad.dtype for _, grad in program.grads if grad is not None}
    return [f"id({name}) not in own and id({name}.base) not in own"] * (array.dtype in kinds)


def _consequences(program: Program, space: dict[str, Any]) -> list[str]:
    """Gradients handed out, and the stamps on what was changed in place."""
    lines = []
    for i, (leaf, grad) in enumerate(program.grads):
        space[f"leaf{i}"], space[f"grad{i}"] = leaf, grad
        lines.append(f"    leaf{i}._grad = grad{i}")
    for i, (leaf, place) in enumerate(program.loose):
        space[f"loose{i}"] = leaf
        lines.append(f"    loose{i}._grad = form_one(values[{place}])")
    space["form_one"] = program.wrapped
    if program.numbers:
        space["set_numbers"], space["numbers"] = set_numbers, program.numbers
        lines.append("    set_numbers(numbers, values)")
    stamps = [versions.stamp_of(tensor._value) for tensor in program.changed]
    if stamps:
        lines.append("    versions.now = now = versions.now + 1")
    for i, stamp in enumerate(stamps):
        space[f"stamp{i}"] = stamp
        lines.append(f"    stamp{i}[0] = now")
    return lines


def _result(program: Program, space: dict[str, Any]) -> list[str]:
    if program.plain:  # one tensor, the usual: a loss
        value = program.tape.values[program.tape.results[0]]
        text = "values[0]" if value.shape else "as_scalar(values[0])"
        if not value.shape and value.dtype == np.float64:
            text = "float(values[0])"
        space["node"] = program.nodes[0]
        return [
            "    out = new(Tensor)",
            f"    out._value = {text}",
            "    out._node = node",
            "    return out",
        ]
    return ["    return form(values)"]
