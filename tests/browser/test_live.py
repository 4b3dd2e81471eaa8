"""The live page in a real browser: steps, numbers, keys, search, folding, several on one page."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

import autograd_core as ag
import nn
from autograd_core import Tensor
from autograd_core.visualize import GraphView, draw
from autograd_core.visualize.wording import number

HOSTILE = [
    "<script>document.title = 'broken'</script>",
    "</script><script>throw 1</script>",
    "<img src=x onerror=alert(1)>",
    "]]></svg>&lt;&amp;\"'",
    "\\frac{1}{0} $x$ %",
    "\u202e\u2028\x00\x1b[31m",
    "权重 σ² 👩‍🔬 " * 20,
    "</style><style>*{display:none}",
]


def tiny() -> tuple[Tensor, dict[str, Tensor]]:
    """h = tanh(x w); loss = h h + x/2, with its lines of code."""
    with ag.keep_values():
        x = Tensor(0.5, requires_grad=True, name="x")
        w = Tensor(-1.0, requires_grad=True, name="w")
        h = ag.tanh(x * w)
        h.name = "h"
        loss = h * h + 0.5 * x
        loss.name = "loss"
    loss.backward()
    return loss, {"x": x, "w": w, "h": h}


def network(layers: int = 2) -> tuple[Tensor, nn.Module]:
    """The loss of a small network, after its backward pass."""
    rng = np.random.default_rng(0)
    parts = [part for i in range(layers) for part in (nn.Linear(3, 3, rng=i), nn.Tanh())]
    model = nn.Sequential(*parts)
    loss = nn.CrossEntropyLoss()(model(rng.normal(size=(5, 3))), np.array([0, 1, 2, 0, 1]))
    loss.backward()
    return loss, model


def chain(length: int) -> tuple[Tensor, Tensor]:
    """Scalar operations, one after the other."""
    x = Tensor(0.5, requires_grad=True, name="x")
    y = x
    for _ in range(length):
        y = ag.tanh(y)
    y.backward()
    return y, x


def read(text: str) -> str:
    """A number as the page writes it."""
    return text.replace("-", "−")


def steps_of(page: Any) -> int:
    return int(page.locator("input[type=range]").get_attribute("max"))


def test_opens_as_the_whole_picture(opened: Any) -> None:
    """It loads without an error or a request, with all boxes, and names what was computed."""
    loss, parts = tiny()
    page = opened(draw(loss).html())
    assert page.title() == "Computation graph of loss"
    assert page.locator(".ag-box").count() == 7
    assert page.text("h1") == "Computation graph of loss"
    assert page.locator("img").count() == 1
    assert not page.locator("img").is_visible()
    rows = page.texts("table.operands td .number, table.operands td.number")
    assert sorted(rows) == sorted([read(number(parts[n].grad.item())) for n in "xw"])


def test_steps_forward_and_back(opened: Any) -> None:
    """The keys, the buttons and the slider all lead through the same steps, and back again."""
    loss, _parts = tiny()
    page = opened(draw(loss).html())
    assert page.text(".position") == "the whole picture"
    page.press("ArrowRight")
    assert page.text(".position") == "forward 1 of 5"
    assert page.locator(".ag-box.todo").count() == 4
    page.get_by_role("button", name="Step on").click()
    assert page.text(".position") == "forward 2 of 5"
    assert page.text("h2") == "h tanh"
    page.press("ArrowLeft")
    assert page.text(".position") == "forward 1 of 5"
    page.press("End")
    assert page.text(".position") == "backward 7 of 7"
    page.press("ArrowRight")
    assert page.text(".position") == "backward 7 of 7"
    page.locator("input[type=range]").fill("6")
    assert page.text(".position") == "backward 1 of 7"
    page.press("Home", "ArrowLeft")
    assert page.text(".position") == "the whole picture"
    assert page.locator(".ag-box.todo").count() == 0


def test_numbers_of_every_step(opened: Any) -> None:
    """At each step the page shows the engine's value, blame, derivative and difference."""
    loss, _parts = tiny()
    view = draw(loss)
    data = view._live.data
    assert data is not None
    page = opened(view.html())
    for step in data["steps"][1:]:
        page.press("ArrowRight")
        node = data["nodes"][step["node"]]
        assert page.locator(f"#{node['id']}.now").count() == 1
        if step["phase"] == "forward":
            assert page.text(".result .number") == read(node["value"])
            continue
        assert page.text(".arrived .gives .number") == read(step["blame"])
        handed = [read(hand["blame"]) for hand in step.get("hands", ())]
        assert page.texts(".hand .gives .number") == handed
        assert page.texts(".check dd") == [
            read(step["check"][k]) for k in ("difference", "derivative")
        ]


