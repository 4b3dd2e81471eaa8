"""Positions from Graphviz: the program ``dot``, or the library within pygraphviz.

Only sizes and edges are sent, and only positions come back; the picture is drawn by `svg`.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from typing import Any

from ..errors import AutogradError, MissingExtraError
from .layers import ranks
from .layout import MARGIN, Placement, Point

_INCH = 72.0


class LayoutError(AutogradError, RuntimeError):
    """An engine of layout that failed on a graph."""


def has_dot() -> bool:
    """Whether the program ``dot`` is on the PATH."""
    return shutil.which("dot") is not None


def has_pygraphviz() -> bool:
    """Whether pygraphviz is installed."""
    from importlib.util import find_spec

    return find_spec("pygraphviz") is not None


def source(
    sizes: Sequence[Point],
    edges: Sequence[tuple[int, int]],
    gaps: Point = (0.35, 0.55),
    middle: bool = False,
) -> str:
    """The graph in DOT, without any text: boxes by number and size.

    `gaps` between boxes and layers are in inches; with `middle`, edges touch the middle of a side.
    """
    rank = ranks(len(sizes), edges)
    computed = {head for _, head in edges}
    heavy = [tail in computed and rank[head] == rank[tail] + 1 for tail, head in edges]
    lines = [
        "digraph {",
        # The limits keep the search short: without them 300 boxes may take half a minute.
        f"graph [nodesep={gaps[0]} ranksep={gaps[1]} splines=true "
        "nslimit=2 nslimit1=2 mclimit=0.5]",
        'node [shape=box fixedsize=true label=""]',
        f"edge [arrowhead=none{' tailport=s headport=n' if middle else ''}]",
        *(f"{i} [width={w / _INCH:.4f} height={h / _INCH:.4f}]" for i, (w, h) in enumerate(sizes)),
        # A chain of operations is to be straight; parameters and shortcuts go beside it.
        *(
            f"{tail} -> {head}{' [weight=8]' if straight else ''}"
            for (tail, head), straight in zip(edges, heavy, strict=True)
        ),
        "}",
    ]
    return "\n".join(lines)


def placed_by_dot(
    sizes: Sequence[Point], edges: Sequence[tuple[int, int]], **options: Any
) -> Placement:
    """The placement that the program ``dot`` finds; `options` are those of `source`."""
    plain = render(source(sizes, edges, **options), "plain", "dot")
    return _read(plain.decode(), sizes, edges)


def placed_by_pygraphviz(
    sizes: Sequence[Point], edges: Sequence[tuple[int, int]], **options: Any
) -> Placement:
    """The placement that the Graphviz within pygraphviz finds."""
    plain = render(source(sizes, edges, **options), "plain", "pygraphviz")
    return _read(plain.decode(), sizes, edges)


def render(dot: str, form: str, engine: str) -> bytes:
    """Have Graphviz turn DOT into another format.

    Parameters
    ----------
    dot : str
    form : str
        Graphviz's name of the format.
    engine : str
        ``"dot"`` or ``"pygraphviz"``.

    Raises
    ------
    MissingExtraError
        If the engine is not installed.
    LayoutError
        If it fails.
    """
    return _by_program(dot, form) if engine == "dot" else _by_library(dot, form)


def _by_program(dot: str, form: str) -> bytes:
    import graphviz

    try:
        answer: bytes = graphviz.pipe("dot", form, dot.encode(), quiet=True)
        return answer
    except graphviz.ExecutableNotFound:
        raise missing("this") from None
    except (graphviz.CalledProcessError, OSError) as error:
        raise LayoutError(f"draw: the program dot failed ({error}); use engine='builtin'") from None


def _by_library(dot: str, form: str) -> bytes:
    try:
        import pygraphviz
    except ImportError:
        raise MissingExtraError("pygraphviz", "viz", "draw with engine='pygraphviz'") from None
    try:
        return bytes(pygraphviz.AGraph(string=dot).draw(format=form, prog="dot"))
    except (ValueError, OSError) as error:
        raise LayoutError(f"draw: pygraphviz failed ({error}); use engine='builtin'") from None


def missing(purpose: str) -> MissingExtraError:
    """The error where no Graphviz is installed in any form."""
    error = MissingExtraError("Graphviz", "viz", purpose)
    error.args = (f"{error.args[0]}, or install the program dot (Debian: apt install graphviz)",)
    return error


def _read(plain: str, sizes: Sequence[Point], edges: Sequence[tuple[int, int]]) -> Placement:
    """Graphviz's ``plain`` format: inches, from the lower left corner."""
    width = height = 0.0
    corners: list[Point] = [(0.0, 0.0)] * len(sizes)
    found: dict[tuple[int, int], list[list[Point]]] = {}
    for line in plain.replace("\\\n", "").splitlines():
        words = line.split()
        if words[0] == "graph":
            width, height = (float(word) * _INCH for word in words[2:4])
        elif words[0] == "node":
            box = int(words[1])
            x, y = (float(word) * _INCH for word in words[2:4])
            w, h = sizes[box]
            corners[box] = (x - w / 2 + MARGIN, height - y - h / 2 + MARGIN)
        elif words[0] == "edge":
            numbers = [float(word) * _INCH for word in words[4 : 4 + 2 * int(words[3])]]
            points = [
                (x + MARGIN, height - y + MARGIN)
                for x, y in zip(numbers[::2], numbers[1::2], strict=True)
            ]
            found.setdefault((int(words[1]), int(words[2])), []).append(points)
    curves = [found[edge].pop(0) for edge in edges]
    return Placement(width + 2 * MARGIN, height + 2 * MARGIN, corners, curves)
