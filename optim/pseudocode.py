"""The chapter's pseudo-code, with its names: SGD-NEURAL-NET and MINI-BATCH-SGD.

They are there to be read beside the chapter; for work, see `fit`. Gradients come from the engine:
lines 12 to 18 of SGD-NEURAL-NET are one call of ``backward``. Points are rows here, so that
``Z = A W + W0`` is the transpose of the chapter's ``Z = Wᵀ A + W0``.
"""

from __future__ import annotations

import copy
import itertools
import numbers
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

import autograd_core as ag
from autograd_core import ArgumentError, ShapeError, Tensor
from autograd_core import generator as as_generator

from . import _checks as check
from .data import MiniBatches, Rng
from .evaluation import converted, dtype_of, mode
from .sgd import SGD

Array = NDArray[Any]
Activation = Callable[[Tensor], Tensor]


def sgd_neural_net(
    D_n: tuple[ArrayLike, ArrayLike],
    T: int,
    L: int,
    m: Sequence[int],
    f: Sequence[Activation],
    *,
    Loss: Callable[[Tensor, Any], Tensor],
    eta: check.Rate,
    n_L: int | None = None,
    rng: Rng = None,
) -> list[tuple[Array, Array]]:
    """Train a feed-forward network by stochastic gradient descent: SGD-NEURAL-NET (section 5).

    Line 2 is read as variance 1/m. The update (lines 20 and 21) comes after all gradients: the
    gradient of a layer is that at the weights before the update.

    Parameters
    ----------
    D_n : (X, Y), or list of n pairs (x, y)
        The data: X of shape (n, m¹), and Y with a row for each point.
    T : int
        Steps, each on one point.
    L : int
        Layers.
    m : sequence of L ints
        Inputs of each layer; the outputs of a layer are the inputs of the next.
    f : sequence of L functions
        The activation of each layer, on tensors of shape (1, nˡ), such as `autograd_core.relu`.
    Loss : callable
        ``Loss(A, y)``, with A of shape (1, n^L) and the row of Y as an array of one row.
    eta : float or callable
        η, or η(t) for t = 1, …, T.
    n_L : int, optional
        Outputs of the last layer; by default the length of a row of Y. Class indices need it.
    rng : numpy.random.Generator or int, optional

    Returns
    -------
    list of (W, W0)
        For each layer, W of shape (mˡ, nˡ) and W0 of shape (nˡ,). See `neural_net`.

    Raises
    ------
    ArgumentError, ShapeError
        For data, sizes or rates that do not fit.

    Examples
    --------
    >>> import autograd_core as ag, numpy as np
    >>> X, Y = np.array([[0.0], [1.0]]), np.array([[1.0], [3.0]])
    >>> [(W, W0)] = sgd_neural_net(
    ...     (X, Y), 500, 1, (1,), (lambda z: z,), rng=0,
    ...     Loss=lambda a, y: ((a - y) ** 2).sum(), eta=0.2)
    >>> W.round(3), W0.round(3)
    (array([[2.]]), array([1.]))
    """
    where = "sgd_neural_net"
    X, Y = _data(where, "D_n", D_n, None)
    n = check.points(where, X, Y)
    sizes = _sizes(where, X, Y, check.whole(where, "L", L), m, f, n_L)
    generator = as_generator(rng)
    weights = []
    for inputs, outputs in itertools.pairwise(sizes):
        W = generator.standard_normal((inputs, outputs)) / np.sqrt(inputs)
        W0 = generator.standard_normal(outputs)
        weights.append((Tensor(W, requires_grad=True), Tensor(W0, requires_grad=True)))
    update = SGD([w for layer in weights for w in layer], lr=eta)
    for _ in range(check.whole(where, "T", T, low=0)):
        i = int(generator.integers(n))
        loss = Loss(neural_net(X[i : i + 1], weights, f), Y[i : i + 1]).sum()
        update.zero_grad()
        loss.backward()
        update.step()
    return [(np.array(W.data), np.array(W0.data)) for W, W0 in weights]


