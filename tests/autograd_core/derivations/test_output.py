"""Derivations on paper: LaTeX that renders, MathML, text, files, notebooks, hostile names."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any
from xml.dom.minidom import parseString

import numpy as np
import pytest

import autograd_core as ag
import nn
import optim
from autograd_core import ArgumentError, Tensor
from autograd_core.derivations.words import latex_of, plain
from autograd_core.visualize.mathml import mathml

X = np.random.default_rng(2).normal(size=(4, 3))
LABELS = np.array([0, 1, 1, 0])
HOSTILE = ["<script>alert(1)</script>", r"\evil{$x$}%&_^~#", "x\u202ey", "日本 é", '"]]>', "a b",
           "\\", "}{", "x" * 300, "\n\x00", "-->", "🙂"]  # fmt: skip


def derived(level: str | None = None, numbers: bool = True) -> ag.Derivation:
    net = nn.Sequential(nn.Linear(3, 2, rng=0), nn.BatchNorm(2), nn.ReLU(), nn.Softmax())
    loss_module = nn.NLLM()
    return ag.derive(loss_module(net(X), LABELS), net[0].W, level=level, numbers=numbers)


def hostile(name: str) -> ag.Derivation:
    x = Tensor([1.0, 2.0], requires_grad=True, name=name)
    y = (x * Tensor([3.0, 4.0], name=name + "2")).sum()
    y.name = name + "3"
    return ag.derive(ag.tanh(y), x)


def all_latex() -> list[str]:
    """LaTeX of all kinds: derivations, steps, optimizers, layers, losses, hostile names."""
    found = []
    for level in ("modules", "operations"):
        d = derived(level)
        found += [d.latex(), d.latex(numbers=False, full=True)]
        found += [part for s in [*d.steps, *d.forward] for part in (s.symbol, s.equation)]
    found += [hostile(name).latex() for name in HOSTILE]
    w = [ag.tensor(1.0, requires_grad=True)]
    found += [o.latex(n) for o in (optim.Adam(w), optim.RMSprop(w, centered=True, momentum=0.5))
              for n in (False, True)]  # fmt: skip
    modules = [nn.Linear(3, 2, rng=0), nn.LayerNorm(3), nn.GELU(), nn.ELU(), nn.CrossEntropyLoss(),
               nn.ZeroOneLoss()]  # fmt: skip
    return found + [m.latex() for m in modules]


def node(script: str, formulas: list[str]) -> str:
    """The output of a script for Node over formulas; skipped where something is missing."""
    if shutil.which("node") is None:
        pytest.skip("node is not installed")
    done = subprocess.run(
        ["node", "-e", script], input=json.dumps(formulas), capture_output=True, text=True,
        timeout=120, env=dict(os.environ), check=False,
    )  # fmt: skip
    if "Cannot find module" in done.stderr:
        pytest.skip("the package for node is not installed; see NODE_PATH")
    assert done.returncode == 0, done.stderr
    return done.stdout


KATEX = """
const katex = require('katex'), f = JSON.parse(require('fs').readFileSync(0));
for (const t of f) try {
  katex.renderToString(t, {displayMode: true, throwOnError: true, strict: 'ignore'});
} catch (e) { console.log(e.message.slice(0, 200)); }
"""
MATHJAX = """
const {mathjax} = require('mathjax-full/js/mathjax.js');
const {TeX} = require('mathjax-full/js/input/tex.js');
const {SVG} = require('mathjax-full/js/output/svg.js');
const {liteAdaptor} = require('mathjax-full/js/adaptors/liteAdaptor.js');
const {RegisterHTMLHandler} = require('mathjax-full/js/handlers/html.js');
const {AllPackages} = require('mathjax-full/js/input/tex/AllPackages.js');
RegisterHTMLHandler(liteAdaptor());
const packages = AllPackages.filter(p => p != 'noundefined' && p != 'noerrors');
const page = mathjax.document('', {OutputJax: new SVG({fontCache: 'none'}),
  InputJax: new TeX({packages, formatError: (j, e) => { throw e }})});
