"""What is printed reads as what is meant: precedence, local derivatives, labels, summaries."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

import autograd_core as ag
import nn
from autograd_core import Tensor
from autograd_core.derivations import expression as ex
from autograd_core.derivations.declared import declared_tree
from autograd_core.derivations.dialects import Latex, Text
from autograd_core.derivations.expression import Call, Expr, Number, Symbol
from autograd_core.derivations.printing import Printer
from autograd_core.primitive import PRIMITIVES
from autograd_core.rules.elementwise import Elementwise

NAMES = ("a", "b", "v₆", "loss", "A¹")
SYMBOLS = {n: Symbol(ag.latex_symbol(n), n, 0.5 + 0.25 * i) for i, n in enumerate(NAMES)}
VALUES = {f"s{i}": 0.5 + 0.25 * i for i in range(len(NAMES))}
FUNCTIONS = ("exp", "sin", "tanh", "log", "sigmoid", "absolute")


def random_tree(rng: np.random.Generator, depth: int) -> Expr:
    kind = rng.integers(8) if depth else 8

    def part() -> Expr:
        return random_tree(rng, depth - 1)

    if kind < 2:
        return ex.add([part(), ex.scale(int(rng.integers(-3, 4)), part())])
    if kind < 4:
        number = [Fraction(1, 2), Fraction(-2, 3), 3, -1, 1][rng.integers(5)]
        return ex.mul([Number(number), part(), part()])
    if kind < 6:
        exponent = [-1, -2, 2, 3, 0.5, -0.5, 1.5, 0.3][rng.integers(8)]
        return ex.power(part(), exponent)
    if kind == 6:
        name = FUNCTIONS[rng.integers(len(FUNCTIONS))]
        return Call(name, (part(),), (), {}, PRIMITIVES[name])
    if kind == 7:
        return Call("power", (part(), part()), (), {}, PRIMITIVES["power"])
    return [*SYMBOLS.values(), Number(2)][rng.integers(len(NAMES) + 1)]


def number_of(source: str) -> complex:
    """The value of a formula in SymPy's own notation."""
    sympy = pytest.importorskip("sympy")
    known = {n: sympy.Float(v, 30) for n, v in VALUES.items()}
    known["sigma"] = lambda x: 1 / (1 + sympy.exp(-x))
    return complex(sympy.sympify(source, locals=known, evaluate=True).evalf(20))


def expected(e: Expr) -> complex:
    sympy = pytest.importorskip("sympy")
    if isinstance(e, Symbol):
        return sympy.Float(float(e.value), 30)
    if isinstance(e, Number):
        v = e.value
        return sympy.Rational(v.numerator, v.denominator) if isinstance(v, Fraction) else v
    assert isinstance(e, Call)
    args = [expected(a) for a in e.args]
    if e.head == "sigmoid":
        return 1 / (1 + sympy.exp(-args[0]))
    name = {"add": "Add", "mul": "Mul", "pow": "Pow", "power": "Pow", "absolute": "Abs"}
    return getattr(sympy, name.get(e.head, e.head))(*args)


_DIGITS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")


def from_text(text: str) -> str:
    """A line of text as SymPy reads it: a space multiplies, after powers, like a sign ×."""
    for i, name in enumerate(NAMES):
        text = re.sub(rf"(?<!\w){name}(?![A-Za-z(₀-₉])", f"s{i}", text)
    text = re.sub("[⁰¹²³⁴⁵⁶⁷⁸⁹]+", lambda m: "**" + m[0].translate(_DIGITS), text)
    while "√" in text:  # the last one first: what is under it has none
        before, _, behind = text.rpartition("√")
        end = re.match(r"[\w.]*", behind).end()  # type: ignore[union-attr]
        if behind[end : end + 1] == "(":
            depth = 1
            while depth:
                end += 1
                depth += (behind[end] == "(") - (behind[end] == ")")
            end += 1
        text = f"{before}sqrt({behind[:end]}){behind[end:]}"
    text = text.replace("^", "**").replace("ln(", "log(")
    text = text.replace("σ(", "sigma(").replace("abs(", "Abs(")
    return re.sub(r"(?<=[\w)]) (?=[\w(])", "*", text)


