"""Pictures of computation graphs, and of networks.

`draw` takes a tensor to a `GraphView`, through a plain model of boxes and edges (`picture`), a
layout (`layout`, `graphviz_layout`) and a writer (`svg`, `dot`, `text`). A module is run and
watched (`tracing`), what flows through it found on the recorded graph (`flow`) and named
(`symbols`); it becomes a `diagram` of blocks, or `units`, with layouts and writers of their own.
"""

from __future__ import annotations

from .drawing import draw as draw
from .notebook import mimebundle as mimebundle
from .view import GraphView as GraphView

__all__ = ["GraphView", "draw", "mimebundle"]
