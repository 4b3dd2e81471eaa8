"""What an update of a program changes: the operations that lead to one parameter, together.

The operations for a parameter are those that lead to what is written back to it and to nothing
else, with the state that only they read. So no path leads out of them and back in, and they can
be folded; so can what several parameters share, such as the count of steps.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from .picture import Box, Cluster, Edge

WRITTEN = " ←"
SHARED = "shared by all"


def with_updates(
    boxes: Sequence[Box], edges: Sequence[Edge], origins: Mapping[str, str]
) -> tuple[list[Box], list[Cluster]]:
    """The boxes in clusters: one for the whole update, in it one for each parameter.

    Parameters
    ----------
    boxes : sequence of Box
        Inputs before outputs.
    edges : sequence of Edge
    origins : mapping of str to str
        The optimizer, by the ids of the boxes that it asked for.
    """
    users: list[list[int]] = [[] for _ in boxes]
    for edge in edges:
        users[edge.tail].append(edge.head)
    updates = [i for i, box in enumerate(boxes) if box.kind == "update"]
    ends = _ends(boxes, users, updates)
    homes = {i: end for i, end in ends.items() if boxes[end].title.endswith(WRITTEN)}
    within = set(updates)
    # Of a model that goes on after its update, the update is no part that could be folded.
    closed = all(within.issuperset(users[i]) for i in updates)
    for i, box in enumerate(boxes):
        if box.kind in ("parameter", "constant") and users[i] and within.issuperset(users[i]):
            updates.append(i)
            here = {homes.get(user) for user in users[i]}
            if len(here) == 1 and (end := here.pop()) is not None:
                homes[i] = end
    found = list(dict.fromkeys([homes[i] for i in sorted(homes)]))
    around = "u0" if closed and len(found) > 1 else ""
    clusters = []
    if around:
        names = dict.fromkeys([origins.get(boxes[end].id) or "update" for end in found])
        clusters.append(Cluster("u0", "update", ", ".join(names)))
    for number, end in enumerate(found, 1):
        title = origins.get(boxes[end].id) or "update"
        name = boxes[end].title.removesuffix(WRITTEN)
        own = Cluster(f"u{number}", "update", title, name, around, output=boxes[end].id)
        clusters.append(own)
    rest = [i for i in updates if i not in homes]
    common = ""
    if around and rest:
        common = f"u{len(found) + 1}"
        clusters.append(Cluster(common, "update", clusters[0].title, SHARED, around))
    ids = {end: f"u{number}" for number, end in enumerate(found, 1)}
    placed = list(boxes)
    for i in updates:
        placed[i] = replace(placed[i], cluster=ids[homes[i]] if i in homes else common)
    return placed, clusters


def _ends(
    boxes: Sequence[Box], users: Sequence[Sequence[int]], updates: Sequence[int]
) -> dict[int, int]:
    """Where each operation of an update leads to, of those that lead to one place only."""
    leads: dict[int, int | None] = {}
    for i in reversed(updates):
        later = [user for user in users[i] if boxes[user].kind == "update"]
        if not later:
            leads[i] = i
        elif len(later) < len(users[i]):  # read elsewhere too
            leads[i] = None
        else:
            places = {leads[user] for user in later}
            leads[i] = places.pop() if len(places) == 1 else None
    return {i: end for i, end in leads.items() if end is not None}
