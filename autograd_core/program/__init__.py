"""Programs: a function traced once and replayed as straight-line NumPy.

How the data flows: `trace` runs the function on `tracer`s and makes a tape of `calls`; `passes`
and `folding` shorten it; `blocks` finds what is walked in pieces; `plan` gives each value its
place; `source` and `loops` write it down; `compiled` runs it when `guards` and `entry` agree.

Numbers, which are Python floats, go a way of their own: `scalars_trace` writes their operations as
rows of integers (`scalars_record`); `scalars_run` makes of each run of rows lines on floats, or,
of many, calls on vectors (`scalars_levels`, `scalars_vectors`) or loops (`scalars_loops`).
"""

from .compiled import Compiled as Compiled
from .compiled import compile as compile
from .compiled import jit as jit
