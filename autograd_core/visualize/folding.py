"""Fold and hide: from the whole picture to the one that is drawn.

Modules become one box each, repeats are drawn once with ×12, constants and views are left out.
The ids of what remains do not change.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from typing import Any

from ..errors import ArgumentError
from .hiding import hidden, named_edges, without_single
from .module_folding import fold_clusters
from .nesting import chains_of
from .picture import Cluster, Picture
from .repeat_folding import fold_repeats
from .twins import fold_twins
from .widths import with_widths
from .wording import shorten

#: With "auto", larger pictures are folded …
FOLD_ABOVE = 80
#: … until they have no more boxes than this, if they can be.
FOLD_TO = 40

#: What `hide` can leave out.
HIDDEN = ("constants", "views")

Fold = str | int | Collection[str] | None


def check(fold: Any, hide: Any) -> None:
    """Raise unless `fold` and `hide` are of a kind that `prepared` takes.

    Raises
    ------
    ArgumentError
    """
    names = isinstance(fold, str) or fold is None or _is_depth(fold)
    if not names and not (
        isinstance(fold, Collection) and all(isinstance(name, str) for name in fold)
    ):
        raise ArgumentError(
            f"draw: fold={fold!r} is no way to fold; use 'auto', None, a depth such as 1, "
            f"'repeats', or names of modules"
        )
    if isinstance(hide, str) or not isinstance(hide, Collection):
        raise ArgumentError(f"draw: hide={hide!r} is no collection; use hide=('constants',)")
    for what in hide:
        if what not in HIDDEN:
            raise ArgumentError(f"draw: hide={what!r} is not known; use 'constants' or 'views'")


def _is_depth(fold: Any) -> bool:
    return isinstance(fold, int) and not isinstance(fold, bool) and fold >= 0


def prepared(picture: Picture, fold: Fold = None, hide: Collection[str] = ()) -> Picture:
    """The picture as it is drawn.

    Parameters
    ----------
    picture : Picture
    fold : "auto", None, int, str or collection of str
        "auto" folds repeats and then modules, the innermost first, if there are more than
        `FOLD_ABOVE` boxes; None folds nothing; a depth folds all modules that lie in so many
        others; names are paths or types of modules, ids of clusters, and "repeats".
    hide : collection of {"constants", "views"}

    Raises
    ------
    ArgumentError
        For a name that no module has.
    """
    check(fold, hide)
    counts = picture.counts()
    whole = len(picture.boxes)
    names = picture.clusters
    picture = without_single(hidden(named_edges(picture), hide))
    if fold == "auto":
        picture = _folded_as_needed(picture)
    elif _is_depth(fold):
        picture = fold_clusters(picture, [c for c, d in _depths(picture).items() if d >= fold])  # type: ignore[operator]
    elif fold is not None:
        picture = _folded_by_name(picture, [fold] if isinstance(fold, str) else fold, names)  # type: ignore[arg-type]
    picture = _without_frames_of_updates(picture)
    if len(picture.boxes) != whole:
        picture = replace(picture, full=counts)
    return with_widths(named_edges(picture))


def _without_frames_of_updates(picture: Picture) -> Picture:
    """Of an update only what is folded is shown: its colour tells the rest, frames take room."""
    updates = {c.id for c in picture.clusters if c.kind == "update"}
    boxes = [replace(b, cluster="") if b.cluster in updates else b for b in picture.boxes]
    kept = [replace(c, parent="") if c.parent in updates else c
            for c in picture.clusters if c.id not in updates]  # fmt: skip
    return replace(picture, boxes=tuple(boxes), clusters=tuple(kept)) if updates else picture


def _depths(picture: Picture) -> dict[str, int]:
    clusters = {c.id: c.parent for c in picture.clusters}
    modules = {c.id for c in picture.clusters if c.kind != "repeat"}
    chains = chains_of(list(clusters), clusters)
    return {
        chain[-1]: sum(c in modules for c in chain[:-1]) for chain in chains if chain[-1] in modules
    }


def _folded_as_needed(picture: Picture) -> Picture:
    if len(picture.boxes) <= FOLD_ABOVE:
        return picture
    whole = picture = fold_repeats(picture)
    depths = _depths(whole)
    updates = any(c.kind == "update" for c in whole.clusters)
    for depth in range(max(depths.values(), default=-1), -1, -1):
        if len(picture.boxes) <= FOLD_TO:
            break
        picture = fold_clusters(whole, [c for c, d in depths.items() if d >= depth])
        if updates and len(picture.boxes) > FOLD_TO:
            picture = fold_twins(picture)
    return picture


def _folded_by_name(picture: Picture, names: Iterable[str], clusters: Sequence[Cluster]) -> Picture:
    wanted = set(names)
    if "repeats" in wanted:
        picture = fold_repeats(picture)
        wanted.discard("repeats")
    chosen, met = [], set()
    for cluster in clusters:
        own = {cluster.id, cluster.path or cluster.title, cluster.title} & wanted
        if own and cluster.kind != "repeat":
            met |= own
            chosen.append(cluster.id)
    if wanted - met:
        known = list(dict.fromkeys([c.path or c.title for c in clusters]))
        there = f"there are {shorten(', '.join(known), 200)}" if known else "there are none in it"
        raise ArgumentError(f"draw: the graph has no module {min(wanted - met)!r}; {there}")
    return fold_clusters(picture, chosen)
