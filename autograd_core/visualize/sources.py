"""What can be drawn, at which levels: tensors, modules, functions and programs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ..errors import ArgumentError, DTypeError
from ..tensor import Tensor
from .blocks import diagram_of
from .describing import Subject
from .diagram import Diagram
from .extract import described, order_of, picture_of, subject_of
from .flow import flow_of
from .functions import Ran, run_function, subject_of_run
from .limits import MAX_READ, check_read
from .picture import Picture
from .scalars import MAX_SCALARS, check_openable, opened
from .signatures import check_loss
from .tracing import run
from .units import Units, units_of
from .writers import Drawn

#: Boxes beyond which a picture is refused, unless more are asked for.
MAX_NODES = 2000


@dataclass(frozen=True, slots=True)
class Wish:
    """What `draw` was asked for."""

    subject: Any
    sample: tuple[Any, ...] = ()
    loss: Any = None
    target: Any = None
    values: bool = True
    gradients: bool = True
    max_nodes: int | None = None
    folds: bool = False

    @property
    def limit(self) -> int:
        """The largest number of boxes; whatever is asked for, no more than can be laid out."""
        return MAX_NODES if self.max_nodes is None else min(self.max_nodes, MAX_READ)

    @property
    def limit_of_scalars(self) -> int:
        return MAX_SCALARS if self.max_nodes is None else min(self.max_nodes, MAX_READ)


def drawn(wish: Wish, level: str | None) -> Drawn:
    """The picture at a level; None is the natural one of what is drawn."""
    kind = kind_of(wish.subject)
    levels = LEVELS[kind]
    if level is None:
        level = next(iter(levels))
    if not isinstance(level, str) or level not in levels:
        known = sorted({name for of_kind in LEVELS.values() for name in of_kind})
        if level not in known:
            raise ArgumentError(f"draw: there is no level {level!r}; use one of {_list(known)}")
        raise ArgumentError(f"draw: {_INSTEAD[kind, level]}")
    return levels[level](wish)


def kind_of(x: Any) -> str:
    """``"tensor"``, ``"module"``, ``"program"`` or ``"function"``.

    Raises
    ------
    DTypeError
        For anything else.
    """
    if isinstance(x, Tensor):
        return "tensor"
    if callable(x) and not isinstance(x, type):
        if hasattr(x, "observed"):
            return "module"
        return "program" if hasattr(x, "programs") and hasattr(x, "traces") else "function"
    what = f"the class {x.__name__}" if isinstance(x, type) else f"an object {type(x).__name__}"
    raise DTypeError(
        f"draw: {what} has no graph; give a Tensor, such as a loss, or a module or a function "
        f"and its input, or what ag.compile returned"
    )


# -- tensors -----------------------------------------------------------------------------------


def _refuse_sample(wish: Wish) -> Tensor:
    """A tensor is drawn with the graph that it has; the rest is for modules and functions."""
    if wish.sample or wish.loss is not None or wish.target is not None:
        raise ArgumentError(
            "draw: a tensor is drawn alone; a sample, loss= and target= go with a module, as in "
            "draw(model, x, loss=…, target=y)"
        )
    tensor: Tensor = wish.subject
    return tensor


def _tensor_operations(wish: Wish) -> Picture:
    tensor = _refuse_sample(wish)
    order = order_of(tensor)
    _check_size(order, wish)
    return picture_of(tensor, order, values=wish.values, gradients=wish.gradients)


def _tensor_scalars(wish: Wish) -> Picture:
    tensor = _refuse_sample(wish)
    order = order_of(tensor)
    if not order:
        return picture_of(tensor, order, values=wish.values, gradients=wish.gradients)
    check_openable(order, wish.limit_of_scalars)
    inner = opened(subject_of(tensor, order), wish.limit_of_scalars)
    gradients = wish.gradients and (inner.ran or "backward" not in inner.kinds.values())
    return _as_scalars(inner, wish.values, gradients)


def _as_scalars(subject: Subject, values: bool, gradients: bool) -> Picture:
    """The picture of an opened graph, in which no shape need be told of a number."""
    picture = described(subject, values=values, gradients=gradients)
    boxes = [replace(box, shape=box.shape.removeprefix("()").strip()) for box in picture.boxes]
    return replace(picture, boxes=tuple(boxes))


def _check_size(order: Sequence[Any], wish: Wish) -> None:
    check_read(order, wish.limit, wish.folds)


# -- modules -----------------------------------------------------------------------------------


def _check_module(wish: Wish) -> Any:
    module = wish.subject
    if hasattr(module, "__len__") and not len(module):
        raise ArgumentError(f"draw: this {type(module).__name__} holds no modules to draw")
    return module


def _check_sample(wish: Wish) -> None:
    check_loss(wish.loss, wish.target)
    if not wish.sample:
        raise ArgumentError(
            f"draw: what flows through a {type(wish.subject).__name__} is drawn as it runs; give "
            f"its input too: draw(model, x)"
        )


def _module_modules(wish: Wish) -> Diagram:
    module = _check_module(wish)
    _check_sample(wish)
    flow = flow_of(run(module, wish.sample, wish.loss, wish.target))
    if len(flow.steps) > wish.limit:
        raise ArgumentError(
            f"draw: the diagram has {len(flow.steps):,} blocks, more than "
            f"max_nodes={wish.limit:,}; draw a part of the model"
            + f", or pass max_nodes={len(flow.steps)}"
            * (len(flow.steps) <= MAX_READ)
        )
    paths = {id(p): name for name, p in module.named_parameters()}
    return diagram_of(flow, module, paths, values=wish.values, gradients=wish.gradients)


def _module_units(wish: Wish) -> Units:
    module = _check_module(wish)
    if wish.loss is not None or wish.target is not None:
        raise ArgumentError(
            "draw: level='units' shows weights and values, and no loss; leave loss= and target= "
            "out, or use level='modules'"
        )
    return units_of(module, wish.sample, wish.values)


def _run_of_module(wish: Wish) -> Ran:
    """A run of a module, as that of a function is."""
    module = _check_module(wish)
    _check_sample(wish)
    done = run(module, wish.sample, wish.loss, wish.target)
    outputs = done.outputs if done.loss is None else [done.loss]
    names = done.names if len(done.names) == len(done.inputs) else []
    for x, name in zip(done.inputs, names, strict=False):
        x.name = x.name or name
    return Ran(f"Computation graph of {type(module).__name__}", done.inputs, outputs)


def _module_operations(wish: Wish) -> Picture:
    return _operations(_run_of_module(wish), wish)


def _module_scalars(wish: Wish) -> Picture:
    return _run_in_scalars(_run_of_module(wish), wish)


def _run_in_scalars(ran: Ran, wish: Wish) -> Picture:
    check_openable(order_of(*ran.outputs), wish.limit_of_scalars)
    subject = subject_of_run(ran, wish.gradients)
    if not subject.order:
        return picture_of(ran.outputs[0], (), values=wish.values)
    inner = opened(subject, wish.limit_of_scalars)
    return _as_scalars(inner, wish.values, wish.gradients and inner.ran)


def _operations(ran: Ran, wish: Wish) -> Picture:
    _check_size(order_of(*ran.outputs), wish)
    subject = subject_of_run(ran, wish.gradients)
    if not subject.order:  # a constant
        return picture_of(ran.outputs[0], (), values=wish.values)
    return described(subject, values=wish.values, gradients=wish.gradients and subject.ran)


# -- functions ---------------------------------------------------------------------------------


def _run_of_function(wish: Wish) -> Ran:
    if wish.loss is not None or wish.target is not None:
        raise ArgumentError(
            "draw: loss= and target= go with a module; let the function compute its loss, and "
            "give it what it compares with as an argument: draw(f, x, y)"
        )
    return run_function(wish.subject, wish.sample)


def _function_operations(wish: Wish) -> Picture:
    return _operations(_run_of_function(wish), wish)


def _function_scalars(wish: Wish) -> Picture:
    return _run_in_scalars(_run_of_function(wish), wish)


# -- programs ----------------------------------------------------------------------------------


def _program_operations(wish: Wish) -> Picture:
    from .programs import picture_of_program  # it asks for the compiler, which few programs need

    compiled = wish.subject
    name = compiled.__name__
    if wish.sample or wish.loss is not None or wish.target is not None:
        raise ArgumentError(
            f"draw: a program is drawn as its last call left it, alone: {name}(…), then "
            f"draw({name}); the graph of one call of the function inside is "
            f"draw({name}.function, …)"
        )
    program = compiled.program
    _check_size(program.tape.calls, wish)
    shown = "a function" if name == "<lambda>" else name
    return picture_of_program(shown, program, wish.values)


#: For each kind its levels, the natural one first.
LEVELS: dict[str, dict[str, Callable[[Wish], Drawn]]] = {
    "tensor": {"operations": _tensor_operations, "scalars": _tensor_scalars},
    "module": {
        "modules": _module_modules,
        "operations": _module_operations,
        "scalars": _module_scalars,
        "units": _module_units,
    },
    "function": {"operations": _function_operations, "scalars": _function_scalars},
    "program": {"operations": _program_operations},
}

_INSTEAD = {
    **{
        (kind, level): f"level={level!r} is for modules, and {why}; give the module and its "
        f"input: draw(model, x, level={level!r})"
        for kind, why in (
            ("tensor", "a tensor does not know which modules it came through"),
            ("function", "a function has none of its own"),
            ("program", "a program has lines instead"),
        )
        for level in ("modules", "units")
    },
    ("program", "scalars"): "level='scalars' opens what the engine recorded, and a program is "
    "NumPy; draw the function inside: draw(step.function, x, level='scalars')",
}


def _list(words: list[str]) -> str:
    return ", ".join([repr(word) for word in words])
