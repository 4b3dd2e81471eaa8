"""Eager and compiled runs of the same function, from equal states, compared bit for bit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

import autograd_core as ag
import optim
from autograd_core import Tensor


def plain(x: Any) -> Any:
    """The value of a tensor; anything else as it is."""
    return x.data if isinstance(x, Tensor) else x


def assert_same(a: Any, b: Any, exact: bool = True) -> None:
    """Equal structures, types of numbers, shapes, dtypes and bits (else to rounding)."""
    if isinstance(a, (tuple, list)):
        assert type(a) is type(b)
        assert len(a) == len(b)
        for x, y in zip(a, b, strict=True):
            assert_same(x, y, exact)
        return
    if isinstance(a, Mapping):
        assert type(a) is type(b)
        assert list(a) == list(b)
        for key in a:
            assert_same(a[key], b[key], exact)
        return
    assert isinstance(a, Tensor) == isinstance(b, Tensor), (type(a), type(b))
    x, y = plain(a), plain(b)
    if x is None or isinstance(x, str):
        assert x == y
        return
    assert np.asarray(x).dtype == np.asarray(y).dtype, (np.asarray(x).dtype, np.asarray(y).dtype)
    assert np.shape(x) == np.shape(y)
    if not isinstance(a, Tensor):
        assert isinstance(x, np.ndarray) == isinstance(y, np.ndarray), (type(x), type(y))
    if exact:
        np.testing.assert_array_equal(x, y)
    else:
        near = 1e-5 if np.asarray(x).dtype == np.float32 else 1e-12
        np.testing.assert_allclose(y, x, rtol=near, atol=near)


def state_of(*things: Any) -> Any:
    """All that a step may change: weights, gradients, buffers, counts, generators."""
    found: list[Any] = []
    for thing in things:
        if isinstance(thing, Tensor):
            grad = thing.grad
            found += [thing.detach(), None if grad is None else grad.detach()]
        elif isinstance(thing, optim.Optimizer):
            found.append(float(thing.t))
            for memory in thing.state.values():
                found += [np.asarray(memory[name]) for name in sorted(memory)]
        elif isinstance(thing, np.random.Generator):
            found.append(str(thing.bit_generator.state))
        elif isinstance(thing, np.ndarray):
            found.append(thing)
        else:  # a module
            found += state_of(*[p for _, p in thing.named_parameters()])
            found += state_of(*[b for _, b in thing.named_buffers()])
            rngs = [getattr(m, "rng", None) for m in thing.modules()]
            found += state_of(*[r for r in rngs if r is not None])
    return [np.array(plain(x)) if isinstance(x, (Tensor, np.ndarray)) else x for x in found]


def run_both(
    make: Callable[[], tuple[Any, ...]],
    calls: list[tuple[Any, ...]],
    *,
    exact: bool = True,
    traces: int | None = 1,
    between: Callable[..., None] | None = None,
) -> Any:
    """Run ``make()[0]`` eagerly, and a second one compiled, on the same calls; compare all.

    Parameters
    ----------
    make : callable
        Returns a function, and then what it changes.
    calls : list of tuple
        The arguments of each call.
    exact : bool
        Whether all bits have to be equal.
    traces : int or None
        How often the compiled one is traced.
    between : callable, optional
        Called before each call with its number and the things of either side.

    Returns
    -------
    Compiled
    """
    eager, *mine = make()
    function, *theirs = make()
    compiled = ag.compile(function)
    for i, args in enumerate(calls):
        if between is not None:
            between(i, *mine)
            between(i, *theirs)
        ours = [np.array(a) if isinstance(a, np.ndarray) else a for a in args]
        others = [np.array(a) if isinstance(a, np.ndarray) else a for a in args]
        assert_same(eager(*ours), compiled(*others), exact)
        assert_same(ours, others, exact)
        assert_same(state_of(*mine), state_of(*theirs), exact)
    assert traces is None or compiled.traces == traces, compiled.traces
    return compiled