def _data(where: str, name: str, given: Any, dtype: Any) -> tuple[Array, Array]:
    """X and Y, from themselves or from the list of pairs that the chapter calls D_n."""
    if isinstance(given, list) and all(isinstance(p, tuple) and len(p) == 2 for p in given):
        given = [x for x, _ in given], [y for _, y in given]
    if not isinstance(given, (tuple, list)) or len(given) != 2:
        raise ArgumentError(
            f"{where}: {name} is of type {type(given).__name__}; give the pair (X, Y), or a list "
            f"of pairs (x, y)"
        )
    X, Y = given
    return converted(where, X, Y, dtype)


def _sizes(
    where: str,
    X: Array,
    Y: Array,
    L: int,
    m: Sequence[int],
    f: Sequence[Activation],
    n_L: int | None,
) -> list[int]:
    """m¹, …, m^L and n^L, checked."""
    if isinstance(m, numbers.Number):
        raise ArgumentError(f"{where}: m is {m!r}; give the sizes of the layers: ({m!r},)")
    if callable(f) or isinstance(f, str):
        raise ArgumentError(f"{where}: f is {f!r}; give a function for each layer: (f,)")
    for i, activation in enumerate(f):
        check.function(where, f"f[{i}]", activation, "a function of a Tensor")
    if len(m) != L or len(f) != L:
        raise ArgumentError(
            f"{where}: L is {L}, and there are {len(m)} sizes m, {len(f)} functions f"
        )
    sizes = [check.whole(where, f"m[{i}]", size) for i, size in enumerate(m)]
    if X.ndim != 2 or X.shape[1] != sizes[0]:
        raise ShapeError(
            f"{where}: X has shape {X.shape}; with m[0] = {sizes[0]} it is (n, {sizes[0]})"
        )
    if n_L is None:
        if Y.ndim != 2:
            raise ArgumentError(
                f"{where}: Y has shape {Y.shape}, which does not say how many outputs the last "
                f"layer has; give n_L, or Y with a row of outputs for each point"
            )
        n_L = Y.shape[1]
    return [*sizes, check.whole(where, "n_L", n_L)]


def neural_net(
    X: ArrayLike | Tensor, weights: Sequence[tuple[Any, Any]], f: Sequence[Activation]
) -> Tensor:
    """The output A^L of a feed-forward network: lines 6 to 10 of SGD-NEURAL-NET.

    ``A⁰ = X,  Aˡ = fˡ(Aˡ⁻¹ Wˡ + W0ˡ)``

    Parameters
    ----------
    X : array_like of shape (n, m¹)
    weights : sequence of (W, W0)
        As `sgd_neural_net` returns them.
    f : sequence of functions

    Returns
    -------
    Tensor of shape (n, n^L)

    Examples
    --------
    >>> import autograd_core as ag
    >>> from optim import neural_net
    >>> neural_net([[1.0, 2.0]], [([[1.0], [1.0]], [0.5])], [ag.relu])
    Tensor([[3.5]], shape=(1, 1), dtype=float64)
    """
    A = X if isinstance(X, Tensor) else Tensor(X)
    for (W, W0), activation in zip(weights, f, strict=True):
        Z = A @ W + W0
        A = activation(Z)
    return A


