"""How modules show themselves: the repr, and the table of layers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from autograd_core import Tensor, no_grad

from .parameter import Parameter

if TYPE_CHECKING:
    from .module import Module


def _count(module: Module) -> int:
    return sum(parameter.size for parameter in module.parameters())


def _plural(n: int) -> str:
    return f"{n:,} parameter" + "s" * (n != 1)


def describe(module: Module) -> str:
    """The repr: a line for each module, with the shapes of its own weights and their number."""
    return "\n".join(_lines(module, "", ""))


def _lines(module: Module, name: str, indent: str) -> Iterator[str]:
    head = f"{indent}{name}{': ' if name else ''}{type(module).__name__}"
    children = list(module.named_children())
    extra = module._extra()
    own = [(n, p) for n, p in vars(module).items() if isinstance(p, Parameter)]
    head += f"({extra})" if extra or not (children or own) else ""
    shapes = [f"{n} {p.shape}{'' if p.requires_grad else ' frozen'}" for n, p in own]
    if children:
        yield f"{head}: {', '.join([*shapes, _plural(_count(module))])}"
    elif own:
        yield ", ".join([head, *shapes, _plural(_count(module))])
    else:
        yield head
    for child_name, child in children:
        yield from _lines(child, child_name, indent + "  ")


class Row(NamedTuple):
    """A line of the summary."""

    name: str
    depth: int
    kind: str
    output: str
    parameters: int


class Summary:
    """The layers of a module; prints as a table.

    Attributes
    ----------
    rows : list of Row
    total, trainable : int
        Numbers of parameters, shared ones counted once.
    """

    def __init__(self, rows: list[Row], parameters: list[Parameter]) -> None:
        self.rows = rows
        self.total = sum(p.size for p in parameters)
        self.trainable = sum(p.size for p in parameters if p.requires_grad)
        self._bytes = sum(p.nbytes for p in parameters)
        self._dtypes = ", ".join(dict.fromkeys(str(p.dtype) for p in parameters))

    def __repr__(self) -> str:
        names = ["  " * r.depth + (f"{r.name}: " if r.name else "") + r.kind for r in self.rows]
        counts = [f"{r.parameters:,}" if r.parameters >= 0 else "" for r in self.rows]
        outputs = [r.output for r in self.rows]
        columns = [("layer", names), ("output", outputs), ("parameters", counts)]
        if not any(outputs):
            del columns[1]
        widths = [max(map(len, (title, *cells))) for title, cells in columns]
        rule = "  ".join("─" * width for width in widths)
        lines = [[title for title, _ in columns], *zip(*[c for _, c in columns], strict=True)]
        texts = [
            "  ".join([*map(str.ljust, line[:-1], widths), line[-1].rjust(widths[-1])]).rstrip()
            for line in lines
        ]
        frozen = self.total - self.trainable
        foot = _plural(self.total) + (f", {frozen:,} of them frozen" if frozen else "")
        if self.total:
            foot += f", {self._bytes / 1000:,.1f} kB of {self._dtypes}"
        return "\n".join([texts[0], rule, *texts[1:], rule, foot])

    def _repr_html_(self) -> str:
        from html import escape

        return f"<pre>{escape(repr(self))}</pre>"


def table(module: Module, sample: Any = None) -> Summary:
    """See `Module.summary`."""
    shapes = {} if sample is None else _output_shapes(module, sample)
    rows = []
    for path, m in module.named_modules():
        own = sum(p.size for p in vars(m).values() if isinstance(p, Parameter))
        leaf = next(m.children(), None) is None
        rows.append(
            Row(
                path.rpartition(".")[2],
                path.count(".") + bool(path),
                type(m).__name__,
                shapes.get(id(m), ""),
                own if leaf or own else -1,
            )
        )
    return Summary(rows, list(module.parameters()))


def _output_shapes(module: Module, sample: Any) -> dict[int, str]:
    """The shape of the last output of each module, in a run that leaves no trace."""
    shapes: dict[int, str] = {}

    def around(m: Module, forward: Any, inputs: Any, options: Any) -> Any:
        output = forward(*inputs, **options)
        many = output if isinstance(output, (tuple, list)) else (output,)
        shapes[id(m)] = ", ".join(
            str(y.shape) if isinstance(y, (Tensor, np.ndarray)) else type(y).__name__ for y in many
        )
        return output

    with module.observed(around), no_grad():
        module.eval()
        module(*(sample if isinstance(sample, tuple) else (sample,)))
    return shapes
