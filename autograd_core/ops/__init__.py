"""The primitives, a file a family; importing this package fills the registry."""

from . import arithmetic, indexing, linalg, reduction, selection, shape, transcendental

__all__ = [
    "arithmetic",
    "indexing",
    "linalg",
    "reduction",
    "selection",
    "shape",
    "transcendental",
]
