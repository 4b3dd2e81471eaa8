"""Layers, activations, losses and containers, composed of differentiable primitives only.

No derivative stands here: all come from `autograd_core`. Letters are the chapter's: a layer of
m inputs and n units has weights W of shape (m, n) and offsets W0 of shape (n,), pre-activations
z and activations a. Batches are rows: an input has shape (batch, m).

Examples
--------
>>> import numpy as np
>>> import nn
>>> rng = np.random.default_rng(0)
>>> net = nn.Sequential(nn.Linear(2, 8, rng=rng), nn.Tanh(), nn.Linear(8, 2, rng=rng))
>>> loss = nn.CrossEntropyLoss()(net([[0.0, 1.0], [1.0, 1.0]]), [1, 0])
>>> loss.backward()
>>> net[0].W.grad.shape
(2, 8)
"""

from . import functional as functional
from . import init as init
from . import slips as slips
from .activations import ELU as ELU
from .activations import GELU as GELU
from .activations import Identity as Identity
from .activations import LeakyReLU as LeakyReLU
from .activations import LogSoftmax as LogSoftmax
from .activations import ReLU as ReLU
from .activations import Sigmoid as Sigmoid
from .activations import SiLU as SiLU
from .activations import Softmax as Softmax
from .activations import Softplus as Softplus
from .activations import Step as Step
from .activations import Tanh as Tanh
from .branches import Add as Add
from .branches import Concat as Concat
from .branches import Parallel as Parallel
from .branches import Residual as Residual
from .branches import Select as Select
from .branches import UnitGroups as UnitGroups
from .checking import Finding as Finding
from .checking import ModuleReport as ModuleReport
from .checking import check_module as check_module
from .container import Container as Container
from .container import Lambda as Lambda
from .containers import ModuleDict as ModuleDict
from .containers import ModuleList as ModuleList
from .containers import Sequential as Sequential
from .dropout import Dropout as Dropout
from .graphs import Graph as Graph
from .hand_written import HandWritten as HandWritten
from .linear import Linear as Linear
from .losses import NLL as NLL
from .losses import NLLM as NLLM
from .losses import BCEWithLogitsLoss as BCEWithLogitsLoss
from .losses import CrossEntropyLoss as CrossEntropyLoss
from .losses import HingeLoss as HingeLoss
from .losses import Loss as Loss
from .losses import MSELoss as MSELoss
from .losses import SquaredLoss as SquaredLoss
from .losses import ZeroOneLoss as ZeroOneLoss
from .module import Module as Module
from .normalization import BatchNorm as BatchNorm
from .normalization import LayerNorm as LayerNorm
from .parameter import Parameter as Parameter
from .summary import Summary as Summary
