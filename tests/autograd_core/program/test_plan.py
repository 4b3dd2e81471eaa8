"""The places of values: no two in one buffer that are needed at the same time, results fresh."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autograd_core.program.calls import Call, Ref, Tape, empty, order_of
from autograd_core.program.folding import item_added
from autograd_core.program.passes import drop_dead, ends, give_own_memory, merge_equal
from autograd_core.program.plan import Plan, planned

sys.path.append(str(Path(__file__).parent))

from drafts import Draft, interpreted

ONE: list[Any] = [np.tanh, np.negative, np.square, np.exp]
TWO: list[Any] = [np.add, np.subtract, np.multiply, np.maximum]
EVERY = range(400)


def random_tape(seed: int) -> tuple[Draft, list[Any]]:
    """A tape of elementwise calls, products, sums, views and changes, and its arguments."""
    rng = np.random.default_rng(seed)
    d = Draft()
    arguments = [rng.normal(size=s) for s in ((4, 4), (4, 4), (4,))]
    refs = [d.argument(x) for x in arguments]
    cells = [d.cell(rng.normal(size=s)) for s in ((4, 4), (4,))]
    cells.append(d.cell(np.asfortranarray(rng.normal(size=(4, 4)))))
    refs += cells
    for _ in range(int(rng.integers(4, 24))):
        x, y = (refs[int(i)] for i in rng.integers(0, len(refs), 2))
        kind = rng.choice(["one", "two", "two", "view", "product", "sum", "index", "item"])
        a, b = d.held[x.slot], d.held[y.slot]
        if kind == "one":
            made = d.call(ONE[int(rng.integers(4))], x)
        elif kind == "view":
            made = d.call([np.transpose, np.ravel][int(rng.integers(2))], x)
        elif kind == "product" and np.ndim(a) == 2 == np.ndim(b) and a.shape[1] == b.shape[0]:
            made = d.call(np.dot, x, y)
        elif kind == "sum" and np.ndim(a):
            made = d.call(np.add.reduce, x, axis=0, keepdims=bool(rng.integers(2)))
        elif kind == "item" and np.ndim(a):
            made = d.call(item_added, x, 0, 1.5)
        else:
            try:
                made = d.call(TWO[int(rng.integers(4))], x, y)
            except ValueError:
                continue
        if np.size(d.held[made.slot]) <= 64 and np.isfinite(d.held[made.slot]).all():
            refs.append(made)
    for cell in cells:
        shape = np.shape(d.held[cell.slot])
        new = [r for r in refs if np.shape(d.held[r.slot]) == shape and r not in cells]
        if new and rng.integers(2):
            d.tape.updates[cell.slot] = new[int(rng.integers(len(new)))].slot
    chosen = rng.integers(0, len(refs), 2)
    tape = d.results(*[refs[int(i)] for i in chosen])
    tape.grads = {0: refs[-1].slot} if d.tape.values[refs[-1].slot].shape else {}
    merge_equal(tape)
    drop_dead(tape)
    give_own_memory(tape)
    return d, arguments


def oracle(tape: Tape, arguments: list[Any]) -> dict[int, Any]:
    """The values of all slots, each in memory of its own where NumPy gives it some."""
    slots = [*tape.arguments, *tape.cells, *[s for call in tape.calls for s in call.out]]
    return dict(zip(slots, interpreted(tape, *arguments, slots=slots), strict=True))


def last_reads(tape: Tape, held: dict[int, Any]) -> dict[int, int]:
    """For each slot the place of the last call that reads its memory, by itself or a view."""
    end = len(tape.calls)
    reads = [(i, slot) for i, call in enumerate(tape.calls) for slot in call.reads()]
    reads += [(end, slot) for slot in ends(tape)]
    return {
        slot: max(
            [i for i, other in reads if np.shares_memory(held[slot], held[other])], default=-1
        )
        for slot in held
    }


def in_place(call: Call) -> bool:
    return isinstance(call.function, np.ufunc) or call.function is item_added


@pytest.mark.parametrize("part", range(4))
def test_no_two_live_values_in_one_buffer(part: int) -> None:
    """By when the memory of each value is last read, found out from NumPy's own arrays."""
    shared = inward = 0
    for seed in EVERY[part::4]:
        d, arguments = random_tape(seed)
        tape = d.tape
        plan = planned(tape)
        held = oracle(tape, arguments)
        last = last_reads(tape, held)
        made = {slot: i for i, call in enumerate(tape.calls) for slot in call.out}
        for a, number in plan.buffer.items():
            for b, other in plan.buffer.items():
                if a == b or number != other or made[a] > made[b]:
                    continue
                shared += 1
                if last[a] < made[b]:
                    continue
                inward += 1
                call = tape.calls[made[b]]
                assert last[a] == made[b], (seed, a, b)
                assert in_place(call), (seed, a, b)
                assert a in set(call.reads()), (seed, a, b)
    assert shared > 20
    assert inward > 5


