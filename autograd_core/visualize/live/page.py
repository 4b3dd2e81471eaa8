"""The live page: picture, data, style and script in one file that asks for nothing else.

The picture is an ``<img>``; that is all there is where scripts do not run, as in a notebook that
is not trusted. Where they run, the script takes the SVG out of the image and makes it live, in a
shadow tree, so that several on a page do not know of each other.
"""

from __future__ import annotations

import base64
import gzip
import json
from functools import cache
from hashlib import sha256
from html import escape
from importlib.resources import files
from typing import Any

#: The parts of the script, in order.
SCRIPTS = (
    "dom.js", "graph.js", "stage.js", "folds.js", "panel.js", "listing.js", "search.js", "live.js"
)  # fmt: skip

#: Longer data are compressed; the browser opens them again.
PACKED_ABOVE = 100_000

#: What is said of a picture that is not live.
STILL = "This picture is too large to be live. Draw a part of the graph, or fold its modules."

_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'"

_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<link rel="icon" href="data:,">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark; }}
html, body {{ height: 100%; }}
body {{ margin: 0; background: #ffffff; }}
img {{ display: block; margin: 0 auto; }}
p {{ font: 14px system-ui, sans-serif; margin: 12px 20px; color: #667080; }}
@media (prefers-color-scheme: dark) {{ body {{ background: #14171c; }} }}
</style>
</head>
<body>
{body}
</body>
</html>
"""


def page(title: str, image: str, data: dict[str, Any] | None) -> str:
    """A page of its own.

    Parameters
    ----------
    title : str
    image : str
        An ``<img>`` of the picture.
    data : dict or None
        What the script is to know; without it the page is the image alone.
    """
    still = f"<p>{STILL}</p>\n{image}"
    body = still if data is None else fragment(image, {**data, "page": True})
    return _PAGE.format(title=escape(title), body=body, policy=escape(_POLICY))


def fragment(image: str, data: dict[str, Any]) -> str:
    """A part of a page, such as the output of a cell."""
    kind, text = "application/json", _json(data)
    if len(text) > PACKED_ABOVE:
        kind = "application/gzip"
        text = base64.b64encode(gzip.compress(text.encode(), 9, mtime=0)).decode()
    key = sha256(f"{image}{text}".encode("utf-8", "replace")).hexdigest()[:12]
    return (
        f'<div class="ag-live" data-ag-live="{key}" data-lm-suppress-shortcuts="true">{image}</div>'
        f'\n<script type="{kind}" data-ag-data="{key}">{text}</script>'
        f"\n<script>{_script().replace('@KEY@', key)}</script>"
    )


def _json(data: dict[str, Any]) -> str:
    """JSON in which nothing can end the element that holds it."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    for c in "<>&\u2028\u2029":
        text = text.replace(c, f"\\u{ord(c):04x}")
    return text.encode("utf-8", "replace").decode()


@cache
def _script() -> str:
    """The whole script: its parts within one function, so that the page gets no new name."""
    folder = files(__package__)
    parts = [folder.joinpath(name).read_text(encoding="utf-8") for name in SCRIPTS]
    style = folder.joinpath("live.css").read_text(encoding="utf-8")
    code = "\n".join(parts)
    constants = f'const KEY = "@KEY@";\nconst STYLE = {_json_text(style)};'
    return f'(function () {{\n"use strict";\n{constants}\n{code}\nstart();\n}})();\n'


def _json_text(text: str) -> str:
    return json.dumps(text).replace("<", "\\u003c")
