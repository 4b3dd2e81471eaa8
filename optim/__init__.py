"""Training: optimizers, schedules, mini-batches, a training loop, and pictures of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .adadelta import Adadelta as Adadelta
from .adagrad import Adagrad as Adagrad
from .adam import Adam as Adam
from .adam import AdamW as AdamW
from .averages import MovingAverage as MovingAverage
from .averages import RunningAverage as RunningAverage
from .averages import average as average
from .callbacks import Callback as Callback
from .callbacks import EarlyStopping as EarlyStopping
from .callbacks import ProgressBar as ProgressBar
from .clipping import clip_grad_norm_ as clip_grad_norm_
from .clipping import clip_grad_value_ as clip_grad_value_
from .data import MiniBatches as MiniBatches
from .datasets import load_digits as load_digits
from .datasets import load_mnist as load_mnist
from .evaluation import evaluate as evaluate
from .evaluation import predict as predict
from .groups import ParamGroup as ParamGroup
from .groups import Rule as Rule
from .groups import decay_groups as decay_groups
from .history import History as History
from .labels import one_hot as one_hot
from .loop import Training as Training
from .lr_finder import LearningRates as LearningRates
from .lr_finder import find_learning_rate as find_learning_rate
from .metrics import accuracy as accuracy
from .metrics import confusion_matrix as confusion_matrix
from .metrics import confusion_table as confusion_table
from .optimizer import Optimizer as Optimizer
from .preparation import Standardizer as Standardizer
from .preparation import standardize as standardize
from .preparation import train_validation_split as train_validation_split
from .pseudocode import batch_gradient_update as batch_gradient_update
from .pseudocode import mini_batch_sgd as mini_batch_sgd
from .pseudocode import neural_net as neural_net
from .pseudocode import sgd_neural_net as sgd_neural_net
from .recording import TrainingRecord as TrainingRecord
from .rmsprop import RMSprop as RMSprop
from .schedules import Constant as Constant
from .schedules import Cosine as Cosine
from .schedules import InverseTime as InverseTime
from .schedules import Schedule as Schedule
from .schedules import StepDecay as StepDecay
from .schedules import WarmUp as WarmUp
from .sgd import SGD as SGD
from .training import fit as fit

if TYPE_CHECKING:
    from . import plots as plots


def __getattr__(name: str) -> Any:
    if name == "plots":  # on first use: who trains need not draw
        import optim.plots

        return optim.plots
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
