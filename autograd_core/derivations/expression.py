"""Expression trees: the algebra in which derivations are written.

A tree is of four kinds: `Symbol` (a named value), `Number`, `Array` (a constant without a name)
and `Call`. Sums and products are n-ary, a difference is a sum with a factor −1, a quotient a
product with a power −1, so that few rules simplify all. Elementwise calls broadcast as NumPy does;
a shape may lack axes of size 1 in front, which broadcasting does not tell apart.

The constructors `add`, `mul`, `power`, `matmul`, `total`, … keep trees in this form; no rule of
`rules` can be written without them.
"""

from __future__ import annotations

from .algebra import add as add
from .algebra import base as base
from .algebra import fitted as fitted
from .algebra import fitted_exactly as fitted_exactly
from .algebra import is_free as is_free
from .algebra import matmul as matmul
from .algebra import mul as mul
from .algebra import power as power
from .algebra import reshape as reshape
from .algebra import scale as scale
from .algebra import split as split
from .algebra import total as total
from .algebra import transpose as transpose
from .evaluation import evaluate as evaluate
from .evaluation import mapped as mapped
from .evaluation import rebuilt as rebuilt
from .evaluation import size as size
from .evaluation import walk as walk
from .trees import MINUS as MINUS
from .trees import ONE as ONE
from .trees import ZERO as ZERO
from .trees import Array as Array
from .trees import Call as Call
from .trees import Expr as Expr
from .trees import Number as Number
from .trees import Symbol as Symbol
from .trees import exact as exact
from .trees import frozen as frozen
from .trees import is_call as is_call
from .trees import is_number as is_number
from .trees import together as together
from .trees import trimmed as trimmed
