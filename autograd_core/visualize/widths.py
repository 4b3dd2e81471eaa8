"""How thick the lines are: the larger the gradient of what flows along them, the thicker."""

from __future__ import annotations

from dataclasses import replace
from math import isfinite, log10

from .picture import Box, Picture

#: The thinnest and the thickest line in pixels, and that of an unknown gradient.
THIN, THICK, PLAIN = 1.0, 5.0, 1.4
#: So many powers of ten lie between them at most; what is smaller is as thin.
DECADES = 6.0


def with_widths(picture: Picture) -> Picture:
    """Give each edge the norm of the gradient of its tail, and a width by its logarithm."""
    norms = [_norm(picture.boxes[edge.tail]) for edge in picture.edges]
    known = [norm for norm in norms if norm is not None and norm > 0 and isfinite(norm)]
    low, high = (min(known), max(known)) if known else (0.0, 0.0)
    edges = [
        replace(edge, norm=norm, width=None if norm is None else _width(norm, low, high))
        for edge, norm in zip(picture.edges, norms, strict=True)
    ]
    return replace(picture, edges=tuple(edges))


def span(picture: Picture) -> tuple[float, float] | None:
    """The smallest and the largest norm that lines show; None where all are equally thick."""
    norms = [edge.norm for edge in picture.edges
             if edge.norm is not None and edge.norm > 0 and isfinite(edge.norm)]  # fmt: skip
    return (min(norms), max(norms)) if norms and max(norms) > 1.01 * min(norms) else None


def _norm(tail: Box) -> float | None:
    if tail.grad is None:
        return None
    return float("inf") if tail.grad.nan or tail.grad.infinite else tail.grad.norm


def _width(norm: float, low: float, high: float) -> float:
    """Logarithmic; small differences stay small."""
    if not isfinite(norm):
        return THICK
    if not norm or high <= 1.01 * low:
        return THIN if not norm else PLAIN
    decades = min(DECADES, log10(high / low))
    thick = PLAIN + (THICK - PLAIN) * min(1.0, decades / 2)
    above = max(0.0, 1 - log10(high / norm) / max(decades, 1e-9))
    return round(THIN + (thick - THIN) * above, 2)
