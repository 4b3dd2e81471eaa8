"""`draw`: from a tensor to a picture."""

from __future__ import annotations

from ..errors import ArgumentError, DTypeError
from ..tensor import Tensor
from .extract import order_of, picture_of
from .view import GraphView, check_engine


def draw(
    t: Tensor,
    *,
    values: bool = True,
    gradients: bool = True,
    engine: str = "auto",
    max_nodes: int = 2000,
) -> GraphView:
    """Draw the graph from which a tensor was computed.

    Each box shows operation, name, shape, value and gradient. Small values are shown in full,
    large ones by minimum, mean and maximum. The graph keeps only what its backward pass needs:
    the other values, and the gradients of values in between, are computed again from the leaves
    on a copy. A leaf that was changed since is said so. Before a backward pass from `t` a
    gradient is "not computed"; a leaf shows what ``grad`` really holds.

    Parameters
    ----------
    t : Tensor
        A loss, for example. A tensor without a graph is a single box.
    values, gradients : bool, default True
        Whether to show them.
    engine : {"auto", "dot", "pygraphviz", "builtin"}
        What places the boxes: the program ``dot``, the library pygraphviz, or this library
        itself. "auto" takes the first of these that is installed; the built-in layout for
        graphs of more than 300 boxes.
    max_nodes : int, default 2000
        A larger graph is refused.

    Returns
    -------
    GraphView
        Shows itself in a notebook; ``.save("graph.svg")`` writes a file.

    Raises
    ------
    DTypeError
        If `t` is not a Tensor.
    ArgumentError
        For an unknown engine and for a graph of more than `max_nodes` nodes.
    MissingExtraError
        If the engine that was asked for is not installed.

    Examples
    --------
    >>> from autograd_core import Tensor
    >>> from autograd_core.visualize import draw
    >>> w = Tensor([1.0, 2.0], requires_grad=True, name="w")
    >>> loss = (w * w).sum()
    >>> loss.backward()
    >>> view = draw(loss)
    >>> view.svg()[:4]
    '<svg'
    >>> view
    Computation graph of a tensor: 2 operations, 1 parameter
      n1  w parameter             (2,)  value [1, 2]  grad [2, 4]
      n2  × multiply    (n1, n1)  (2,)  value [1, 4]  grad [1, 1]
      n3  Σ sum         (n2)      ()    value 5  grad 1
    """
    if not isinstance(t, Tensor):
        raise DTypeError(f"draw: a {type(t).__name__} has no graph; give a Tensor, such as a loss")
    if isinstance(max_nodes, bool) or not isinstance(max_nodes, int) or max_nodes < 1:
        raise ArgumentError(f"draw: max_nodes={max_nodes!r} is not a positive integer")
    check_engine(engine)
    order = order_of(t)
    if len(order) > max_nodes:
        raise ArgumentError(
            f"draw: the graph has {len(order):,} nodes, more than max_nodes={max_nodes:,}; draw a "
            f"smaller part of it (fewer layers or steps, an intermediate tensor), or pass "
            f"max_nodes={len(order)}"
        )
    return GraphView(picture_of(t, order, values=values, gradients=gradients), engine)
