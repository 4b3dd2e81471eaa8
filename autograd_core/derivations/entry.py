"""`derive`: from a loss and a tensor to the derivation of the gradient."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import ArgumentError, DTypeError, GraphError
from ..graph import topological
from ..program.again import as_compiled, compiled_in, loss_of
from ..tensor import Tensor
from ..walks import seed_for
from .derivation import Derivation
from .naming import Names, has_modules, module_names, operation_names
from .steps import Working
from .worked import Worked

if TYPE_CHECKING:
    from ..program.compiled import Compiled

LEVELS = ("modules", "operations")
LAYOUTS = ("chapter", "rows")


def derive(
    loss: Tensor | Compiled,
    w: Tensor,
    gradient: Any = None,
    *,
    level: str | None = None,
    layout: str = "chapter",
    numbers: bool = True,
) -> Derivation:
    """Derive the gradient of `loss` by `w`: every equation of the chain, with its numbers.

    The equations are what the engine does: the rules of its primitives are run on a copy of the
    graph and written down, simplified, and each is compared with the engine's number. Nothing is
    changed, no ``grad`` either; it works before and after ``loss.backward()``.

    Parameters
    ----------
    loss : Tensor or Compiled
        Computed from `w`. Or a compiled function that was called before: it runs once more, as it
        is and with the arguments of the call that it was traced at; the loss is what backward is
        called on there (of several the last one to which `w` leads), else what it returns. All
        that it changes is put back.
    w : Tensor
        A leaf, such as a parameter, or a value on the way.
    gradient : array_like, optional
        The cotangent of `loss`, of its shape; needed unless it is one number.
    level : {"modules", "operations"}, optional
        ``"modules"`` has an equation for each value that modules took and gave, in the chapter's
        symbols (sections 4, 6 and 8.3); the default if there are modules. ``"operations"`` has
        one for each operation, with its local derivative.
    layout : {"chapter", "rows"}
        ``"chapter"`` has the examples of a batch in columns, as the chapter; ``"rows"`` has them
        in rows, as the engine.
    numbers : bool
        Whether each equation is followed by its value: small arrays in full, large ones by their
        extremes and mean.

    Returns
    -------
    Derivation
        With ``latex()``, ``text()``, ``html()``, ``save(path)``, ``steps`` and ``result``.

    Raises
    ------
    DTypeError
        If `loss` or `w` is no Tensor.
    GraphError
        If one of them has no graph, `loss` is no single number and `gradient` is not given, or
        the graph cannot be computed again.
    TraceError
        For a compiled function before its first call.
    ArgumentError
        For another level or layout.
    ShapeError
        If `gradient` does not have the shape of `loss`.

    Notes
    -----
    Sums run over i, the rows of the matrix that is written, and j, its columns. ⊙ is the
    elementwise product, and fractions are elementwise; a vector in an elementwise operation
    belongs to each column of a matrix.

    Examples
    --------
    >>> import nn
    >>> import autograd_core as ag
    >>> net = nn.Sequential(nn.Linear(2, 1, rng=0), nn.Sigmoid())
    >>> loss = nn.NLL()(net([[1.0, 2.0]]), [[1]])
    >>> print(ag.derive(loss, net[0].W, numbers=False).text())
    The chain
      ∂loss/∂W¹ = ∂loss/∂A¹ · ∂A¹/∂Z¹ · ∂Z¹/∂W¹
    Forward
      Z¹ = W¹ᵀ A⁰ + W₀¹
      A¹ = σ(Z¹)
      loss = -(Y ⊙ ln(A¹) + (1 - Y) ⊙ ln(1 - A¹))
    Backward
      ∂loss/∂A¹ = (1 - Y)/(1 - A¹) - Y/A¹
      ∂loss/∂Z¹ = ∂loss/∂A¹ ⊙ A¹ ⊙ (1 - A¹)
                = A¹ - Y
      ∂loss/∂W¹ = A⁰ (∂loss/∂Z¹)ᵀ
    """
    _check(loss, w, level, layout)
    held = None
    if (step := as_compiled(loss)) is not None:
        loss, seed, held = loss_of(step, w, "derive")
        gradient = seed if gradient is None else gradient
    assert isinstance(loss, Tensor)
    assert loss.node is not None
    assert w.node is not None
    seed = seed_for(loss, gradient, "derive")
    seed = seed._value if isinstance(seed, Tensor) else seed
    order = topological((loss.node,))
    if w.node not in order and (name := compiled_in(order)):
        raise GraphError(
            f"derive: the loss is a result of the compiled function {name}, which keeps no graph; "
            f"derive the function itself: derive({name}, w)"
        )
    modules = has_modules(order)
    level = level or ("modules" if modules else "operations")
    if level == "modules" and not modules:
        raise GraphError(
            "derive: level='modules', but no call of a module ended in this graph; use "
            "level='operations'"
        )
    names = module_names(loss, order) if modules else Names()
    if level == "operations":
        names = operation_names(order, names)
    if layout == "rows":
        names.rows = False
    names.nodes.setdefault(w.node, w.name or "w")
    top = _top(loss, names)
    if w.node not in order:
        nothing = Worked(gradient=np.zeros(w.shape, w.dtype))
        return Derivation(nothing, top, level, layout, numbers)
    work = Working(loss, w.node, seed, names, top, level == "operations").work()
    del held  # the arguments of a compiled function: until now the graph needed them
    return Derivation(work, top, level, layout, numbers)


def _check(loss: Any, w: Any, level: Any, layout: Any) -> None:
    compiled = as_compiled(loss) is not None
    if not isinstance(loss, Tensor) and not compiled:
        raise DTypeError(
            f"derive: loss is of type {type(loss).__name__}, and it must be a Tensor, or a "
            f"function that compile gave: derive(loss, model.layer.W)"
        )
    if not isinstance(w, Tensor):
        raise DTypeError(
            f"derive: w is of type {type(w).__name__}, and it must be a Tensor: "
            f"derive(loss, model.layer.W)"
        )
    if level not in (None, *LEVELS):
        raise ArgumentError(f"derive: level={level!r} is not one of {LEVELS}")
    if layout not in LAYOUTS:
        raise ArgumentError(f"derive: layout={layout!r} is not one of {LAYOUTS}")
    if not compiled and loss.node is None:
        raise GraphError(
            "derive: the loss has no graph; nothing that it was computed from requires a "
            "gradient, or it was computed inside no_grad()"
        )
    if w.node is None:
        raise GraphError(
            "derive: w does not require a gradient, so there is none to derive; make it with "
            "requires_grad=True before the loss is computed"
        )


def _top(loss: Tensor, names: Names) -> str:
    """What stands above: the name of the loss."""
    if loss.shape:
        return "L"
    known = names.nodes.get(loss.node) if loss.node is not None else None
    return known if known and not known.startswith("v") else loss.name or "loss"
