"""`Explanation`: what `explain` found, as data, as text and as HTML."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from html import escape
from typing import Any

import numpy as np

from ..visualize.wording import value_text, visible
from .findings import Finding, number
from .growth import Layer
from .paths import MOST, Path

_LINES = (
    "Lines of code are known for graphs that are recorded inside ag.keep_values(); or ask with "
    "the function: ag.explain(f, w)."
)


def count_text(count: int) -> str:
    """A number of paths, however large.

    Examples
    --------
    >>> count_text(12), count_text(2**100)
    ('12', 'about 1e+30')
    """
    if count >= MOST:
        return "more than 1e+331"
    if count < 10_000_000:
        return f"{count:,}"
    digits = len(str(count)) - 1
    return f"about {round(count / 10**digits)}e+{digits}"


def percent(share: float | None) -> str:
    """``82.3 %``; a dash where a share is not defined."""
    if share is None:
        return "–"
    part = 100 * share
    return f"{part:.1f} %" if part >= 0.1 or not part else f"{part:.1g} %"


@dataclass(frozen=True)
class Explanation:
    """Why a gradient is what it is; what `explain` returns.

    In a notebook it shows itself; ``print`` gives the same as text.

    Attributes
    ----------
    name : str
        What w is called.
    verdict : str
        ``"fine"``, ``"zero"``, ``"partly zero"``, ``"not finite"``, ``"vanishing"``,
        ``"exploding"``, ``"no path"`` or ``"unknown"`` (the numbers could not be computed again).
    summary : str
        The gradient in a sentence.
    reasons : tuple of Finding
        Why; the first matters most. Each has ``kind``, ``text``, ``cure``, ``rewrite``,
        ``operation``, ``line`` and the numbers behind it.
    gradient : array, float or None
        ∂loss/∂w as this graph gives it, without hooks; None without a path.
    paths : tuple of Path
        The weightiest paths from w to the loss.
    path_count : int
        Of all paths (at most ``2**1100``).
    scalars : bool
        Whether everything between w and the loss is a number; products and shares are then those
        of the paths themselves.
    total : float or None
        Of scalars Σ|product| over all paths.
    remaining : float or None
        How much is left where contributions meet: of scalars |Σ product| / Σ|product|, of tensors
        ‖Σ contributions‖ / Σ‖contributions‖ at w. Far below 1 they cancel.
    layers : tuple of Layer
        Along the weightiest path, from the loss down: name, norm of the gradient that arrives, and
        the factor by which it is multiplied.
    notes : tuple of str
        What else is to be known, such as values that changed since.

    Notes
    -----
    Of **scalars** a path's product is that of the local derivatives along it; the gradient is
    their sum over all paths (chain rule). Its share is |product| / Σ|product|, over all paths.

    Of **tensors** let v be a value, e₁, e₂, … its uses on the way to the loss, and c₁, c₂, … the
    cotangents that come back from them and meet at v: ∂loss/∂v = Σ cᵢ. The share of the step
    from v into eᵢ is ‖cᵢ‖ / Σⱼ‖cⱼ‖, Euclidean norms. The share of a path is the product of the
    shares of its steps; those of all paths add up to 1. Its product is the norm of what arrives
    at w along this path alone (``contribution``), as if the others did not exist.
    """

    name: str
    verdict: str
    summary: str
    reasons: tuple[Finding, ...] = ()
    gradient: Any = field(default=None, repr=False)
    paths: tuple[Path, ...] = ()
    path_count: int = 0
    scalars: bool = False
    total: float | None = None
    remaining: float | None = None
    layers: tuple[Layer, ...] = ()
    notes: tuple[str, ...] = ()
    lines_known: bool = True

    # -- text --------------------------------------------------------------------------------

    def __str__(self) -> str:
        parts = [visible(self.summary)]
        parts += [f"  • {_wrapped(str(reason))}" for reason in self.reasons]
        if self.paths:
            parts += ["", f"{self.paths_words()}:", *self._table()]
            if self.path_count > len(self.paths):
                parts.append(f"  … and {count_text(self.path_count - len(self.paths))} more")
        if len(self.layers) > 2 and self.verdict in ("vanishing", "exploding"):
            parts += ["", "From the loss down, the gradient's norm and its factor:"]
            parts += [
                f"  {_size(layer.size):>10}  {_size(layer.factor, '×'):<11} {visible(layer.name)}"
                for layer in _few(self.layers)
            ]
        notes = [*self.notes, *([] if self.lines_known else [_LINES])]
        if notes:
            parts += ["", *[visible(note) for note in notes]]
        return "\n".join(parts)

    __repr__ = __str__

    def paths_words(self) -> str:
        """How many paths there are, and how they add up."""
        words = (
            f"{count_text(self.path_count)} path{'' if self.path_count == 1 else 's'} to the loss"
        )
        if self.scalars and self.total is not None and self.path_count > 1:
            words += f", Σ|product| = {number(self.total)}"
        if self.remaining is not None and self.remaining < 0.05 and self.path_count > 1:
            words += f"; they cancel, {percent(self.remaining)} is left"
        if len(self.paths) < self.path_count:
            words += f"; the {len(self.paths)} weightiest"
        return words

    def _table(self) -> list[str]:
        head = ("share", self.column, "path")
        rows = [(percent(p.share), _product(p), visible(p.words)) for p in self.paths]
        widths = [max(len(row[k]) for row in (head, *rows)) for k in (0, 1)]
        return [
            f"  {row[0]:>{widths[0]}}  {row[1]:>{widths[1]}}  {row[2]}" for row in (head, *rows)
        ]

    @property
    def column(self) -> str:
        """What the numbers of the paths are."""
        return "product" if self.scalars else "norm of its part"

    # -- notebook ----------------------------------------------------------------------------

    def _html(self) -> str:
        reasons = "".join([f"<li>{_reason_html(r)}</li>" for r in self.reasons])
        parts = [f"<p><b>{_safe(self.summary)}</b></p>", f"<ul>{reasons}</ul>" if reasons else ""]
        if self.paths:
            parts.append(f"<p>{_safe(self.paths_words())}</p>")
            rows = [(_bar(p.share), _safe(_product(p)), _safe(p.words)) for p in self.paths]
            parts.append(_table_html(("share", self.column, "path"), rows))
        if len(self.layers) > 2 and self.verdict in ("vanishing", "exploding"):
            shown = [
                (_safe(_size(layer.size)), _safe(_size(layer.factor, "×")), _safe(layer.name))
                for layer in _few(self.layers)
            ]
            parts.append(
                _table_html(("norm of the gradient", "factor", "from the loss down"), shown)
            )
        notes = [*self.notes, *([] if self.lines_known else [_LINES])]
        parts += [f"<p><small>{_safe(note)}</small></p>" for note in notes]
        return f'<div role="region" aria-label="Explanation of a gradient">{"".join(parts)}</div>'

    def _repr_mimebundle_(
        self, include: Collection[str] | None = None, exclude: Collection[str] | None = None
    ) -> dict[str, Any]:
        return bundle({"text/plain": str(self), "text/html": self._html()}, include, exclude)


def bundle(
    made: dict[str, str], include: Collection[str] | None, exclude: Collection[str] | None
) -> dict[str, Any]:
    """The entries that a notebook asks for."""
    return {
        kind: text
        for kind, text in made.items()
        if (not include or kind in include) and kind not in (exclude or ())
    }


def gradient_words(gradient: Any) -> str:
    """The size of a gradient in a few words."""
    array = np.asarray(gradient)
    if array.size <= 6:
        return value_text(array)
    with np.errstate(all="ignore"):
        return (
            f"norm {number(float(np.linalg.norm(array.astype(np.float64))))}, {value_text(array)}"
        )


def _few(layers: tuple[Layer, ...], most: int = 24) -> Iterable[Layer]:
    if len(layers) <= most:
        return layers
    gap = Layer(f"… {len(layers) - most:,} more …", float("nan"), float("nan"))
    return (*layers[: most // 2], gap, *layers[-most // 2 :])


def _size(value: float, sign: str = "") -> str:
    return "" if value != value else sign + number(value)


def _product(path: Path) -> str:
    return "–" if path.product is None else number(path.product)


def _wrapped(text: str, width: int = 96) -> str:
    import textwrap

    return "\n    ".join(textwrap.wrap(visible(text), width, break_long_words=False)) or ""


def _safe(text: str) -> str:
    return escape(visible(text))


def _reason_html(reason: Finding) -> str:
    text = _safe(str(replace(reason, cure="", rewrite="")))
    parts = [re.sub("`([^`]*)`", r"<code>\1</code>", text)]
    if reason.cure:
        parts.append(f"<i>{_safe(reason.cure)}</i>")
    if reason.rewrite:
        parts.append(f"<br><code>{_safe(reason.rewrite)}</code>")
    return " ".join(parts)


def _bar(share: float | None) -> str:
    """A share with a bar; in the notebook's own colours, so light and dark."""
    width = 0 if share is None else round(60 * share)
    bar = (
        f'<span style="display:inline-block;height:.7em;width:{width}px;'
        f'background:currentColor;opacity:.35"></span>'
    )
    return f'<span style="white-space:nowrap">{bar} {_safe(percent(share))}</span>'


def _table_html(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    """A table; `head` is text, `rows` are HTML."""
    titles = "".join([f'<th scope="col" style="text-align:left">{_safe(t)}</th>' for t in head])
    body = "".join(
        [
            "<tr>"
            + "".join(
                [
                    f'<td style="text-align:left;vertical-align:top;padding-right:1em">{c}</td>'
                    for c in row
                ]
            )
            + "</tr>"
            for row in rows
        ]
    )
    return f"<table><thead><tr>{titles}</tr></thead><tbody>{body}</tbody></table>"
