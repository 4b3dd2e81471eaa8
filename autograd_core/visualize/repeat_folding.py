"""Repeats folded: what is there several times is drawn once, with ×12."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from .merging import repeated
from .module_folding import in_order, moved, renamed
from .nesting import chains_of
from .picture import Box, Cluster, Picture
from .repeats import Repeat, repeats_in


def fold_repeats(picture: Picture) -> Picture:
    """Draw what is there several times once."""
    repeats = repeats_in(picture)
    if not repeats:
        return picture
    stands = list(range(len(picture.boxes)))
    unit_of: dict[int, list[tuple[int, int]]] = {}
    for r, repeat in enumerate(repeats):
        for u, unit in enumerate(repeat.units):
            for box, model in zip(unit, repeat.units[0], strict=True):
                unit_of.setdefault(box, []).append((r, u))
                stands[box] = model if u else stands[box]
    for i in range(len(stands)):
        while stands[stands[i]] != stands[i]:
            stands[i] = stands[stands[i]]
    groups: dict[int, list[int]] = {model: [] for i, model in enumerate(stands) if i == model}
    for i, model in enumerate(stands):
        groups[model].append(i)
    for group in groups.values():  # the model is in the first units, and so comes first
        group.sort(key=lambda i: [unit for _, unit in unit_of.get(i, ())])
    within = [e for e in picture.edges if not _leads_on(unit_of.get(e.tail), unit_of.get(e.head))]
    return in_order(_with_repeats(replace(picture, edges=tuple(within)), repeats, stands, groups))


def _leads_on(tail: list[tuple[int, int]] | None, head: list[tuple[int, int]] | None) -> bool:
    """Whether an edge leads from one unit of a repeat to another one of it."""
    units = dict(head or ())
    return any(r in units and units[r] != u for r, u in tail or ())


def _with_repeats(
    picture: Picture, repeats: Sequence[Repeat], stands: Sequence[int], groups: dict[int, list[int]]
) -> Picture:
    models = list(groups)
    new = {model: i for i, model in enumerate(models)}
    boxes = [
        repeated([picture.boxes[i] for i in group]) if len(group) > 1 else picture.boxes[group[0]]
        for group in groups.values()
    ]
    clusters = {c.id: c for c in picture.clusters}
    for k, repeat in enumerate(repeats, 1):
        first = [new[stands[i]] for i in repeat.units[0]]
        cluster = _repeat_cluster(f"r{k}", picture, repeat)
        inner = _directly_in(repeat.level, [boxes[i].cluster for i in first], clusters)
        for i in first:
            if boxes[i].cluster == repeat.level:
                boxes[i] = replace(boxes[i], cluster=cluster.id)
        for name in inner:
            clusters[name] = replace(clusters[name], parent=cluster.id)
        clusters[cluster.id] = cluster
    drawn = drawn_clusters(boxes, clusters)
    place = [new[model] for model in stands]
    ids_now = {picture.boxes[i].id: boxes[place[i]].id for i in range(len(place))}
    counts = _times(picture, groups)
    return replace(
        picture,
        boxes=tuple(boxes),
        edges=moved(picture.edges, place, boxes),
        clusters=tuple([replace(renamed(c, ids_now), count=counts.get(c.id, c.count))
                        for c in drawn]),
    )  # fmt: skip


def _directly_in(level: str, homes: Iterable[str], clusters: dict[str, Cluster]) -> list[str]:
    """The clusters that hold some boxes and lie directly in a level."""
    found = []
    for home in dict.fromkeys(homes):
        while home and home != level and clusters[home].parent != level:
            home = clusters[home].parent
        if home and home != level:
            found.append(home)
    return list(dict.fromkeys(found))


def drawn_clusters(boxes: Sequence[Box], clusters: dict[str, Cluster]) -> list[Cluster]:
    """Those that still hold a box, the outer before the inner ones."""
    parents = {c.id: c.parent for c in clusters.values()}
    used = {c for chain in chains_of([b.cluster for b in boxes], parents) for c in chain}
    depth = {chain[-1]: len(chain) for chain in chains_of(list(parents), parents)}
    return sorted([c for c in clusters.values() if c.id in used], key=lambda c: depth[c.id])


def _times(picture: Picture, groups: dict[int, list[int]]) -> dict[str, int]:
    """For how many calls each remaining cluster stands: as many as for boxes at its end."""
    sizes = {picture.boxes[model].id: len(group) for model, group in groups.items()}
    return {c.id: sizes[c.output] for c in picture.clusters if c.output in sizes}


def _repeat_cluster(name: str, picture: Picture, repeat: Repeat) -> Cluster:
    parents = {c.id: c for c in picture.clusters}
    tops = []
    for unit in (repeat.units[0], repeat.units[-1]):
        home = [picture.boxes[i].cluster for i in unit]
        tops.append(_directly_in(repeat.level, home, parents))
    first = [parents[c] for c in tops[0]]
    last = [parents[c] for c in tops[1]]
    whole = all(
        picture.boxes[i].cluster != repeat.level
        for i in repeat.units[0]
        if picture.boxes[i].kind != "constant"
    )
    title, words = "", ""
    if first and whole:
        title = ", ".join(dict.fromkeys([c.title for c in first]))
        paths = [c.path for c in (first[0], last[-1])]
        words = paths[0] if paths[0] == paths[1] else f"{paths[0]} … {paths[1]}"
    return Cluster(
        name,
        "repeat",
        title,
        parent=repeat.level,
        count=len(repeat.units),
        words=", ".join([part for part in (
            words, "each from the one before" if repeat.chained else "side by side") if part]),
    )  # fmt: skip
