"""The pass over minus signs: a + (−q) is a − q, and a product is not computed for either sign.

All of it is exact in binary floating point, where rounding does not look at the sign; only the
sign of a NaN may be another.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np

from .calls import Call, Ref, Tape
from .passes import ends, frozen, is_elementwise, rename, rename_ends


def settled(tape: Tape) -> None:
    """Take minus signs into the sums, and find products that differ only in their sign."""
    same: dict[int, int] = {}
    minus: dict[int, int] = {}  # from a slot to the one that it is the negative of
    products: dict[Any, tuple[int, bool]] = {}
    kept = []
    for call in tape.calls:
        rename(call, same)
        if is_elementwise(call) and tape.values[call.out[0]].dtype.kind == "f":
            (out,) = call.out
            if call.function in (np.add, np.subtract):
                _sum(call, minus, tape)
            elif call.function is np.multiply:
                _product(call, minus, products, tape)
            if call.function is np.negative and isinstance(call.args[0], Ref):
                base = call.args[0].slot
                back = minus.get(base)
                if back is not None and tape.alike(out, back):
                    same[out] = back
                    continue
                minus[out] = base
        kept.append(call)
    tape.calls = kept
    rename_ends(tape, same)
    _absorb(tape)


def _absorb(tape: Tape) -> None:
    """``a + (−q)·b`` as ``a − q·b``, if nobody else reads the product."""
    kept = ends(tape)
    counts = Counter([slot for call in tape.calls for slot in call.reads()])
    made = {call.out[0]: call for call in tape.calls if len(call.out) == 1}
    for call in tape.calls:
        if call.function not in (np.add, np.subtract) or not is_elementwise(call):
            continue
        for mine, other in (call.args, call.args[::-1]):
            product = made.get(mine.slot) if isinstance(mine, Ref) else None
            if (
                product is None
                or product.function is not np.multiply
                or tape.values[call.out[0]].dtype.kind != "f"
                or counts[mine.slot] != 1
                or mine.slot in kept
                or (call.function is np.subtract and mine is call.args[0])
            ):
                continue
            bases = [
                made[a.slot].args[0]
                if isinstance(a, Ref) and a.slot in made and made[a.slot].function is np.negative
                else a
                for a in product.args
            ]
            if (bases[0] is product.args[0]) != (bases[1] is product.args[1]):
                product.args = tuple(bases)
                call.function = np.subtract if call.function is np.add else np.add
                call.args = other, mine
                break


def _sum(call: Call, minus: dict[int, int], tape: Tape) -> None:
    """``a + (−q)`` as ``a − q``, ``(−q) + b`` as ``b − q``, and ``a − (−q)`` as ``a + q``."""
    a, b = call.args
    adds = call.function is np.add
    if isinstance(b, Ref) and b.slot in minus:
        call.function = np.subtract if adds else np.add
        call.args = a, Ref(minus[b.slot])
    elif adds and isinstance(a, Ref) and a.slot in minus and isinstance(b, Ref):
        call.function, call.args = np.subtract, (b, Ref(minus[a.slot]))


def _product(
    call: Call, minus: dict[int, int], products: dict[Any, tuple[int, bool]], tape: Tape
) -> None:
    """What was computed with the other sign is not computed again."""
    negative = [isinstance(a, Ref) and a.slot in minus for a in call.args]
    bases = [Ref(minus[a.slot]) if n else a for a, n in zip(call.args, negative, strict=True)]
    key = tuple(sorted([repr(frozen(base)) for base in bases]))
    found = products.setdefault(key, (call.out[0], negative[0] != negative[1]))
    before, sign = found
    other = before != call.out[0] and sign != (negative[0] != negative[1])
    if other and tape.alike(before, call.out[0]):
        call.function, call.args = np.negative, (Ref(before),)
