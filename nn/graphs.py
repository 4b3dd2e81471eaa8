"""Networks of any acyclic shape.

The chapter's section 2 lets the structure be anything that is feed-forward: a call graph without
a cycle.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from autograd_core import ArgumentError, DTypeError, GraphError

from .container import Container


class Graph(Container):
    """A network of any acyclic shape, from nodes that name their inputs.

    Parameters
    ----------
    nodes : mapping of str to (Module or callable, str, …)
        For each node its module and the names of what it gets: other nodes, in any order, or
        inputs of the network. Several become several arguments (see `Concat` and `Add`).
    inputs : str or sequence of str, default "x"
        Names of the inputs of the network, in the order of the call.
    output : str or sequence of str, optional
        The node whose output the network returns; several make a tuple. By default the one node
        that no other uses.

    Raises
    ------
    GraphError
        For a cycle, which is named.
    ArgumentError
        For names that nothing has, nodes that lead to no output, and inputs that no node gets.

    Examples
    --------
    A skip connection from the input to the output:

    >>> import nn
    >>> net = nn.Graph({
    ...     "hidden": (nn.Linear(2, 3, rng=0), "x"),
    ...     "a": (nn.Tanh(), "hidden"),
    ...     "all": (nn.Concat(), "a", "x"),
    ...     "out": (nn.Linear(5, 1, rng=1), "all"),
    ... })
    >>> net([[0.0, 0.0]])
    Tensor([[0.]], shape=(1, 1), dtype=float64, op=add)
    """

    def __init__(
        self,
        nodes: Mapping[str, Any],
        inputs: str | Sequence[str] = "x",
        output: str | Sequence[str] | None = None,
    ) -> None:
        if not isinstance(nodes, Mapping):
            raise DTypeError(
                f"Graph: the nodes are a {type(nodes).__name__}; give a dict, as in "
                f"{{'a': (Linear(2, 3), 'x')}}"
            )
        if not nodes:
            raise ArgumentError("Graph: there is no node; give at least one")
        self.inputs = (inputs,) if isinstance(inputs, str) else tuple(inputs)
        self.sources = {name: _sources(name, node) for name, node in nodes.items()}
        for name in self.inputs:
            if name in nodes or self.inputs.count(name) > 1:
                raise ArgumentError(f"Graph: {name!r} is the name of two things")
        for name, sources in self.sources.items():
            for source in sources:
                if source not in nodes and source not in self.inputs:
                    raise ArgumentError(
                        f"Graph: node {name!r} gets {source!r}, but there is no such node or "
                        f"input; the nodes are {[*nodes]}, the inputs {[*self.inputs]}"
                    )
        order = _sorted(self.sources)
        used = {source for sources in self.sources.values() for source in sources}
        idle = [name for name in self.inputs if name not in used]
        if idle:
            raise ArgumentError(f"Graph: no node gets the inputs {idle}; leave them out")
        self.output = self._outputs(output)
        super().__init__((name, nodes[name][0]) for name in order)

    def _outputs(self, output: str | Sequence[str] | None) -> str | tuple[str, ...]:
        used = {source for sources in self.sources.values() for source in sources}
        ends = [name for name in self.sources if name not in used]
        if output is None:
            if len(ends) != 1:
                raise ArgumentError(
                    f"Graph: {len(ends)} nodes are used by no other, {ends}; say which is the "
                    f"output: output='name', or a tuple of names"
                )
            return ends[0]
        outputs = (output,) if isinstance(output, str) else tuple(output)
        unknown = [name for name in outputs if name not in self.sources]
        idle = [name for name in ends if name not in outputs]
        if unknown or idle or not outputs:
            what = f"{unknown} are no nodes" if unknown else f"the nodes {idle} lead to no output"
            raise ArgumentError(f"Graph: output={output!r}, but {what}")
        return output if isinstance(output, str) else outputs

    def __delitem__(self, index: Any) -> None:
        raise GraphError(
            f"Graph: {index!r} cannot be taken out, as every node leads to the output; put another "
            f"module in its place, graph[name] = module, or make a new Graph"
        )

    def forward(self, *inputs: Any) -> Any:
        if len(inputs) != len(self.inputs):
            raise ArgumentError(
                f"{self._label()}: called with {len(inputs)} inputs, but it has "
                f"{len(self.inputs)}: {', '.join(self.inputs)}"
            )
        values = dict(zip(self.inputs, inputs, strict=True))
        for name, module in self._layers.items():
            values[name] = module(*[values[source] for source in self.sources[name]])
        if isinstance(self.output, str):
            return values[self.output]
        return tuple(values[name] for name in self.output)

    def extra_repr(self) -> str:
        flow = [f"{name} ← {', '.join(sources)}" for name, sources in self.sources.items()]
        return "; ".join(flow)


def _sources(name: str, node: Any) -> tuple[str, ...]:
    if not isinstance(node, (tuple, list)) or len(node) < 2 or isinstance(node[0], str):
        raise ArgumentError(
            f"Graph: node {name!r} must be a tuple of a module and the names of its inputs, as in "
            f"(Linear(2, 3), 'x'), not {node!r}"
        )
    return tuple(node[1:])


def _sorted(sources: Mapping[str, Sequence[str]]) -> list[str]:
    """The nodes with inputs first; the way around a cycle is named if there is one."""
    order: list[str] = []
    ready = {name for sources_of in sources.values() for name in sources_of} - set(sources)
    waiting = dict(sources)
    while waiting:
        found = [name for name, needs in waiting.items() if ready.issuperset(needs)]
        if not found:
            raise GraphError(
                f"Graph: {_cycle(waiting)} is a cycle; a feed-forward network has none, as an "
                f"input of a unit must not depend on its output"
            )
        order += found
        ready.update(found)
        for name in found:
            del waiting[name]
    return order


def _cycle(waiting: Mapping[str, Sequence[str]]) -> str:
    """A way around, as ``a → b → a``; each waiting node waits for another."""
    way = [next(iter(waiting))]
    while way[-1] not in way[:-1]:
        way.append(next(source for source in waiting[way[-1]] if source in waiting))
    return " → ".join(reversed(way[way.index(way[-1]) :]))
