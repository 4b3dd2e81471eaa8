"""Formulas of operations and of their rules, out of the primitives' declarations.

The formula of an operation is its `Primitive.latex`, that of its partial derivatives the text of
its `Partial`s. A rule without such a text, as that of a matrix product, is run once on symbols,
and what it computes is printed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from ...errors import AutogradError
from ...graph import Leaf, Node, Spec, topological
from ...modes import MODE, enable_grad
from ...primitive import as_scalar
from ...rules.elementwise import Elementwise
from ...rules.reduction import Reduction
from ...tensor import Tensor
from ..labels import is_number
from ..wording import number

#: Stand in formulas for the output, its operands in order, and the blame that arrives; a page
#: puts the names at their place. They are letters of a script that no formula is written in.
OUTPUT = chr(0x10600)
OPERANDS = tuple([chr(0x10601 + i) for i in range(250)])
BLAME = chr(0x10755)

_TOKEN = re.compile(r"\\operatorname\{[^}]*\}|\\text\{[^}]*\}|\\[A-Za-z]+|\\.|[A-Za-z]")


def operation_formula(node: Node) -> str:
    """LaTeX of ``output = operation(operands)``."""
    assert node.primitive is not None
    operands = [_operand(node, i) for i in range(len(node.parents))]
    return f"{OUTPUT} = {_filled(node.primitive.latex, operands)}"


def partial_formula(node: Node, operand: int) -> str | None:
    """LaTeX of ∂output/∂operand; None where the primitive declares none."""
    primitive = node.primitive
    if isinstance(primitive, Reduction):
        return _named(primitive.partial.formula, node)
    if isinstance(primitive, Elementwise) and operand < len(primitive.partials):
        return _named(primitive.partials[operand].formula, node)
    return None


def rule_formula(node: Node, operand: int) -> str | None:
    """LaTeX of the blame that an operand gets, by running the rule on symbols."""
    token = MODE.set(None)
    try:
        with enable_grad(), np.errstate(all="ignore"):
            return _ran(node, operand)
    except (AutogradError, TypeError, ValueError, IndexError, AttributeError):
        return None  # a user's rule may take only arrays
    finally:
        MODE.reset(token)


def _named(formula: str, node: Node) -> str:
    """A declaration's y, x or a, b, c as what they stand for here."""
    letters = "x" if len(node.parents) == 1 else "abcdefgh"[: len(node.parents)]
    names = {"y": OUTPUT} | {letter: _operand(node, i) for i, letter in enumerate(letters)}
    return _TOKEN.sub(lambda m: names.get(m[0], m[0]), formula)


def _operand(node: Node, i: int) -> str:
    """The sign of an operand, or a constant number itself."""
    constant = node.constants[i] if i < len(node.constants) else None
    if node.parents[i] is None and constant is not None and is_number(constant):
        raw = constant.data if isinstance(constant, Tensor) else constant
        return number_latex(np.asarray(raw)[()])
    return OPERANDS[i] if i < len(OPERANDS) else r"\dots"


def number_latex(value: Any) -> str:
    """A number as LaTeX: −½ in brackets, 1e-05 as a power of ten."""
    text = number(value)
    if text in ("nan", "inf", "-inf"):
        return {"nan": r"\text{NaN}", "inf": r"\infty", "-inf": r"(-\infty)"}[text]
    mantissa, e, exponent = text.partition("e")
    if e:
        text = rf"{mantissa} \cdot 10^{{{int(exponent)}}}"
    return f"({text})" if text.startswith("-") or e else text


def _filled(latex: str, operands: Sequence[str]) -> str:
    try:
        return latex.format(*operands)
    except (IndexError, KeyError, ValueError):  # a user's own formula, or more operands
        return rf"\operatorname{{f}}({', '.join(operands[:6])})"


# -- rules run on symbols ------------------------------------------------------------------------


def _ran(node: Node, operand: int) -> str | None:
    assert node.primitive is not None
    assert node.extra is not None
    signs: dict[Node, str] = {}
    g = _symbol(np.ones(node.shape, node.dtype), BLAME, signs)
    y = _symbol(node.extra.value, OUTPUT, signs)
    values = [_symbol(v, _operand(node, i), signs) for i, v in enumerate(node.extra.operands)]
    saved = node.saved
    if not isinstance(saved, tuple):
        return None
    places = [y, *values] if len(saved) == len(values) + 1 else values
    shown = tuple(
        [v if v is None or isinstance(v, (Node, Spec)) else t for v, t in zip(saved, places)]  # noqa: B905
    )
    raw = node.primitive.vjp(g, shown, node.parents, node.params)[operand]
    if not isinstance(raw, Tensor) or raw.node is None:
        return None
    return _printed(raw.node, signs)


def _symbol(value: Any, sign: str, signs: dict[Node, str]) -> Any:
    array = np.asarray(value)
    if array.dtype.kind != "f":
        return value
    tensor = Tensor(as_scalar(array), requires_grad=True)
    assert tensor.node is not None
    signs[tensor.node] = sign
    return tensor


#: How tightly a formula holds together: a sum, a product, an operator before it, one sign.
_SUM, _PRODUCT, _PREFIX, _ATOM = range(4)


def _printed(root: Node, signs: dict[Node, str], limit: int = 12) -> str | None:
    order = topological((root,))
    if len(order) > 2 * limit:
        return None
    done: dict[Node, tuple[str, int]] = {}
    for node in order:
        if isinstance(node, Leaf):
            done[node] = signs.get(node, r"\dots"), _ATOM
            continue
        assert node.primitive is not None
        latex = node.primitive.latex
        operands = [
            (_operand(node, i), _ATOM) if p is None else done[p] for i, p in enumerate(node.parents)
        ]
        texts = [
            text if _fits(latex, i, level) else rf"\left({text}\right)"
            for i, (text, level) in enumerate(operands)
        ]
        if any(t in OPERANDS and p is None for t, p in zip(texts, node.parents, strict=True)):
            return None  # an array that the rule made for itself
        done[node] = _filled(latex, texts), _level(latex)
    return done[root][0].replace("+ -", "- ").replace("- -", "+ ")


def _level(latex: str) -> int:
    flat = _outside(latex)
    if re.search(r" [+-] |^-", flat):
        return _SUM
    if r"\cdot" in flat or re.fullmatch(r"\{\d\} \{\d\}", flat):
        return _PRODUCT
    return _PREFIX if re.match(r"\\(operatorname|[a-z]+(?![a-z{]))", flat) else _ATOM


def _outside(latex: str) -> str:
    """A declared formula without what stands in braces or brackets, but for bare operands."""
    text = latex.replace("{{{", "\x00{").replace("}}}", "}\x01")
    text = re.sub(r"\x00[^\x01]*\x01|\{\{[^{}]*\}\}", "_", text)
    return re.sub(r"\\(left)?[\[(|].*\\(right)?[\])|]", "_", text)


def _fits(latex: str, i: int, level: int) -> bool:
    """Whether an operand needs no brackets at its place in a declared formula."""
    place = f"{{{i}}}"
    flat = _outside(latex)
    if place not in flat or level == _ATOM or flat == place:
        return True
    if re.search(re.escape(place) + r"(\^|_)", latex):
        return False
    here = _level(latex)
    if here == _SUM:
        return not (level == _SUM and flat.index(place) > 0)
    return level >= here and level != _SUM
