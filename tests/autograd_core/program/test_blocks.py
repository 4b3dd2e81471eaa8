"""Loops over pieces: the same bits for every size of piece, and sums folded in at the end."""

from __future__ import annotations

import sys
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import autograd_core as ag
from autograd_core.program import blocks, loops

sys.path.append(str(Path(__file__).parent))

from both import assert_same
from drafts import Draft, names

PIECES = [1, 3, 4, 7, 16, 64, 100, 1000]


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Arrays of 20 elements count as large."""
    monkeypatch.setattr(blocks, "LARGE", 20)


def chain(x: Any, y: Any) -> Any:
    """Elementwise calls, some read later, with broadcasting and numbers."""
    a = np.tanh(x) * y
    b = np.exp(-a) + 0.5
    c = np.maximum(b, x) / (np.abs(a) + 1.0)
    return c, a, c * b - 2


SHAPES = [
    ((25,), (25,)),
    ((23,), ()),
    ((7, 5), (7, 5)),
    ((7, 5), (5,)),
    ((7, 5), (7, 1)),
    ((7, 5), (1, 5)),
    ((1, 40), (1, 40)),
    ((40, 1), (40, 1)),
    ((3, 4, 5), (4, 5)),
    ((3, 4, 5), (3, 1, 5)),
    ((3, 4, 5), (1, 1, 1)),
]


@pytest.mark.parametrize("shapes", SHAPES)
@pytest.mark.parametrize("piece", PIECES)
def test_every_size_of_piece_gives_the_same_bits(
    piece: int, shapes: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where it does not divide the number of rows, or is more than there is."""
    monkeypatch.setattr(blocks, "PIECE", piece)
    compiled = ag.compile(chain)
    rng = np.random.default_rng(0)
    for _ in range(3):
        x, y = (rng.normal(size=s) for s in shapes)
        assert_same(chain(x, y), compiled(x, y))
        assert_same(chain(x, y), tuple(compiled.program.run(x, y)))  # nothing else gave way
    assert len(compiled.program.writer.runs) == 1
    assert "for i," in compiled.source