def run_in_places(tape: Tape, plan: Plan, arguments: list[Any], held: dict[int, Any]) -> None:
    """Run a tape with its values where the plan puts them; every operand has to be right."""
    buffers = [empty(*room) for room in plan.buffers]
    cells = {slot: array.copy("K") for slot, array in tape.cells.items()}
    now: dict[int, Any] = {**dict(zip(tape.arguments, arguments, strict=True)), **cells}
    for call in tape.calls:
        for slot in call.reads():
            np.testing.assert_array_equal(now[slot], held[slot])

        def valued(x: Any) -> Any:
            return now[x.slot] if isinstance(x, Ref) else x

        (out,) = call.out
        made = call.function(*map(valued, call.args), **call.kwargs)
        if out in plan.direct:
            now[out] = cells[plan.direct[out]]
            now[out][...] = made
        elif out in plan.buffer:
            now[out] = buffers[plan.buffer[out]]
            assert order_of(now[out]) == order_of(held[out])
            now[out][...] = made
        else:
            now[out] = made
    for slot in ends(tape):
        np.testing.assert_array_equal(now[slot], held[slot])
    mine = [*buffers, *cells.values(), *arguments]
    for slot in tape.results:
        assert not any(np.shares_memory(now[slot], array) for array in mine)


def test_values_are_where_they_belong_when_they_are_read() -> None:
    """A run that overwrites as the plan says reads the right operands, and returns fresh arrays."""
    direct = 0
    for seed in EVERY:
        d, arguments = random_tape(seed)
        plan = planned(d.tape)
        direct += len(plan.direct)
        run_in_places(d.tape, plan, arguments, oracle(d.tape, arguments))
    assert direct > 10


def test_views_in_the_plan_show_what_they_should() -> None:
    """What is called a view shares memory with its operand, and what is not does not."""
    d = Draft()
    x = d.argument(np.ones((4, 4)))
    a = d.call(np.tanh, x)
    turned = d.call(np.transpose, a)
    rows = d.call(np.ravel, turned)  # a copy
    flat = d.call(np.ravel, a)
    total = d.call(np.add, d.call(np.negative, rows), flat)
    plan = planned(d.results(total))
    assert plan.static[turned.slot] == "view"
    assert plan.static[flat.slot] == "view"
    assert plan.static[rows.slot] == "buffer"
    assert plan.root[rows.slot] == rows.slot
    assert plan.root[flat.slot] == a.slot


def test_an_array_in_the_order_of_fortran_keeps_it() -> None:
    """A buffer lies in memory as NumPy's own result does; of one order it serves no other."""
    d = Draft()
    x, y = d.argument(np.ones((4, 4))), d.argument(np.asfortranarray(np.ones((4, 4))))
    a = d.call(np.tanh, x)
    b = d.call(np.exp, d.call(np.add.reduce, a, axis=0))
    c = d.call(np.tanh, y)
    e = d.call(np.add.reduce, c, axis=0)
    plan = planned(d.results(d.call(np.add, b, e)))
    assert plan.buffers[plan.buffer[a.slot]][2] == ()
    assert plan.buffers[plan.buffer[c.slot]][2] == (1, 0)


def test_a_cell_is_written_where_it_lies_only_when_nobody_reads_it_later() -> None:
    """A new value goes straight to its cell after the last look at the old one."""
    for late in (False, True):
        d = Draft()
        W, x = d.cell(np.ones((4, 4))), d.argument(np.ones((4, 4)))
        new = d.call(np.subtract, W, x)
        seen = d.call(np.tanh, W) if late else d.call(np.tanh, x)
        d.tape.updates = {W.slot: new.slot}
        plan = planned(d.results(d.call(np.add.reduce, seen, axis=None)))
        assert (plan.direct == {new.slot: W.slot}) is not late


@pytest.mark.parametrize("turned", [False, True])
def test_what_a_call_reads_through_a_view_is_not_overwritten_by_it(turned: bool) -> None:
    """Neither the buffer of an operand nor a cell."""
    d = Draft()
    W, x = d.cell(np.ones((4, 4))), d.argument(np.ones((4, 4)))
    a = d.call(np.tanh, x)
    b = d.call(np.add, a, d.call(np.transpose, a) if turned else a)
    new = d.call(np.add, W, d.call(np.transpose, W) if turned else W)
    d.tape.updates = {W.slot: new.slot}
    plan = planned(d.results(d.call(np.add.reduce, b, axis=None)))
    assert (plan.buffer[a.slot] == plan.buffer[b.slot]) is not turned
    assert (plan.direct == {new.slot: W.slot}) is not turned


@pytest.mark.parametrize("end", ["results", "left", "grads"])
def test_what_is_handed_out_is_not_the_memory_of_a_cell(end: str) -> None:
    """A new value of a cell that is also a result or a gradient is copied to the cell."""
    d = Draft()
    W, x = d.cell(np.ones((4, 4))), d.argument(np.ones((4, 4)))
    new = d.call(np.add, W, x)
    d.tape.updates = {W.slot: new.slot}
    setattr(d.tape, end, {0: new.slot} if end == "grads" else [new.slot])
    plan = planned(d.tape)
    assert plan.direct == {}
    assert (new.slot in plan.buffer) is (end == "grads")


def test_fewer_buffers_than_values() -> None:
    """A long chain needs one buffer, or two."""
    d = Draft()
    y = d.argument(np.ones((4, 4)))
    for _ in range(10):
        y = d.call(np.tanh, y)
    plan = planned(d.results(d.call(np.add.reduce, y, axis=None)))
    assert len(plan.buffer) == 10
    assert len(plan.buffers) == 1
    assert plan.nbytes == 4 * 4 * 8
