"""What is there several times: equal blocks, the steps of an unrolled recurrence, branches.

In each level of the picture, chains are followed from every deepest item back along its deepest
input. In the chain, runs with a period are looked for; then each unit of a run is walked side by
side with the second one, operand by operand, so that only what really corresponds is folded.
Operands of one operation that are computed in the same way are such units too, side by side.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from .nesting import Item, Level, levels_in, sorted_items
from .picture import Box, Edge, Picture

#: A part has to be there so many times.
FEWEST = 3
#: And folding has to save so many boxes.
LEAST = 6
#: Longer patterns are not looked for.
LONGEST_PERIOD = 250


@dataclass(frozen=True, slots=True)
class Repeat:
    """Units that are equal but for their numbers.

    Attributes
    ----------
    level : str
        The cluster in which they lie.
    units : tuple of tuple of int
        The boxes of each unit, those at the same place corresponding to one another.
    chained : bool
        Whether each unit is computed from the one before it; else they are side by side.
    """

    level: str
    units: tuple[tuple[int, ...], ...]
    chained: bool = True


def repeats_in(picture: Picture) -> list[Repeat]:
    """The repeats of a picture, the outer ones first; none within another's further units."""
    finder = _Finder(picture)
    found: list[Repeat] = []
    for name in ("", *[cluster.id for cluster in picture.clusters]):
        if name in finder.levels:
            found += finder.look(name)
    return found


