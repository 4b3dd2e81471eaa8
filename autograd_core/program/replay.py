"""`Program`: one traced run of a function, which runs again as NumPy."""

from __future__ import annotations

import builtins
from collections import Counter, OrderedDict
from collections.abc import Callable
from typing import Any

import numpy as np

from ..errors import AutogradError, GraphError, TraceError
from ..graph import ArrayNode, Node
from ..primitive import NO_PARAMS, Primitive, as_scalar
from ..tensor import Tensor, wrap
from ..walks.reverse import is_freed
from .example import Example
from .guards import Guards
from .overlap import owner, refuse_overlap, shares
from .passes import copied, simplified
from .scalars_run import written_out
from .source import Writer
from .trace import Trace, set_numbers
from .tracer import Tracer


class Program:
    """One traced run of a function, as NumPy source that runs.

    Attributes
    ----------
    source : str
        Of the program; see `Compiled.save_source` for one that runs by itself.
    grads : list of (Tensor, Tensor or None)
        Leaves, and what becomes their gradient at every run: a tensor in memory of the program.
    loose : list of (Tensor, int)
        Leaves whose gradient is new at every run, and its place among the values.
    numbers : list of (Tensor, int)
        Tensors of no dimension that change, likewise.
    left : list of (int, str, int or None)
        What is left to arguments; see `State.left`.
    """

    def __init__(
        self,
        name: str,
        trace: Trace,
        result: Any,
        guards: Guards,
        arguments: list[Any],
        given: Example,
    ) -> None:
        self.given = given
        self.example = [np.array(a) if isinstance(a, np.ndarray) else a for a in arguments]
        self.guards = guards
        self.name = name
        self.tape = tape = trace.tape
        self.nodes: list[Node | None] = []
        values: list[Any] = []
        self.form = _Former(name, trace, self.nodes, values).form(result)
        trace.take_state()
        trace.refuse_shared()
        places = {slot: i for i, slot in enumerate(tape.arguments)}
        self.written = [places[slot] for slot in tape.updates if slot in places]
        self.changed = trace.changed()
        self.first = values
        written_out(tape)
        trace.names.give(tape, trace.leaves)
        self.writer = Writer(simplified(tape))
        self.source = self.writer.source
        namespace = dict(self.writer.namespace)
        exec(builtins.compile(self.source, "<program>", "exec"), namespace)
        self.run = namespace["run"]
        self.namespace = namespace
        self._take_grads(trace.leaves)
        first = len(tape.results) + len(self.writer.loose)
        self.numbers = [(tensor, first + i) for i, tensor in enumerate(trace.numbers)]
        first += len(tape.moved)
        self.left = [(n, what, None if i is None else first + i) for n, what, i in trace.left]
        self.plain = isinstance(result, Tensor) and len(tape.results) == 1
        self.cells = [tape.cells[slot] for slot in tape.updates if slot in tape.cells]
        own = [*self.cells, *[g._value for _, g in self.grads if g is not None]]
        #: The owners of memory that a run changes, by their ids; arguments must not lie there.
        self.own = {id(owner(array)) for array in own if isinstance(array, np.ndarray)}
        self.enter: Callable[..., Any] | None = None
        self.places = -1  # arguments of `enter`

    def _take_grads(self, leaves: list[tuple[Tensor, Any]]) -> None:
        loose = {s: len(self.tape.results) + i for i, s in enumerate(self.writer.loose)}
        self.grads: list[tuple[Tensor, Tensor | None]] = []
        self.loose: list[tuple[Tensor, int]] = []
        for leaf, what in leaves:
            slot = self.tape.grads[what] if isinstance(what, int) else None
            if slot in loose:
                self.loose.append((leaf, loose[slot]))
            elif slot is None:
                self.grads.append((leaf, what))
            else:
                self.grads.append((leaf, wrap(self.namespace[self.writer.names[slot]], None)))

    @property
    def is_inward(self) -> bool:
        """Whether a run changes none of its arguments."""
        return not self.written and not self.left

    def describe(self) -> str:
        """Lines, buffers, bytes and operations."""
        writer = self.writer
        counts = Counter(getattr(call.function, "__name__", "call") for call in self.tape.calls)
        most = ", ".join([f"{name} {count}" for name, count in counts.most_common(8)])
        loops = len(writer.runs)
        return (
            f"{len(writer.body)} lines, {len(self.tape.calls)} operations ({most}), "
            f"{len(writer.plan.buffers)} buffers of {writer.plan.nbytes:,} bytes, "
            f"{loops} loop{'s' * (loops != 1)} over blocks"
        )

    @staticmethod
    def wrapped(value: Any) -> Tensor:
        return wrap(as_scalar(value), None)

    def gives_way(self, error: Exception) -> bool:
        """Whether after an error of a run the function itself is to be called instead.

        So it is if nothing has changed yet, for its own errors, and where NumPy goes on and the
        arithmetic of Python's floats does not. Otherwise the error is told where it comes from.
        """
        place = error.__traceback__
        while place is not None and place.tb_frame.f_code is not self.run.__code__:
            place = place.tb_next
        if place is None or isinstance(error, AutogradError):
            return False
        if place.tb_lineno < self.writer.first_change:
            return True
        line = self.source.splitlines()[place.tb_lineno - 1].strip()
        error.add_note(f"in the program of the compiled function {self.name}: {line}")
        return False

    def __call__(self, arguments: list[Any], tensors: list[Tensor]) -> Any:
        arguments = self.apart(arguments)
        for leaf, own in self.guards.grads:
            if isinstance(own, Tensor) and leaf._grad is not own:
                self.taken(own, leaf._grad)
        values = self.run(*arguments)
        for leaf, grad in self.grads:
            leaf._grad = grad
        for leaf, place in self.loose:
            leaf._grad = self.wrapped(values[place])
        set_numbers(self.numbers, values)
        for tensor in self.changed:
            tensor.touched("a compiled step")
        for n, what, at in self.left:
            if what == "value":
                set_numbers([(tensors[n], at)], values)  # type: ignore[list-item]
            elif what == "grad":
                tensors[n]._grad = None if at is None else self.wrapped(values[at])
            else:
                tensors[n].touched("a compiled step")
        return self.form(values)

    @staticmethod
    def taken(own: Tensor, grad: Any) -> bool:
        """Whether a gradient from outside could be copied to where the program reads it."""
        value = getattr(grad, "_value", None)
        if type(value) is not np.ndarray:
            return False
        np.copyto(own._value, value)
        return True

    def apart(self, arguments: list[Any]) -> list[Any]:
        """The arguments, those in memory of the program as copies; refuses what cannot be right."""
        own = self.own
        for i, a in enumerate(arguments):
            if isinstance(a, np.ndarray) and (id(a) in own or id(owner(a)) in own):
                if any([shares(a, cell) for cell in self.cells]):
                    raise TraceError(
                        f"compile: argument {i}, of shape {a.shape}, is in the memory of an array "
                        f"that the function changes; give it a copy: array.copy()"
                    )
                arguments = [*arguments[:i], a.copy(), *arguments[i + 1 :]]
        for i in self.written:
            others = [*arguments[:i], *arguments[i + 1 :], *self.tape.cells.values()]
            refuse_overlap(arguments[i], [x for x in others if isinstance(x, np.ndarray)])
            if not arguments[i].flags.writeable:
                raise TraceError("compile: an argument that is read-only is changed in place")
        return arguments


