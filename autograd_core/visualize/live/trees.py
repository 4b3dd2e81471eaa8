"""Formulas as trees of plain data, from which a page builds MathML without parsing markup."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from typing import Any

from ..mathml import mathml

#: ``["mfrac", [...], [...]]``, ``["mi", "x"]``; attributes, if any, as a dict at the second place.
Tree = list[Any]


def tree_of(latex: str) -> Tree:
    """The MathML of a formula.

    Examples
    --------
    >>> tree_of(r"\\frac{a}{2}")
    ['mfrac', ['mi', 'a'], ['mn', '2']]
    """
    children: list[Any] = [_tree(child) for child in ET.fromstring(mathml(latex))]
    return children[0] if len(children) == 1 else ["mrow", *children]


def _tree(element: ET.Element) -> Tree:
    tag = element.tag.rpartition("}")[2]
    attributes = [dict(element.attrib)] if element.attrib else []
    children: list[Any] = [_tree(child) for child in element]
    return [tag, *attributes, *(children or [element.text or ""])]


class Formulas:
    """Each formula once, by its number."""

    def __init__(self) -> None:
        self.trees: list[Tree] = []
        self._numbers: dict[str, int] = {}

    def add(self, latex: str) -> int:
        """The number of a formula."""
        if latex not in self._numbers:
            self._numbers[latex] = len(self.trees)
            self.trees.append(tree_of(latex))
        return self._numbers[latex]
