"""How large a graph may be to be drawn, and what to do about a larger one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from ..errors import ArgumentError
from ..graph import Node
from ..scopes import scopes

#: Larger graphs are not read in order to be folded, and more boxes never laid out.
MAX_READ = 20_000


def check_read(order: Sequence[Any], limit: int, folds: bool) -> None:
    """Refuse a graph that is too large to be drawn, or to be folded.

    Parameters
    ----------
    order : sequence of Node, or of lines of a program
    limit : int
        The largest number of boxes.
    folds : bool
        Whether what is drawn will be folded.

    Raises
    ------
    ArgumentError
        That says what fills the graph, and what to do.
    """
    count = len(order)
    if count <= (MAX_READ if folds else limit):
        return
    advice = "draw a smaller part of it (fewer layers or steps, an intermediate tensor)"
    if count <= MAX_READ:
        advice += f", or pass max_nodes={count}"
    modules = _modules(order)
    if folds:
        many, than = f"{count:,} nodes", f"the {MAX_READ:,} that are read to be folded"
    else:
        many, than = f"{count:,} nodes", f"max_nodes={limit:,}"
        if limit == MAX_READ:
            than = f"the {MAX_READ:,} that can be laid out at all"
        if count <= MAX_READ:
            advice = f"fold it (fold='auto', or {modules or 'fold=' + repr('repeats')}), {advice}"
        elif modules:
            advice += (
                f"; it was computed in {modules}: one of them can be drawn alone, draw(module, x)"
            )
        else:
            advice += f"; up to {MAX_READ:,} nodes it can be folded, as with fold='repeats'"
    filled = f"; it is mostly {_operations(order)}" if _operations(order) else ""
    if folds and modules:
        filled += f", in {modules}"
    raise ArgumentError(f"draw: the graph has {many}, more than {than}{filled}; {advice}")


def check_drawn(boxes: int, limit: int) -> None:
    """Refuse a picture of too many boxes.

    Raises
    ------
    ArgumentError
    """
    if boxes > limit:
        raise ArgumentError(
            f"draw: folded as asked, there are still {boxes:,} boxes, more than "
            f"max_nodes={limit:,}; fold more (fold=0 folds the outermost modules), draw a smaller "
            f"part, or pass max_nodes={boxes}"
        )


def _modules(order: Sequence[Any]) -> str:
    """The types of modules that were called most, as `fold` takes them."""
    nodes = [n for n in order if isinstance(n, Node) and getattr(n, "scope", None) is not None]
    calls = Counter([type(scope.module).__name__ for node in nodes for scope in scopes(node)])
    common = [f"{name!r} with {n:,} call{'s' * (n > 1)}" for name, n in calls.most_common(3)]
    return f"the modules {', '.join(common)}" if common else ""


def _operations(order: Sequence[Any]) -> str:
    names = Counter(
        [n.primitive.name for n in order if isinstance(n, Node) and n.primitive is not None]
    )
    return " and ".join([f"{n:,} × {name}" for name, n in names.most_common(2)])