def test_numbers_against_the_engine(opened: Any) -> None:
    """The last steps show what backward() left in ``grad``, the boxes too."""
    loss, parts = tiny()
    page = opened(draw(loss).html())
    found = {}
    for _ in range(steps_of(page)):
        page.press("ArrowRight")
        if page.text("h2 .op") == "parameter":
            found[page.text("h2 button")] = page.text(".arrived .gives .number")
    assert found == {name: read(number(parts[name].grad.item())) for name in "xw"}
    boxes = page.drawn(".ag-box.ag-parameter")
    for name in "xw":
        expected = read(number(parts[name].grad.item()))
        assert any(expected in text for text in boxes)


def test_accumulation_is_shown(opened: Any) -> None:
    """Where paths meet: the parts by now, the sum so far, and the gradient in the box growing."""
    loss, _parts = tiny()
    page = opened(draw(loss).html())
    page.press("End")
    while page.text(".position") != "backward 2 of 7":
        page.press("ArrowLeft")
    assert page.text("h2") == "v5 multiply"
    assert re.search(r"part 1 of 2, 1 to come; sum so far −0.4621", page.texts(".sofar")[0])
    assert re.search(r"part 2 of 2, all are there; sum so far −0.9242", page.texts(".sofar")[1])
    assert page.locator("#n4.partly").count() == 1
    assert page.locator(".chip").count() == 2
    page.press("ArrowRight")
    assert page.text(".parts caption") == "2 paths meet here; their parts add up"
    assert page.texts(".parts .number") == ["−0.4621", "−0.4621"]


def test_gradients_appear_when_they_arrive(opened: Any) -> None:
    """Going forward no box shows a gradient; backward each shows its own from its step on."""
    loss, _parts = tiny()
    page = opened(draw(loss).html())
    shown = """() => [...document.querySelector(".ag-live").shadowRoot
        .querySelectorAll(".ag-line.late")]
        .filter((e) => getComputedStyle(e).visibility === "visible").length"""
    assert page.evaluate(shown) == 7
    page.press("ArrowRight")
    assert page.evaluate(shown) == 0
    page.press("End")
    assert page.evaluate(shown) == 7


def test_play(opened: Any) -> None:
    """Space plays and pauses, and the end is reached by itself."""
    loss, _parts = tiny()
    html = draw(loss).html().replace("PACE = 1100", "PACE = 40")
    page = opened(html)
    page.press("Space")
    page.get_by_role("button", name="Pause").wait_for()
    page.locator("output", has_text="backward 7 of 7").wait_for()
    page.get_by_role("button", name="Play").wait_for()
    page.press("Space")
    page.get_by_role("button", name="Pause").click()
    before = page.text(".position")
    page.wait_for_timeout(120)
    assert page.text(".position") == before


def test_search(opened: Any) -> None:
    """Nodes are found by operation, name and line; Enter shows the next one, Escape ends it."""
    loss, _parts = tiny()
    page = opened(draw(loss).html())
    page.press("/")
    page.keyboard.type("multiply")
    expected = [*(f"v{i} multiply ()" for i in (3, 5, 6)), "3 found"]
    assert page.texts(".found li") == expected
    assert page.locator(".ag-box.found").count() == 3
    page.press("Enter")
    assert page.text("h2") == "v3 multiply"
    page.press("Enter")
    assert page.text("h2") == "v5 multiply"
    page.press("Escape")
    assert page.locator(".ag-box.found").count() == 0
    assert page.locator("h1").count() == 1
    page.press("/")
    page.keyboard.type("ag.tanh(")
    assert "h tanh ()" in page.texts(".found li")
    page.keyboard.type("nothing such")
    assert page.texts(".found li") == ["Nothing found"]


