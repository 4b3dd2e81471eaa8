"""The errors of this library: each says which operation, what it was given, and what to do.

Every class also derives from the built-in that NumPy or PyTorch would raise in its place, so
that existing ``except ValueError`` clauses go on working.
"""

from __future__ import annotations


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


class MissingExtraError(AutogradError, ImportError):
    """An optional dependency that is not installed."""

    def __init__(self, package: str, extra: str, purpose: str) -> None:
        super().__init__(
            f"{purpose} needs {package}, which is not installed; "
            f"install it with: pip install 'autograd-core[{extra}]'"
        )
