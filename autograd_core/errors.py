"""The errors of this library: each says which operation, what it was given, and what to do.

Every class also derives from the built-in that NumPy or PyTorch would raise in its place, so
that existing ``except ValueError`` clauses go on working.
"""

from __future__ import annotations

from collections.abc import Iterable


class AutogradError(Exception):
    """Base of every error that this library raises on purpose."""


class ShapeError(AutogradError, ValueError):
    """Shapes that do not broadcast, multiply, reshape or agree."""


class AxisError(AutogradError, ValueError, IndexError):
    """An axis that is absent, or named twice."""


class IndexingError(AutogradError, IndexError):
    """An index that is out of range or of the wrong type."""


class DTypeError(AutogradError, TypeError):
    """A dtype or a type of operand that the operation cannot differentiate or hold."""


class ArgumentError(AutogradError, ValueError):
    """An argument whose value is out of its range."""


class GraphError(AutogradError, RuntimeError):
    """A graph that was freed or changed, or a backward pass that cannot be defined."""


class UnsupportedError(AutogradError, TypeError):
    """A NumPy function that has no differentiable counterpart here."""


class AnomalyError(AutogradError, FloatingPointError):
    """The first NaN or infinity, found by :class:`detect_anomaly`."""


class GradcheckError(AutogradError, AssertionError):
    """A derivative that disagrees with finite differences."""


class CheckpointError(AutogradError, ValueError):
    """A state or a file that does not fit what it is loaded into."""


class TraceError(AutogradError, RuntimeError):
    """Something that a compiled program could not do again, asked for while it was traced."""


class MissingAttributeError(AutogradError, AttributeError):
    """A method or attribute that a Tensor has under another name, or not at all."""


_ALTERNATIVES = {
    "axes": "use moveaxis or swapaxes on the operands",
    "casting": "use astype(dtype) on the operand",
    "dim": "it is called axis= here, as NumPy's",
    "dtype": "use astype(dtype) on the operand",
    "initial": "combine the result with the initial value: add, multiply, maximum, minimum",
    "keepdim": "it is called keepdims= here, as NumPy's",
    "mean": "leave it out: the mean is computed",
    "method": "use sort and index",
    "order": "transpose first",
    "out": "assign the result; x.assign(value) changes a tensor in place",
    "where": "use where(mask, x, value) on the operand",
}


def unsupported(name: str, keywords: Iterable[str]) -> UnsupportedError:
    """The refusal of arguments of NumPy's or PyTorch's function that ours does not take."""
    first = min(keywords)
    advice = _ALTERNATIVES.get(first, "compute with x.numpy() if no gradient is needed")
    return UnsupportedError(f"{name}: the argument {first}= is not supported on a Tensor; {advice}")


class MissingExtraError(AutogradError, ImportError):
    """An optional dependency that is not installed."""

    def __init__(self, package: str, extra: str, purpose: str) -> None:
        super().__init__(
            f"{purpose} needs {package}, which is not installed; "
            f"install it with: pip install 'autograd-core[{extra}]'"
        )
