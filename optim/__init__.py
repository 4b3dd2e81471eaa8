"""Training: optimizers, schedules, mini-batches and a training loop."""

from __future__ import annotations

from .adadelta import Adadelta as Adadelta
from .adagrad import Adagrad as Adagrad
from .adam import Adam as Adam
from .adam import AdamW as AdamW
from .averages import MovingAverage as MovingAverage
from .averages import RunningAverage as RunningAverage
from .averages import average as average
from .groups import ParamGroup as ParamGroup
from .groups import Rule as Rule
from .groups import decay_groups as decay_groups
from .optimizer import Optimizer as Optimizer
from .rmsprop import RMSprop as RMSprop
from .schedules import Constant as Constant
from .schedules import Cosine as Cosine
from .schedules import InverseTime as InverseTime
from .schedules import Schedule as Schedule
from .schedules import StepDecay as StepDecay
from .schedules import WarmUp as WarmUp
from .sgd import SGD as SGD