def test_details_and_code(opened: Any) -> None:
    """A click shows a node and its line; hovering a line marks its nodes, a node its line."""
    loss, _parts = tiny()
    page = opened(draw(loss).html())
    page.locator("#n4").click()
    assert page.text("h2") == "h tanh"
    assert page.text(".source code") == "h = ag.tanh(x * w)"
    assert page.locator("#n4.chosen").count() == 1
    page.locator(".code li.recorded", has_text="loss = h * h").hover()
    assert page.locator(".ag-box.pointed").count() == 3
    page.locator("#n3").hover()
    assert "ag.tanh" in page.text(".code li.pointed")
    page.get_by_role("button", name="Its step backward").click()
    assert page.text(".position") == "backward 3 of 7"
    page.locator("#n2").click()
    page.press("Escape")
    assert page.text("h2") == "h tanh"


def test_zoom_and_pan(opened: Any) -> None:
    """Wheel, keys and dragging change how the picture is looked at; 0 fits it again."""
    loss, _parts = tiny()
    page = opened(draw(loss).html())

    def view() -> str:
        return page.locator(".sheet").evaluate("(e) => e.style.transform")

    seen = [view()]
    page.press("+")
    seen.append(view())
    page.mouse.move(400, 400)
    page.mouse.wheel(0, -200)
    seen.append(view())
    page.mouse.down()
    page.mouse.move(450, 430, steps=4)
    page.mouse.up()
    seen.append(view())
    assert len(set(seen)) == 4
    assert page.locator("h1").count() == 1  # dragging is no click
    page.press("0")
    assert view() == seen[0]


SMALLEST = """() => {
  const root = document.querySelector(".ag-live").shadowRoot;
  const texts = [...root.querySelectorAll(".sheet text")].filter((t) => t.getClientRects().length);
  const size = (t) => Math.min(parseFloat(getComputedStyle(t).fontSize), t.getBBox().height);
  const pixels = (t) => size(t) * t.getScreenCTM().a;
  return Math.min(...texts.map(pixels)); }"""


def test_words_can_be_read_at_once(opened: Any) -> None:
    """However large the picture, it opens with words of 9 px: a tall one at its first operation.

    One that is too wide for that opens about its result.
    """
    loss, _model = network(6)
    tall = opened(draw(loss, fold=None).html())
    w = Tensor(2.0, requires_grad=True, name="w")
    wide = opened(draw(sum([ag.tanh(w * i) for i in range(20)], w), engine="builtin").html())
    for page, kind in ((tall, "operation"), (wide, "output")):
        assert page.evaluate(SMALLEST) >= 8.99
        frame = page.locator(".stage").bounding_box()
        box = page.locator(f".ag-box.ag-{kind}").first.bounding_box()
        assert frame["x"] <= box["x"] + 1
        assert box["x"] + box["width"] <= frame["x"] + frame["width"] + 1
        assert box["y"] + box["height"] <= frame["y"] + frame["height"] + 1
        opens = page.locator(".sheet").evaluate("(e) => e.style.transform")
        page.press("0")  # more of it, smaller
        assert page.locator(".sheet").evaluate("(e) => e.style.transform") != opens


def sides(page: Any) -> set[str]:
    """The sides with a shadow."""
    classes = page.locator(".stage").get_attribute("class").split()
    return {name.removeprefix("more-") for name in classes if name.startswith("more-")}


def test_what_is_beyond_the_frame_is_hinted_at(opened: Any) -> None:
    """Shadows tell the sides on which a wide picture goes on, and a button shows all of it."""
    w = Tensor(2.0, requires_grad=True, name="w")
    view = draw(sum([ag.tanh(w * i) for i in range(20)], w), engine="builtin", fold=None)
    page = opened(view.html())
    assert sides(page) & {"left", "right"}
    page.get_by_role("button", name="Show all of it").click()
    assert not sides(page)
    assert not page.locator(".whole").is_visible()
    assert page.locator("h1").count() == 1  # it was no click on the picture
    picture, frame = [page.locator(s).bounding_box() for s in (".sheet svg", ".stage")]
    assert frame["x"] - 1 <= picture["x"]
    assert picture["x"] + picture["width"] <= frame["x"] + frame["width"] + 1
    small = opened(draw(tiny()[0]).html())
    assert not sides(small)
    assert not small.locator(".whole").is_visible()