class _Finder:
    """The picture from the side of the inputs of each box, and what has been folded so far."""

    def __init__(self, picture: Picture) -> None:
        self.boxes: Sequence[Box] = picture.boxes
        self.edges: Sequence[Edge] = picture.edges
        self.inputs: list[list[int]] = [[] for _ in self.boxes]
        for edge in sorted(self.edges, key=lambda e: e.operand):
            self.inputs[edge.head].append(edge.tail)
        self.users: list[set[int]] = [set() for _ in self.boxes]
        for edge in self.edges:
            self.users[edge.tail].add(edge.head)
        self.levels = levels_in(picture)
        self.places = {box.id: i for i, box in enumerate(self.boxes)}
        self.ends = {c.id: self.places[c.output] for c in picture.clusters
                     if c.output in self.places}  # fmt: skip
        self.titles = {c.id: c.title for c in picture.clusters}
        self.holds = self._contents(picture)
        self.gone: set[int] = set()
        #: Of the level that is looked at: the item of each box, and what items were folded into.
        self.item_of: dict[int, Item] = {}
        self.owner: dict[Item, tuple[str, int]] = {}

    def _contents(self, picture: Picture) -> dict[str, list[int]]:
        parents = {c.id: c.parent for c in picture.clusters}
        holds: dict[str, list[int]] = {c.id: [] for c in picture.clusters}
        for i, box in enumerate(self.boxes):
            cluster = box.cluster
            while cluster:
                holds[cluster].append(i)
                cluster = parents[cluster]
        return holds

    def look(self, name: str) -> list[Repeat]:
        """The repeats that lie directly in a cluster."""
        level = self.levels[name]
        items = [item for item in level.items if not self._is_gone(item)]
        if len(items) < FEWEST:
            return []
        order = sorted_items(items, [(a, b) for a, b, _ in level.edges
                                     if not (self._is_gone(a) or self._is_gone(b))])  # fmt: skip
        found: list[Repeat] = []
        self.item_of = {box: item for item in level.items for box in self._boxes(item)}
        self.owner = {}
        for chain in self._chains(order, level):
            for start, period, times in _runs([self._label(item) for item in chain]):
                starts = range(start, start + times * period, period)
                spines = [chain[i : i + period] for i in starts]
                ends = [spine[-1] for spine in spines]
                self._take(self._matched(name, ends, spines), level, found)
        if any(len(level_inputs) >= FEWEST for level_inputs in self.inputs):
            for ends in self._side_by_side(order, level):
                if not any(self._is_gone(end) for end in ends):
                    repeat = self._matched(name, ends, [[end] for end in ends], chained=False)
                    self._take(repeat, level, found)
        return found

    def _take(self, repeat: Repeat | None, level: Level, found: list[Repeat]) -> None:
        taken = {box for known in found for unit in known.units for box in unit}
        if repeat is None or any(not taken.isdisjoint(unit) for unit in repeat.units):
            return
        if self._is_sound(repeat, level):
            found.append(repeat)
            self.gone.update([box for unit in repeat.units[1:] for box in unit])

    def _side_by_side(self, order: list[Item], level: Level) -> Iterator[list[Item]]:
        """Operands of one operation that look alike."""
        near: dict[Item, dict[Item, None]] = {}
        for tail, head, _ in sorted(level.edges, key=lambda e: self.edges[e[2]].operand):
            near.setdefault(head, {})[tail] = None
        for item in reversed(order):
            alike: dict[tuple[object, ...], list[Item]] = {}
            for tail in near.get(item, ()):
                alike.setdefault(self._label(tail), []).append(tail)
            yield from [ends for ends in alike.values() if len(ends) >= FEWEST]

    def _is_gone(self, item: Item) -> bool:
        box = item if isinstance(item, int) else self.holds[item][0]
        return box in self.gone

    def _boxes(self, item: Item) -> list[int]:
        return [item] if isinstance(item, int) else self.holds[item]

    def _label(self, item: Item) -> tuple[object, ...]:
        if isinstance(item, int):
            return signature(self.boxes[item])
        end = self.ends.get(item)
        shape = "" if end is None else self.boxes[end].shape
        return self.titles[item], len(self.holds[item]), shape

    def _chains(self, order: list[Item], level: Level) -> list[list[Item]]:
        """The items divided into chains, each following the deepest inputs; long ones first."""
        near: dict[Item, list[Item]] = {item: [] for item in order}
        for tail, head, _ in level.edges:
            if tail in near and head in near:
                near[head].append(tail)
        depth: dict[Item, int] = {}
        for item in order:
            depth[item] = 1 + max([depth[tail] for tail in near[item]], default=0)
        left = dict.fromkeys(sorted(order, key=lambda item: -depth[item]))
        chains = []
        while left:
            here: Item | None = next(iter(left))
            chain = []
            while here is not None and here in left:
                del left[here]
                chain.append(here)
                here = max(near[here], key=depth.__getitem__, default=None)
            if len(chain) >= FEWEST:
                chains.append(chain[::-1])
        return chains

    # -- units -----------------------------------------------------------------------------------

    def _matched(
        self, name: str, ends: list[Item], spines: list[list[Item]], chained: bool = True
    ) -> Repeat | None:
        """The longest row of units that correspond to the second one, box by box."""
        within = [{box for item in spine for box in self._boxes(item)} for spine in spines]
        roots = [self.ends.get(e, -1) if isinstance(e, str) else e for e in ends]
        if -1 in roots:
            return None
        inside = self._inside(name, within[1], roots)
        units: list[tuple[int, ...]] = []
        for root, own in zip(roots, within, strict=True):
            unit = self._walk(roots[1], inside, root)
            if unit is None or not own.issubset(unit):
                if len(units) >= FEWEST:
                    break
                units = []
            else:
                units.append(tuple(unit))
        taken = [box for unit in units for box in unit]
        saved = sum([len(unit) for unit in units[1:]])
        if len(units) < FEWEST or saved < LEAST or len(set(taken)) < len(taken):
            return None
        return Repeat(name, tuple(units), chained)

    def _inside(self, name: str, spine: set[int], roots: list[int]) -> set[int]:
        """A unit: its part of the chain, and what is read by nothing but it."""
        inside = set(spine)
        level = set(self.holds[name]) if name else None
        stack = [tail for box in spine for tail in self.inputs[box]]
        while stack:
            box = stack.pop()
            apart = box in inside or box in roots or (level is not None and box not in level)
            if not apart and self.users[box] <= inside:
                inside.add(box)
                stack += self.inputs[box]
        return inside

    def _walk(self, model: int, inside: set[int], root: int) -> list[int] | None:
        """The boxes of a unit in the order of the model's; None if they do not correspond."""
        pairs: dict[int, int] = {}
        taken: set[int] = set()
        stack = [(model, root)]
        while stack:
            a, b = stack.pop()
            if a in pairs:
                if pairs[a] != b:
                    return None
                continue
            if b in taken or b in self.gone or len(self.inputs[a]) != len(self.inputs[b]):
                return None
            if signature(self.boxes[a]) != signature(self.boxes[b]):
                return None
            pairs[a] = b
            taken.add(b)
            stack += [
                (x, y) for x, y in zip(self.inputs[a], self.inputs[b], strict=True) if x in inside
            ]
        return [pairs[a] for a in sorted(pairs)] if len(pairs) == len(inside) else None

    def _is_sound(self, repeat: Repeat, level: Level) -> bool:
        """Whether what is folded holds whole items, and nothing leads out of it and back in."""
        boxes = {box for unit in repeat.units for box in unit}
        held = {self.item_of[box] for box in boxes}
        if sum([len(self._boxes(item)) for item in held]) != len(boxes):
            return False
        owner = self.owner | dict.fromkeys(held, ("repeat", min(boxes)))
        items = list(dict.fromkeys([owner.get(item, item) for item in level.items]))
        edges = [(owner.get(a, a), owner.get(b, b)) for a, b, _ in level.edges]
        if len(sorted_items(items, [(a, b) for a, b in edges if a != b])) < len(items):
            return False
        self.owner = owner
        return True


def signature(box: Box) -> tuple[object, ...]:
    """What has to be the same in boxes that correspond."""
    kind = "operation" if box.kind == "output" else box.kind
    given = kind in ("parameter", "constant", "input")
    # A line of a program has no primitive; what it is called says what it does.
    return kind, box.op or ("" if given else (box.title, box.subtitle)), box.shape


def _runs(labels: list[tuple[object, ...]]) -> list[tuple[int, int, int]]:
    """Runs with a period as (start, period, times), not overlapping, weightiest first."""
    numbers: dict[tuple[object, ...], int] = {}
    codes = [numbers.setdefault(label, len(numbers)) for label in labels]
    count = len(codes)
    candidates: list[tuple[int, int, int, int]] = []
    for period in range(1, min(count // FEWEST, LONGEST_PERIOD) + 1):
        length = 0
        for i in range(count - period + 1):
            if i + period < count and codes[i] == codes[i + period]:
                length += 1
                continue
            times = length // period + 1
            if times >= FEWEST:
                candidates.append((-(times - 1) * period, period, i - length, times))
            length = 0
    taken = [False] * count
    runs = []
    for _, period, start, times in sorted(candidates):
        stop = start + period * times
        if not any(taken[start:stop]):
            taken[start:stop] = [True] * (stop - start)
            runs.append((start, period, times))
    return sorted(runs)
