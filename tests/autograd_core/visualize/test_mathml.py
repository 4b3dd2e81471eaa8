"""Formulas as MathML: every formula of ours, well formed, and nothing in a name becomes markup."""

from __future__ import annotations

import re
from xml.dom.minidom import Element, parseString

import pytest

from autograd_core import ArgumentError
from autograd_core.primitive import PRIMITIVES, Primitive
from autograd_core.visualize.mathml import mathml

#: MathML Core, and nothing else.
CORE = {"math", "mfrac", "mi", "mn", "mo", "mover", "mroot", "mrow", "mspace", "msqrt", "msub",
        "msubsup", "msup", "mtable", "mtd", "mtext", "mtr", "munder", "munderover"}  # fmt: skip
#: How many children an element must have.
ARITY = {"mfrac": 2, "mover": 2, "mroot": 2, "msub": 2, "msup": 2, "munder": 2, "msubsup": 3,
         "munderover": 3}  # fmt: skip


def formulas() -> list[str]:
    found = []
    for primitive in PRIMITIVES.values():
        found.append(primitive.latex.format("x", "b", "c"))
        partials = getattr(primitive, "partials", ()) or (getattr(primitive, "partial", None),)
        found += [partial.formula for partial in partials if partial is not None]
    return found


def read(latex: str, strict: bool = True) -> Element:
    """The element of a formula, checked against MathML Core."""
    root = parseString(mathml(latex, strict=strict)).documentElement
    assert root is not None
    for element in [root, *root.getElementsByTagName("*")]:
        assert element.tagName in CORE
        children = [c for c in element.childNodes if isinstance(c, Element)]
        assert len(children) == ARITY.get(element.tagName, len(children))
    return root


def text(latex: str, strict: bool = True) -> str:
    """The characters of a formula in a row."""
    return re.sub(r"<[^>]+>", "", mathml(latex, strict=strict))


@pytest.mark.parametrize("latex", formulas())
def test_every_formula_of_a_primitive(latex: str) -> None:
    """The operations of the table and their derivatives are understood, and well formed."""
    read(latex)


def test_there_are_primitives() -> None:
    """The test above ran over the whole table."""
    assert all(isinstance(p, Primitive) for p in PRIMITIVES.values())
    assert len(formulas()) > 150


@pytest.mark.parametrize(
    ("latex", "element"),
    [
        (r"\frac{a}{b}", "<mfrac><mi>a</mi><mi>b</mi></mfrac>"),
        (r"\frac12", "<mfrac><mn>1</mn><mn>2</mn></mfrac>"),
        ("x^2y", "<mrow><msup><mi>x</mi><mn>2</mn></msup><mi>y</mi></mrow>"),
        ("x_i^{12}", "<msubsup><mi>x</mi><mi>i</mi><mn>12</mn></msubsup>"),
        (r"\sqrt{x}", "<msqrt><mi>x</mi></msqrt>"),
        (r"\sqrt[3]{x}", "<mroot><mi>x</mi><mn>3</mn></mroot>"),
        (r"\sum_i^n", "<munderover><mo>∑</mo><mi>i</mi><mi>n</mi></munderover>"),
        (r"\operatorname{erf}", "<mi>erf</mi>"),
        (r"\mathbb{R}", '<mi mathvariant="normal">ℝ</mi>'),
        ("3.25", "<mn>3.25</mn>"),
        ("a < b", "<mrow><mi>a</mi><mo>&lt;</mo><mi>b</mi></mrow>"),
        (
            r"\underbrace{A}_{n}",
            '<munder><munder><mi>A</mi><mo stretchy="true">⏟</mo></munder><mi>n</mi></munder>',
        ),
    ],
)
def test_structure(latex: str, element: str) -> None:
    """Fractions, scripts, roots, limits and braces become the elements for them."""
    assert element in mathml(latex, strict=True)
    read(latex)


def test_matrices_and_alignment() -> None:
    """Rows and cells are those of the source, between the fences of the matrix."""
    root = read(r"\begin{bmatrix} 1 & 2 \\ 3 & 4 \\ \end{bmatrix}")
    assert [len(r.getElementsByTagName("mtd")) for r in root.getElementsByTagName("mtr")] == [2, 2]
    assert text(r"\begin{bmatrix} 1 & 2 \\ 3 & 4 \end{bmatrix}") == "[1234]"
    aligned = mathml(r"\begin{aligned} a &= b \\ c &= d \end{aligned}", strict=True)
    assert aligned.count("text-align:right") == 2 == aligned.count("text-align:left")


def test_a_minus_is_a_sign_or_an_operator() -> None:
    """After an operand it is binary; at the beginning, and after an operator, it is a sign."""
    sign = 'form="prefix">−'
    assert sign not in mathml("a - b")
    for latex in ("-b", "a = -b", "(-b)", "e^{-b}", r"\frac{-b}{a}", r"a \cdot -b"):
        assert sign in mathml(latex)


def test_display() -> None:
    """A formula on a line of its own says so."""
    assert 'display="block"' in mathml("x", display=True)
    assert "display" not in mathml("x")


@pytest.mark.parametrize(
    "latex",
    [
        r"\unknown{x}", "{x", "x}", r"\frac{a}", r"\left( x", r"x \right)", r"\begin{bmatrix} 1",
        r"\begin{nonsense} 1 \end{nonsense}", r"\begin{bmatrix} 1 \end{pmatrix}", "a & b }",
        r"\text{a", "x^", r"\left? x \right)", "{" * 500 + "x" + "}" * 500, "^" * 3000,
    ],
)  # fmt: skip
def test_what_is_not_understood(latex: str) -> None:
    """Strictly it is refused; else it is shown, by its name or as its source."""
    with pytest.raises(ArgumentError, match="mathml: "):
        mathml(latex, strict=True)
    read(latex, strict=False)
    assert text(r"a + \unknown", strict=False) == "a+unknown"
    assert text(r"{x", strict=False) == "{x"


@pytest.mark.parametrize(
    "name",
    [
        "<script>alert(1)</script>",
        "a&amp;b",
        '"quoted"',
        "a\u202eb",
        "\x00\x1b",
        "]]>",
        "日本 é 🙂",
    ],
)
def test_hostile_text(name: str) -> None:
    """Whatever a formula says, it is text."""
    for latex in (rf"\text{{{name}}}", rf"\operatorname{{{name}}}", name, rf"\frac{{{name}}}{{2}}"):
        root = read(latex, strict=False)
        assert not root.getElementsByTagName("script")
    shown = text(rf"\text{{{name}}}", strict=False)
    assert "\u202e" not in shown
    assert "\x1b" not in shown


def test_escaped_text() -> None:
    """Escapes of text are undone: what is shown is the name."""
    shown = text(r"\text{a\_b \{c\} 5\% \& \#1 \$ \textbackslash{}d \textasciitilde{}e}")
    assert shown.replace("\u00a0", " ").replace("&amp;", "&") == r"a_b {c} 5% & #1 $ \d ~e"
