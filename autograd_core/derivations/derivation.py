"""`Derivation`: what `derive` returns, in all its formats."""

from __future__ import annotations

import os
from collections.abc import Collection
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ..errors import ArgumentError
from ..graph import Shape
from .dialects import Latex, Text
from .pages import fragment, page, standalone
from .sections import Section, sections_of
from .worked import Worked

FORMATS = (".tex", ".html", ".txt")


class Step(NamedTuple):
    """One equation.

    Attributes
    ----------
    symbol : str
        LaTeX of what is computed: ``\\frac{\\partial \\text{loss}}{\\partial W^{1}}``.
    equation : str
        LaTeX of the whole equation, without numbers.
    text : str
        The same in plain text.
    shape : tuple of int
        Of what is computed, as it is written: a batch in columns in the chapter's layout.
    value : array
        The engine's number, as it is written.
    """

    symbol: str
    equation: str
    text: str
    shape: Shape
    value: Any


class Derivation:
    """The derivation of a gradient; what `derive` returns. In a notebook it shows itself.

    Attributes
    ----------
    steps : list of Step
        From the loss to w: the last one is the gradient.
    forward : list of Step
        What the values in them are.
    result : array
        The gradient by w, as the engine holds it: equal to ``w.grad`` after one backward pass.
    assumptions : list of str
        What the equations use that is not in them, such as that labels sum to 1.
    notes : list of str
    level, layout : str
    """

    def __init__(self, worked: Worked, top: str, level: str, layout: str, numbers: bool) -> None:
        self.level = level
        self.layout = layout
        self.numbers = numbers
        self._worked = worked
        self._top = top
        self.result: Any = worked.gradient
        self.notes = list(worked.notes)
        self.assumptions = [text for _, text in worked.known.assumed]
        sections = self._sections(Latex(), numbers=False, full=True)
        texts = self._sections(Text(), numbers=False, full=True)
        self.forward = _steps("forward", sections, texts)
        self.steps = _steps("backward", sections, texts)

    def _sections(self, to: Latex | Text, numbers: bool | None, full: bool) -> list[Section]:
        shown = self.numbers if numbers is None else numbers
        return sections_of(self._worked, self._top, self.layout, to, shown, full)

    def latex(self, numbers: bool | None = None, full: bool = False) -> str:
        """The derivation as one formula of LaTeX (amsmath), for LaTeX, MathJax and KaTeX.

        Parameters
        ----------
        numbers : bool, optional
            Whether each equation is followed by its value; as asked for in `derive` by default.
        full : bool
            All of a long derivation; else its middle is left out.

        Returns
        -------
        str
            ``\\begin{aligned} … \\end{aligned}``, without dollars around it.
        """
        lines: list[str] = []
        for section in self._sections(Latex(), numbers, full):
            lines.append(rf"&\textbf{{{section.title}}}")
            for equation in section.equations:
                lines += equation.rows()
            lines += [rf"&{note}" for note in section.notes]
        body = " \\\\\n".join(lines)
        return f"\\begin{{aligned}}\n{body}\n\\end{{aligned}}"

    def text(self, numbers: bool | None = None, full: bool = False) -> str:
        """The derivation in plain text; the parameters are those of `latex`."""
        lines: list[str] = []
        for section in self._sections(Text(), numbers, full):
            if not section.equations and not section.notes:
                continue
            lines.append(section.title)
            for equation in section.equations:
                lines += [f"  {line}" for line in equation.lines()]
            lines += [f"  {note}" for note in section.notes]
        return "\n".join(lines)

    def html(self, numbers: bool | None = None, full: bool = False) -> str:
        """A page that needs nothing but itself, with its formulas as MathML."""
        return page(self._title(), self._fragment(numbers, full))

    def _fragment(self, numbers: bool | None = None, full: bool = False) -> str:
        return fragment(self._title(), self._sections(Latex(), numbers, full))

    def _title(self) -> str:
        symbol = self._worked.backward[-1].symbol.text if self._worked.backward else "gradient"
        return f"Derivation of {symbol}"

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the derivation to a file, in the format that the name ends in.

        Parameters
        ----------
        path : str or path
            Ending in ``.tex`` (a document that LaTeX compiles), ``.html`` or ``.txt``.

        Returns
        -------
        Path

        Raises
        ------
        ArgumentError
            For another ending.
        OSError
            If the file cannot be written; an older file is then as it was.
        """
        path = Path(path)
        ending = path.suffix.lower()
        if ending not in FORMATS:
            raise ArgumentError(
                f"save: {str(path)!r} does not end in a known format; use one of "
                f"{', '.join(map(repr, FORMATS))}"
            )
        if ending == ".tex":
            content = standalone(self.latex())
        else:
            content = self.html() if ending == ".html" else f"{self.text()}\n"
        from ..visualize.view import _write

        _write(path, content.encode())
        return path

    def __repr__(self) -> str:
        return self.text()

    def _repr_mimebundle_(
        self, include: Collection[str] | None = None, exclude: Collection[str] | None = None
    ) -> dict[str, Any]:
        makers = {
            "text/plain": self.text,
            "text/latex": lambda: f"$$\n{self.latex()}\n$$",
            "text/html": self._fragment,
        }
        wanted = [
            kind
            for kind in makers
            if (not include or kind in include) and kind not in (exclude or ())
        ]
        return {kind: makers[kind]() for kind in wanted}


def _steps(kind: str, sections: list[Section], texts: list[Section]) -> list[Step]:
    found = []
    for section, text in zip(sections, texts, strict=True):
        if section.kind != kind:
            continue
        for e, t in zip(section.equations, text.equations, strict=True):
            equation = f"{e.left} = {' = '.join(e.rights)}"
            words = f"{t.left} = {' = '.join(t.rights)}"
            found.append(Step(e.left, equation, words, e.shape, np.asarray(e.value)))
    return found