@pytest.mark.parametrize("seed", range(120))
def test_text_reads_as_the_tree(seed: int) -> None:
    """What SymPy reads in the printed text has the value of the tree."""
    tree = random_tree(np.random.default_rng(seed), 4)
    text = Printer(Text(), True).formula(tree, False)
    agree(number_of(from_text(text)), tree, text)


def agree(found: complex, tree: Expr, text: str) -> None:
    value = complex(expected(tree))
    if not np.isfinite(value) or abs(value) > 1e100:
        return
    assert abs(found - value) <= 1e-4 * (abs(value) + 1e-9), text


def inside(text: str, start: int) -> tuple[str, int]:
    """What the brace at `start` encloses, and where it ends."""
    depth = 0
    for i in range(start, len(text)):
        depth += (text[i] == "{") - (text[i] == "}")
        if not depth:
            return text[start + 1 : i], i + 1
    raise AssertionError(text)


def from_latex(latex: str) -> str:
    """LaTeX as it is seen: braces that are not seen do not group."""
    for i, name in enumerate(NAMES):
        latex = latex.replace(f"{{{SYMBOLS[name].latex}}}", f"{{s{i}}}")
        latex = re.sub(rf"(?<![\w\\]){re.escape(SYMBOLS[name].latex)}(?!\w)", f"s{i}", latex)
    return seen(latex.replace(r"\left|", r"Abs\left(").replace(r"\right|", r"\right)"))


def seen(latex: str) -> str:
    out, i = "", 0
    while i < len(latex):
        if latex.startswith(r"\frac{", i):
            above, j = inside(latex, i + 5)
            below, i = inside(latex, j)
            out += f"(({seen(above)})/({seen(below)}))"
        elif latex.startswith(r"\sqrt{", i):
            under, i = inside(latex, i + 5)
            out += f"sqrt({seen(under)})"
        elif latex.startswith("e^{", i):
            raised, i = inside(latex, i + 2)
            out += f"exp({seen(raised)})" + ("**0" if latex[i : i + 1] == "^" else "")
        elif (function := re.match(r"\\(sin|tanh|ln) ", latex[i:])) is not None:
            end = term_end(latex, i + function.end())
            name = function[1].replace("ln", "log")
            out, i = out + f"{name}({seen(latex[i + function.end() : end])})", end
        elif latex.startswith("^{", i):
            raised, i = inside(latex, i + 1)
            out += f"**({seen(raised)})"
        elif latex[i] == "{":
            part, i = inside(latex, i)
            out += seen(part)
        else:
            out, i = out + latex[i], i + 1
    out = out.replace(r"\left(", "(").replace(r"\right)", ")").replace(r" \, ", " * ")
    return re.sub(r"\\sigma(?=\()", "sigma", out)


def term_end(latex: str, i: int) -> int:
    """Where a term ends: a function without parentheses takes all factors behind it."""
    depth = 0
    while i < len(latex):
        opens = latex.startswith((r"\left(", "{"), i)
        closes = latex.startswith((r"\right)", "}"), i)
        depth += opens - closes
        if depth < 0 or (not depth and latex[i] in "+-"):
            break
        i += 1
    return i


@pytest.mark.parametrize("seed", range(120))
def test_latex_reads_as_the_tree(seed: int) -> None:
    """So does the LaTeX, in which braces are not seen."""
    tree = random_tree(np.random.default_rng(seed), 4)
    latex = Printer(Latex(), True).formula(tree, False)
    agree(number_of(from_latex(latex)), tree, latex)


def test_every_declared_derivative_is_the_engines() -> None:
    """The tree of each declared formula has the value of the derivative; few have none."""
    without = []
    x = [np.array([0.3, 0.6]), np.array([0.5, 0.2]), np.array([0.7, 0.9])]
    for name, primitive in sorted(PRIMITIVES.items()):
        if not isinstance(primitive, Elementwise):
            continue
        letters = "x" if len(primitive.partials) == 1 else "abc"
        values = dict(zip(letters[: len(primitive.partials)], x, strict=False))
        with np.errstate(all="ignore"):
            y = primitive.forward(*values.values())
            known = {c: Symbol(c, c, v) for c, v in {**values, "y": y}.items()}
            for partial in primitive.partials:
                tree = declared_tree(partial.formula, known)
                if tree is None:
                    without.append(name)
                    continue
                right = partial.action(np.ones(2), y, *values.values())
                found = np.broadcast_to(ex.evaluate(tree), 2)
                np.testing.assert_allclose(found, right, rtol=1e-12, err_msg=name)
    assert set(without) <= {"relu", "maximum", "minimum", "clip", "erf", "remainder"}


