"""`check_module`: a module written by hand, compared with what the engine finds."""

from __future__ import annotations

from typing import Any

import numpy as np

import autograd_core as ag
from autograd_core import ArgumentError, DTypeError, Tensor

from ..checks import positive
from ..module import Module
from .report import Finding as Finding
from .report import ModuleReport as ModuleReport
from .student import Array, require


def check_module(
    module: Any,
    u: Any = None,
    *,
    like: Module | None = None,
    batch: int = 5,
    rng: int | np.random.Generator | None = 0,
) -> ModuleReport:
    """Check a module that is written by hand, and tell in words what is wrong.

    A module has the methods of the chapter's section 4: ``forward(u)`` gives v,
    ``backward(u, v, dL_dv)`` gives ∂L/∂u, and, if it has weights, ``weight_grad(u, dL_dv)`` gives
    a dict with ∂L/∂W for each weight W by the name of its attribute (for a single weight the
    array alone will do). An ordinary Python class with NumPy is enough.

    Parameters
    ----------
    module : object
        It is not changed: all calls are made on copies.
    u : array_like, optional
        The input to check at. By default it is drawn, at least 0.05 away from 0, where functions
        such as the rectifier have a kink. Its shape follows from the weights: for W of shape
        (m, n) it is (batch, m), or (m, batch) if forward takes columns; without weights
        (batch, 4).
    like : Module, optional
        A module of ours that computes the same, such as ``nn.Linear(3, 2)``: then the value of
        forward is compared too. It gets the weights of `module`, by name.
    batch : int, default 5
        The number of examples; more if a weight has an axis of this length.
    rng : int or Generator, default 0
        Draws u and ∂L/∂v.

    Returns
    -------
    ModuleReport
        True if nothing is wrong. Prints as a page.

    Raises
    ------
    UnsupportedError
        If `module` is a class, or has no ``forward``.
    ArgumentError, DTypeError
        If another argument is of no use. What the methods of `module` do never raises.

    Notes
    -----
    The right gradients come from the module's own ``forward``: it is run on a `Tensor` in place
    of u and of the weights, and what the engine records is pulled back. Where it cannot be
    followed, because it fills an array entry by entry, say, or uses ``math.exp``, central
    differences of ``forward`` take its place, and the report says so. So a wrong ``forward`` is
    noticed only with `like`, while the gradients have to fit the ``forward`` that is there.

    The weights are the attributes that are arrays of floats, and of which v depends. A name that
    begins with _ is none, and a method ``weights(self)`` that returns names decides.

    Examples
    --------
    >>> import numpy as np
    >>> import nn
    >>> class Tanh:
    ...     def forward(self, u):
    ...         return np.tanh(u)
    ...     def backward(self, u, v, dL_dv):
    ...         return dL_dv * (1 - u**2)
    >>> nn.check_module(Tanh())
    Tanh: not right yet
    ✓ forward
    ✗ backward
        dL_du has u in a formula that is meant for v, the output.
        → This derivative is written in terms of the output: use v. Or are the parameters
          u and v exchanged?
    – weight_grad: there are no weights
    The right gradients are the engine's, which differentiated your forward.
    """
    from ..hand_written import HandWritten
    from .course import Course  # here, so that the import of nn stays short
    from .subject import subject

    module = module.hand if isinstance(module, HandWritten) else module
    require(module, "check_module")
    generator = ag.generator(rng)
    given = _input(u)
    if like is not None and not isinstance(like, Module):
        raise DTypeError(f"check_module: like={like!r} is no module of ours; give nn.Linear(3, 2)")
    try:
        checked = subject(module)
    except (ArgumentError, DTypeError) as error:  # of a method weights()
        finding = Finding("weight_grad", str(error), "")
        skipped = dict.fromkeys(("forward", "backward"), "not checked")
        return ModuleReport(type(module).__name__, (finding,), skipped, ())
    course = Course(checked, like, generator)
    course.run(given, positive(batch, "check_module: batch"))
    return course.report()


def _input(u: Any) -> Array | None:
    if u is None:
        return None
    try:
        array = np.array(u.numpy() if isinstance(u, Tensor) else u, float)
    except (TypeError, ValueError):
        raise ArgumentError(f"check_module: u={u!r} is no array of floats") from None
    if not np.isfinite(array).all() or not array.size:
        raise ArgumentError("check_module: u is empty, or holds NaN or infinity; give numbers")
    return array
