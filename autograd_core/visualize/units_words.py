"""Units in words: for screen readers, terminals, and Graphviz's programs."""

from __future__ import annotations

from .dot import quoted
from .symbols import sub
from .units import Layer, Units, Wire
from .wording import number

#: Border of a unit, and lines of positive, negative and zero weights, in light and in dark.
COLOURS = {
    "unit": ("#4179c4", "#5c95df"),
    "plus": ("#2b66b8", "#7fb0f5"),
    "minus": ("#b3261e", "#ff8f83"),
    "zero": ("#8792a2", "#75808f"),
}


def kind_of(wire: Wire) -> str:
    """The sign of a weight, as the class of its line."""
    return "plus" if wire.weight > 0 else "minus" if wire.weight < 0 else "zero"


def worded(wire: Wire) -> str:
    """``w₁₂ = −0.5``, to three digits."""
    return f"{wire.symbol} = {wire.weight + 0.0:.3g}".replace("-", "−")


def equation(layer: Layer, unit: int, sources: tuple[str, ...]) -> str:
    """``z₁ = 0.5 x₁ − 2 x₂ + 1``, from the weights as they are."""
    terms = [(w.weight, sources[w.tail]) for w in layer.wires if w.head == unit]
    terms += [(w.weight, "") for w in layer.offsets if w.head == unit]
    text = ""
    for weight, source in terms:
        sign = "−" if weight < 0 else "+" if text else ""
        joined = f" {sign} " if text else sign
        text += f"{joined}{number(abs(weight))}{' ' if source else ''}{source}"
    return f"{layer.sums[unit].symbol} = {text}"


def applied(layer: Layer, unit: int) -> str:
    """``Tanh(z₁)``; of a function of all sums the part: ``Softmax(z₁, z₂)₁``."""
    if not layer.function:
        return layer.sums[unit].symbol
    if layer.joint:
        return f"{layer.function}({', '.join([z.symbol for z in layer.sums])}){sub(unit + 1)}"
    return f"{layer.function}({layer.sums[unit].symbol})"


def text_of(units: Units) -> str:
    """One line a unit: its equation, and what its activation makes of it."""
    lines = [f"{units.title}: {units.summary()}"]
    given = [f"{u.symbol} = {u.value}" for u in units.inputs if u.value]
    lines += [f"  {', '.join(given)}"] if given else []
    sources = tuple(unit.symbol for unit in units.inputs)
    for layer in units.layers:
        for j, (z, a) in enumerate(zip(layer.sums, layer.outputs, strict=True)):
            words = equation(layer, j, sources) + (f" = {z.value}" if z.value else "")
            words += f",  {a.symbol} = {applied(layer, j)}" + (f" = {a.value}" if a.value else "")
            lines.append(f"  {words}")
        sources = tuple(unit.symbol for unit in layer.outputs)
    return "\n".join([*lines, *units.notes])


def description(units: Units) -> str:
    """The same in one line, for those who hear it read."""
    return ". ".join([line.strip() for line in text_of(units).splitlines()]) + "."


def dot_of(units: Units) -> str:
    """The units in DOT, with the ids and classes of the SVG."""
    lines = [
        "digraph {",
        f"  graph [rankdir=LR label={quoted(f'{units.title}: {units.summary()}')} labelloc=b "
        "fontname=Helvetica fontsize=11 nodesep=0.3 ranksep=1.0]",
        f"  node [shape=circle fontname=Helvetica fontsize=12 color={quoted(COLOURS['unit'][0])}]",
        "  edge [arrowsize=0.6 fontname=Helvetica fontsize=10]",
    ]
    for unit in units.inputs:
        label = quoted(*[part for part in (unit.symbol, unit.value) if part])
        lines.append(f'  {unit.id} [id={unit.id} class="ag-unit" label={label}]')
    before = [unit.id for unit in units.inputs]
    for layer in units.layers:
        top = max([abs(w.weight) for w in layer.wires], default=0.0) or 1.0
        for j, (z, a) in enumerate(zip(layer.sums, layer.outputs, strict=True)):
            label = f"{a.symbol} = {applied(layer, j)}"
            lines.append(f'  {z.id} [id={z.id} class="ag-unit" label="Σ"]')
            lines.append(
                f'  {a.id} [id={a.id} class="ag-unit" shape=box style=rounded '
                f"label={quoted(*[part for part in (label, a.value) if part])}]"
            )
            lines.append(f"  {z.id} -> {a.id} [label={quoted(z.symbol)}]")
        for wire in layer.wires:
            words = quoted(worded(wire)) if layer.labelled else '""'
            lines.append(
                f"  {before[wire.tail]} -> {layer.sums[wire.head].id} [id={wire.id} "
                f'class="ag-{kind_of(wire)}" label={words} '
                f"color={quoted(COLOURS[kind_of(wire)][0])} "
                f"penwidth={0.8 + 2.7 * abs(wire.weight) / top:.2f}]"
            )
        for wire in layer.offsets:
            words = quoted(worded(wire))
            lines.append(f'  {wire.id} [id={wire.id} class="ag-offset" shape=none label={words}]')
            lines.append(f"  {wire.id} -> {layer.sums[wire.head].id}")
        before = [unit.id for unit in layer.outputs]
    return "\n".join([*lines, "}"]) + "\n"
