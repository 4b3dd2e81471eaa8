"""All that the script of the live page is to know of a picture."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, NamedTuple

from ..folding import prepared
from ..picture import Picture
from ..wording import visible
from .record import Recorded
from .steps import Plain, steps_of

#: Larger pictures stay still images.
MAX_BOXES = 3000
#: A longer picture is given to the script compressed, and the image is a lighter one.
LIGHT_ABOVE = 200_000
#: If that is longer still, the image is of the graph folded.
IMAGE_UP_TO = 500_000
#: A folded picture takes the whole one with it if that has no more boxes.
MAX_OTHER = 600
#: Graphs of more operations are shown live, and not stepped through.
MAX_STEPPED = 3000


class Live(NamedTuple):
    """What a live page is made of.

    Attributes
    ----------
    image : str
        SVG for the image, all that is seen where scripts do not run.
    data : dict or None
        What the script is to know; None for a picture that is too large to be live.
    """

    image: str
    data: Plain | None


def live_of(picture: Any, summary: str, svg_of: Callable[[Any], str]) -> Live:
    """Put a live page together.

    Parameters
    ----------
    picture : Picture, Diagram or Units
        Only a `Picture` of a graph that was remembered has steps.
    summary : str
    svg_of : callable
        Writes a picture as SVG.
    """
    svg = svg_of(picture)
    data: Plain = {"title": visible(picture.title), "summary": visible(summary), "remarks": []}
    if not isinstance(picture, Picture):
        return Live(svg, data)
    if len(picture.boxes) > MAX_BOXES:
        return Live(svg, None)
    data["remarks"] = [visible(note) for note in picture.notes]
    if isinstance(picture.recorded, Recorded):
        data |= _steps(picture, picture.recorded)
    other = other_of(picture)
    if other is not None:
        data["other"] = without_data(svg_of(other))
    if "nodes" not in data:
        return Live(svg, data)
    if len(svg) <= LIGHT_ABOVE:
        return Live(without_data(svg), data)
    image = light(svg)
    if len(image) > IMAGE_UP_TO:
        folded = light(svg_of(prepared(picture.recorded.whole, "auto")))
        image = min(image, folded, key=len)
    return Live(image, data | {"picture": without_data(svg)})


_TOLD = re.compile(
    r'(<g class="ag-box ag-node ag-(?:operation|parameter|output|input)\b'
    r"(?![^>]* data-count)[^>]*>)<title>[^<]*</title>"
)
_EDGE_TOLD = re.compile(r'(<path class="ag-edge[^>]*>)<title>[^<]*</title>')
_ATTRIBUTES = re.compile(r' data-[\w-]+="[^"]*"')
_KNOWN = re.compile(r' data-(?:op|name|shape|dtype|grad-norm|marks|line|norm)="[^"]*"')


_HEAT = re.compile(r'<g class="ag-heat".*?</g>')


def light(svg: str) -> str:
    """A large picture as an image for those who cannot run scripts: without words and heat maps."""
    return _HEAT.sub("", _ATTRIBUTES.sub("", without_data(svg)))


def without_data(svg: str) -> str:
    """A picture without what the page's data say too.

    Text in it is escaped, with its quotation marks, so that none looks like what is looked for.
    """
    return _KNOWN.sub("", _EDGE_TOLD.sub(r"\1", _TOLD.sub(r"\1", svg)))


def _steps(picture: Picture, kept: Recorded) -> Plain:
    if len(kept.order) > MAX_STEPPED:
        return {"notes": [f"A graph of {len(kept.order):,} nodes is too large to step through."]}
    try:
        found = kept.steps(steps_of)
    except Exception as error:  # a user's operation may raise anything; a picture must appear
        return {"notes": [f"The steps could not be computed: {visible(str(error))}"]}
    modules = _modules(kept.whole)
    marks = {
        box.id: [f"{mark.kind}: {visible(mark.text)}" for mark in box.marks]
        for box in kept.whole.boxes
        if box.marks
    }
    for node in (nodes := [dict(node) for node in found["nodes"]]):
        if modules.get(node["id"]):
            node["module"] = modules[node["id"]]
        if node["id"] in marks:
            node["marks"] = marks[node["id"]]
    return {**found, "nodes": nodes}


def _modules(picture: Picture) -> dict[str, str]:
    """The modules around each box, the outermost first."""
    clusters = {cluster.id: cluster for cluster in picture.clusters}
    names: dict[str, str] = {"": ""}
    for cluster in picture.clusters:  # outer ones come first
        own = f"{cluster.title} {cluster.path}".strip() if cluster.kind == "module" else ""
        around = names.get(clusters[cluster.id].parent, "")
        names[cluster.id] = " › ".join([part for part in (around, own) if part])
    return {box.id: visible(names.get(box.cluster, "")) for box in picture.boxes}


def other_of(picture: Any) -> Picture | None:
    """The same graph drawn otherwise: whole, if the picture is folded, else folded; or None."""
    whole = picture.recorded.whole if isinstance(picture, Picture) and picture.recorded else None
    if whole is None:
        return None
    if len(picture.boxes) < len(whole.boxes):
        return prepared(whole) if len(whole.boxes) <= MAX_OTHER else None
    parents = {cluster.parent for cluster in whole.clusters}
    other = prepared(whole, [c.id for c in whole.clusters if c.id not in parents])
    return other if len(other.boxes) < len(picture.boxes) else None