for (const t of JSON.parse(require('fs').readFileSync(0))) try {
  page.convert(t, {display: true});
} catch (e) { console.log(e.message.slice(0, 200)); }
"""


@pytest.mark.parametrize("script", [KATEX, MATHJAX], ids=["katex", "mathjax"])
def test_renders(script: str) -> None:
    """KaTeX and MathJax set every formula without an error."""
    assert node(script, all_latex()) == ""


def test_our_own_mathml() -> None:
    """Every formula is understood by our own converter, and well formed."""
    for latex in all_latex():
        parseString(mathml(latex, display=True, strict=True))


def test_braces_and_environments_match() -> None:
    """Groups, fences and environments are closed."""
    for latex in all_latex():
        bare = re.sub(r"\\[{}\\]", "", latex)
        assert bare.count("{") == bare.count("}")
        assert latex.count(r"\left") == latex.count(r"\right")
        assert latex.count(r"\begin{") == latex.count(r"\end{")


def test_shapes_are_in_underbraces() -> None:
    """Each factor of a product has its shape below it, as in 8.1."""
    latex = derived(numbers=False).latex()
    assert (
        r"\underbrace{A^{0}}_{3 \times 4} \, "
        r"\underbrace{{\left(\frac{\partial \text{loss}}{\partial Z^{1}}\right)}^{T}}_{4 \times 2}"
    ) in latex


def test_numbers() -> None:
    """Small arrays are written in full, large ones by statistics, none on request."""
    assert r"\begin{bmatrix}" in derived().latex()
    assert "bmatrix" not in derived(numbers=False).latex()
    assert "bmatrix" not in derived().latex(numbers=False)
    big = nn.Sequential(nn.Linear(30, 20, rng=0), nn.Tanh())
    loss_module = nn.SquaredLoss()
    text = ag.derive(loss_module(big(np.ones((5, 30))), np.zeros((5, 20))), big[0].W).text()
    assert "30×20, min" in text


def test_local_derivatives() -> None:
    """At the level of operations each has its declared local derivative."""
    text = derived("operations", numbers=False).text()
    assert "with ∂A¹/∂Ẑ¹ = [Ẑ¹ > 0]" in text
    latex = derived("operations").latex()
    assert r"\text{with } \frac{\partial A^{1}}{\partial \hat{Z}^{1}} = [{\hat{Z}^{1}}" in (
        latex.replace(r"\left(\hat{Z}^{1}\right)", r"\hat{Z}^{1}")
    )


def test_chain() -> None:
    """The first line is the chain of factors, as in 8.2."""
    assert (
        derived().text().splitlines()[1]
        == ("  ∂loss/∂W¹ = ∂loss/∂A² · ∂A²/∂A¹ · ∂A¹/∂Ẑ¹ · ∂Ẑ¹/∂Z¹ · ∂Z¹/∂W¹")
        or "∂loss/∂W¹ = ∂loss/∂" in derived().text()
    )


def test_steps() -> None:
    """A step has symbol, equation, shape and value, in the orientation that is printed."""
    step = derived().steps[-1]
    assert step.symbol == r"\underbrace{\frac{\partial \text{loss}}{\partial W^{1}}}_{3 \times 2}"
    assert step.shape == (3, 2) == step.value.shape
    assert step.equation.startswith(step.symbol + " = ")
    assert derived().steps[0].value.shape == (2, 4)


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names(name: str) -> None:
    """A name is text in every format, whatever it holds."""
    d = hostile(name)
    html = d.html()
    assert "<script" not in html
    parseString(html.partition("\n")[2].replace("<meta charset=\"utf-8\">", "").replace(
        '<meta name="viewport" content="width=device-width, initial-scale=1">', ""))  # fmt: skip
    for text in (html, d.text(), d.latex()):
        assert "\u202e" not in text
    np.testing.assert_allclose(d.result, (1 - np.tanh(11.0) ** 2) * np.array([3.0, 4.0]))


def test_html_is_self_contained() -> None:
    """Nothing is asked from anywhere: no address but MathML's own name."""
    html = derived().html()
    rest = html.replace("http://www.w3.org/1998/Math/MathML", "")
    assert not re.search(r"https?:|src=|href=|url\(|@import", rest)
    assert "<script" not in html


