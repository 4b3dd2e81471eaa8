"""Each pass on tapes written by hand: what it leaves out, and what it must not touch."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autograd_core.ops.indexing import scatter_forward
from autograd_core.program.calls import Tape, order_of, refs
from autograd_core.program.folding import folded, item_added
from autograd_core.program.passes import drop_dead, give_own_memory, merge_equal
from autograd_core.program.views import TURNING, cancelled

sys.path.append(str(Path(__file__).parent))

from drafts import Draft, interpreted, names

X = np.arange(12.0).reshape(3, 4) - 5.5
Y = X[::-1] * 0.3


def assert_kept(draft: Draft, tape: Tape, *arguments: Any) -> None:
    """The results are, bit for bit, what they were when the tape was written."""
    found = interpreted(tape, *arguments)
    fresh = [draft.held[slot] for slot in draft.tape.results]
    for a, b in zip(found, fresh, strict=True):
        np.testing.assert_array_equal(a, b, strict=True)


def assert_kept_values(tape: Tape, expected: list[Any], *arguments: Any) -> None:
    """The results are these, bit for bit."""
    for a, b in zip(interpreted(tape, *arguments), expected, strict=True):
        np.testing.assert_array_equal(a, b, strict=True)


# -- common subexpressions -------------------------------------------------------------------


def test_equal_calls_are_made_once() -> None:
    """Also where they are equal only after their operands were merged."""
    d = Draft()
    x = d.argument(X)
    a, b = d.call(np.tanh, x), d.call(np.tanh, x)
    u, v = d.call(np.square, a), d.call(np.square, b)
    expected = [d.held[u.slot], d.held[v.slot]]
    tape = d.results(u, v)
    merge_equal(tape)
    assert names(tape) == ["tanh", "square"]
    assert tape.results == [u.slot, u.slot]
    for found, wanted in zip(interpreted(tape, X), expected, strict=True):
        np.testing.assert_array_equal(found, wanted)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ((np.add, 0.0), (np.add, -0.0)),
        ((np.add, 1), (np.add, 1.0)),
        ((np.add, True), (np.add, 1)),
        ((np.add, np.float32(1)), (np.add, np.float64(1))),
        ((np.add, 1.0), (np.subtract, 1.0)),
    ],
)
def test_unequal_calls_stay(first: Any, second: Any) -> None:
    """Numbers are equal only if their types and signs are; functions only if the same."""
    d = Draft()
    x = d.argument(X)
    tape = d.results(*[d.call(f, x, c) for f, c in (first, second)])
    merge_equal(tape)
    assert len(tape.calls) == 2
    assert len(set(tape.results)) == 2


def test_options_make_a_difference() -> None:
    """Calls with other keywords, or in another order of operands, are others."""
    d = Draft()
    x, y = d.argument(X), d.argument(Y)
    tape = d.results(
        d.call(np.sum, x, axis=0),
        d.call(np.sum, x, axis=1),
        d.call(np.subtract, x, y),
        d.call(np.subtract, y, x),
    )
    merge_equal(tape)
    assert len(tape.calls) == 4


def test_effects_are_never_merged() -> None:
    """A draw is another one each time."""
    d = Draft()
    rng = np.random.default_rng(0)
    tape = d.results(*[d.call(rng.random, 3, effect=True) for _ in range(2)])
    merge_equal(tape)
    assert len(tape.calls) == 2
    assert len(set(tape.results)) == 2


# -- dead code -------------------------------------------------------------------------------


def test_what_nobody_reads_is_dropped() -> None:
    """With all that only it reads."""
    d = Draft()
    x = d.argument(X)
    a = d.call(np.tanh, x)
    b = d.call(np.exp, a)
    d.call(np.square, b)
    tape = d.results(d.call(np.negative, a))
    drop_dead(tape)
    assert names(tape) == ["tanh", "negative"]
    assert_kept(d, tape, X)


@pytest.mark.parametrize("end", ["results", "updates", "grads", "moved", "left", "effect"])
def test_what_is_wanted_in_the_end_stays(end: str) -> None:
    """Results, new values of cells, gradients, numbers, what is left to arguments, effects."""
    d = Draft()
    x, W = d.argument(X), d.cell(Y.copy())
    a = d.call(np.tanh, x)
    b = d.call(np.exp, a, effect=end == "effect")
    if end in ("results", "moved", "left"):
        setattr(d.tape, end, [b.slot])
    elif end != "effect":
        setattr(d.tape, end, {W.slot: b.slot})
    drop_dead(d.tape)
    assert names(d.tape) == ["tanh", "exp"]


# -- reshapes and transposes -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("views", "left"),
    [
        ([(np.transpose,), (np.transpose,)], []),
        ([(np.transpose, (1, 0))], ["transpose"]),
        ([(np.transpose, (0, 1))], []),
        ([(np.swapaxes, 0, 1), (np.moveaxis, 0, 1)], []),
        ([(np.reshape, (4, 3)), (np.reshape, (3, 4))], []),
        ([(np.reshape, (2, 6)), (np.reshape, (6, 2)), (np.ravel,)], ["reshape"]),
        ([(np.expand_dims, 0), (np.squeeze,)], []),
        ([(np.expand_dims, 1), (np.reshape, (12,))], ["reshape"]),
        ([(np.transpose,), (np.reshape, (12,))], ["transpose", "reshape"]),
        (
            [(np.reshape, (3, 2, 2)), (np.transpose, (2, 0, 1)), (np.transpose, (1, 2, 0))],
            ["reshape"],
        ),
        (
            [(np.reshape, (3, 2, 2)), (np.transpose, (2, 0, 1)), (np.transpose, (2, 0, 1))],
            ["reshape", "transpose"],
        ),
        (
            [(np.reshape, (3, 2, 2)), (np.transpose, (2, 0, 1)), (np.swapaxes, 1, 2)],
            ["reshape", "transpose"],
        ),
        (
            [(np.reshape, (3, 2, 2)), (np.moveaxis, (0, 1), (1, 2)), (np.transpose, (0, 2, 1))],
            ["reshape", "transpose"],
        ),
    ],
)
@pytest.mark.parametrize("lie", ["C", "F"])
def test_views_of_views(views: Any, left: list[str], lie: Any) -> None:
    """Neighbours of one kind become one, and what gives back its operand goes."""
    d = Draft()
    given = np.array(X, order=lie)
    x = ref = d.argument(given)
    for function, *args in views:
        ref = d.call(function, ref, *args)
    end = d.call(np.negative, ref)
    order = d.tape.values[ref.slot].order
    tape = d.results(end)
    cancelled(tape)
    drop_dead(tape)
    if lie == "C" or views[0][0] in TURNING:
        assert names(tape) == [*left, "negative"]
    assert_kept(d, tape, given)
    (read,) = refs(tape.calls[-1].args)
    found = given if read == x.slot else interpreted(tape, given, slots=[read])[0]
    assert order_of(found) == order  # sums go on in the same order


def test_a_copying_reshape_that_changes_the_layout_stays() -> None:
    """Reshaped there and back an array in Fortran's order is in C's, and sums follow it."""
    d = Draft()
    given = np.asfortranarray(X)
    y = d.call(np.reshape, d.call(np.reshape, d.argument(given), (12,)), (3, 4))
    tape = d.results(d.call(np.sum, y))
    cancelled(tape)
    drop_dead(tape)
    assert names(tape) == ["reshape", "reshape", "sum"]
    assert_kept(d, tape, given)


def test_shapes_by_values_are_let_alone() -> None:
    """And options that this pass does not know."""
    d = Draft()
    x = d.argument(X)
    y = d.call(np.reshape, d.call(np.reshape, x, (12,), order="F"), (3, 4))
    z = d.call(np.reshape, d.call(np.reshape, x, (12,)), (3, 4), order="F")
    tape = d.results(y, z)
    cancelled(tape)
    assert names(tape) == ["reshape"] * 4
    assert_kept(d, tape, X)


def test_a_transpose_that_keeps_the_shape_is_something() -> None:
    """Of a square matrix, by itself and after another one."""
    square = X[:3, :3].copy()
    d = Draft()
    x = d.argument(square)
    turned = d.call(np.transpose, x)
    tape = d.results(turned, d.call(np.transpose, turned), d.call(np.swapaxes, x, 0, 0))
    cancelled(tape)
    assert tape.results == [turned.slot, x.slot, x.slot]
    assert_kept_values(tape, [square.T, square, square], square)


# -- constants -------------------------------------------------------------------------------


def test_constants_are_computed_beforehand() -> None:
    """Also over several calls; what is left reads the number."""
    d = Draft()
    x, c = d.argument(X), d.literal(np.float64(2.0))
    scale = d.call(np.multiply, d.call(np.square, c), 0.25)
    tape = d.results(d.call(np.add, x, scale))
    folded(tape)
    assert names(tape) == ["add"]
    assert tape.calls[0].args[1] == 1.0
    assert_kept(d, tape, X)


@pytest.mark.parametrize(
    ("function", "turned", "goes"),
    [
        (np.multiply, False, True),
        (np.multiply, True, True),
        (np.divide, False, True),
        (np.divide, True, False),
        (np.power, False, True),
        (np.power, True, False),
        (np.subtract, False, False),
    ],
)
def test_ones_change_nothing(function: Any, turned: bool, goes: bool) -> None:
    """x·1, 1·x, x/1 and x¹ are x; 1/x, 1ˣ and x − 1 are not."""
    d = Draft()
    x = d.argument(X)
    args = (np.float64(1.0), x) if turned else (x, np.float64(1.0))
    y = d.call(function, *args)
    tape = d.results(d.call(np.negative, y))
    folded(tape)
    assert (names(tape) == ["negative"]) is goes
    assert_kept(d, tape, X)


def test_ones_that_change_the_dtype_or_shape_stay() -> None:
    """float32 times a float64 one is float64; a broadcast is a broadcast."""
    d = Draft()
    x = d.argument(np.float32(X))
    wide = d.call(np.multiply, x, np.float64(1.0))
    broad = d.call(np.multiply, x, d.literal(np.ones((2, 3, 4), np.float32)))
    tape = d.results(d.call(np.negative, wide), d.call(np.negative, broad))
    folded(tape)
    assert names(tape).count("multiply") == 2
    assert_kept(d, tape, np.float32(X))


def test_cells_and_arguments_are_no_constants() -> None:
    """What may change before the next run is read at every run."""
    d = Draft()
    W = d.cell(np.ones((3, 4)))
    tape = d.results(d.call(np.multiply, d.argument(X), W), d.call(np.square, W))
    folded(tape)
    assert names(tape) == ["multiply", "square"]


# -- the scatter of the true classes ---------------------------------------------------------


def scattered(number: float, once: bool = True, rows: Any = None) -> tuple[Draft, Tape, Any]:
    """``scatter(c at (rows, labels)) − softmax·k``, as the gradient of a cross entropy."""
    d = Draft()
    labels = np.array([1, 3, 0])
    p, y = d.argument(np.abs(X)), d.argument(labels)
    first = d.cell(np.arange(3) if rows is None else rows)
    g = d.literal(np.full(3, number))
    q = d.call(np.multiply, p, np.float64(number))
    s = d.call(scatter_forward, g, (first, y), (3, 4), once)
    tape = d.results(d.call(np.subtract, s, q))
    return d, tape, (np.abs(X), labels)


def test_a_scattered_constant_is_added_to_what_is_there() -> None:
    """Few entries are written, in place of a second array; the bits are the same."""
    d, tape, arguments = scattered(-1 / 3)
    folded(tape)
    drop_dead(tape)
    assert names(tape) == ["multiply", "item_added"]
    assert tape.calls[1].function is item_added
    assert_kept(d, tape, *arguments)


@pytest.mark.parametrize(("once", "rows"), [(False, None), (True, np.array([0, 2, 1]))])
def test_another_scatter_stays(once: bool, rows: Any) -> None:
    """One that may name an entry twice, or not each row in order."""
    d, tape, arguments = scattered(0.5, once, rows)
    folded(tape)
    drop_dead(tape)
    assert [call.function for call in tape.calls].count(scatter_forward) == 1
    assert_kept(d, tape, *arguments)


# -- memory ----------------------------------------------------------------------------------


def test_results_have_memory_of_their_own() -> None:
    """Arguments, cells, views of them, and a value that is returned twice are copied."""
    d = Draft()
    x, W = d.argument(X), d.cell(Y.copy())
    a = d.call(np.tanh, x)
    view = d.call(np.transpose, W)
    tape = d.results(x, W, view, a, a, d.call(np.transpose, a))
    give_own_memory(tape)
    found = interpreted(tape, X)
    for i, array in enumerate(found):
        assert not any(np.shares_memory(array, other) for other in (X, W, d.held[W.slot]))
        assert not any(np.shares_memory(array, other) for other in found[:i])
    for array, wanted in zip(found, [X, Y, Y.T, *[np.tanh(X)] * 2, np.tanh(X).T], strict=True):
        np.testing.assert_array_equal(array, wanted)
        assert order_of(array) == order_of(wanted)


def test_cells_that_are_swapped_are_read_before_they_are_written() -> None:
    """The new value of one cell may be the old one of another."""
    d = Draft()
    V, W = d.cell(X.copy()), d.cell(Y.copy())
    d.tape.updates = {V.slot: W.slot, W.slot: V.slot}
    give_own_memory(d.tape)
    assert len(set(d.tape.updates.values()) - {V.slot, W.slot}) == 2
    assert names(d.tape) == ["duplicated", "duplicated"]
