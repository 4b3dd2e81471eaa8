"""`TrainingRecord`: what a training looks like from the inside."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from autograd_core import ArgumentError

from . import charts, files
from .recorder import Recorder
from .rows import history_of, names_of
from .series import series_of
from .words import words_of

Array = NDArray[Any]


class TrainingRecord(Recorder):
    """Records how a training goes; shows itself in a notebook while it does.

    A callback for `fit`; in a loop of one's own call `begin`, `step` after each update, `epoch`,
    and at last `end`. Nothing of the training is changed: the weights are the same to the last
    bit. After a compiled step it sees all that it sees after any other.

    Parameters
    ----------
    every : int, default 10
        Look at the layers in every so many steps, the first one included.
    limit : int, default 500
        Of the rows that are kept, of steps and of epochs. When there are more, every second one
        is left out, and every second one from then on. The latest is always there.
    activations : bool, default True
        Look at what the layers give, by one more run of the model for each step that is looked
        at, with at most 1,024 points: those of the mini-batch, or `probe`.
    probe : array_like of n rows, optional
        The inputs of these runs.
    keep_weights : bool, default False
        Keep the weights themselves along the way, for `optim.plots.plot_loss_slice`; of large
        models fewer, so that they are 20 million numbers at most.
    live : bool, optional
        Show the charts while the training runs, renewed at most once a second. By default in a
        notebook only; with True the words are printed elsewhere.

    Attributes
    ----------
    epochs, steps : int
        How many there were.
    best_epoch : int or None
        As in `History`.
    notes : list of str
        What could not be seen, and why.

    Notes
    -----
    By layer, that is by the module that holds the parameters, with W all of them together: the
    norm of the gradient ‖∂loss/∂W‖ as the step used it (after clipping); the norm of the weights
    ‖W‖ after the step; and the ratio ‖ΔW‖/‖W‖ of the update to the weights before it, which is
    about 1/1000 in a training that goes well. By module, in the mode that it is in: mean and
    standard deviation of what it gives after the step; after a ReLU the share of units that are 0
    for every point of the batch (dead); after a sigmoid or a tanh the share of values where the
    slope is below 4 % of its maximum (saturated). Before each step that is looked at the weights
    are copied once.

    Examples
    --------
    >>> import nn, optim
    >>> X, y = optim.load_digits()
    >>> model = nn.Sequential(nn.Linear(64, 20, rng=0), nn.ReLU(), nn.Linear(20, 10, rng=1))
    >>> record = optim.TrainingRecord()
    >>> history = optim.fit(model, nn.CrossEntropyLoss(), optim.Adam(model.parameters()), X / 16,
    ...                     y, epochs=2, rng=0, progress=False, callbacks=[record])
    >>> record.epochs, record.steps, record.layers
    (2, 114, ['0', '2'])
    >>> steps, ratio = record.series("update_ratio", "0")
    >>> steps[:3]
    array([ 1, 11, 21])
    >>> bool((ratio < 0.1).all())
    True
    """

    # -- what was recorded -------------------------------------------------------------------

    @property
    def layers(self) -> list[str]:
        """The layers with parameters, by the paths of their modules."""
        return names_of(self._steps.rows, "weight_norm")

    @property
    def watched(self) -> list[str]:
        """The modules, and functions of activation, whose outputs were seen."""
        return names_of(self._steps.rows, "mean")

    @property
    def history(self) -> dict[str, Array]:
        """Everything as arrays of one dimension.

        By epoch ``"epoch"``, ``"epoch_step"`` (the step it ended with), ``"train_loss"``,
        ``"train_accuracy"``, ``"validation_loss"``, ``"validation_accuracy"``; by step that was
        looked at ``"step"``, ``"loss"``, ``"lr"``, and with a layer's name behind a stroke
        ``"gradient_norm/0"``, ``"weight_norm/0"``, ``"update_ratio/0"``, ``"mean/1"``,
        ``"spread/1"``, ``"dead/1"``, ``"saturated/1"``. NaN where there is no number.
        """
        return history_of(self._epochs.all(), self._steps.rows)

    def series(self, metric: str, layer: str | None = None) -> tuple[Array, Array]:
        """One metric: the epochs or steps, and its values.

        Parameters
        ----------
        metric : str
            As in `history`, without the layer.
        layer : str, optional
            Needed for what is measured by layer.

        Raises
        ------
        ArgumentError
            For an unknown metric or layer, naming those that there are; and for a metric that
            nothing was recorded of yet.
        """
        return series_of(self, metric, layer)

    @property
    def path(self) -> Array:
        """The weights along the way, of shape (n, number of weights), the first ones first.

        Raises
        ------
        ArgumentError
            Without ``keep_weights=True``, and before there are any.
        """
        if self._path is None:
            raise ArgumentError(
                "TrainingRecord.path: the weights were not kept; make the record with "
                "keep_weights=True"
            )
        return self._path.array()

    def to_dict(self) -> dict[str, Any]:
        """Everything as lists and numbers; `from_dict` takes it. Without the weights."""
        return files.as_dict(self)

    @classmethod
    def from_dict(cls, stored: Any) -> TrainingRecord:
        """The record of a `to_dict`, to look at and to go on with."""
        return files.from_dict(cls, stored)

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write everything to a file: ``.json`` for `load`, or ``.csv`` for a spreadsheet.

        A row of the CSV is one number: step, epoch, metric, layer, value.

        Raises
        ------
        ArgumentError
            If the name ends in neither.
        """
        return files.write(self, Path(path))

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> TrainingRecord:
        """Read what `save` wrote as JSON.

        Raises
        ------
        CheckpointError
            If the file holds no record.
        """
        return files.read(cls, Path(path))

    # -- pictures ----------------------------------------------------------------------------

    def svg(self) -> str:
        """The charts as a complete SVG document, light and dark; needs no extra."""
        return charts.svg_of(self)

    def plot(self, *what: str, ax: Any = None, layers: Iterable[str] | None = None) -> Any:
        """The charts with matplotlib.

        Parameters
        ----------
        what : str
            Of ``"loss"``, ``"accuracy"``, ``"gradients"``, ``"updates"``, ``"activations"``,
            ``"units"`` (dead and saturated), ``"lr"``; by default all that there is to see.
        ax : Axes or sequence of Axes, optional
            One for each.
        layers : iterable of str, optional
            Only these.

        Returns
        -------
        Axes, or list of Axes
            One where one chart was asked for by name.

        Raises
        ------
        ArgumentError
            For an unknown chart or layer, and one of which nothing was recorded.
        MissingExtraError
            Without matplotlib.
        """
        from ..plots import plot_record

        return plot_record(self, *what, ax=ax, layers=layers)

    def __repr__(self) -> str:
        return words_of(self)

    def _repr_mimebundle_(
        self, include: Collection[str] | None = None, exclude: Collection[str] | None = None
    ) -> dict[str, Any]:
        return charts.bundle_of(self, include, exclude)
