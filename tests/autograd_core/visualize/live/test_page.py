"""The live page as text: self-contained, escaped, small; its scripts keep to what is allowed."""

from __future__ import annotations

import base64
import gzip
import json
import re
from importlib.resources import files

import numpy as np
import pytest

import autograd_core as ag
import nn
from autograd_core import Tensor
from autograd_core.visualize import draw
from autograd_core.visualize.live import page as live_page
from autograd_core.visualize.live.data import other_of, without_data

FOLDER = files("autograd_core.visualize.live")
SCRIPTS = [FOLDER.joinpath(name).read_text(encoding="utf-8") for name in live_page.SCRIPTS]


def data_in(html: str) -> dict:
    """The data of a page."""
    found = re.search(r'<script type="application/json"[^>]*>(.*?)</script>', html, re.S)
    if found is None:
        found = re.search(r'<script type="application/gzip"[^>]*>(.*?)</script>', html, re.S)
        assert found is not None
        return json.loads(gzip.decompress(base64.b64decode(found[1])))
    return json.loads(found[1])


@pytest.mark.parametrize(("name", "script"), [*zip(live_page.SCRIPTS, SCRIPTS, strict=True)])
def test_scripts_keep_to_the_rules(name: str, script: str) -> None:
    """Strict; no evaluation of strings, no markup from strings, nothing fetched or kept."""
    assert script.startswith('"use strict";\n')
    code = re.sub(r"//[^\n]*|/\*.*?\*/", "", script, flags=re.S)
    forbidden = (
        r"\beval\b|new Function|innerHTML|outerHTML|insertAdjacentHTML|document\.write|fetch\(|"
        r"XMLHttpRequest|WebSocket|import\(|importScripts|localStorage|cookie|setAttribute\(\"on"
    )
    assert not re.findall(forbidden, code), name
    assert "</script" not in script
    assert max(map(len, script.split("\n"))) <= 110


def test_the_style_loads_nothing() -> None:
    """No import, no address."""
    style = FOLDER.joinpath("live.css").read_text(encoding="utf-8")
    assert not re.search(r"@import|url\(|https?:", style)


def test_data_cannot_end_their_element() -> None:
    """Names with markup are in the data as they are, and nowhere as markup."""
    name = "</script><script>alert(1)</script><!--\u2028]]>"
    x = Tensor(2.0, requires_grad=True, name=name)
    loss = x * x
    html = draw(loss).html()
    assert html.count("<script") == html.count("</script") == 2
    assert "<!--" not in html
    assert "alert(1)</script>" not in html
    found = data_in(html)
    assert found["nodes"][0]["name"].startswith("</script><script>alert(1)</script><!--")
    assert "\u2028" not in html


def test_the_policy_allows_no_connection() -> None:
    """The page forbids itself to load anything."""
    x = Tensor(2.0, requires_grad=True)
    assert "default-src &#x27;none&#x27;" in draw(x * x).html()


def test_what_the_script_knows_is_left_out_of_the_image() -> None:
    """Titles and data of boxes go, what is seen stays; a constant keeps its words."""
    x = Tensor([2.0, 3.0], requires_grad=True, name='a" data-op="b')
    c = Tensor([1.0, 2.0], name="c")
    svg = draw(x * c, engine="builtin").svg()
    short = without_data(svg)
    assert len(short) < len(svg) - 400
    assert re.sub(r"<title>[^<]*</title>| data-[\w-]+=\"[^\"]*\"", "", short) == re.sub(
        r"<title>[^<]*</title>| data-[\w-]+=\"[^\"]*\"", "", svg
    )
    assert "it needs no gradient" in short
    assert 'data-tail="n1"' in short


def test_a_folded_picture_takes_the_whole_one_with_it() -> None:
    """And a whole one with modules a folded one; others have none."""
    model = nn.Sequential(nn.Linear(2, 3, rng=0), nn.Tanh(), nn.Linear(3, 2, rng=1))
    y = model([[1.0, 2.0]]).sum()
    whole, folded = draw(y, fold=None).picture, draw(y, fold=["Linear"]).picture
    for one, other in ((whole, folded), (folded, whole)):
        found = other_of(one)
        assert found is not None
        assert {box.id for box in found.boxes} == {box.id for box in other.boxes}
    x = Tensor(2.0, requires_grad=True)
    assert other_of(draw(x * x).picture) is None


def test_a_large_picture_is_compressed_and_its_image_light() -> None:
    """500 operations on arrays: under 1 MB, with the whole picture in the data."""
    x = Tensor(np.linspace(0.1, 1, 20).reshape(4, 5), requires_grad=True, name="x")
    y = x
    for _ in range(166):
        y = ag.tanh(y * x + x)
    y.sum().backward()
    view = draw(y.sum(), engine="builtin", fold=None)
    html = view.html()
    assert len(view.picture.boxes) == 500
    assert len(html.encode()) < 1_000_000
    assert "ag-heat" in data_in(html)["picture"]
    assert len(draw(y.sum(), engine="builtin").html()) < 1_000_000


def test_the_same_page_twice() -> None:
    """A page depends on nothing but the picture."""
    x = Tensor(2.0, requires_grad=True)
    loss = x * x
    assert draw(loss).html() == draw(loss).html()


def test_a_view_lets_go_of_the_graph() -> None:
    """Once the page was made, the view holds numbers and no graph."""
    x = Tensor(2.0, requires_grad=True)
    view = draw(x * x)
    assert view.picture.recorded.order
    view.html()
    assert not view.picture.recorded.order
    assert view.html().count("<svg") == 0
