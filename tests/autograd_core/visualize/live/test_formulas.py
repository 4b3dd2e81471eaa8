"""Formulas of the live page come out of the primitives' declarations, for every primitive."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

import autograd_core  # noqa: F401  (declares the primitives)
from autograd_core import Tensor
from autograd_core.graph import Node, topological
from autograd_core.primitive import PRIMITIVES, Primitive, Sample
from autograd_core.visualize.live.formulas import (
    BLAME,
    OPERANDS,
    OUTPUT,
    operation_formula,
    partial_formula,
    rule_formula,
)
from autograd_core.visualize.live.local import locals_of
from autograd_core.visualize.live.record import remembered, run_again, walked
from autograd_core.visualize.live.trees import tree_of
from autograd_core.visualize.mathml import mathml


def kept(primitive: Primitive, rng: np.random.Generator) -> tuple[Node, list[Node]] | None:
    """A recorded call on the first sample, on a copy that keeps everything; with its order."""
    if primitive.samples is not None:
        sample = next(iter(primitive.samples(rng)))
    else:
        count = len(getattr(primitive, "partials", (None,)))
        low, high = max(primitive.domain[0], -2) + 0.01, min(primitive.domain[1], 2) - 0.01
        sample = Sample(tuple([rng.uniform(low, high, (2, 3)) for _ in range(count)]))
    args = [
        Tensor(a, requires_grad=True) if np.asarray(a).dtype.kind == "f" else a for a in sample.args
    ]
    y = primitive(*args, **sample.params)
    if not isinstance(y, Tensor) or y.node is None:
        return None
    order = topological((y.node,))
    copies = run_again(remembered(order, [], {}, {}, {}, {}))
    node = copies[y.node].node
    assert node is not None
    return node, topological((node,))


@pytest.mark.parametrize("name", sorted(PRIMITIVES))
def test_every_primitive_has_formulas_that_are_understood(
    name: str, rng: np.random.Generator
) -> None:
    """Operation, partial derivatives and rules are LaTeX of which MathML can be made."""
    found = kept(PRIMITIVES[name], rng)
    if found is None:
        pytest.skip("has no derivative")
    node, _ = found
    for latex in all_formulas(node):
        mathml(latex, strict=True)
        assert tree_of(latex)


def all_formulas(node: Node) -> Iterator[str]:
    yield operation_formula(node)
    for i, parent in enumerate(node.parents):
        if parent is not None:
            yield from filter(None, (partial_formula(node, i), rule_formula(node, i)))


@pytest.mark.parametrize("name", sorted(PRIMITIVES))
def test_local_derivatives_make_the_blame(name: str, rng: np.random.Generator) -> None:
    """The blame that is handed on is the local derivative applied to the blame that arrived."""
    found = kept(PRIMITIVES[name], rng)
    if found is None:
        pytest.skip("has no derivative")
    node, order = found
    g = rng.normal(size=node.shape)
    visit = walked(order, [(node, g if node.shape else float(g))])[0]
    locals_ = locals_of(node)
    for _, part in visit.handed:
        local = locals_[part.operand]
        assert local is not None
        if local.kind == "jacobian" and local.value is not None:
            made = np.ravel(g) @ local.value
            assert np.allclose(made, np.ravel(part.blame), rtol=1e-9, atol=1e-12)
        if local.kind == "entries" and np.shape(local.value) == node.shape:
            assert np.allclose(g * local.value, part.raw, rtol=1e-9, atol=1e-12)


def plain(latex: str | None) -> str | None:
    """A formula with y, a, b and g at its places."""
    for place, letter in [(OUTPUT, "y"), (BLAME, "g"), *zip(OPERANDS, "abc", strict=False)]:
        latex = latex and latex.replace(place, letter)
    return latex


@pytest.mark.parametrize(
    ("name", "operation", "partial", "rule"),
    [
        ("tanh", r"y = \tanh a", "1 - y^2", None),
        ("matmul", "y = a b", None, "g {b}^T"),
        ("log_softmax", r"y = \ln \operatorname{softmax} a", None, r"g - e^{y} \cdot \sum g"),
        ("divide", r"y = \frac{a}{b}", r"\frac{1}{b}", r"\frac{g}{b}"),
        ("sigmoid", r"y = \sigma(a)", "y (1 - y)", r"g \cdot y \cdot \left(1 - y\right)"),
    ],
)
def test_some_formulas(
    name: str, operation: str, partial: str | None, rule: str | None, rng: np.random.Generator
) -> None:
    """Declared letters become places; a rule without a text is run on symbols and printed."""
    found = kept(PRIMITIVES[name], rng)
    assert found is not None
    assert plain(operation_formula(found[0])) == operation
    assert plain(partial_formula(found[0], 0)) == partial
    if rule is not None:
        assert plain(rule_formula(found[0], 0)) == rule


def test_numbers_among_the_operands_are_written_out() -> None:
    """A negative number stands in brackets, a power of ten is written as one."""
    x = Tensor(2.0, requires_grad=True)
    for y, latex in [
        (x * -0.5, r"y = a \cdot (-0.5)"),
        (x + 1e-8, r"y = a + (1 \cdot 10^{-8})"),
        (x**3, "y = {a}^{3}"),
    ]:
        assert y.node is not None
        copies = run_again(remembered(topological((y.node,)), [], {}, {}, {}, {}))
        node = copies[y.node].node
        assert node is not None
        assert plain(operation_formula(node)) == latex