def test_notebook() -> None:
    """Text, LaTeX for MathJax, and HTML; what is asked for."""
    d = derived()
    bundle = d._repr_mimebundle_()
    assert set(bundle) == {"text/plain", "text/latex", "text/html"}
    assert bundle["text/latex"].startswith("$$\n\\begin{aligned}")
    assert "<math" in bundle["text/html"]
    assert set(d._repr_mimebundle_(include={"text/plain"})) == {"text/plain"}
    assert "text/html" not in d._repr_mimebundle_(exclude={"text/html"})
    assert repr(d) == d.text()


def test_save(tmp_path: Path) -> None:
    """Documents for LaTeX, the web and plain reading; another ending is refused."""
    d = derived()
    tex = d.save(tmp_path / "d.tex").read_text()
    assert tex.isascii()
    assert tex.startswith(r"\documentclass")
    assert tex.count(r"\begin{document}") == 1 == tex.count(r"\end{document}")
    assert d.save(tmp_path / "d.html").read_text(encoding="utf-8") == d.html()
    assert d.save(tmp_path / "d.txt").read_text(encoding="utf-8") == d.text() + "\n"
    with pytest.raises(ArgumentError, match=r"'\.tex'"):
        d.save(tmp_path / "d.doc")
    with pytest.raises(OSError, match="cannot write"):
        d.save(tmp_path / "missing" / "d.txt")


@pytest.mark.parametrize("name", HOSTILE)
def test_tex_is_ascii(name: str, tmp_path: Path) -> None:
    """LaTeX gets no letter that its fonts lack."""
    tex = hostile(name).save(tmp_path / "h.tex").read_text()
    assert tex.isascii()


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="LaTeX is not installed")
def test_compiles(tmp_path: Path) -> None:
    """LaTeX makes a page of it."""
    derived().save(tmp_path / "d.tex")
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "d.tex"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:]


@pytest.mark.parametrize(
    ("name", "latex"),
    [("W₀¹", "W_{0}^{1}"), ("Z¹²", "Z^{12}"), ("Ẑ¹", r"\hat{Z}^{1}"), ("A¹′", r"A^{1\prime}"),
     ("σ¹", r"\sigma^{1}"), ("(σ¹)²", r"\left(\sigma^{1}\right)^{2}"), ("x", "x"),
     ("x12", "x_{12}"), ("g_t", "g_t"), ("W_{t-1}", "W_{t-1}"),
     ("0.W", r"\text{0.W}"), ("a_b", r"\text{a\_b}")],
)  # fmt: skip
def test_names(name: str, latex: str) -> None:
    """The chapter's symbols have their indices; other names are text."""
    assert latex_of(name) == latex


@pytest.mark.parametrize(
    ("latex", "text"),
    [(r"\frac{1}{1 + x^2}", "1/(1 + x²)"), ("1 - y^2", "1 - y²"), (r"\sigma(a - b)", "σ(a - b)"),
     (r"\operatorname{sign} x", "sign x"), ("[x > 0]", "[x > 0]"), (r"y \ln 2", "y ln 2")],
)  # fmt: skip
def test_formulas_as_text(latex: str, text: str) -> None:
    """Declared derivatives can be read in plain text."""
    assert plain(latex) == text


def values_of(derivation: Any) -> list[Any]:
    return [step.value for step in derivation.steps]


def test_layouts_have_the_same_numbers() -> None:
    """The chapter's layout and the engine's differ by transposes only."""
    net = nn.Sequential(nn.Linear(3, 2, rng=0), nn.Tanh())
    loss_module = nn.SquaredLoss()
    loss = loss_module(net(X), np.zeros((4, 2)))
    columns, rows = (ag.derive(loss, net[0].W, layout=layout) for layout in ("chapter", "rows"))
    for a, b in zip(values_of(columns)[:-1], values_of(rows)[:-1], strict=True):
        np.testing.assert_array_equal(a, b.T)
    np.testing.assert_array_equal(columns.result, rows.result)
