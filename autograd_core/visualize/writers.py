"""Who writes which picture: a graph, a block diagram, or units, each in every format."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ..errors import AutogradError
from . import block_svg, block_words, dot, graphviz_layout, svg, text, units_svg, units_words
from .block_layout import Arranged, arranged
from .block_measure import extents
from .block_rows import in_rows
from .diagram import Diagram
from .layout import Placement, layered
from .measure import cluster_width, size_of
from .nested_layout import nested
from .picture import Picture
from .units import Units

Drawn = Picture | Diagram | Units

#: With "auto", larger pictures are left to the built-in layout: Graphviz may take minutes.
GRAPHVIZ_UP_TO = 300


@dataclass(frozen=True, slots=True)
class Writers:
    """A kind of picture in its formats; `svg` gets the engine too."""

    dot: Callable[[Any], str]
    svg: Callable[[Any, str], str]
    text: Callable[[Any], str]
    words: Callable[[Any], str]


def writers_of(picture: Drawn) -> Writers:
    return _KINDS[type(picture)]


def placed(picture: Picture, engine: str) -> Placement:
    """Place the boxes of a graph, and the frames of its clusters."""
    sizes = [size_of(box) for box in picture.boxes]
    edges = [(edge.tail, edge.head) for edge in picture.edges]
    nest = graphviz_layout.Nest(
        [box.cluster for box in picture.boxes],
        {cluster.id: cluster.parent for cluster in picture.clusters},
        {cluster.id: cluster_width(cluster) for cluster in picture.clusters},
    )
    options = {"nest": nest} if picture.clusters else {}
    if engine == "dot":
        return graphviz_layout.placed_by_dot(sizes, edges, **options)
    if engine == "pygraphviz":
        return graphviz_layout.placed_by_pygraphviz(sizes, edges, **options)
    # Of clusters within clusters the built-in layout makes straighter columns.
    if engine == "auto" and len(sizes) <= GRAPHVIZ_UP_TO and not picture.clusters:
        try:
            if graphviz_layout.has_dot():
                return graphviz_layout.placed_by_dot(sizes, edges)
            if graphviz_layout.has_pygraphviz():
                return graphviz_layout.placed_by_pygraphviz(sizes, edges)
        except AutogradError:
            pass  # a broken Graphviz is no reason for no picture
    if not picture.clusters:
        return layered(sizes, edges)
    return nested(picture, sizes, dict(nest.titles))


def rows(diagram: Diagram, engine: str) -> Arranged:
    """Place a block diagram; a row of blocks needs no Graphviz unless it is asked for."""
    engine = "builtin" if engine == "auto" else engine
    return in_rows(diagram, arranged(diagram, engine), extents(diagram))


_KINDS: dict[type, Writers] = {
    Picture: Writers(
        dot.dot_of,
        lambda picture, engine: svg.svg_of(picture, placed(picture, engine)),
        text.text_of,
        svg.description,
    ),
    Diagram: Writers(
        block_words.dot_of,
        lambda diagram, engine: block_svg.svg_of(diagram, rows(diagram, engine)),
        block_words.text_of,
        block_words.description,
    ),
    Units: Writers(
        units_words.dot_of,
        lambda units, engine: units_svg.svg_of(units),  # columns are columns in every engine
        units_words.text_of,
        units_words.description,
    ),
}
