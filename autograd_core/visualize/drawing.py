"""`draw`: from a tensor, or from a module and its input, to a picture."""

from __future__ import annotations

from typing import Any

from ..errors import ArgumentError, DTypeError
from ..tensor import Tensor
from .blocks import diagram_of
from .diagram import Diagram
from .extract import order_of, picture_of
from .flow import flow_of
from .picture import Picture
from .signatures import check_loss
from .tracing import run
from .units import Units, units_of
from .view import GraphView, check_engine
from .writers import Drawn

LEVELS = ("operations", "modules", "units")


def draw(
    t: Any,
    *sample: Any,
    loss: Any = None,
    target: Any = None,
    level: str | None = None,
    values: bool = True,
    gradients: bool = True,
    engine: str = "auto",
    max_nodes: int = 2000,
) -> GraphView:
    """Draw the graph from which a tensor was computed, or a module and what flows through it.

    **A tensor.** Each box shows operation, name, shape, value and gradient. Small values are shown
    in full, large ones by minimum, mean and maximum. The graph keeps only what its backward pass
    needs: the other values, and the gradients of values in between, are computed again from the
    leaves on a copy. A leaf that was changed since is said so. Before a backward pass from `t` a
    gradient is "not computed"; a leaf shows what ``grad`` really holds.

    **A module and a sample**, ``draw(model, x, loss=nn.CrossEntropyLoss(), target=y)``: the block
    diagram of the chapter's sections 2.2 and 4. One block for each call of a module that holds no
    others, from left to right; forward arrows with A⁰ = X, Z¹, A¹, … and their shapes; and with a
    loss the arrows of blame, ∂loss/∂A¹, ∂loss/∂Z¹, …, with shape and Euclidean norm, and
    ∂loss/∂W at the blocks that have weights. l counts the calls of modules with a matrix of
    weights; Ẑ is normalized, a prime marks what the chapter has no letter for. The module is run
    and watched, so that any ``forward`` can be drawn; operations between modules, such as a
    ``+``, are small blocks. The run leaves no trace: ``grad``, buffers, generators and the mode
    of the module stay as they are, and hooks of parameters are not called.

    Parameters
    ----------
    t : Tensor or nn.Module
        A loss, for example. A tensor without a graph is a single box.
    *sample : Tensor or array_like
        With a module: its input, or several.
    loss : callable, optional
        With a module: a loss module or function, called as ``loss(output, target)``, or as
        ``loss(output)`` without a target. A module that returns a single number is its own loss.
    target : array_like, optional
        What the loss compares with.
    level : {"operations", "modules", "units"}, optional
        "operations" for a tensor; "modules" for a module; both are the default. "units" opens a
        small network of `Linear` layers with activations into its neurons and weights, as in the
        chapter's sections 1 and 2.1: at most 12 units a layer and 4 layers; with a sample of one
        example, if any, the values too. It has no loss, and its columns are the same in every
        engine.
    values, gradients : bool, default True
        Whether to show them.
    engine : {"auto", "dot", "pygraphviz", "builtin"}
        What places the boxes: the program ``dot``, the library pygraphviz, or this library
        itself. "auto" takes the first of these that is installed for graphs of up to 300 boxes,
        and the built-in layout for larger ones and for block diagrams.
    max_nodes : int, default 2000
        A larger graph, or a diagram of more blocks, is refused.

    Returns
    -------
    GraphView
        Shows itself in a notebook; ``.save("graph.svg")`` writes a file.

    Raises
    ------
    DTypeError
        If `t` is neither a Tensor nor a module, or a loss is none.
    ShapeError
        For a loss that is not one number.
    ArgumentError
        For an unknown engine or level, a graph of more than `max_nodes` nodes, a module without
        a sample or with no modules in it, a loss without its target, and for a network that
        "units" cannot open.
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

    A network:

    >>> import nn
    >>> net = nn.Sequential(nn.Linear(2, 3, rng=0), nn.Tanh())
    >>> draw(net, [[1.0, 2.0]])
    Block diagram of Sequential: 2 modules, 2 weights
      b1  X             A⁰ = X (1, 2)
      b2  Linear  A⁰  → Z¹ (1, 3)      W¹ (2, 3), W₀¹ (3,)
      b3  Tanh    Z¹  → A¹ (1, 3)
    """
    if isinstance(max_nodes, bool) or not isinstance(max_nodes, int) or max_nodes < 1:
        raise ArgumentError(f"draw: max_nodes={max_nodes!r} is not a positive integer")
    check_engine(engine)
    if level is not None and level not in LEVELS:
        known = ", ".join(map(repr, LEVELS))
        raise ArgumentError(f"draw: there is no level {level!r}; use one of {known}")
    if isinstance(t, Tensor):
        _refuse_for_tensor(sample, loss, target, level)
        picture: Drawn = _graph(t, values, gradients, max_nodes)
    else:
        _check_module(t, level)
        if level == "units":
            picture = _units(t, sample, loss, target, values)
        else:
            picture = _blocks(t, sample, loss, target, values, gradients, max_nodes)
    return GraphView(picture, engine)


