"""Formulas for the web: from the LaTeX that this library prints to MathML Core.

No browser needs a library, a font or the network for MathML. What is understood is the LaTeX of
our own printers and of the primitives: fractions, roots, scripts, braces under formulas, fences,
matrices, aligned equations, text, accents, alphabets.
"""

from __future__ import annotations

from functools import lru_cache
from html import escape

from ..errors import ArgumentError
from . import mathml_commands as _commands  # noqa: F401  (they register themselves)
from .mathml_parser import Parser, Refused
from .wording import visible

#: For the style of a page: fonts that can stretch a brace. Few browsers choose one by themselves.
MATH_FONTS = (
    "'Latin Modern Math', 'STIX Two Math', 'Cambria Math', 'TeX Gyre Termes Math', "
    "'Libertinus Math', 'DejaVu Math TeX Gyre', 'Noto Sans Math', math"
)


def mathml(latex: str, display: bool = False, *, strict: bool = False) -> str:
    """A formula as an element ``<math>``.

    Parameters
    ----------
    latex : str
        Without the dollars around it.
    display : bool
        As a formula on a line of its own.
    strict : bool
        Refuse what is not understood. Else an unknown command is shown by its name, and a formula
        with a brace too many as its source.

    Returns
    -------
    str
        Well-formed XML, of which nothing in `latex` can be markup.

    Raises
    ------
    ArgumentError
        With `strict`, for unknown commands, and braces, fences and environments that do not match.

    Examples
    --------
    >>> mathml(r"\\frac{a}{2}")[49:]
    '<mfrac><mi>a</mi><mn>2</mn></mfrac></math>'
    """
    return _mathml(latex, bool(display), bool(strict))


@lru_cache(maxsize=1024)
def _mathml(latex: str, display: bool, strict: bool) -> str:
    parser = Parser(visible(latex.replace("\n", " ")), strict)
    try:
        inside = parser.whole()
    except Refused as error:
        if strict:
            raise ArgumentError(f"mathml: {error} in {latex!r}") from None
        inside = f"<mtext>{escape(visible(latex))}</mtext>"
    block = ' display="block"' if display else ""
    return f'<math xmlns="http://www.w3.org/1998/Math/MathML"{block}>{inside}</math>'