def test_a_picture_somewhat_too_wide_opens_at_its_width(opened: Any) -> None:
    """Where letters keep 6 px it is made smaller, and not cut off at the side."""
    w = Tensor(2.0, requires_grad=True, name="w")
    page = opened(draw(sum([ag.tanh(w * i) for i in range(6)], w), engine="builtin").html())
    picture, frame = [page.locator(s).bounding_box() for s in (".sheet svg", ".stage")]
    across = frame["width"] / float(page.locator(".sheet svg").get_attribute("width"))
    assert 0.6 <= across < 0.9
    assert not sides(page) & {"left", "right"}
    assert 5.99 <= page.evaluate(SMALLEST) < 9
    assert picture["width"] <= frame["width"] + 1


def test_a_block_diagram_has_the_width_of_its_cell(opened: Any) -> None:
    """There is nothing to step through: the words are below, and the whole network is seen."""
    model = nn.Sequential(nn.Linear(64, 100, rng=0), nn.ReLU(), nn.Linear(100, 10, rng=1))
    view = draw(model, np.ones((2, 64)), loss=nn.CrossEntropyLoss(), target=np.array([0, 1]))
    page = opened(f"<!DOCTYPE html><body>{view._repr_mimebundle_()['text/html']}")
    stage, panel = [page.locator(name).bounding_box() for name in (".stage", ".panel")]
    assert panel["y"] >= stage["y"] + stage["height"] - 1
    picture = page.locator(".sheet svg").bounding_box()
    assert stage["x"] - 1 <= picture["x"]
    assert picture["x"] + picture["width"] <= stage["x"] + stage["width"] + 1
    assert page.evaluate(SMALLEST) >= 8.99


def test_a_long_name_stays_in_its_panel(opened: Any) -> None:
    """Ten thousand letters are shortened and broken into lines, at every step."""
    w = Tensor([1.0, 2.0], requires_grad=True, name="x" * 10_000)
    loss = (ag.exp(w) * w).sum()
    loss.backward()
    page = opened(draw(loss).html())
    for _ in range(steps_of(page) + 1):
        inner, outer = page.locator(".body").evaluate("(e) => [e.scrollWidth, e.clientWidth]")
        assert inner <= outer
        page.press("ArrowRight")


def test_fold(opened: Any) -> None:
    """A module's title folds it where it stands, and f the whole picture; steps go on."""
    loss, _model = network()
    page = opened(draw(loss).html())
    boxes = page.locator(".ag-box:visible").count()
    page.locator(".ag-cluster-title", has_text="Linear").first.click()
    assert page.locator(".cover").count() == 1
    assert page.locator(".ag-box:visible").count() < boxes
    page.press("ArrowRight")
    assert page.locator(".cover.now").count() == 1
    page.locator(".cover").click()
    assert page.locator(".ag-box:visible").count() == boxes
    page.press("f")
    assert page.locator(".ag-box:visible").count() < boxes
    assert page.locator(".ag-module.now").count() == 1
    page.press("f")
    assert page.locator(".ag-box:visible").count() == boxes


def test_light_and_dark(opened: Any) -> None:
    """It follows the system, and a button changes it, the picture too."""
    loss, _parts = tiny()
    colours = """() => { const root = document.querySelector(".ag-live").shadowRoot;
        return [getComputedStyle(root.querySelector(".panel")).backgroundColor,
                getComputedStyle(root.querySelector(".ag-body")).fill]; }"""
    html = draw(loss).html()
    light = opened(html, color_scheme="light")
    dark = opened(html, color_scheme="dark")
    first, second = light.evaluate(colours), dark.evaluate(colours)
    assert first[0] != second[0]
    assert first[1] != second[1]
    light.get_by_role("button", name="Light or dark").click()
    assert light.evaluate(colours) == second


