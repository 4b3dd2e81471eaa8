"""A derivation on a page: HTML that needs nothing but itself, and a document for LaTeX."""

from __future__ import annotations

import unicodedata
from html import escape
from typing import TYPE_CHECKING

from ..visualize.mathml import MATH_FONTS, mathml
from ..visualize.wording import visible

if TYPE_CHECKING:
    from .sections import Section

_STYLE = (
    ".ag-derivation{overflow-x:auto;line-height:1.5}"
    ".ag-derivation h4{font:600 13px system-ui,'Segoe UI',Helvetica,Arial,sans-serif;"
    "margin:14px 0 2px;opacity:.75}"
    ".ag-derivation .ag-line{margin:6px 0 6px 14px}"
    ".ag-derivation math{font-size:1.08em;text-align:left}"
    f".ag-derivation math{{font-family:{MATH_FONTS}}}"
)

_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark; }}
body {{ margin: 24px; background: #ffffff; color: #1f2328; font: 15px/1.5 system-ui, sans-serif; }}
@media (prefers-color-scheme: dark) {{ body {{ background: #14171c; color: #e3e8ee; }} }}
</style>
</head>
<body>
{body}
</body>
</html>
"""


def fragment(title: str, sections: list[Section]) -> str:
    """The derivation for a notebook."""
    parts = [
        f'<div class="ag-derivation" role="group" aria-label="{escape(visible(title))}">',
        f"<style>{_STYLE}</style>",
    ]
    for section in sections:
        if not section.equations and not section.notes:
            continue
        parts.append(f"<h4>{escape(section.title)}</h4>")
        for equation in section.equations:
            latex = r"\begin{aligned}" + r" \\ ".join(equation.rows()) + r"\end{aligned}"
            parts.append(f'<div class="ag-line">{_math(latex)}</div>')
        parts += [f'<div class="ag-line">{_math(note)}</div>' for note in section.notes]
    return "\n".join([*parts, "</div>"])


def _math(latex: str) -> str:
    """Set as in a display, but at the left and as wide as it is."""
    return mathml(rf"\displaystyle {latex}")


def page(title: str, body: str) -> str:
    return _PAGE.format(title=escape(visible(title)), body=body)


_TEX = r"""\documentclass[border=6pt,varwidth=400cm]{standalone}
\usepackage[utf8]{inputenc}
\usepackage[T1]{fontenc}
\usepackage{amsmath}
\usepackage{amssymb}
\begin{document}
$\displaystyle
%s
$
\end{document}
"""


def standalone(latex: str) -> str:
    """A document that LaTeX compiles; letters that its fonts lack are named by their numbers."""
    return _TEX % "".join([c if ord(c) < 128 else _ascii(c) for c in latex])


def _ascii(c: str) -> str:
    plain = unicodedata.normalize("NFKD", c).encode("ascii", "ignore").decode()
    return plain if plain.isalnum() else f"[U+{ord(c):04X}]"
