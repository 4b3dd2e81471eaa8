"""The primitives, a file a family; importing this package fills the registry."""

from . import (
    arithmetic,
    comparison,
    einstein,
    indexing,
    joining,
    linalg,
    normalizing,
    picking,
    reduction,
    repeating,
    selection,
    shape,
    statistics,
    transcendental,
)

__all__ = [
    "arithmetic",
    "comparison",
    "einstein",
    "indexing",
    "joining",
    "linalg",
    "normalizing",
    "picking",
    "reduction",
    "repeating",
    "selection",
    "shape",
    "statistics",
    "transcendental",
]
