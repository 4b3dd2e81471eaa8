"""Pictures of trainings with matplotlib: records, decision boundaries, slices of the loss."""

from __future__ import annotations

from .boundary import plot_decision_boundary as plot_decision_boundary
from .curves import plot_learning_curves as plot_learning_curves
from .curves import plot_record as plot_record
from .slice_picture import plot_loss_slice as plot_loss_slice
from .slices import LossSlice as LossSlice
from .slices import loss_slice as loss_slice
