"""`bisect_gradient`: where a gradient is wrong."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import ArgumentError, GraphError
from ..graph import topological
from ..modes import MODE
from ..primitive import as_scalar
from ..tensor import Tensor
from ..walks import pull
from .bisection import Bisection, Whole
from .comparing import Comparison, plain
from .functions import Asked, as_leaf, asked_of, real_cuts, run_near
from .numbers import error_words
from .operations import first_wrong
from .places import Places, line_of, line_words
from .watching import same, strays, watched


def bisect_gradient(f: Callable[..., Any], x: Any, *, seed: int = 0) -> Bisection:
    """Find the first operation at which a gradient is wrong.

    First the gradient of `f` is compared with central differences. If they disagree, each
    operation that ran is checked on its own, in the order of the graph: its rule against
    differences of its own forward, in float64, at the operands that it had. The first wrong one is
    named with its line, whether it is the library's or the user's (`custom`, `Function`). It is
    also found if a value leaves the graph (``.data``, `detach`, NumPy), if an array was written to
    after it was used, and if `f` does not give the same result twice.

    Parameters
    ----------
    f : callable
        Of `x`; or of nothing, using the tensor `x`. It may return any shape; then a sum of its
        elements with random weights is differentiated.
    x : Tensor, array_like, or tuple of them
        Where. Of a tuple each is an argument, and all are differentiated by.
    seed : int
        Of the random weights, and of the elements that are tried of large arrays.

    Returns
    -------
    Bisection
        ``agrees`` says whether the gradient is right, ``first`` is the first wrong operation.

    Raises
    ------
    DTypeError
        If `x` is no array of numbers.
    ArgumentError
        If `x` is an empty tuple, or `f` is not callable.

    Notes
    -----
    The steps are ∛ε relative to the size of each element, ε that of its dtype, and Richardson's
    extrapolation estimates the error of the difference. At kinks and jumps any slope between
    those of both sides counts as right; they are reported in ``kinks``.

    Examples
    --------
    >>> import autograd_core as ag
    >>> @ag.custom(lambda g, y, x: g * x**2)
    ... def cube(x):
    ...     return x**3
    >>> found = ag.bisect_gradient(lambda x: ag.sin(cube(x)).sum(), [0.5, 1.0])
    >>> found.agrees, found.first.operation, found.first.slip
    (False, 'cube', 'a factor 3 is missing: it is 0.3333 times what it must be')
    >>> ag.bisect_gradient(lambda x: ag.sin(x**3).sum(), [0.5, 1.0]).agrees
    True
    """
    if not callable(f) or isinstance(f, Tensor):
        raise ArgumentError(
            f"bisect_gradient: {type(f).__name__} is not callable; give a function and its "
            f"argument, such as bisect_gradient(lambda w: loss_of(w), w)"
        )
    token = MODE.set(None)
    try:
        return _Search(f, x, seed).run()
    finally:
        MODE.reset(token)


@dataclass
class _Search:
    f: Callable[..., Any]
    x: Any
    seed: int

    def run(self) -> Bisection:
        self.kinks: list[str] = []
        self.asked, self.leaves = _run_once(self.f, self.x)
        y = self.asked.result
        if not isinstance(y, Tensor) or y.node is None:
            return self._off_graph(y)
        self.order = topological((y.node,))
        self.places = Places(self.order)
        rng = np.random.default_rng(self.seed)
        self.weights = np.ones(()) if y.size == 1 else rng.uniform(0.5, 1.5, y.shape)
        written = [e for e in self.asked.events if e.written_to()]
        again, events = watched(self.asked.call)
        stray = strays(self.asked.events, events)
        if not same(plain(again), plain(y)) and not written:
            return self._random(stray)
        gradients, error = self._gradients(y)
        whole = None if gradients is None else self._whole(gradients)
        if whole is not None and whole.agrees:
            return Bisection(True, "agrees", whole, kinks=tuple(self.kinks))
        if stray is not None and not written:
            return self._random(stray)
        return self._blame(whole, error, written)

    # -- the whole ---------------------------------------------------------------------------

    def _gradients(self, y: Tensor) -> tuple[list[Any] | None, str]:
        assert y.node is not None
        nodes = [(leaf, leaf.node) for leaf in self.leaves if leaf.node is not None]
        start = np.broadcast_to(self.weights, y.shape).astype(y.dtype)
        try:
            with np.errstate(all="ignore"):
                found = pull(
                    self.order,
                    [(y.node, as_scalar(start.copy()))],
                    [node for _, node in nodes],
                    retain_graph=True,
                )
        except Exception as error:  # a user's rule may raise anything
            return None, error_words(error)
        return [
            np.asarray(found.get(node, np.zeros(leaf.shape)), np.float64) for leaf, node in nodes
        ], ""

    def _whole(self, gradients: Sequence[Any]) -> Whole:
        compared = Comparison(self.asked, self.leaves, self.weights, self.seed, self.kinks)
        return compared.with_differences(gradients)

    # -- whose fault -------------------------------------------------------------------------

    def _blame(self, whole: Whole | None, error: str, written: list[Any]) -> Bisection:
        wrong = tuple(first_wrong(self.order, self.places, self.kinks, self.seed))
        kinks = tuple(dict.fromkeys(self.kinks))
        if wrong:
            return Bisection(False, "wrong rule", whole, wrong, error=error, kinks=kinks)
        if written:
            event = written[0]
            which = event.written_to()[0] + 1
            text = (
                f"Operand {which} of {_event_words(event)} was written to after it was used, so "
                f"that backward works with other numbers than forward did. Compute with a copy "
                f"(x.clone(), array.copy()), or make a new array"
            )
            return Bisection(False, "written to", whole, error=error, reason=text, line=event.line)
        cut = self._cut()
        if cut is not None:
            return Bisection(
                False, "detached", whole, error=error, reason=cut[0], line=cut[1], kinks=kinks
            )
        hooked = [n for n in self.order if n.extra is not None and n.extra.hooks]
        if hooked:
            text = f"A hook at {self.places.long(hooked[0])} changes the gradient"
            return Bisection(False, "hook", whole, reason=text, line=line_of(hooked[0]))
        text = (
            "Every operation is right on its own, and no value was seen to leave the graph. Is f "
            "so rough or so rounded here that differences mislead?"
        )
        return Bisection(False, "unexplained", whole, error=error, reason=text, kinks=kinks)

    def _cut(self) -> tuple[str, str | None] | None:
        for leaf in self.leaves:
            asked = Asked(self.asked.call, leaf, self.asked.result, self.asked.events)
            try:
                _, near = run_near(asked)
                found = real_cuts(asked, near, self.asked.result.node)
            except Exception:  # the function may refuse another value
                continue
            floats = [c for c in found if c.kind == "detached"] or found
            if floats:
                event = floats[0].event
                text = (
                    f"Operand {floats[0].operand + 1} of {_event_words(event)} depends on x and is "
                    f"not on the graph: .data, detach(), numpy(), item() or no_grad() took it out "
                    f"before"
                    if floats[0].kind == "detached"
                    else f"{_event_words(event)} has no derivative, and what follows depends on it"
                )
                return text, event.line
        return None

    def _off_graph(self, y: Any) -> Bisection:
        text = "What f returns is not on the graph: it has no gradient"
        for leaf in self.leaves:
            asked = Asked(self.asked.call, leaf, y, self.asked.events)
            try:
                _, near = run_near(asked)
                found = real_cuts(asked, near, None)
            except Exception:  # the function may refuse another value
                continue
            if found:
                event = found[0].event
                text += (
                    f". It left it before {_event_words(event)}, at operand {found[0].operand + 1}"
                )
                return Bisection(False, "detached", None, reason=text, line=event.line)
        if not any(leaf.size for leaf in self.leaves):
            return Bisection(True, "agrees", Whole(True, 0, 0.0))
        return Bisection(False, "detached", None, reason=text)

    def _random(self, event: Any) -> Bisection:
        text = "f does not give the same result twice at the same point, so it has no derivative"
        if event is not None:
            text += f"; the runs first differ at {_event_words(event)}"
        text += ". Draw random numbers outside, or seed their generator inside of f"
        line = None if event is None else event.line
        return Bisection(False, "not deterministic", None, reason=text, line=line)


def _run_once(f: Callable[..., Any], x: Any) -> tuple[Asked, list[Tensor]]:
    if not isinstance(x, tuple):
        asked = asked_of(f, x, "bisect_gradient")
        if asked.w.node is None:
            raise GraphError(
                "bisect_gradient: the tensor does not require a gradient; make it with "
                "requires_grad=True"
            )
        return asked, [asked.w]
    if not x:
        raise ArgumentError("bisect_gradient: the tuple of arguments is empty")
    leaves = [as_leaf(part, "bisect_gradient") for part in x]
    call = lambda: f(*leaves)  # noqa: E731
    result, events = watched(call)
    return Asked(call, leaves[0], result, events), leaves


def _event_words(event: Any) -> str:
    if event.node is not None:
        return Places([event.node]).long(event.node)
    line = line_words(event.line)
    name = event.primitive.name
    return f"{name}, at {line}" if line else name