def test_hostile_names_stay_text(opened: Any) -> None:
    """Names with markup, in boxes, steps, search and details, run nothing and change nothing."""
    tensors = [Tensor([1.0, 2.0], requires_grad=True, name=name) for name in HOSTILE]
    total = tensors[0] * 1.0
    for tensor in tensors[1:]:
        total = total * tensor
        total.name = tensor.name
    loss = total.sum()
    loss.name = HOSTILE[0]
    loss.backward()
    page = opened(draw(loss).html())
    assert page.title() == f"Computation graph of {HOSTILE[0]}"
    for _ in range(steps_of(page)):
        page.press("ArrowRight")
    assert page.text(".position").startswith("backward")
    page.press("/")
    page.keyboard.type("<script>")
    assert page.locator(".found li").count() >= 2
    page.press("Enter")
    counts = page.evaluate(
        """() => { const root = document.querySelector(".ag-live").shadowRoot;
        return [root.querySelectorAll("script, img, iframe").length,
                root.querySelectorAll("style").length,
                document.querySelectorAll("script").length]; }"""
    )
    assert counts == [0, 2, 2]


def several(*views: GraphView) -> str:
    """A page of outputs, as a notebook is one."""
    parts = [view._repr_mimebundle_()["text/html"] for view in views]
    return f"<!DOCTYPE html><meta charset='utf-8'><body>{'<hr>'.join(parts)}</body>"


def test_several_on_one_page(opened: Any) -> None:
    """Each has its own steps; the same one twice as well."""
    loss, _parts = tiny()
    other, _model = network()
    page = opened(several(draw(loss), draw(other), draw(loss)))
    assert page.locator(".live").count() == 3
    assert page.locator("h1").count() == 3
    page.locator(".stage").nth(1).focus()
    page.press("ArrowRight", "ArrowRight")
    assert [t.split(" of")[0] for t in page.texts(".position")] == [
        "the whole picture",
        "forward 2",
        "the whole picture",
    ]


def test_in_a_page_the_wheel_scrolls_until_the_picture_is_clicked(opened: Any) -> None:
    """A notebook can be scrolled past a picture."""
    loss, _parts = tiny()
    page = opened(several(draw(loss)) + "<div style='height: 3000px'></div>")
    page.mouse.move(300, 300)
    page.mouse.wheel(0, 100)
    page.wait_for_function("scrollY > 0")
    before = page.locator(".sheet").evaluate("(e) => e.style.transform")
    page.locator("#n4").click()
    at = page.evaluate("scrollY")
    page.mouse.wheel(0, 100)
    page.wait_for_timeout(100)
    assert page.evaluate("scrollY") == at
    assert page.locator(".sheet").evaluate("(e) => e.style.transform") != before


def test_without_scripts_the_image_remains(opened: Any) -> None:
    """An untrusted notebook shows the picture, with its words."""
    loss, _parts = tiny()
    page = opened(several(draw(loss)), java_script_enabled=False)
    image = page.locator("img")
    assert image.is_visible()
    assert image.bounding_box()["width"] > 300
    assert image.get_attribute("alt").startswith("Computation graph of loss")


@pytest.mark.parametrize("template", ["lab", "classic", "basic"])
def test_from_nbconvert(opened: Any, template: str) -> None:
    """A notebook that nbconvert made into HTML has live pictures."""
    nbformat = pytest.importorskip("nbformat")
    nbconvert = pytest.importorskip("nbconvert")
    loss, _parts = tiny()
    bundle = draw(loss)._repr_mimebundle_()
    output = nbformat.v4.new_output("display_data", bundle)
    cell = nbformat.v4.new_code_cell("draw(loss)", outputs=[output])
    again = nbformat.v4.new_code_cell("2", outputs=[output])
    book = nbformat.v4.new_notebook(cells=[cell, again])
    book.metadata["language_info"] = {"name": "python", "pygments_lexer": "python"}
    html, _ = nbconvert.HTMLExporter(template_name=template).from_notebook_node(book)
    page = opened(html, clean=False)  # their page asks for scripts of its own
    assert page.locator(".live").count() == 2
    page.locator(".stage").first.focus()
    page.press("ArrowRight")
    assert page.texts(".position") == ["forward 1 of 5", "the whole picture"]
    assert not [url for url in page.requests if "ag-" in url]


def test_narrow_screens(opened: Any) -> None:
    """At 400 pixels nothing sticks out, and the panel is below the picture."""
    loss, _model = network()
    page = opened(draw(loss).html(), viewport={"width": 400, "height": 760})
    page.press("End", "ArrowLeft", "ArrowLeft")
    assert page.evaluate("document.documentElement.scrollWidth") <= 400
    assert page.locator(".panel").bounding_box()["y"] > page.locator(".stage").bounding_box()["y"]


