"""Walks over the graph: `pull` (reverse), `push` (forward), `replay`.

`pull` runs the rules of the primitives on arrays, or, with ``create_graph``, on Tensors: the
same rules then record the graph of the gradient, and every higher order follows.
"""

from __future__ import annotations

from .again import replay as replay
from .backward import backward as backward
from .backward import nothing as nothing
from .backward import seed_for as seed_for
from .forward import push as push
from .forward import transpose_in_cotangent as transpose_in_cotangent
from .forward import value_of as value_of
from .reverse import pull as pull