@pytest.mark.parametrize("piece", PIECES)
def test_changes_in_place_and_views_inside_of_a_run(
    piece: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No piece reads what another one has overwritten."""
    monkeypatch.setattr(blocks, "PIECE", piece)

    def f(x: Any, W: Any) -> Any:
        t = np.tanh(x) * 0.5
        turned = t[::-1] + t  # reads other rows than it writes
        across = t.T * 2.0 + 1.0
        W *= 0.9
        W -= turned * 0.1
        W += W[::-1] * np.exp(-x)
        return turned, across

    compiled = ag.compile(f)
    rng = np.random.default_rng(1)
    ours = rng.normal(size=(6, 6))
    theirs = ours.copy()
    for _ in range(4):
        x = rng.normal(size=(6, 6))
        assert_same(f(x.copy(), ours), compiled(x, theirs))
        assert_same(ours, theirs)


@pytest.mark.parametrize("shape", [(53,), (11, 5), (3, 4, 5)])
@pytest.mark.parametrize("piece", PIECES)
def test_sums_are_folded_into_the_run(
    piece: int, shape: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sums of pieces are added up: equal to `math.fsum` to rounding, the rest bit for bit."""
    monkeypatch.setattr(blocks, "PIECE", piece)

    def f(x: Any) -> Any:
        y = np.tanh(x) * x
        z = y * y
        return np.add.reduce(z, axis=None), np.add.reduce(np.exp(y), axis=None), y

    compiled = ag.compile(f)
    rng = np.random.default_rng(2)
    for _ in range(3):
        x = rng.normal(size=shape)
        a, b, y = compiled(x)
        expected = np.tanh(x) * x
        np.testing.assert_array_equal(y, expected)
        np.testing.assert_allclose(a, np.sum(expected**2), rtol=1e-14)
        np.testing.assert_allclose(b, np.sum(np.exp(expected)), rtol=1e-14)
        assert type(a) is np.float64
    (run,) = compiled.program.writer.runs.values()
    functions = [c.function for c in compiled.program.tape.calls[run.start : run.stop]]
    assert functions.count(np.add.reduce) == 2


def test_what_reads_a_sum_comes_after_the_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    """A normalization by the sum of all needs two walks."""
    monkeypatch.setattr(blocks, "PIECE", 8)

    def f(x: Any) -> Any:
        e = np.exp(x)
        w = e * e
        p = w / np.add.reduce(w, axis=None)
        return p * p

    compiled = ag.compile(f)
    for seed in range(3):
        x = np.random.default_rng(seed).normal(size=50)
        np.testing.assert_allclose(compiled(x), f(x), rtol=1e-14)
    assert len(compiled.program.writer.runs) == 2


def test_the_gradient_of_a_large_function(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forward and backward of Σ tanh(x)·exp(−x²) are walked in pieces, and are eager's."""
    monkeypatch.setattr(blocks, "PIECE", 16)
    function = ag.value_and_grad(lambda x: (ag.tanh(x) * ag.exp(-(x**2))).sum())
    compiled = ag.compile(function)
    for seed in range(3):
        x = np.random.default_rng(seed).normal(size=101)
        (a, da), (b, db) = function(x), compiled(x)
        assert_same(da, db)
        np.testing.assert_allclose(b.data, a.data, rtol=1e-13)
    assert compiled.program.writer.runs


def test_which_calls_are_walked_together() -> None:
    """Those of one shape, also across what only makes numbers, but not across a product."""
    d = Draft()
    x = d.argument(np.ones((5, 5)))
    a = d.call(np.tanh, x)
    n = d.call(np.add.reduce, d.argument(np.ones(3)), axis=None)
    b = d.call(np.exp, a)
    c = d.call(np.dot, a, b)
    e = d.call(np.square, c)
    f = d.call(np.negative, e)
    g = d.call(np.multiply, f, n)
    tape = d.results(g)
    runs = blocks.grouped(tape)
    assert [(r.start, r.stop) for r in runs] == [(0, 2), (4, 7)]
    assert names(tape) == ["tanh", "exp", "reduce", "dot", "square", "negative", "multiply"]


@pytest.mark.parametrize("shape", [(19,), (4, 4)])
def test_small_arrays_are_not_walked(shape: Any) -> None:
    """A loop would cost more than it saves."""
    compiled = ag.compile(chain)
    for _ in range(2):
        compiled(np.ones(shape), np.ones(shape))
    assert not compiled.program.writer.runs
    assert "for i" not in compiled.source


@pytest.fixture
def shared(monkeypatch: pytest.MonkeyPatch) -> None:
    """Loops in two threads, however short, also where there is one core."""
    monkeypatch.setattr(loops, "cores", lambda: 2)
    monkeypatch.setattr(loops, "SHARED", 1)
    monkeypatch.setattr(loops, "PIECE", 2**10)
    monkeypatch.setattr(blocks, "PIECE", 2**10)
    monkeypatch.setattr(blocks, "LARGE", 2**11)


@pytest.mark.usefixtures("shared")
@pytest.mark.parametrize("shape", [(5000,), (4097,), (3, 2000), (2049, 3), (100, 100)])
def test_two_threads_give_the_same_bits(shape: tuple[int, ...]) -> None:
    """The result and the parts of the sum, in their order, whichever thread was first."""

    def f(x: Any, w: Any) -> Any:
        y = np.tanh(x) * np.exp(-x * x) + w
        return y, y.sum()

    x, w = np.random.default_rng(0).normal(size=shape), np.full(shape[-1:], 0.5)
    two = ag.compile(f)
    for _ in range(3):
        y, total = two(x, w)
    assert "in_two(" in two.source
    np.testing.assert_array_equal(y, f(x, w)[0])
    np.testing.assert_allclose(total, f(x, w)[1], rtol=1e-12)
    assert [two(x, w)[1] for _ in range(5)] == [total] * 5


@pytest.mark.usefixtures("shared")
def test_an_error_in_either_thread_is_raised_and_settings_of_numpy_hold_in_both() -> None:
    """An overflow in the second half raises under errstate, as in the first."""
    compiled = ag.compile(lambda x: np.exp(x) * 2.0 + 1.0)
    x = np.zeros(5000)
    for _ in range(2):
        compiled(x)
    for place in (0, -1):
        bad = x.copy()
        bad[place] = 1e4
        with np.errstate(over="raise"), pytest.raises(FloatingPointError, match="overflow"):
            compiled(bad)
        with np.errstate(over="ignore"):
            assert compiled(bad)[place] == np.inf


def test_the_cores_are_those_of_the_process_and_of_its_settings(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """OMP_NUM_THREADS=1 asks for one thread, here too; nonsense is passed over."""
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    free = loops.cores()
    assert free >= 1
    for text, count in {"1": 1, "64": free, "": free, "many": free, "0": free}.items():
        monkeypatch.setenv("OMP_NUM_THREADS", text)
        assert loops.cores() == count


def test_where_no_thread_can_be_started_the_halves_follow_each_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As in a browser."""

    def refuse(self: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    done: list[str] = []
    loops.in_two(done.extend, ["a", "b"], ["c"])
    assert done == ["a", "b", "c"]