def test_said_in_words(opened: Any) -> None:
    """Each step is announced, and everything that can be pressed has a name."""
    loss, _parts = tiny()
    page = opened(draw(loss).html())
    page.press("ArrowRight", "ArrowRight")
    assert page.locator("[aria-live]").text_content() == "forward 2 of 5: h, tanh, gives -0.4621."
    page.press("End", *["ArrowLeft"] * 4)
    words = page.locator("[aria-live]").text_content()
    expected = "Blame -0.9242 arrives in 2 parts. Hands -0.7269 to v3."
    assert words == f"backward 3 of 7: h, tanh. {expected}"
    names = page.evaluate(
        """() => [...document.querySelector(".ag-live").shadowRoot
        .querySelectorAll("button, input")]
        .map((e) => e.getAttribute("aria-label") || e.textContent)"""
    )
    assert all(names)


def test_by_keyboard_alone(opened: Any) -> None:
    """Tab goes through controls, picture and panel in the order in which they are seen."""
    loss, _parts = tiny()
    page = opened(draw(loss).html())
    names = []
    for _ in range(12):
        page.press("Tab")
        names.append(
            page.evaluate(
                """() => { const e = document.querySelector(".ag-live").shadowRoot.activeElement;
                return e && (e.getAttribute("aria-label") || e.textContent); }"""
            )
        )
    expected = ["The whole picture", "Step back", "Play", "Step on", "The last step", "Step",
                "Search", "Zoom out", "Zoom in", "Fit", "Light", "The graph"]  # fmt: skip
    assert all(n.startswith(e) for n, e in zip(names, expected, strict=True)), names


def test_scalars(opened: Any) -> None:
    """The level of scalars is stepped through as well."""
    w = Tensor([[1.0, 2.0]], requires_grad=True, name="w")
    v = Tensor([[3.0], [4.0]], requires_grad=True, name="v")
    loss = (w @ v).sum()
    loss.backward()
    page = opened(draw(loss, level="scalars").html())
    page.press("End")
    assert page.text(".position").startswith("backward")
    assert page.locator(".check.agrees").count() == 1


@pytest.mark.parametrize("level", ["modules", "units"])
def test_other_levels_can_be_looked_at(opened: Any, level: str) -> None:
    """Block diagrams and units have zoom, search and details, and no steps."""
    model = nn.Sequential(nn.Linear(2, 3, rng=0), nn.Tanh())
    page = opened(draw(model, [[1.0, 2.0]], level=level).html())
    assert page.locator("input[type=range]").count() == 0
    before = page.locator(".sheet").evaluate("(e) => e.style.transform")
    page.press("+")
    assert page.locator(".sheet").evaluate("(e) => e.style.transform") != before
    box = page.locator(".stage g[id]").first
    box.click()
    assert page.locator("h2").count() == 1


def test_large_graphs(opened: Any, record_property: Any) -> None:
    """500 operations: under 1 MB; a step is made in 50 ms (measured, and reported)."""
    y, _x = chain(500)
    html = draw(y, engine="builtin", fold=None).html()
    assert len(html.encode()) < 1_000_000
    assert len(draw(y, engine="builtin").html().encode()) < 1_000_000
    page = opened(html)
    times = page.evaluate(
        """async () => {
          const root = document.querySelector(".ag-live").shadowRoot;
          const on = root.querySelector("button.on");
          const times = [];
          for (let i = 0; i < 40; i += 1) {
            const before = performance.now();
            on.click();
            root.querySelector(".stage").getBoundingClientRect();
            times.push(performance.now() - before);
            await new Promise(requestAnimationFrame);
          }
          return times;
        }"""
    )
    middle = float(np.median(times))
    record_property("milliseconds_a_step", middle)
    print(f"{middle:.1f} ms a step, {max(times):.1f} at most")


def test_too_large_stays_an_image(opened: Any) -> None:
    """Beyond a few thousand boxes the page is the still picture, and says so."""
    y, _x = chain(3100)
    view = draw(y, engine="builtin", max_nodes=4000, fold=None)
    page = opened(view.html())
    assert page.locator("img").is_visible()
    assert "too large" in page.text("body")
