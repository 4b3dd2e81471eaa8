"""The kinds of primitive: what the structure of a derivative is, so that both modes follow.

=================  ==========================================  ===============================
kind               declared                                    reverse and forward
=================  ==========================================  ===============================
elementwise        one partial an argument, as its action      p(g); Σ p(t)
linear             the transpose                               transpose(g); f(t)
multilinear        the transpose in each argument              transpose(g); Σ f(…, t, …)
reduction          one partial, as its action                  p(broadcast g); Σ p(t)
nondifferentiable  nothing                                     a constant of the graph
custom             the vjp                                     vjp(g); its transpose in g
=================  ==========================================  ===============================

A partial is declared by its *action* ``t ↦ ∂y/∂x · t``. The matrix of an elementwise operation
is diagonal, its own transpose, so that one action serves cotangents and tangents alike; and
``t / b`` or plain ``t`` costs less than a partial multiplied out.

Rules are written in the library's own functions and in operators. They must not branch on
values. What they do not declare to read arrives as a stand-in without a value.
"""

from __future__ import annotations

from .elementwise import Elementwise as Elementwise
from .elementwise import elementwise as elementwise
from .linear import Linear as Linear
from .linear import Multilinear as Multilinear
from .linear import linear as linear
from .linear import multilinear as multilinear
from .other import Custom as Custom
from .other import Nondifferentiable as Nondifferentiable
from .other import custom as custom
from .other import nondifferentiable as nondifferentiable
from .partial import Partial as Partial
from .reduction import Reduction as Reduction
from .reduction import reduction as reduction
