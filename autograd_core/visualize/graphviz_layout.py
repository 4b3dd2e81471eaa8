"""Positions from Graphviz: the program ``dot``, or the library within pygraphviz.

Only sizes and edges are sent, and only positions come back; the picture is drawn by `svg`.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..errors import AutogradError, MissingExtraError
from .layers import ranks
from .layout import MARGIN, Placement, Point

_INCH = 72.0


@dataclass(frozen=True, slots=True)
class Nest:
    """The clusters: that of each box, the one around each, and how wide its title is."""

    homes: Sequence[str]
    parents: Mapping[str, str]
    titles: Mapping[str, float]


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
    nest: Nest | None = None,
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
        *(_subgraphs(nest) if nest is not None else ()),
        # A chain of operations is to be straight; parameters and shortcuts go beside it.
        *(
            f"{tail} -> {head}{' [weight=8]' if straight else ''}"
            for (tail, head), straight in zip(edges, heavy, strict=True)
        ),
        "}",
    ]
    return "\n".join(lines)


def _subgraphs(nest: Nest) -> Iterator[str]:
    """Clusters, with room for their titles; a table has a size without asking a font."""
    inner: dict[str, list[str]] = {name: [] for name in ("", *nest.parents)}
    for name, parent in nest.parents.items():
        inner[parent].append(name)
    boxes: dict[str, list[int]] = {name: [] for name in inner}
    for box, name in enumerate(nest.homes):
        boxes[name].append(box)
    stack: list[str | None] = [*reversed(inner[""])]
    while stack:
        here = stack.pop()
        if here is None:
            yield "}"
            continue
        yield f"subgraph cluster_{here} {{"
        yield (
            f'graph [margin=14 labeljust=l label=<<table border="0" cellpadding="0" '
            f'fixedsize="true" width="{nest.titles[here]:.0f}" height="16"><tr><td></td></tr>'
            f"</table>>]"
        )
        yield "; ".join([str(box) for box in boxes[here]])
        stack += [None, *reversed(inner[here])]


def placed_by_dot(
    sizes: Sequence[Point], edges: Sequence[tuple[int, int]], **options: Any
) -> Placement:
    """The placement that the program ``dot`` finds; `options` are those of `source`."""
    return _placed(sizes, edges, "dot", **options)


def placed_by_pygraphviz(
    sizes: Sequence[Point], edges: Sequence[tuple[int, int]], **options: Any
) -> Placement:
    """The placement that the Graphviz within pygraphviz finds."""
    return _placed(sizes, edges, "pygraphviz", **options)


def _placed(
    sizes: Sequence[Point], edges: Sequence[tuple[int, int]], engine: str, **options: Any
) -> Placement:
    if (nest := options.get("nest")) is None or not nest.parents:
        plain = render(source(sizes, edges, **{**options, "nest": None}), "plain", engine)
        return _read(plain.decode(), sizes, edges)
    return _read_nested(json.loads(render(source(sizes, edges, **options), "json0", engine)), sizes,
                        edges)  # fmt: skip


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


def _read_nested(
    drawn: dict[str, Any], sizes: Sequence[Point], edges: Sequence[tuple[int, int]]
) -> Placement:
    """Graphviz's ``json0`` format, which has the frames of clusters too: points, from below."""
    width, height = _numbers(drawn["bb"])[2:]
    corners: list[Point] = [(0.0, 0.0)] * len(sizes)
    names: list[int] = []
    frames = {}
    for thing in drawn["objects"]:
        names.append(int(thing["name"]) if thing["name"].isdigit() else -1)
        if names[-1] >= 0:
            x, y = _numbers(thing["pos"])
            w, h = sizes[names[-1]]
            corners[names[-1]] = (x - w / 2 + MARGIN, height - y - h / 2 + MARGIN)
        elif "bb" in thing:
            x0, y0, x1, y1 = _numbers(thing["bb"])
            frame = (x0 + MARGIN, height - y1 + MARGIN, x1 - x0, y1 - y0)
            frames[thing["name"].removeprefix("cluster_")] = frame
    found: dict[tuple[int, int], list[list[Point]]] = {}
    for line in drawn.get("edges", ()):
        numbers = _numbers(line["pos"])
        points = [(x + MARGIN, height - y + MARGIN)
                  for x, y in zip(numbers[::2], numbers[1::2], strict=True)]  # fmt: skip
        found.setdefault((names[line["tail"]], names[line["head"]]), []).append(points)
    curves = [found[edge].pop(0) for edge in edges]
    return Placement(width + 2 * MARGIN, height + 2 * MARGIN, corners, curves, frames)


def _numbers(text: str) -> list[float]:
    return [float(word) for word in text.replace(",", " ").split()]
