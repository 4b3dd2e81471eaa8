"""Reverse-mode automatic differentiation in pure Python on NumPy.

A `Tensor` records what is computed from it; ``loss.backward()`` walks that record once and
leaves the gradients. The functions here have NumPy's names and take tensors and arrays alike;
``np.tanh(t)`` works too.

Examples
--------
>>> from autograd_core import Tensor
>>> x = Tensor([1.0, 2.0], requires_grad=True)
>>> (x * x).sum().backward()
>>> x.grad
Tensor([2., 4.], shape=(2,), dtype=float64)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import binding as _binding
from . import errors as errors
from .constructors import arange as arange
from .constructors import eye as eye
from .constructors import full as full
from .constructors import full_like as full_like
from .constructors import generator as generator
from .constructors import linspace as linspace
from .constructors import ones as ones
from .constructors import ones_like as ones_like
from .constructors import randn as randn
from .constructors import randn_like as randn_like
from .constructors import tensor as tensor
from .constructors import zeros as zeros
from .constructors import zeros_like as zeros_like
from .dtypes import get_default_dtype as get_default_dtype
from .dtypes import set_default_dtype as set_default_dtype
from .errors import AnomalyError as AnomalyError
from .errors import ArgumentError as ArgumentError
from .errors import AutogradError as AutogradError
from .errors import AxisError as AxisError
from .errors import CheckpointError as CheckpointError
from .errors import DTypeError as DTypeError
from .errors import GradcheckError as GradcheckError
from .errors import GraphError as GraphError
from .errors import IndexingError as IndexingError
from .errors import MissingAttributeError as MissingAttributeError
from .errors import MissingExtraError as MissingExtraError
from .errors import ShapeError as ShapeError
from .errors import TraceError as TraceError
from .errors import UnsupportedError as UnsupportedError
from .modes import detect_anomaly as detect_anomaly
from .modes import enable_grad as enable_grad
from .modes import is_grad_enabled as is_grad_enabled
from .modes import keep_values as keep_values
from .modes import no_grad as no_grad
from .ops.arithmetic import absolute as abs  # noqa: F401
from .ops.arithmetic import absolute as absolute
from .ops.arithmetic import add as add
from .ops.arithmetic import ceil as ceil
from .ops.arithmetic import divide as divide
from .ops.arithmetic import floor as floor
from .ops.arithmetic import floor_divide as floor_divide
from .ops.arithmetic import multiply as multiply
from .ops.arithmetic import negative as negative
from .ops.arithmetic import positive as positive
from .ops.arithmetic import reciprocal as reciprocal
from .ops.arithmetic import remainder as remainder
from .ops.arithmetic import rint as rint
from .ops.arithmetic import round_ as round  # noqa: F401
from .ops.arithmetic import sign as sign
from .ops.arithmetic import sqrt as sqrt
from .ops.arithmetic import square as square
from .ops.arithmetic import subtract as subtract
from .ops.arithmetic import trunc as trunc
from .ops.comparison import all_ as all  # noqa: F401
from .ops.comparison import allclose as allclose
from .ops.comparison import any_ as any  # noqa: F401
from .ops.comparison import argmax as argmax
from .ops.comparison import argmin as argmin
from .ops.comparison import argsort as argsort
from .ops.comparison import array_equal as array_equal
from .ops.comparison import bitwise_and as bitwise_and
from .ops.comparison import bitwise_or as bitwise_or
from .ops.comparison import bitwise_xor as bitwise_xor
from .ops.comparison import count_nonzero as count_nonzero
from .ops.comparison import equal as equal
from .ops.comparison import greater as greater
from .ops.comparison import greater_equal as greater_equal
from .ops.comparison import invert as invert
from .ops.comparison import isclose as isclose
from .ops.comparison import isfinite as isfinite
from .ops.comparison import isinf as isinf
from .ops.comparison import isnan as isnan
from .ops.comparison import less as less
from .ops.comparison import less_equal as less_equal
from .ops.comparison import logical_and as logical_and
from .ops.comparison import logical_not as logical_not
from .ops.comparison import logical_or as logical_or
from .ops.comparison import logical_xor as logical_xor
from .ops.comparison import not_equal as not_equal
from .ops.einstein import einsum as einsum
from .ops.indexing import diag as diag
from .ops.indexing import diagonal as diagonal
from .ops.indexing import diff as diff
from .ops.indexing import getitem as getitem
from .ops.indexing import scatter as scatter
from .ops.indexing import sort as sort
from .ops.indexing import take as take
from .ops.indexing import take_along_axis as take_along_axis
from .ops.indexing import trace as trace
from .ops.indexing import tril as tril
from .ops.indexing import triu as triu
from .ops.joining import array_split as array_split
from .ops.joining import column_stack as column_stack
from .ops.joining import concatenate as concatenate
from .ops.joining import hstack as hstack
from .ops.joining import split as split
from .ops.joining import stack as stack
from .ops.joining import vstack as vstack
from .ops.linalg import dot as dot
from .ops.linalg import inner as inner
from .ops.linalg import matmul as matmul
from .ops.linalg import outer as outer
from .ops.linalg import tensordot as tensordot
from .ops.linalg import vdot as vdot
from .ops.normalizing import log_softmax as log_softmax
from .ops.normalizing import logsumexp as logsumexp
from .ops.normalizing import norm as norm
from .ops.normalizing import softmax as softmax
from .ops.picking import sum_at as sum_at
from .ops.reduction import average as average
from .ops.reduction import cumsum as cumsum
from .ops.reduction import mean as mean
from .ops.reduction import prod as prod
from .ops.reduction import sum as sum
from .ops.repeating import flip as flip
from .ops.repeating import pad as pad
from .ops.repeating import repeat as repeat
from .ops.repeating import roll as roll
from .ops.repeating import tile as tile
from .ops.selection import clip as clip
from .ops.selection import maximum as maximum
from .ops.selection import minimum as minimum
from .ops.selection import relu as relu
from .ops.selection import where as where
from .ops.shape import astype as astype
from .ops.shape import atleast_1d as atleast_1d
from .ops.shape import atleast_2d as atleast_2d
from .ops.shape import broadcast_to as broadcast_to
from .ops.shape import clone as clone
from .ops.shape import expand_dims as expand_dims
from .ops.shape import flatten as flatten
from .ops.shape import matrix_transpose as matrix_transpose
from .ops.shape import moveaxis as moveaxis
from .ops.shape import ravel as ravel
from .ops.shape import reshape as reshape
from .ops.shape import squeeze as squeeze
from .ops.shape import swapaxes as swapaxes
from .ops.shape import transpose as transpose
from .ops.statistics import max as max
from .ops.statistics import min as min
from .ops.statistics import ptp as ptp
from .ops.statistics import std as std
from .ops.statistics import var as var
from .ops.transcendental import arccos as arccos
from .ops.transcendental import arccosh as arccosh
from .ops.transcendental import arcsin as arcsin
from .ops.transcendental import arcsinh as arcsinh
from .ops.transcendental import arctan as arctan
from .ops.transcendental import arctan2 as arctan2
from .ops.transcendental import arctanh as arctanh
from .ops.transcendental import cos as cos
from .ops.transcendental import cosh as cosh
from .ops.transcendental import erf as erf
from .ops.transcendental import exp as exp
from .ops.transcendental import exp2 as exp2
from .ops.transcendental import expm1 as expm1
from .ops.transcendental import hypot as hypot
from .ops.transcendental import log as log
from .ops.transcendental import log1p as log1p
from .ops.transcendental import log2 as log2
from .ops.transcendental import log10 as log10
from .ops.transcendental import logaddexp as logaddexp
from .ops.transcendental import power as power
from .ops.transcendental import sigmoid as sigmoid
from .ops.transcendental import sin as sin
from .ops.transcendental import sinh as sinh
from .ops.transcendental import tan as tan
from .ops.transcendental import tanh as tanh
from .scopes import called as called
from .tensor import HookHandle as HookHandle
from .tensor import Tensor as Tensor
from .tracing import TRACES as TRACES
from .tracing import Symbol as Symbol
from .tracing import as_one as as_one
from .tracing import cell as cell
from .tracing import changed as changed
from .tracing import depends as depends
from .tracing import doing as doing
from .tracing import gives_places as gives_places
from .tracing import is_tracing as is_tracing
from .tracing import snapshot as snapshot

if TYPE_CHECKING:
    from .checkpoint_io import load as load
    from .checkpoint_io import save as save
    from .custom_function import Function as Function
    from .custom_function import custom as custom
    from .derivations import Derivation as Derivation
    from .derivations import Formula as Formula
    from .derivations import derive as derive
    from .derivations import equations_of as equations_of
    from .derivations import latex_symbol as latex_symbol
    from .derivations import latex_value as latex_value
    from .derivations import trace_formula as trace_formula
    from .explanations import Bisection as Bisection
    from .explanations import Explanation as Explanation
    from .explanations import bisect_gradient as bisect_gradient
    from .explanations import explain as explain
    from .gradient_check import gradcheck as gradcheck
    from .packages import check_packages as check_packages
    from .program import Compiled as Compiled
    from .program import compile as compile
    from .program import jit as jit
    from .transforms import grad as grad
    from .transforms import hessian as hessian
    from .transforms import hvp as hvp
    from .transforms import jacobian as jacobian
    from .transforms import jvp as jvp
    from .transforms import value_and_grad as value_and_grad
    from .transforms import vjp as vjp
    from .visualize import GraphView as GraphView
    from .visualize import draw as draw
    from .visualize import mimebundle as mimebundle
    from .visualize.curves import Curve as Curve
    from .visualize.curves import Panel as Panel
    from .visualize.curves import charts as charts

__version__ = "0.1.0"

_binding.bind()
globals().update(_binding.outward_functions())

# Loaded on first use, which keeps the import short.
_LAZY = {
    "Bisection": "explanations",
    "Curve": "visualize.curves",
    "Explanation": "explanations",
    "Derivation": "derivations",
    "Formula": "derivations",
    "Function": "custom_function",
    "GraphView": "visualize",
    "Panel": "visualize.curves",
    "bisect_gradient": "explanations",
    "charts": "visualize.curves",
    "check_packages": "packages",
    "custom": "custom_function",
    "Compiled": "program",
    "compile": "program",
    "derive": "derivations",
    "draw": "visualize",
    "equations_of": "derivations",
    "latex_symbol": "derivations",
    "latex_value": "derivations",
    "trace_formula": "derivations",
    "explain": "explanations",
    "jit": "program",
    "grad": "transforms",
    "gradcheck": "gradient_check",
    "hessian": "transforms",
    "hvp": "transforms",
    "jacobian": "transforms",
    "jvp": "transforms",
    "load": "checkpoint_io",
    "mimebundle": "visualize",
    "save": "checkpoint_io",
    "value_and_grad": "transforms",
    "vjp": "transforms",
}


def __getattr__(name: str) -> Any:
    if name in _LAZY:
        from importlib import import_module

        module = import_module(f".{_LAZY[name]}", __name__)
        value = globals()[name] = getattr(module, name)
        return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *_LAZY})
