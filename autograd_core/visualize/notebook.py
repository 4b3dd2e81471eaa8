"""How tensors, modules and compiled functions show themselves in a notebook.

Text is always there. A picture is added where the graph is small, so that a cell that ends in a
tensor is never slow; whatever fails on the way to it, the text remains.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from html import escape
from typing import Any

from ..graph import Node
from ..primitive import PRIMITIVES
from ..tensor import Tensor
from .drawing import draw
from .signatures import extra_of
from .view import GraphView
from .wording import visible

#: Larger graphs are not drawn unasked.
MAX_NODES = 40
#: Elements of all values together beyond which none is computed again for a picture.
MAX_ELEMENTS = 20_000
#: Modules in the table of one.
MAX_MODULES = 60

Bundle = dict[str, Any]


def mimebundle(
    x: Any, include: Collection[str] | None = None, exclude: Collection[str] | None = None
) -> Bundle:
    """What a notebook shows of a tensor, a module or a compiled function.

    Parameters
    ----------
    x : Tensor, nn.Module or Compiled
    include, exclude : collection of str, optional
        Formats that are wanted, or not.

    Returns
    -------
    dict of str to str
        ``text/plain``, and where there is something small to be seen ``text/html`` and
        ``image/svg+xml``.
    """
    shown: Bundle = {"text/plain": repr(x)}
    wanted = {kind for kind in ("text/plain", "text/html", "image/svg+xml")
              if (not include or kind in include) and kind not in (exclude or ())}  # fmt: skip
    if wanted - {"text/plain"}:
        try:
            if hasattr(x, "named_modules"):
                shown["text/html"] = _table(x)
            elif (view := _view(x)) is not None:
                shown["image/svg+xml"] = view.svg()
                shown["text/html"] = f"<pre>{escape(visible_lines(repr(x)))}</pre>\n{view.image()}"
        except Exception:  # a repr does not raise
            shown = {"text/plain": shown["text/plain"]}
    return {kind: text for kind, text in shown.items() if kind in wanted}


def visible_lines(text: str) -> str:
    """`text` with its lines, and without what would act on the page around it."""
    return "\n".join([visible(line) for line in text.split("\n")])


def _view(x: Any) -> GraphView | None:
    """The picture of a small graph or program; None where there is none."""
    if not isinstance(x, Tensor):
        if not x.programs or len(x.program.tape.calls) > MAX_NODES:
            return None
        return draw(x, engine="builtin")
    if x.node is None or x.node.primitive is None:
        return None
    order = _few(x.node)
    if order is None:
        return None
    cheap = sum([node.size for node in order]) <= MAX_ELEMENTS and all(
        [n.primitive is None or PRIMITIVES.get(n.primitive.name) is n.primitive for n in order]
    )  # a user's operation may do anything when it is computed again
    return draw(x, engine="builtin", values=cheap, gradients=cheap)


def _few(root: Node) -> list[Node] | None:
    """The nodes below; None if they are many."""
    found = [root]
    seen = {root}
    for node in found:
        for parent in node.parents:
            if parent is not None and parent not in seen:
                seen.add(parent)
                found.append(parent)
        if len(found) > MAX_NODES:
            return None
    return found


def _table(module: Any) -> str:
    """The layers of a module with the shapes and the number of their weights."""
    rows: list[tuple[str, str, str, str]] = []
    seen: set[int] = set()
    for path, inner in module.named_modules():
        if len(rows) == MAX_MODULES:
            rows.append(("…", "", "", ""))
            break
        own = [(n, p) for n, p in inner.named_parameters() if "." not in n and id(p) not in seen]
        seen.update([id(p) for _, p in own])
        shapes = ", ".join([f"{n} {p.shape}" for n, p in own])
        count = sum([p.size for _, p in own])
        name = path.rpartition(".")[2] or type(module).__name__
        label = "\u2003" * (path.count(".") + 1 if path else 0) + name
        rows.append((label, _kind(inner) if path else "", shapes, f"{count:,}" if own else ""))
    total = sum([p.size for _, p in module.named_parameters()])
    body = "".join(_row("td", row) for row in rows)
    head = _row("th", ("layer", "kind", "weights", "parameters"))
    foot = _row("th", ("", "", "all", f"{total:,}"))
    return (
        f"<table><caption>{escape(visible(type(module).__name__))}: {total:,} parameters</caption>"
        f"<thead>{head}</thead><tbody>{body}</tbody><tfoot>{foot}</tfoot></table>"
    )


def _kind(module: Any) -> str:
    """``Linear(2, 3)``."""
    settings = extra_of(module)
    return f"{type(module).__name__}({settings})" if settings else type(module).__name__


def _row(tag: str, cells: tuple[str, ...]) -> str:
    return f"<tr>{''.join(_cells(tag, cells))}</tr>"


def _cells(tag: str, cells: tuple[str, ...]) -> Iterator[str]:
    for i, cell in enumerate(cells):
        side = "right" if i == len(cells) - 1 else "left"
        yield f'<{tag} style="text-align:{side}">{escape(visible(cell))}</{tag}>'