def test_local_derivatives_as_an_author_writes_them() -> None:
    """Simplified, with a product below the line in parentheses: text, LaTeX and HTML."""
    w = Tensor(2.0, requires_grad=True, name="w")
    d = ag.derive(ag.sqrt(w**2 + 1) + 3, w)
    assert "= 1/(2 v₃)" in d.text()
    assert "with ∂v₁/∂w = 2 w\n" in d.text() + "\n"
    assert r"= \frac{1}{2 \, v_{3}}" in d.latex()
    assert r"\frac{\partial v_{1}}{\partial w} = 2 \, w" in d.latex()
    for shown in (d.text(), d.latex(), d.html()):
        assert "2 - 1" not in shown
        assert "2v" not in shown
        assert "2 − 1" not in shown
    assert "<mn>1</mn><mrow><mn>2</mn>" in re.sub(r"<mspace[^>]*>(</mspace>)?", "", d.html())


def test_signs_of_logits_are_made_of_the_labels() -> None:
    """1 − 2Y is no Y, and the gradient is σ(Z) − Y over n."""
    labels = np.array([[0.0], [1], [1], [0]])
    x = np.random.default_rng(0).normal(size=(4, 2))
    net = nn.Sequential(nn.Linear(2, 1, rng=0))
    loss_module = nn.BCEWithLogitsLoss()
    d = ag.derive(loss_module(net(x), labels), net[0].W)
    assert "Y = [[0, 1, 1, 0]]" in d.text()
    assert "(1 - 2 Y) ⊙ Z¹" in d.text()
    assert "∂loss/∂Z¹ = 1/4 (σ(Z¹) - Y)" in d.text()
    step = d.steps[0]
    logits = net(x).data
    np.testing.assert_allclose(step.value.T, (1 / (1 + np.exp(-logits)) - labels) / 4, rtol=1e-12)


def test_labels_of_signs_stay_labels() -> None:
    """A loss whose labels are −1 and 1, not of the logits' cross-entropy, calls them Y."""
    labels = np.array([[-1.0], [1.0], [1.0]])
    net = nn.Sequential(nn.Linear(2, 1, rng=0))
    loss_module = nn.SquaredLoss()
    d = ag.derive(loss_module(net(np.eye(3)[:, :2]), labels), net[0].W)
    assert "Y = [[-1, 1, 1]]" in d.text()


def test_summaries_have_typographic_signs() -> None:
    """Sizes with × and numbers with − where formulas are set."""
    x = np.random.default_rng(0).normal(size=(13, 6))
    net = nn.Sequential(nn.Linear(6, 3, rng=0))
    loss_module = nn.SquaredLoss()
    d = ag.derive(loss_module(net(x), np.zeros((13, 3))), net[0].W)
    words = d.html().replace("\u00a0", " ")
    assert "6 × 13, min −" in words
    assert not re.search(r"\d x \d|min -", words)
    assert r"6 $\times$ 13, min $-$" in d.latex()
    assert "6×13, min -" in d.text()


@pytest.mark.parametrize("labels", [None, [0, 2], [[1.0, 0, 0], [0, 0, 1.0]]])
def test_cross_entropy_of_logits(labels: Any) -> None:
    """The loss is printed as a sum of labels and logarithms, whatever its labels look like."""
    sample = () if labels is None else ([[0.7, 0.1, 0.2], [0.2, 0.5, 0.3]], labels)
    latex = nn.CrossEntropyLoss().latex(*sample)
    assert latex == (
        r"\text{loss} = -\frac{1}{2} \, \sum_{ij} Y \odot \ln \operatorname{softmax} Z"
    )
