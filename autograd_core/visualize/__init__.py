"""Pictures of computation graphs.

`draw` takes a tensor to a `GraphView`, through a plain model of boxes and edges (`picture`), a
layout (`layout`, `graphviz_layout`) and a writer (`svg`, `dot`, `text`).
"""

from __future__ import annotations

from .drawing import draw as draw
from .view import GraphView as GraphView

__all__ = ["GraphView", "draw"]
