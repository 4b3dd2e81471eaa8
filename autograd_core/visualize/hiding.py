"""What is left out of a picture, and what its edges are called then."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from .module_folding import renamed
from .picture import Edge, Picture
from .repeat_folding import drawn_clusters

VIEWS = frozenset(
    ("reshape", "flatten", "transpose", "expand_dims", "broadcast_to", "astype", "alias", "clone")
)


def hidden(picture: Picture, hide: Collection[str]) -> Picture:
    if not hide:
        return picture
    gone = {
        i
        for i, box in enumerate(picture.boxes)
        if ("constants" in hide and box.kind == "constant")
        or ("views" in hide and box.op in VIEWS and box.kind in ("operation", "backward"))
    }
    gone = gone if len(gone) < len(picture.boxes) else set()
    through: dict[int, int] = {}
    edges: list[Edge] = []
    for edge in sorted(picture.edges, key=lambda e: e.head):
        tail = through.get(edge.tail, edge.tail)
        if edge.head in gone:
            through.setdefault(edge.head, tail)
        elif tail not in gone:
            edges.append(replace(edge, tail=tail))
    kept = [i for i in range(len(picture.boxes)) if i not in gone]
    new = {old: i for i, old in enumerate(kept)}
    ids = {box.id: picture.boxes[through.get(i, i)].id for i, box in enumerate(picture.boxes)}
    boxes = [picture.boxes[i] for i in kept]
    clusters = drawn_clusters(boxes, {c.id: c for c in picture.clusters})
    return replace(
        picture,
        boxes=tuple(boxes),
        edges=tuple([replace(e, tail=new[e.tail], head=new[e.head]) for e in edges]),
        clusters=tuple([renamed(c, ids) for c in clusters]),
    )


def named_edges(picture: Picture) -> Picture:
    """Edges called after their ends: ``n1-n3``; further ones between the same, ``n1-n3-2``."""
    met: dict[str, int] = {}
    edges = []
    for edge in picture.edges:
        name = f"{picture.boxes[edge.tail].id}-{picture.boxes[edge.head].id}"
        k = met[name] = met.get(name, 0) + 1
        edges.append(replace(edge, id=name if k == 1 else f"{name}-{k}"))
    return replace(picture, edges=tuple(edges))


def without_single(picture: Picture) -> Picture:
    """A module that is one operation needs no frame; its box says which module it is."""
    held: dict[str, list[int]] = {}
    for i, box in enumerate(picture.boxes):
        held.setdefault(box.cluster, []).append(i)
    outer = {c.parent for c in picture.clusters}
    single = {c.id: c for c in picture.clusters
              if c.id not in outer and len(held.get(c.id, ())) == 1}  # fmt: skip
    boxes = list(picture.boxes)
    for name, cluster in single.items():
        (i,) = held[name]
        words = f"{cluster.kind} {cluster.title} {cluster.path}".strip()
        boxes[i] = replace(boxes[i], cluster=cluster.parent, path=cluster.path,
                           tooltip=(*boxes[i].tooltip, words))  # fmt: skip
    kept = [c for c in picture.clusters if c.id not in single]
    return replace(picture, boxes=tuple(boxes), clusters=tuple(kept))