class _Former:
    """Finds how what the function returned is put together from the values of a run.

    Parameters
    ----------
    name : str
    trace : Trace
    nodes : list
        Gets, for each value, the node that the tensor made of it has.
    values : list
        Gets the values of this run.
    """

    def __init__(self, name: str, trace: Trace, nodes: list[Any], values: list[Any]) -> None:
        self.name, self.trace, self.nodes, self.values = name, trace, nodes, values

    def form(self, result: Any) -> Callable[[Any], Any]:
        """The function from the values to what is returned."""
        if isinstance(result, Tensor):
            return self._tensor(result)
        if isinstance(result, Tracer):
            result = self.trace.mine(result)
            if type(result.value) is np.ndarray and not result.ndim:  # perhaps held as a number
                result = self.trace.call(copied, (result,), {})
            place = self._place(result)
            return lambda values: values[place]
        if type(result) is np.ndarray:
            slot = self.trace.constant_array(result)
            known = self.trace.known.get(id(result))
            place = self._place(Tracer(self.trace, result, slot) if known is None else known)
            return lambda values: values[place]
        if isinstance(result, (tuple, list)):
            kind = type(result)
            forms = [self.form(item) for item in result]
            if hasattr(result, "_fields"):
                return lambda values: kind(*[form(values) for form in forms])
            return lambda values: kind([form(values) for form in forms])
        if isinstance(result, dict):
            items = {key: self.form(item) for key, item in result.items()}
            make = OrderedDict if type(result) is OrderedDict else dict
            return lambda values: make((key, form(values)) for key, form in items.items())
        return lambda values: result

    def _tensor(self, result: Tensor) -> Callable[[Any], Any]:
        place = self._place(self.trace.held_by(result))
        node = self.nodes[place] = outside_node(self.name, result)
        return lambda values: wrap(as_scalar(values[place]), node)

    def _place(self, tracer: Tracer) -> int:
        results = self.trace.tape.results
        results.append(tracer.slot)
        value = tracer.value
        self.values.append(np.array(value) if type(value) is np.ndarray else value)
        self.nodes.append(None)
        return len(results) - 1


class _Outside(Primitive):
    """Stands in a graph for a compiled function, of which no graph is kept."""

    def _refused(self, *_: Any, **__: Any) -> Any:
        raise GraphError(
            f"backward: a tensor was computed by the compiled function {self.name}, which keeps "
            f"no graph; differentiate inside of it, as in compile(value_and_grad(f)), or call "
            f"{self.name}.function, which is not compiled"
        )

    vjp = jvp = pull_scalars = _refused


def is_outside(node: Node) -> bool:
    """Whether a node stands for what a compiled function gave."""
    return isinstance(node.primitive, _Outside)


def outside_node(name: str, result: Tensor) -> Node | None:
    """The node of a tensor that would be on a graph, had the function not been compiled."""
    node = result._node
    if node is None or (node.primitive is not None and is_freed(node)):
        return None
    made = ArrayNode.__new__(ArrayNode)
    made.primitive = primitive = _Outside.__new__(_Outside)
    Primitive.__init__(
        primitive,
        name=name,
        forward=primitive._refused,
        latex=rf"\text{{{name}}}",
        registered=False,
    )
    made.parents, made.extra, made.params, made.constants = (), None, NO_PARAMS, ()
    made.shape, made.dtype, made.clock, made.saved = result.shape, result.dtype, 0, ()
    return made
