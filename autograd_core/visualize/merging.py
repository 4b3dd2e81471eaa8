"""One box in the place of several: equal ones of a repeat, or all of a module."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from .marks import Mark
from .picture import FOLDED, Box, Cluster, Line
from .stats import together
from .wording import number, shorten


def repeated(boxes: Sequence[Box]) -> Box:
    """A box that stands for equal ones, with what they hold together and how they differ.

    Parameters
    ----------
    boxes : sequence of Box
        In the order of the repeats.
    """
    first = boxes[0]
    values = together([box.value for box in boxes if box.value is not None])
    grads = together([box.grad for box in boxes if box.grad is not None])
    lines = []
    for line in first.lines:
        stats = {"value": values, "grad": grads}.get(line.label)
        if line.absent or line.label in ("", "code"):
            lines.append(line)
        elif stats is not None:
            lines.append(Line(line.label, stats.words()))
    norms = [box.grad.norm for box in boxes if box.grad is not None]
    if len(norms) > 1:
        lines.append(Line("‖grad‖", f"{number(norms[0])} → {number(norms[-1])}, first to last"))
    names = list(dict.fromkeys([box.title for box in boxes]))
    subtitles = list(dict.fromkeys([box.subtitle for box in boxes]))
    title, subtitle = first.title, first.subtitle
    if len(names) > 1:
        title = f"{shorten(names[0], 13)} … {shorten(names[-1], 13)}"
    if len(subtitles) > 1:
        subtitle = f"{_beginning(subtitles).rstrip()}…"
        if first.folded:
            subtitle = f"{shorten(subtitles[0], 13)} … {shorten(subtitles[-1], 13)}"
    held = [name for box in boxes for name in (box.holds or (box.id,))]
    count = sum([box.count for box in boxes])
    tooltip = (f"{count:,} times: {first.tooltip[0] if first.tooltip else title}",
               *[f"{line.label}: {line.text}" for line in lines if line.label],
               f"stands for {shorten(', '.join(held), 300)}")  # fmt: skip
    return replace(
        first,
        title=title,
        subtitle=subtitle,
        kind="output" if any(box.kind == "output" for box in boxes) else first.kind,
        lines=tuple(lines),
        tooltip=tooltip,
        value=values,
        grad=grads,
        heat=None,
        marks=_marks(boxes),
        holds=tuple(held),
        count=count,
    )


def _beginning(texts: Sequence[str]) -> str:
    """What all begin with."""
    first, last = min(texts), max(texts)
    same = (i for i, (a, b) in enumerate(zip(first, last, strict=False)) if a != b)
    return first[: next(same, min(len(first), len(last)))]


def _marks(boxes: Sequence[Box]) -> tuple[Mark, ...]:
    """For each kind the first mark, and how many boxes have one."""
    found: dict[str, list[str]] = {}
    for box in boxes:
        for mark in box.marks:
            found.setdefault(mark.kind, []).append(mark.text)
    return tuple(
        [
            Mark(kind, texts[0] if len(texts) == 1 == len(boxes)
                 else f"{texts[0]} (one of {len(texts):,})" if len(texts) > 1 else texts[0])
            for kind, texts in found.items()
        ]
    )  # fmt: skip


def folded(cluster: Cluster, boxes: Sequence[Box], inputs: Sequence[Box], end: Box | None) -> Box:
    """The box of a folded module.

    Parameters
    ----------
    cluster : Cluster
    boxes : sequence of Box
        All that it holds.
    inputs : sequence of Box
        What the call was given, as far as that is drawn.
    end : Box or None
        The result of the call.
    """
    weights = [box for box in boxes if box.kind == "parameter"]
    operations = sum([box.count for box in boxes if box.kind not in ("parameter", "constant")])
    shape = "" if end is None else end.shape
    update = cluster.kind == "update"
    if inputs and end is not None and not update:
        given = ", ".join(dict.fromkeys([box.shape for box in inputs[:3]]))
        shape = f"{given} → {end.shape}"
    shown = () if end is None else end.lines
    lines = [line for line in shown if line.label in ("value", "grad", "‖grad‖")]
    parts = [_counted(operations, "operation")]
    if weights:
        what = "array of state" if update else "parameter"
        parts.append(_counted(sum([box.count for box in weights]), what))
    lines.append(Line("holds", ", ".join(parts)))
    if weights and not update:
        lines.append(Line("weights", _weights(weights)))
    name = cluster.path or ("" if end is None else end.name)
    held = tuple([name for box in boxes for name in (box.holds or (box.id,))])
    call = f", call {cluster.call}" if cluster.call > 1 else ""
    title = cluster.title
    tooltip = [f"{cluster.kind} {title} {name}{call}".strip(), f"shape {shape}" if shape else ""]
    tooltip += [f"{line.label}: {line.text}" for line in lines]
    marks = _marks(boxes)
    tooltip += [mark.text for mark in marks]
    return Box(
        cluster.id,
        FOLDED if cluster.kind == "module" else cluster.kind,
        title,
        f"{name}{call}".strip(", "),
        shape,
        tuple(lines),
        tuple([text for text in tooltip if text]),
        op=title,
        name="" if end is None else end.name,
        dtype="" if end is None else end.dtype,
        cluster=cluster.parent,
        value=None if end is None else end.value,
        grad=None if end is None else end.grad,
        heat=None if end is None else end.heat,
        marks=marks,
        path=cluster.path,
        holds=held,
        count=cluster.count,
        folded=True,
    )


def _weights(weights: Sequence[Box]) -> str:
    grads = together([box.grad for box in weights if box.grad is not None])
    size = sum([box.value.size for box in weights if box.value is not None])
    words = f"{size:,} numbers" if size else ""
    if grads is not None:
        words += f"{', ' if words else ''}‖grad‖ {number(grads.norm)}"
    return words or "values not shown"


def _counted(count: int, what: str) -> str:
    first, *rest = what.split(" ")
    return " ".join([f"{count:,} {first}{'' if count == 1 else 's'}", *rest])
