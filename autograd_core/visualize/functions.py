"""A function at work: called once on aliases of its arguments, and drawn with its values."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from types import FunctionType, MethodType
from typing import Any

import numpy as np

from ..errors import ArgumentError, DTypeError
from ..modes import MODE, keep_values
from ..tensor import Tensor
from .describing import Subject
from .extract import order_of
from .recompute import computed
from .tracing import tensors


@dataclass(slots=True)
class Ran:
    """A run of a function or of a module: a title, what went in and what came out."""

    title: str
    inputs: list[Tensor] = field(default_factory=list)
    outputs: list[Tensor] = field(default_factory=list)


def subject_of_run(ran: Ran, gradients: bool = True) -> Subject:
    """The graph of a run, with all its values; and its gradients, if it ends in one number."""
    roots = [t.node for t in ran.outputs if t.node is not None]
    roots = list(dict.fromkeys(roots))
    ends = [t for t in ran.outputs if t.node in roots[:1]]
    one = gradients and len(roots) == 1 and ends[0].size == 1
    found = computed(roots, np.ones(ends[0].shape, ends[0].dtype)[()] if one else None)
    kinds = {t.node: "input" for t in ran.inputs if t.node is not None}
    return Subject(ran.title, order_of(*ran.outputs), roots, found, one, kinds)


def run_function(f: Callable[..., Any], sample: tuple[Any, ...]) -> Ran:
    """Call `f` on fresh tensors with the values of `sample`.

    Floats, arrays of floats and tensors among the arguments, also in lists, tuples and dicts,
    become tensors that require a gradient, named by the signature of `f`. The modules that `f`
    names are left as they were, and so is the ``grad`` of the tensors that it names.

    Raises
    ------
    ArgumentError
        If `f` takes other arguments than `sample`.
    DTypeError
        If it returns no tensor; else what `f` raises.
    """
    ran = Ran("")
    given = _named(f, sample)
    args = [_alias(x, name, ran.inputs) for name, x in given]
    name = _title(f)
    ran.title = f"Computation graph of {name}({', '.join([name for name, _ in given])})"
    token = MODE.set(None)  # recorded, whatever the caller switched off
    try:
        with _left_alone(f), keep_values():
            output = f(*args)
    except Exception as error:
        error.add_note(f"while draw called {name} on its sample")
        raise
    finally:
        MODE.reset(token)
    ran.outputs = tensors(output)
    if not ran.outputs:
        raise DTypeError(
            f"draw: {name} returned {_a(type(output).__name__)} and no tensor, so there is nothing "
            f"to draw; give it floats or tensors, and let it return what it computes from them"
        )
    return ran


def _a(word: str) -> str:
    return f"a{'n' * word.startswith(tuple('aeiou'))} {word}"


def _title(f: Any) -> str:
    name = str(getattr(f, "__name__", type(f).__name__))
    return "a function" if name == "<lambda>" else name


def _named(f: Any, sample: tuple[Any, ...]) -> list[tuple[str, Any]]:
    """The arguments with their names; those of ``*args`` are numbered."""
    try:
        signature = inspect.signature(f)
    except (TypeError, ValueError):  # functions in C tell nothing
        return [(f"x{i}" if len(sample) > 1 else "x", x) for i, x in enumerate(sample, 1)]
    try:
        bound = signature.bind(*sample).arguments
    except TypeError as error:
        given = f"{len(sample)} argument{'s' * (len(sample) != 1)}"
        raise ArgumentError(
            f"draw: {_title(f)}{signature} is drawn as it runs, and got {given} ({error}); give "
            f"one value for each of its arguments: draw(f, x, …)"
        ) from None
    named: list[tuple[str, Any]] = []
    for name, value in bound.items():
        if signature.parameters[name].kind is inspect.Parameter.VAR_POSITIONAL:
            named += [(f"{name}[{i}]", x) for i, x in enumerate(value)]
        else:
            named.append((name, value))
    return named


def _alias(value: Any, name: str, inputs: list[Tensor]) -> Any:
    """`value` with fresh tensors for all floats in it."""
    if isinstance(value, (Tensor, np.ndarray, np.generic, float)):
        x = Tensor(value.data if isinstance(value, Tensor) else value)
        if x.dtype.kind != "f":
            return x if isinstance(value, Tensor) else value
        x.name = (value.name if isinstance(value, Tensor) else None) or name
        x.requires_grad = True
        inputs.append(x)
        return x
    if isinstance(value, (list, tuple)):
        if type(value) is list and _is_table(value):
            return _alias(np.asarray(value, float), name, inputs)
        items = [_alias(item, f"{name}[{i}]", inputs) for i, item in enumerate(value)]
        return type(value)(*items) if hasattr(value, "_fields") else type(value)(items)
    if type(value) is dict:
        return {key: _alias(item, f"{name}[{key!r}]", inputs) for key, item in value.items()}
    return value


def _is_table(value: list[Any]) -> bool:
    """Whether nested lists hold numbers, at least one of them a float, and nothing else."""
    kinds: set[type] = set()
    waiting: list[Any] = [value]
    while waiting:
        for item in waiting.pop():
            if type(item) is list:
                waiting.append(item)
            else:
                kinds.add(type(item))
    return float in kinds and kinds <= {float, int}


@contextmanager
def _left_alone(f: Any) -> Iterator[None]:
    """What `f` names outside of itself is afterwards as it was, as far as it is known."""
    modules, leaves = _named_by(f)
    grads: list[tuple[Tensor, Tensor | None, Any]] = [
        (t, t.grad, None if t.grad is None else np.array(t.grad.data)) for t in leaves
    ]
    try:
        with ExitStack() as stack:
            for module in modules:
                stack.enter_context(module.observed(_plainly))
            yield
    finally:
        for t, grad, value in grads:
            if grad is not None and not np.array_equal(grad.data, value, equal_nan=True):
                grad.assign(value, "draw")
            if t.grad is not grad:
                t.grad = grad


def _plainly(_: Any, forward: Any, inputs: Any, options: Any) -> Any:
    return forward(*inputs, **options)


def _named_by(f: Any) -> tuple[list[Any], list[Tensor]]:
    """The modules that a function finds by name, and the leaves: their own and its own."""
    modules: list[Any] = []
    leaves: dict[int, Tensor] = {}
    seen: set[int] = set()
    waiting = [f]
    while waiting:
        x = waiting.pop()
        if id(x) in seen or isinstance(x, type):
            continue
        seen.add(id(x))
        if isinstance(x, Tensor):
            leaves[id(x)] = x
        elif hasattr(type(x), "observed"):
            modules.append(x)
            leaves.update({id(p): p for _, p in x.named_parameters()})
        elif isinstance(x, (list, tuple)):
            waiting += x[:1000]
        elif isinstance(x, functools.partial):
            waiting += [x.func, *x.args, *x.keywords.values()]
        elif isinstance(x, MethodType):
            waiting += [x.__func__, x.__self__]
        elif isinstance(x, FunctionType):
            waiting += [*(x.__defaults__ or ()), *(x.__kwdefaults__ or {}).values()]
            waiting += [v for _, v in _names(x)]
    return modules, list(leaves.values())


def _names(f: FunctionType) -> Iterator[tuple[str, Any]]:
    """The variables of outer functions and of its file that a function names."""
    for name, cell in zip(f.__code__.co_freevars, f.__closure__ or (), strict=True):
        try:
            yield name, cell.cell_contents
        except ValueError:  # not assigned yet
            continue
    for name in f.__code__.co_names:
        if name in f.__globals__:
            yield name, f.__globals__[name]
