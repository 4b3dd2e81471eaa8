"""`draw`: from a tensor, a module, a function or a program to a picture."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from ..errors import ArgumentError
from .folding import Fold, check, prepared
from .limits import check_drawn
from .picture import Picture
from .sources import Wish, drawn
from .view import GraphView, check_engine


def draw(
    x: Any,
    *sample: Any,
    loss: Any = None,
    target: Any = None,
    level: str | None = None,
    values: bool = True,
    gradients: bool = True,
    engine: str = "auto",
    max_nodes: int | None = None,
    fold: Fold = "auto",
    hide: Collection[str] = (),
) -> GraphView:
    """Draw what was computed: the graph of a tensor, a network, a function, or a program.

    ===================  =============================  ==========================================
    to draw              write                          levels, the natural one first
    ===================  =============================  ==========================================
    a tensor             ``draw(loss)``                 operations, scalars
    a network            ``draw(model, x)``             modules, operations, scalars, units
    a function           ``draw(f, x)``                 operations, scalars
    a compiled program   ``draw(step)``                 operations
    a gradient           ``draw(w.grad)``               operations, scalars
    ===================  =============================  ==========================================

    **A tensor.** Each box shows operation, name, shape, value and gradient. Small values are shown
    in full, large ones by minimum, mean and maximum. The graph keeps only what its backward pass
    needs: the other values, and the gradients of values in between, are computed again from the
    leaves on a copy. A leaf that was changed since is said so. Before a backward pass from `x` a
    gradient is "not computed"; a leaf shows what ``grad`` really holds.

    **A gradient**, made by ``backward(create_graph=True)`` or `grad`, is a tensor with a graph too:
    the backward graph. What the backward pass computed has a colour of its own, and gradients of
    what has a name are called by it: ∂loss/∂w, ∂²loss/∂w².

    **A module and a sample**, ``draw(model, x, loss=nn.CrossEntropyLoss(), target=y)``: the block
    diagram of the chapter's sections 2.2 and 4. One block for each call of a module that holds no
    others, from left to right; forward arrows with A⁰ = X, Z¹, A¹, … and their shapes; and with a
    loss the arrows of blame, ∂loss/∂A¹, ∂loss/∂Z¹, …, with shape and Euclidean norm, and
    ∂loss/∂W at the blocks that have weights. l counts the calls of modules with a matrix of
    weights; Ẑ is normalized, a prime marks what the chapter has no letter for. The module is run
    and watched, so that any ``forward`` can be drawn; operations between modules, such as a
    ``+``, are small blocks. The run leaves no trace: ``grad``, buffers, generators and the mode
    of the module stay as they are, and hooks of parameters are not called.

    **A function and its arguments**, ``draw(f, x, y)``: it is called once, on fresh tensors with
    the values of the floats, arrays and tensors that were given, named as its arguments are. If
    it returns one number, the gradients are shown. The arguments, the ``grad`` of tensors and
    the modules that the function names stay as they are; what else it does itself is done.

    **A program**, that of the last call of what ``ag.compile`` returned: a box for each of its
    lines, with the source, and where it comes from in your file. The way forward, the backward
    pass and the update have a colour each; ``W ←`` is written back.

    Parameters
    ----------
    x : Tensor, nn.Module, callable or Compiled
        A loss, for example. A tensor without a graph is a single box.
    *sample : Tensor or array_like
        With a module or a function: what it is called with.
    loss : callable, optional
        With a module: a loss module or function, called as ``loss(output, target)``, or as
        ``loss(output)`` without a target. A module that returns a single number is its own loss.
    target : array_like, optional
        What the loss compares with.
    level : {"operations", "modules", "scalars", "units"}, optional
        How closely to look; by default the first of the table. "modules" has a block for each
        module, "operations" a box for each operation on arrays. "scalars" opens each operation
        into those on its entries: a product of matrices into its neurons, each a sum Σ of
        weights times inputs, with the same values and gradients; what cannot be opened stays
        one block, with a port for each entry that comes out. "units" opens a small network of
        `Linear` layers with activations into its neurons and weights, as in the chapter's
        sections 1 and 2.1: at most 12 units a layer and 4 layers; with a sample of one example,
        if any, the values too. It has no loss, and its columns are the same in every engine.
    values, gradients : bool, default True
        Whether to show them.
    engine : {"auto", "dot", "pygraphviz", "builtin"}
        What places the boxes: the program ``dot``, the library pygraphviz, or this library
        itself. "auto" takes the first of these that is installed for graphs of up to 300 boxes,
        and the built-in layout for larger ones, where modules are drawn, and for block diagrams.
    max_nodes : int, optional
        A picture of more boxes, or a diagram of more blocks, is refused: by default of more than
        2000, at level "scalars" of more than 400; never more than 20,000. With `fold` what counts
        is what remains.
    fold : "auto", None, int, str or collection of str, default "auto"
        What is drawn as one box. "auto" folds graphs of more than 80 boxes: what is there several
        times in a row, such as equal blocks or the steps of a recurrence, is drawn once with
        ×12; then modules become one box each, the innermost first, and in a program the update
        of each parameter, where equal ones are drawn as one. None draws everything. A
        depth folds all modules that lie in so many others: 0 the outermost ones. Names are paths
        of modules (``"blocks.0"``), their types, of optimizers (``"Adam"``), or ``"repeats"``.
        At level "scalars" "auto"
        folds nothing.
    hide : collection of {"constants", "views"}
        What is left out: arrays that need no gradient; operations such as `reshape` that only
        look at the same numbers in another way.

    Returns
    -------
    GraphView
        Shows itself in a notebook; ``.save("graph.svg")`` writes a file.

    Raises
    ------
    DTypeError
        If `x` is nothing that can be drawn, a loss is none, or a function returns no tensor.
    ShapeError
        For a loss that is not one number.
    ArgumentError
        For an unknown engine or level, a module in `fold` that is not there, or a level that is
        not for `x`; a graph of more than
        `max_nodes` nodes; a module or function without its arguments, or a module with no
        modules in it; a loss without its target; and for a network that "units" cannot open.
    TraceError
        For a program that was not called yet.
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

    The same, opened:

    >>> draw(loss, level="scalars")
    Computation graph of a tensor, in scalars: 3 operations, 2 parameters
      n1  w[0] parameter              value 1  grad 2
      n2  × multiply      (n1, n1)    value 1  grad 1
      n3  w[1] parameter              value 2  grad 4
      n4  × multiply      (n3, n3)    value 4  grad 1
      n5  Σ sum           (n2, n4)    value 5  grad 1

    A function:

    >>> def area(width, height):
    ...     return width * height
    >>> print(*repr(draw(area, 3.0, 4.0)).splitlines()[:3], sep="\\n")
    Computation graph of area(width, height): 1 operation, 2 inputs
      n1  width input             ()  value 3  grad 4
      n2  height input            ()  value 4  grad 3

    A network:

    >>> import nn
    >>> net = nn.Sequential(nn.Linear(2, 3, rng=0), nn.Tanh())
    >>> draw(net, [[1.0, 2.0]])
    Block diagram of Sequential: 2 modules, 2 weights
      b1  X             A⁰ = X (1, 2)
      b2  Linear  A⁰  → Z¹ (1, 3)      W¹ (2, 3), W₀¹ (3,)
      b3  Tanh    Z¹  → A¹ (1, 3)
    """
    if max_nodes is not None and (
        isinstance(max_nodes, bool) or not isinstance(max_nodes, int) or max_nodes < 1
    ):
        raise ArgumentError(f"draw: max_nodes={max_nodes!r} is not a positive integer")
    check_engine(engine)
    check(fold, hide)
    wish = Wish(x, sample, loss, target, values, gradients, max_nodes, folds=fold is not None)
    picture = drawn(wish, level)
    if isinstance(picture, Picture):
        # Who opens a graph wants to see it open.
        fold = None if fold == "auto" and level == "scalars" else fold
        picture = prepared(picture, fold, hide)
        check_drawn(len(picture.boxes), wish.limit)
    return GraphView(picture, engine)