def mini_batch_sgd(
    NN: Any,
    data: tuple[ArrayLike, ArrayLike],
    k: int,
    *,
    Loss: Callable[[Tensor, Any], Tensor],
    eta: check.Rate,
    epochs: int | None = None,
    done: Callable[[int, Any], bool] | None = None,
    rng: Rng = None,
) -> list[Array]:
    """Train a network by mini-batches: MINI-BATCH-SGD (chapter, section 7.1).

    The gradient of a mini-batch is the *sum* of those of its points, and an epoch has ⌊n/k⌋
    mini-batches: the points that are left over wait for the next shuffle.

    Parameters
    ----------
    NN : callable with ``parameters()``
        The network, such as a module of `nn`; its weights are changed.
    data : (X, Y), or list of n pairs (x, y)
        With n rows each. Floats are converted to the dtype of NN.
    k : int
        Points of a mini-batch, at most n.
    Loss : callable
        ``Loss(NN(X), Y)``, the sum of the losses of the points, or one loss for each. A loss of
        `nn` is taken with ``reduction="sum"``.
    eta : float or callable
        η, or η(t) where t = 1, 2, … counts updates. For means and not sums divide η by k.
    epochs : int, optional
        How often to go through the data; or else give `done`.
    done : callable, optional
        ``done(epoch, NN)`` is asked before each epoch, with epoch = 0, 1, …
    rng : numpy.random.Generator or int, optional

    Returns
    -------
    list of ndarray
        Copies of the weights, in the order of ``NN.parameters()``.

    Raises
    ------
    ArgumentError
        For an empty data set, ``k > n``, a rate out of range, a Loss that is not a sum over the
        points, or neither or both of `epochs` and `done`.

    Examples
    --------
    >>> import nn, numpy as np
    >>> from optim import mini_batch_sgd
    >>> X = np.linspace(-1, 1, 20).reshape(20, 1)
    >>> net = nn.Linear(1, 1, rng=0)
    >>> W, W0 = mini_batch_sgd(
    ...     net, (X, 3 * X + 1), 5, Loss=nn.SquaredLoss(), eta=0.05, epochs=50, rng=0)
    >>> W.round(3), W0.round(3)
    (array([[3.]]), array([1.]))
    """
    where = "mini_batch_sgd"
    if (epochs is None) == (done is None):
        raise ArgumentError(f"{where}: give one of epochs and done")
    if done is None:
        last = check.whole(where, "epochs", epochs, low=0)

        def done(epoch: int, _: Any) -> bool:
            return epoch >= last

    if not hasattr(NN, "parameters") or isinstance(NN, type):
        raise ArgumentError(
            f"{where}: NN is {NN!r}; it must have parameters() to be trained, as modules of nn do"
        )
    check.function(where, "Loss", Loss, "a function of outputs and labels")
    X, Y = _data(where, "data", data, dtype_of(NN))
    n = check.points(where, X, Y)
    if check.whole(where, "k", k) > n:
        raise ArgumentError(f"{where}: k is {k}, above the number of points {n}")
    batches = MiniBatches(X, Y, k, rng=rng, drop_last=True)
    update = SGD(NN.parameters(), lr=eta)
    total = _summing(Loss)
    _check_sum(where, total, NN, *next(iter(MiniBatches(X, Y, k, shuffle=False))))
    epoch = 0
    while not done(epoch, NN):
        for x, y in batches:
            batch_gradient_update(NN, (x, y), total, update)
        epoch += 1
    return [np.array(p.data) for group in update.param_groups for p in group.params]


def batch_gradient_update(
    NN: Any,
    batch: tuple[Array, Array],
    Loss: Callable[[Tensor, Any], Tensor],
    update: SGD,
) -> None:
    """One step on the sum of the losses of a batch: BATCH-GRADIENT-UPDATE (section 7.1).

    ``W ← W − η Σᵢ ∂Loss(NN(xᵢ), yᵢ)/∂W``

    Parameters
    ----------
    NN : callable
    batch : (x, y)
    Loss : callable
        The sum of the losses of the points, or one loss for each.
    update : SGD
        Over the parameters of NN.
    """
    x, y = batch
    update.zero_grad()
    Loss(NN(Tensor(x)), y).sum().backward()
    update.step()


def _summing(loss: Any) -> Any:
    """`loss` with the sum over the points in the place of the mean, where it says which it has."""
    if getattr(loss, "reduction", "sum") == "sum":
        return loss
    summed = copy.copy(loss)
    summed.reduction = "sum"
    return summed


def _check_sum(where: str, loss: Any, NN: Any, x: Array, y: Array) -> None:
    """Refuse a loss of a batch that is not the sum of the losses of its points.

    In evaluation mode, in which a network keeps nothing of what it is asked.
    """
    with mode(NN, training=False), ag.no_grad():
        guess = NN(Tensor(x))
        whole = float(loss(guess, y).sum().item())
        parts = [loss(guess[i : i + 1], y[i : i + 1]).sum().item() for i in range(len(x))]
    if not np.isclose(whole, sum(parts), rtol=1e-3, atol=1e-6, equal_nan=True):
        raise ArgumentError(
            f"{where}: Loss of a mini-batch of {len(x)} points is {whole:g}, and the sum of the "
            f"losses of its points is {sum(parts):g}; Loss must add up the points, not average them"
        )
