"""The style sheet of the pictures of graphs: type and colours, in light and in dark."""

from __future__ import annotations

from collections.abc import Iterator

from .heat import LEVELS, NOT_FINITE
from .measure import LINE_SIZE, SMALL_SIZE, TITLE_SIZE
from .page import DARK, MONO, PLAIN, SANS
from .picture import FOLDED

#: For each kind: fill of the header, border and text, in light and in dark.
COLOURS = {
    "parameter": (("#d9f2e0", "#2f8f55", "#14532d"), ("#173d28", "#4cb57a", "#c4f0d4")),
    "constant": (("#ececf0", "#8a8a96", "#3a3a44"), ("#33343c", "#82838f", "#dcdce4")),
    "operation": (("#dbe9fb", "#4179c4", "#16386b"), ("#1b3354", "#5c95df", "#cfe2fb")),
    "output": (("#fde6c8", "#cf7d12", "#6b3d00"), ("#4a3111", "#e09a3c", "#fbe3c1")),
    "input": (("#d3f0f2", "#1f8791", "#0b4a50"), ("#0f3a3f", "#3fb3be", "#c2eef2")),
    "backward": (("#fbdfe6", "#c4456a", "#6d1630"), ("#4d1d2c", "#e07795", "#fbd3de")),
    "update": (("#e9e0fa", "#7d55c7", "#3f1f7a"), ("#35264f", "#a486e0", "#e2d6fa")),
    FOLDED: (("#dfe3ee", "#56618a", "#262e4f"), ("#2b3147", "#8c98c6", "#dde3f7")),
}

#: Of marks, in light and in dark.
MARK_COLOURS = {
    "dead": ("#5f6672", "#a8b0bd"),
    "saturated": ("#9a6700", "#e3b341"),
    "vanishing": ("#0969da", "#6cb6ff"),
    "exploding": ("#c2410c", "#ff9457"),
    "nonfinite": ("#c8102e", "#ff6b7a"),
}

#: The ends and the middle of the colours of heat maps, in light and in dark.
_COLD, _ZERO, _WARM = ("#2166ac", "#5fa8ee"), ("#f1f2f4", "#2c323b"), ("#b2450b", "#ff9a4d")
_NO_NUMBER = ("#c8102e", "#ff3b57")
_GROUND = {"cluster": ("#5b6478", "#9aa6bd")}


def _mixed(a: str, b: str, share: float) -> str:
    parts = [(int(a[i : i + 2], 16), int(b[i : i + 2], 16)) for i in (1, 3, 5)]
    return "#" + "".join([f"{round(x + (y - x) * share):02x}" for x, y in parts])


def heat_colour(level: int, theme: int = 0) -> str:
    """The colour of a cell."""
    if level == NOT_FINITE:
        return _NO_NUMBER[theme]
    end = (_WARM if level > 0 else _COLD)[theme]
    return _mixed(_ZERO[theme], end, (abs(level) / LEVELS) ** 0.8)


def heat_class(level: int) -> str:
    """``ag-h0`` to ``ag-h13``: the levels counted from the most negative one."""
    return f"ag-h{level + LEVELS}"


def style(heat: bool, marks: bool) -> str:
    """All rules; those of heat maps and of marks where there are some."""
    light = "".join(_theme(PLAIN, 0, heat, marks))
    dark = "".join(_theme(DARK, 1, heat, marks))
    return (
        f".ag-graph text{{font-family:{SANS};font-size:{SMALL_SIZE}px}}"
        f".ag-graph .ag-title{{font-size:{TITLE_SIZE}px;font-weight:600}}"
        f".ag-graph .ag-shape,.ag-graph .ag-line{{font-family:{MONO}}}"
        f".ag-graph .ag-line{{font-size:{LINE_SIZE}px;white-space:pre}}"
        ".ag-graph .ag-absent{font-style:italic}"
        ".ag-graph .ag-edge,.ag-graph .ag-key-line{fill:none;stroke-width:1.4;stroke-linecap:round;"
        "stroke-linejoin:round}"
        ".ag-graph .ag-zero{stroke-dasharray:3 4}"
        ".ag-graph .ag-frame{fill:none;stroke-width:1.3}"
        ".ag-graph .ag-constant .ag-frame{stroke-dasharray:4 3}"
        ".ag-graph .ag-output .ag-frame{stroke-width:2.4}"
        ".ag-graph .ag-cluster-frame{fill-opacity:.035;stroke-opacity:.5;stroke-width:1}"
        ".ag-graph .ag-repeat .ag-cluster-frame{stroke-width:1.6;stroke-dasharray:7 4}"
        ".ag-graph .ag-cluster-type,.ag-graph .ag-times,.ag-graph .ag-sign{font-weight:600}"
        ".ag-graph .ag-cluster-title{paint-order:stroke;stroke-width:3px;stroke-linejoin:round}"
        f"{light}@media (prefers-color-scheme:dark){{{dark}}}"
    )


def _theme(colours: dict[str, str], index: int, heat: bool, marks: bool) -> Iterator[str]:
    yield f".ag-graph .ag-paper{{fill:{colours['paper']}}}"
    yield f".ag-graph .ag-body,.ag-graph .ag-stack{{fill:{colours['box']}}}"
    yield f".ag-graph text{{fill:{colours['ink']}}}"
    yield f".ag-graph .ag-edge,.ag-graph .ag-key-line{{stroke:{colours['edge']}}}"
    yield (f".ag-graph .ag-label,.ag-graph .ag-absent,.ag-graph .ag-note{{fill:{colours['mute']}}}")
    ground = _GROUND["cluster"][index]
    yield f".ag-graph .ag-cluster-frame{{fill:{ground};stroke:{ground}}}"
    yield f".ag-graph .ag-cluster-title{{fill:{colours['mute']};stroke:{colours['paper']}}}"
    for kind, themes in COLOURS.items():
        fill, border, ink = themes[index]
        yield f".ag-graph .ag-{kind} .ag-head{{fill:{fill}}}"
        yield f".ag-graph .ag-{kind} .ag-frame,.ag-graph .ag-{kind} .ag-stack{{stroke:{border}}}"
        yield f".ag-graph .ag-{kind} .ag-header{{fill:{ink}}}"
    yield f".ag-graph .ag-infinite{{stroke:{MARK_COLOURS['nonfinite'][index]}}}"
    if marks:
        for kind, pair in MARK_COLOURS.items():
            yield f".ag-graph .ag-mark-{kind} text{{fill:{pair[index]}}}"
    if heat:
        for level in range(-LEVELS, NOT_FINITE + 1):
            yield f".ag-graph .{heat_class(level)}{{stroke:{heat_colour(level, index)}}}"
