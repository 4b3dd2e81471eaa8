"""Training a model with one call."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from numpy.typing import ArrayLike

from autograd_core import Tensor
from autograd_core import generator as as_generator

from . import _checks as check
from .callbacks import EarlyStopping, Hook, ProgressBar, as_callbacks, wants_progress
from .data import MiniBatches, Rng, as_array
from .evaluation import Measure, asked_measure, converted
from .history import History
from .loop import Data, Training
from .optimizer import Optimizer

MODES = ("mini-batch", "batch", "stochastic")


def fit(
    model: Any,
    loss: Any,
    optimizer: Optimizer,
    X: ArrayLike | Tensor,
    y: ArrayLike | Tensor,
    *,
    epochs: int,
    batch_size: int = 32,
    mode: str = "mini-batch",
    validation: Data | None = None,
    early_stopping: EarlyStopping | None = None,
    input_noise: float = 0.0,
    clip_norm: float | None = None,
    clip_value: float | None = None,
    accuracy: bool | Measure | None = None,
    threshold: float | None = None,
    callbacks: Iterable[Hook] = (),
    shuffle: bool = True,
    drop_last: bool = False,
    rng: Rng = None,
    progress: bool | None = None,
    history: History | None = None,
) -> History:
    """Train a model.

    Each epoch goes through the data once, in shuffled mini-batches (chapter, section 7.1), each
    with one step of the optimizer, and ends with the validation data.

    Parameters
    ----------
    model : Module, or any function of a Tensor
    loss : callable
        ``loss(model(x), y)`` gives a scalar Tensor, such as ``nn.CrossEntropyLoss()``. Its
        reduction decides whether a step follows the mean or, as in the chapter, the sum of the
        gradients of the points.
    optimizer : Optimizer
        Over parameters of the model.
    X, y : array_like of n rows
        Floats are converted to the dtype of the model.
    epochs : int
    batch_size : int, default 32
        k; the last mini-batch of an epoch may be shorter.
    mode : {"mini-batch", "batch", "stochastic"}
        ``"batch"`` takes all points at each step, ``"stochastic"`` one.
    validation : (X, y), optional
        Evaluated after each epoch, in evaluation mode.
    early_stopping : EarlyStopping, optional
        When to stop. However the training ends, the model then has the best weights of those at
        the start and those that an epoch ended with, buffers included. The weights at the start
        are measured in evaluation mode, on the validation data if these are watched, or else on
        the training data; patience counts epochs only.
    input_noise : float, default 0
        Standard deviation of the normal noise that is added to the inputs, anew at each step, as
        a regularization (chapter, section 8.1).
    clip_norm, clip_value : float, optional
        Limits of the gradients: see `clip_grad_norm_` and `clip_grad_value_`.
    accuracy : bool or callable, optional
        ``accuracy(outputs, y)``. By default the share of points whose largest output is at their
        class, where y holds classes; False for none.
    threshold : float, optional
        For a model with one output that tells two classes apart, whose accuracy is then measured:
        the positive class is guessed where the output is above it. 0.5 after a sigmoid (NLL), 0
        for logits (BCEWithLogitsLoss) and for the sign (HingeLoss, labels ±1). See `accuracy`.
    callbacks : iterable of Callback or function
    shuffle : bool, default True
    drop_last : bool, default False
        Leave out a last mini-batch that is shorter, such as one of a single point, which batch
        normalization refuses.
    rng : numpy.random.Generator or int, optional
        Of the shuffles and the noise.
    progress : bool, optional
        Show a progress bar; by default in a terminal or notebook, if tqdm is installed.
    history : History, optional
        To append to: that of an earlier call, or a new one that is kept if this call ends with an
        error or is interrupted.

    Returns
    -------
    History

    Raises
    ------
    AnomalyError
        If the loss or a weight becomes NaN or infinite, naming the step and the parameter. The
        model gets the best weights back, those of the best epoch or those before the first,
        whichever have the lower loss; and the optimizer its memory and count of steps from then.
    ArgumentError
        For arguments out of range, an empty data set, X and y of different lengths, and early
        stopping by an accuracy that there is not.
    DTypeError
        For X or y that hold no numbers, and a loss that is no Tensor.
    ShapeError
        For a loss that is not one number, or a last mini-batch of one point if the model needs
        more.
    MissingExtraError
        If ``progress=True`` and tqdm is not installed.

    Notes
    -----
    While a step is made every module is in training mode, as after ``model.train()``, and in
    evaluation mode for the validation data; afterwards each has the mode that it had before.

    Examples
    --------
    >>> import nn, numpy as np
    >>> from optim import SGD, fit
    >>> X = np.linspace(-1, 1, 64).reshape(64, 1)
    >>> model = nn.Linear(1, 1, rng=0)
    >>> history = fit(model, nn.SquaredLoss(), SGD(model.parameters(), lr=0.1), X, 2 * X + 1,
    ...               epochs=40, batch_size=8, rng=0)
    >>> round(model.W.item(), 3), round(model.W0.item(), 3)
    (2.0, 1.0)
    """
    if wants_progress(progress):
        callbacks = [*as_callbacks(callbacks), ProgressBar()]
    measure = asked_measure("fit", accuracy, threshold)
    run = Training(model, loss, optimizer, early_stopping, callbacks, history, measure)
    n = check.points("fit", as_array(X), as_array(y))
    size = {"batch": n, "stochastic": 1}.get(
        check.choice("fit", "mode", mode, MODES), check.whole("fit", "batch_size", batch_size)
    )
    generator = as_generator(rng)
    run.batches = MiniBatches(
        *converted("fit", X, y, run.dtype),
        size,
        shuffle=shuffle,
        rng=generator,
        drop_last=drop_last,
    )
    run.epochs = check.whole("fit", "epochs", epochs)
    run.validation = run.checked_validation(validation)
    run.noise = check.real("fit", "input_noise", input_noise)
    for name, limit in (("clip_norm", clip_norm), ("clip_value", clip_value)):
        if limit is not None:
            setattr(run, name, check.real("fit", name, limit, open_low=True))
    run.check_last_batch()
    return run.run()
