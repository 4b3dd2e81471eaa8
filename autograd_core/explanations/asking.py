"""`explain`: why a gradient is what it is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import ArgumentError, DTypeError
from ..graph import Leaf, Node, topological
from ..modes import MODE
from ..program.again import as_compiled, loss_of
from ..tensor import Tensor
from .absent import no_gradient_asked, no_loss, no_path, used_as_constant
from .explanation import Explanation, gradient_words
from .findings import listing, number
from .functions import asked_of, cut_findings
from .growth import layers_of
from .numbers import Numbers
from .paths import told, weightiest
from .places import Places, line_of, name_of, safe
from .remarks import notes_of
from .trouble import bad
from .verdicts import remaining, total, why
from .zeros import where_zero

if TYPE_CHECKING:
    from ..program.compiled import Compiled


def explain(loss: Tensor | Compiled | Callable[..., Any], w: Any, *, most: int = 10) -> Explanation:
    """Say why the gradient of a loss by `w` is what it is.

    The weightiest paths from `w` to the loss; where they cancel; why the gradient is zero (dead
    units, saturation, a step, something detached, no path …), partly zero, huge or tiny; and where
    a NaN or an infinity comes from, with the rewrite that cures it.

    Parameters
    ----------
    loss : Tensor, Compiled or callable
        What was differentiated, before or after ``backward()``. Or a function of `w`, or of
        nothing, which is run once or twice: it gives the lines of code, and finds where a value
        leaves the graph. Or a compiled function that was called before, which runs once more as
        in `derive`, and changes nothing.
    w : Tensor, array_like or str
        By what; any tensor on the graph, or the name of one of its leaves, such as ``"0.W"``. An
        array or number only with a function.
    most : int, default 10
        How many paths to tell.

    Returns
    -------
    Explanation
        Shows itself in a notebook and as text; the numbers are its attributes.

    Raises
    ------
    DTypeError
        If `w` is no tensor, name or, with a function, array.
    TraceError
        For a compiled function before its first call.
    ArgumentError
        If no leaf has the name, or several have.

    Notes
    -----
    Nothing is changed: no ``grad``, no graph. What backward has freed is computed again from the
    leaves as they are now; if they have changed since, a note says so. Hooks are not called.
    Each node is looked at once, so that 2¹⁰⁰⁰ paths take no longer than a thousand nodes.

    Examples
    --------
    >>> import autograd_core as ag
    >>> w = ag.Tensor([2.0, -3.0], requires_grad=True, name="w")
    >>> loss = ag.relu(w).sum()
    >>> loss.backward()
    >>> why = ag.explain(loss, w)
    >>> why.verdict, why.reasons[0].kind
    ('partly zero', 'partly dead')
    >>> x = ag.Tensor(0.0, requires_grad=True, name="x")
    >>> print(ag.explain(lambda x: x * ag.log(x), x).reasons[0].rewrite)
    x * ag.log(ag.where(x > 0, x, 1))
    """
    if not isinstance(most, (int, np.integer)) or isinstance(most, bool) or most < 1:
        raise ArgumentError(f"explain: most={most!r} is not a number of paths, 1 or more")
    held = None
    if (step := as_compiled(loss)) is not None:
        if not isinstance(w, (Tensor, str)):
            raise DTypeError(
                f"explain: {type(w).__name__} is no Tensor; give the tensor that the compiled "
                f"function {step.__name__} differentiates by, such as model[0].W, or its name"
            )
        loss, _, held = loss_of(step, w, "explain")
    if callable(loss) and not isinstance(loss, Tensor):
        asked = asked_of(loss, w, "explain")
        made = _of_tensor(asked.result, asked.w, int(most))
        if made.verdict == "no path" and asked.w.node is not None:
            found = cut_findings(asked)
            made = replace(made, reasons=(*found, *made.reasons) if found else made.reasons)
        return replace(made, lines_known=True)
    if isinstance(w, str) and isinstance(loss, Tensor):
        w = _leaf_named(loss, w)
    if not isinstance(w, Tensor):
        raise DTypeError(
            f"explain: {type(w).__name__} is no Tensor; give the tensor by which the loss was "
            f"differentiated, such as model[0].W, or its name"
        )
    made = _of_tensor(loss, w, int(most), held is not None)
    del held  # the arguments of a compiled function: until now the graph needed them
    return made


def _leaf_named(loss: Tensor, name: str) -> Tensor:
    order = topological((loss.node,)) if loss.node is not None else []
    owners = {n: n.owner() for n in order if isinstance(n, Leaf)}
    named = [t for n, t in owners.items() if t is not None and name in (t.name, n.name)]
    if len(named) != 1:
        known = sorted({str(t.name) for t in owners.values() if t is not None and t.name})
        shown = ", ".join([repr(safe(k)) for k in known[:10]]) or "none"
        gone = [n for n in order if isinstance(n, Leaf) and owners[n] is None]
        if not named and gone:
            raise ArgumentError(
                f"explain: no living leaf of this graph has the name {name!r}; {len(gone)} of its "
                f"{len(owners)} leaves no longer exist{_shapes(gone)}. The net that held them is "
                f"gone, and their values with it: keep it in a variable as long as you ask"
            )
        what = "no leaf of this graph has" if not named else f"{len(named)} leaves have"
        raise ArgumentError(f"explain: {what} the name {name!r}; the names are {shown}")
    found: Tensor = named[0]
    return found


def _shapes(gone: Sequence[Leaf]) -> str:
    shown = [f"{safe(n.name)} {n.shape}" if n.name else str(n.shape) for n in gone]
    return f" ({listing(shown, 4)})"


def _of_tensor(loss: Any, w: Tensor, most: int, ran_again: bool = False) -> Explanation:
    name = safe(w.name or (name_of(w.node) if w.node is not None else None) or "w", 40)
    reason = no_loss(loss)
    root: Node | None = loss.node if isinstance(loss, Tensor) else None
    if reason is not None or root is None:
        asked = no_gradient_asked(w, ())
        reasons = tuple(r for r in (reason, asked) if r is not None)
        return Explanation(name, "no path", f"There is no gradient by {name}.", reasons)
    token = MODE.set(None)
    try:
        return _on_graph(loss, root, w, name, most, ran_again)
    finally:
        MODE.reset(token)


def _on_graph(
    loss: Tensor, root: Node, w: Tensor, name: str, most: int, ran_again: bool
) -> Explanation:
    node = w.node
    if node is None:
        order = topological((root,))
        places = Places(order)
        asked = no_gradient_asked(w, order)
        reasons = [asked] if asked is not None else []
        reasons += used_as_constant(w, order, places) if asked is None else []
        return Explanation(
            name, "no path", f"There is no gradient by {name}.", tuple(reasons), lines_known=True
        )
    numbers = Numbers(root, node)
    places = Places(numbers.order, {node: name})
    known = all(line_of(n) is not None for n in numbers.between if n.primitive is not None)
    if not numbers.between:
        reasons = no_path(loss, w, numbers.order, places)
        text = f"There is no gradient by {name}: no path leads from it to the loss."
        lines = all(line_of(n) is not None for n in numbers.order if n.primitive is not None)
        return Explanation(
            name, "no path", text, tuple(reasons), notes=tuple(numbers.notes), lines_known=lines
        )
    notes = notes_of(numbers, w, loss, ran_again)
    if not numbers.complete:
        text = f"The gradient by {name} could not be computed again."
        return Explanation(name, "unknown", text, notes=tuple(notes), lines_known=known)
    found = weightiest(numbers, most)
    paths = tuple(told(found.best, places))
    layers = layers_of(numbers, places, found.best[0]) if found.best else []
    verdict, reasons = why(numbers, places, found, layers)
    extra = list(used_as_constant(w, numbers.order, places))
    return Explanation(
        name,
        verdict,
        _summary(name, numbers, verdict),
        (*reasons, *extra),
        gradient=numbers.gradient,
        paths=paths,
        path_count=found.count,
        scalars=numbers.scalars,
        total=total(numbers, found),
        remaining=remaining(numbers, found),
        layers=tuple(layers),
        notes=tuple(notes),
        lines_known=known,
    )


def _summary(name: str, numbers: Numbers, verdict: str) -> str:
    g = numbers.gradient
    shape = "" if not np.shape(g) else f" of shape {np.shape(g)}"
    name = name if name.isidentifier() or not name.isascii() else f"({name})"  # 0.W is no number
    if not np.size(g):
        return f"∂loss/∂{name}{shape} has no elements."
    words = {
        "zero": "is zero everywhere." if np.size(g) > 1 else "is zero.",
        "vanishing": f"is tiny: {gradient_words(g)}.",
        "exploding": f"is huge: {gradient_words(g)}.",
    }
    if verdict == "partly zero":
        return f"∂loss/∂{name}{shape} is partly zero: {where_zero(g)}; {gradient_words(g)}."
    if verdict == "not finite":
        many = int(np.count_nonzero(bad(g)))
        if not many:
            return f"∂loss/∂{name}{shape} is finite, but the loss is not."
        if np.size(g) == 1:
            return f"∂loss/∂{name} is {number(float(np.asarray(g).ravel()[0]))}."
        return f"∂loss/∂{name}{shape} is not finite in {many:,} of {np.size(g):,} elements."
    return f"∂loss/∂{name}{shape} " + words.get(verdict, f"is {gradient_words(g)}.")
