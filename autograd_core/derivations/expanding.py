"""Multiplied out, and the shorter of both forms."""

from __future__ import annotations

from collections.abc import Iterable

from . import expression as ex
from .expression import Call, Expr
from .rewriting import Knowledge, simplify
from .rules_labels import of_labels
from .rules_masks import of_a_mask, opposite_masks


def simplest(e: Expr, known: Knowledge) -> Expr:
    """The shorter of `e` as it stands and multiplied out."""
    direct = simplify(e, known)
    assumed = list(known.assumed)
    opened = simplify(expand(e, known), known)
    if ex.size(opened) < ex.size(direct):
        return opened
    known.assumed[:] = assumed  # what only the other form needed
    return direct


def expand(e: Expr, known: Knowledge) -> Expr:
    """Multiplied out: products of sums, and sums over axes, term by term."""

    def opened(tree: Expr) -> Expr:
        if not isinstance(tree, Call):
            return tree
        if tree.head == "mul":
            return ex.fitted(ex.add(_distributed(tree)), tree.shape)
        if tree.head == "sum" and ex.is_call(tree.args[0], "add"):
            inner = tree.args[0]
            parts = [ex.fitted_exactly(a, inner.shape) for a in inner.args]  # type: ignore[attr-defined]
            return ex.add(
                [ex.total(p, tree.params["axes"], tree.params["keepdims"]) for p in parts]
            )
        for known_rule in (of_labels, of_a_mask, opposite_masks):
            if tree.head in ("sum", "pow", "mul"):
                found = (
                    known_rule(tree, known) if tree.head in _HEADS[known_rule.__name__] else None
                )
                if found is not None:
                    return found
        return tree

    for _ in range(6):
        before = e.key
        e = ex.mapped(e, opened)
        if e.key == before:
            break
    return e


_HEADS = {"of_labels": ("sum",), "of_a_mask": ("pow",), "opposite_masks": ("mul",)}


def _distributed(e: Call, limit: int = 24) -> Iterable[Expr]:
    sums = [f for f in e.args if ex.is_call(f, "add")]
    for f in sums:  # a sum that another one divides: what cancels must not be torn apart
        below = {b for t in f.args for b, n in map(ex.base, ex.split(t)[1]) if n < 0}  # type: ignore[attr-defined]
        if any(g in below for g in sums if g is not f):
            sums = [f]
            break
    terms: list[list[Expr]] = [[]]
    for factor in e.args:
        options = (factor,) if all(factor is not f for f in sums) else factor.args  # type: ignore[attr-defined]
        if len(terms) * len(options) > limit:
            options = (factor,)
        terms = [[*term, option] for term in terms for option in options]
    return [ex.mul(term) for term in terms]