def _graph(t: Tensor, values: bool, gradients: bool, max_nodes: int) -> Picture:
    order = order_of(t)
    if len(order) > max_nodes:
        raise ArgumentError(
            f"draw: the graph has {len(order):,} nodes, more than max_nodes={max_nodes:,}; draw a "
            f"smaller part of it (fewer layers or steps, an intermediate tensor), or pass "
            f"max_nodes={len(order)}"
        )
    return picture_of(t, order, values=values, gradients=gradients)


def _refuse_for_tensor(sample: tuple[Any, ...], loss: Any, target: Any, level: str | None) -> None:
    """A tensor is drawn with the graph that it has; the rest is for modules."""
    if sample or loss is not None or target is not None:
        raise ArgumentError(
            "draw: a tensor is drawn alone; a sample, loss= and target= go with a module, as in "
            "draw(model, x, loss=…, target=y)"
        )
    if level not in (None, "operations"):
        raise ArgumentError(
            f"draw: level={level!r} is for modules, and a tensor does not know which modules it "
            f"came through; give the module and its input: draw(model, x, level={level!r})"
        )


def _check_module(module: Any, level: str | None) -> None:
    if isinstance(module, type) or not (callable(module) and hasattr(module, "observed")):
        what = "class" if isinstance(module, type) else type(module).__name__
        raise DTypeError(
            f"draw: a {what} has no graph; give a Tensor, such as a loss, or a module and its input"
        )
    if hasattr(module, "__len__") and not len(module):
        raise ArgumentError(f"draw: this {type(module).__name__} holds no modules to draw")
    if level == "operations":
        raise ArgumentError(
            "draw: level='operations' draws the graph of a tensor; give what the module computed: "
            "draw(model(x)), or draw(loss) after loss.backward()"
        )


def _blocks(
    module: Any,
    sample: tuple[Any, ...],
    loss: Any,
    target: Any,
    values: bool,
    gradients: bool,
    max_nodes: int,
) -> Diagram:
    check_loss(loss, target)
    if not sample:
        raise ArgumentError(
            f"draw: what flows through a {type(module).__name__} is drawn as it runs; give its "
            f"input too: draw(model, x)"
        )
    flow = flow_of(run(module, sample, loss, target))
    if len(flow.steps) > max_nodes:
        raise ArgumentError(
            f"draw: the diagram has {len(flow.steps):,} blocks, more than max_nodes={max_nodes:,}; "
            f"draw a part of the model, or pass max_nodes={len(flow.steps)}"
        )
    paths = {id(p): name for name, p in module.named_parameters()}
    return diagram_of(flow, module, paths, values=values, gradients=gradients)


def _units(module: Any, sample: tuple[Any, ...], loss: Any, target: Any, values: bool) -> Units:
    if loss is not None or target is not None:
        raise ArgumentError(
            "draw: level='units' shows weights and values, and no loss; leave loss= and target= "
            "out, or use level='modules'"
        )
    return units_of(module, sample, values)
