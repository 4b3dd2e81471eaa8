"""From trees to formulas, in the orientation of the chapter or of the engine.

A batch in rows is the transpose of the chapter's columns. A matrix is therefore written *turned*
where its symbol stands for the transpose: turning goes down through sums and elementwise
operations, reverses products of matrices, and cancels at the symbols.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from ..rules.elementwise import Elementwise
from ..rules.other import Nondifferentiable
from ..rules.reduction import Reduction
from . import expression as ex
from .dialects import Latex, Text
from .expression import Array, Call, Expr, Number, Symbol

SUM, PRODUCT, PREFIX, ATOM = 0, 1, 2, 4

_INDICATORS = frozenset(
    ("greater", "less", "greater_equal", "less_equal", "equal", "not_equal", "logical_and",
     "logical_or", "logical_not", "isnan")
)  # fmt: skip
#: Letters of text that a power behind them would run into.
_SCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹ᵀ′"
#: Heads whose LaTeX may end in an exponent.
_RAISED = ("pow", "power", "exp", "exp2", "reshape", "broadcast")
#: Infix operations within the templates of functions.
_INFIX = (r"\bmod", r"\land", r"\lor")
_TURNING = ("softmax", "log_softmax", "where", "clone")


class Printer:
    """Writes trees in one dialect.

    Parameters
    ----------
    dialect : Latex or Text
    columns : bool
        Whether vectors are columns, as in the chapter, in the shapes under the braces.
    """

    def __init__(self, dialect: Latex | Text, columns: bool) -> None:
        self.to = dialect
        self.columns = columns
        self.braced = False

    def formula(self, e: Expr, turned: bool, braced: bool = False, low: bool = False) -> str:
        """A whole right-hand side; with `braced`, its factors have their shapes below.

        `low` says that what it is equal to has fewer than two axes.
        """
        self.braced = braced
        if low and len(e.shape) == 2:  # a matrix of one row, which stands for less
            turned = self._leaning(e) or (self.columns and e.shape[0] == 1 < e.shape[1])
        elif low:
            turned = True
        text, _ = self._show(e, turned, top=True)
        return text

    def sized(self, e: Expr, turned: bool, text: str) -> str:
        """`text` with the shape of `e` in a brace below it."""
        return self.to.under(text, self.to.shape(self.shape(e.shape, turned)))

    def shape(self, shape: tuple[int, ...], turned: bool) -> tuple[int, ...]:
        """The shape of what is written."""
        if len(shape) == 2:
            return shape[::-1] if turned else shape
        return (*shape, 1) if len(shape) == 1 and self.columns else shape

    # -- the kinds of trees --------------------------------------------------------------------

    def _show(self, e: Expr, turned: bool, top: bool = False) -> tuple[str, int]:
        """A formula, and how tightly it holds together."""
        if isinstance(e, Symbol):
            shown = self.to.symbol(e)
            if len(e.shape) == 2 and e.rows != turned:
                return self.to.transposed(shown), ATOM
            return shown, ATOM
        if isinstance(e, Number):
            negative = e.value < 0
            whole = isinstance(e.value, Fraction) and e.value.denominator != 1
            return self.to.number(e.value), SUM if negative else PRODUCT if whole else ATOM
        if isinstance(e, Array):
            return self.to.name(f"array {'×'.join(map(str, e.shape))}"), ATOM
        assert isinstance(e, Call)
        method = getattr(self, f"_{e.head}", None)
        if method is not None:
            return method(e, turned, top)  # type: ignore[no-any-return]
        return self._function(e, turned)

    def _tight(self, e: Expr, turned: bool, level: int) -> str:
        text, own = self._show(e, turned)
        return text if own >= level else self.to.group(text)

    def _add(self, e: Call, turned: bool, top: bool) -> tuple[str, int]:
        terms = list(e.args)
        positive = next((i for i, t in enumerate(terms) if ex.split(t)[0] > 0), 0)
        terms.insert(0, terms.pop(positive))
        parts = []
        for i, term in enumerate(terms):
            number, _ = ex.split(term)
            if number < 0:
                text = self._tight(ex.scale(-1, term), turned, PRODUCT)
                parts.append(f" - {text}" if i else f"-{text}")
            else:
                text = self._tight(term, turned, PRODUCT)
                parts.append(f" + {text}" if i else text)
        return "".join(parts), SUM

    def _mul(self, e: Call, turned: bool, top: bool) -> tuple[str, int]:
        number, factors = ex.split(e)
        if number < 0:
            inner = ex.scale(-1, e)
            return f"-{self._tight(inner, turned, PRODUCT)}", SUM
        above, below, behind = self._parted(factors)
        if below:
            return self._quotient(number, above, below, behind, turned)
        several = len(factors) > 1 or number != 1
        alone = len(factors) == 1
        shown = [
            (f, self._factor(f, turned, several, top, alone, f is factors[-1])) for f in factors
        ]
        text = self._joined(shown)
        return (text if number == 1 else f"{self.to.number(number)}{self.to.times}{text}"), PRODUCT

    def _parted(self, factors: list[Expr]) -> tuple[list[Expr], list[Expr], list[Expr]]:
        """Factors above the line, below it (inverted), and those too long, behind it."""
        below = [ex.power(f, -1) for f in factors if ex.base(f)[1] < 0]
        rest = [f for f in factors if ex.base(f)[1] >= 0]
        behind = [f for f in rest if ex.is_call(f, "sum", "matmul") or
                  (ex.is_call(f, "add") and ex.size(f) > 8)]  # fmt: skip
        return [f for f in rest if all(f is not b for b in behind)], below, behind

    def _quotient(
        self, number: Any, above: list[Expr], below: list[Expr], behind: list[Expr], turned: bool
    ) -> tuple[str, int]:
        top, bottom = list(above), list(below)
        if isinstance(number, Fraction):
            if number.denominator != 1:
                bottom.insert(0, Number(number.denominator))
            if number.numerator != 1:
                top.insert(0, Number(number.numerator))
        elif number != 1:
            top.insert(0, Number(number))
        before, self.braced = self.braced, False
        over = self._row(top, turned) if top else self.to.number(Fraction(1))
        text = self.to.fraction(over, self._row(bottom, turned))
        self.braced = before
        if not behind:
            return text, PRODUCT
        quotient = ex.mul([*above, *[ex.power(b, -1) for b in below]])
        shown = [
            (quotient, text),
            *[(f, self._factor(f, turned, True, False, last=f is behind[-1])) for f in behind],
        ]
        return self._joined(shown), PRODUCT

    def _row(self, factors: list[Expr], turned: bool) -> str:
        several = len(factors) > 1
        if not several:
            return self._show(factors[0], turned)[0]
        return self._joined([(f, self._between(f, turned, f is factors[-1])) for f in factors])

    def _between(self, f: Expr, turned: bool, last: bool) -> str:
        """A factor among others: LaTeX's ``\\ln x`` takes what follows for its argument."""
        return self._tight(f, turned, PREFIX if last or isinstance(self.to, Text) else PREFIX + 1)

    def _factor(
        self,
        f: Expr,
        turned: bool,
        several: bool,
        top: bool,
        alone: bool = False,
        last: bool = False,
    ) -> str:
        if ex.is_call(f, "matmul"):
            text, _ = self._show(f, turned, top=top and alone)
            return text if alone else self.to.group(text)
        free = not several or (last and ex.is_call(f, "sum"))
        text = self._show(f, turned)[0] if free else self._between(f, turned, last)
        return self._brace(f, turned, text) if top else text

    def _brace(self, f: Expr, turned: bool, text: str) -> str:
        return self.sized(f, turned, text) if self.braced and f.shape else text

    def _joined(self, shown: list[tuple[Expr, str]]) -> str:
        text = ""
        for i, (f, part) in enumerate(shown):
            if i:
                arrays = f.shape and any(g.shape for g, _ in shown[:i])
                text += self.to.hadamard if arrays else self.to.times
            text += part
        return text

    def _matmul(self, e: Call, turned: bool, top: bool) -> tuple[str, int]:
        parts = list(reversed(e.args)) if turned else list(e.args)
        shown = []
        for p in parts:
            text = self._tight(p, turned, ATOM)
            shown.append(self._brace(p, turned, text) if top else text)
        return self.to.times.join(shown), PRODUCT

    def _transpose(self, e: Call, turned: bool, top: bool) -> tuple[str, int]:
        return self._show(e.args[0], not turned, top)

    def _pow(self, e: Call, turned: bool, top: bool) -> tuple[str, int]:
        b, n = ex.base(e)
        if n < 0:
            below = self._show(ex.power(b, -n), turned)[0]
            return self.to.fraction(self.to.number(Fraction(1)), below), PRODUCT
        if n == Fraction(1, 2):
            inside = self._show(b, turned)[0]
            scripted = isinstance(self.to, Text) and ex.is_call(b, "pow", "power")
            return self.to.root(self.to.group(inside) if scripted else inside), ATOM
        inner = self._raisable(b, turned)
        return self.to.raised(inner, self.to.number(n), len(e.shape) > 1), ATOM

    def _power(self, e: Call, turned: bool, top: bool) -> tuple[str, int]:
        exponent = self._show(e.args[1], turned)[0]
        return self.to.raised(self._raisable(e.args[0], turned), exponent, False), ATOM

    def _raisable(self, b: Expr, turned: bool) -> str:
        """A base, in parentheses if a power of it could be read otherwise."""
        text, level = self._show(b, turned)
        if isinstance(b, Symbol):
            loose = "^" in text or "frac" in text or (isinstance(self.to, Text) and len(text) > 1)
        elif isinstance(self.to, Latex):
            loose = "^" in text and ex.is_call(b, *_RAISED)
        else:
            loose = text[-1] in _SCRIPTS or ex.is_call(b, "pow", "power")
        return self.to.group(text) if loose or level < ATOM else text

    def _sum(self, e: Call, turned: bool, top: bool) -> tuple[str, int]:
        (inner,) = e.args
        if len(e.shape) != 2 and len(inner.shape) == 2:
            turned = self._leaning(inner)
        indices = self._indices(inner, e.params["axes"], turned)
        shown = self._tight(inner, turned, PRODUCT)
        return self.to.total(indices, shown), PREFIX - 1

    def _leaning(self, e: Expr) -> bool:
        """Whether a matrix has fewer transposes when it is written turned."""
        symbols = [t for t in ex.walk(e) if isinstance(t, Symbol) and len(t.shape) == 2]
        return 2 * sum([s.rows for s in symbols]) > len(symbols)

    def _reshape(self, e: Call, turned: bool, top: bool) -> tuple[str, int]:
        (inner,) = e.args
        if [n for n in inner.shape if n != 1] == [n for n in e.shape if n != 1]:
            return self._vector(inner, e.shape, turned)
        shown = self._show(inner, False)[0]
        return self.to.function("reshape", r"\operatorname{{reshape}}({0})", [shown], True), PREFIX

    def _broadcast(self, e: Call, turned: bool, top: bool) -> tuple[str, int]:
        (inner,) = e.args
        if isinstance(inner, Number) and e.shape:
            if inner.value == 0:
                return self.to.number(Fraction(0)), ATOM
            ones = self.to.ones()
            text = (
                ones if inner.value == 1 else f"{self.to.number(inner.value)}{self.to.times}{ones}"
            )
            return text, SUM if inner.value < 0 else PRODUCT
        if not inner.shape and e.shape:
            return f"{self._tight(inner, turned, PREFIX)}{self.to.times}{self.to.ones()}", PRODUCT
        if [n for n in inner.shape if n != 1] == [n for n in e.shape if n != 1]:
            return self._vector(inner, e.shape, turned)
        return self._show(inner, turned)

    def _vector(self, inner: Expr, shape: tuple[int, ...], turned: bool) -> tuple[str, int]:
        """A vector as a row or a column of a matrix, or the other way round."""
        if not self.columns or len(inner.shape) == len(shape):
            return self._show(inner, turned)
        if len(inner.shape) == 1 and len(shape) == 2:
            lies = (shape[0] == 1) != turned
            text, level = self._show(inner, True)
            return (self.to.transposed(text), ATOM) if lies else (text, level)
        if len(inner.shape) == 2 and len(shape) == 1:
            return self._show(inner, inner.shape[0] == 1)
        return self._show(inner, turned)

    def _softmax(self, e: Call, turned: bool, top: bool) -> tuple[str, int]:
        return self.to.softmax(self._show(e.args[0], turned)[0]), ATOM

    def _where(self, e: Call, turned: bool, top: bool) -> tuple[str, int]:
        condition, first, second = e.args
        shown = [self._show(a, turned)[0] for a in (first, second)]
        if ex.is_call(condition, *_INDICATORS):
            holds = self._comparison(condition, turned)  # type: ignore[arg-type]
        else:
            holds = self._show(condition, turned)[0]
        return self.to.either(holds, shown[0], shown[1]), ATOM

    def _comparison(self, e: Call, turned: bool) -> str:
        template = e.primitive.latex
        args = [self._argument(a, turned, template, i) for i, a in enumerate(e.args)]
        return self.to.function(e.head, template, args, True)

    def _getitem(self, e: Call, turned: bool, top: bool) -> tuple[str, int]:
        shown = self._tight(e.args[0], False, ATOM)
        text = self.to.index(shown, e.params["index"])
        return (self.to.transposed(text) if turned and len(e.shape) == 2 else text), ATOM

    def _function(self, e: Call, turned: bool) -> tuple[str, int]:
        """By the template of the primitive; it is turned as a whole if it cannot be within."""
        through = isinstance(e.primitive, (Elementwise, Nondifferentiable)) or e.head in _TURNING
        lean = turned if through else False
        if len(e.shape) < 2 and not through and len(e.args[0].shape) == 2:
            lean = False
        template = e.primitive.latex if e.primitive is not None else r"\operatorname{{?}} {0}"
        if isinstance(e.primitive, Reduction) or e.head == "mean":
            return self._reduction(e, turned, template)
        args = [self._argument(a, lean, template, i) for i, a in enumerate(e.args)]
        text = self.to.function(e.head.removesuffix("_nd"), template, args, True)
        if e.head in _INDICATORS:
            return self.to.indicator(text), ATOM
        if turned and not through and len(e.shape) == 2:
            return self.to.transposed(self.to.group(text)), ATOM
        if isinstance(self.to, Text):  # name(…)
            return text, PREFIX if " " in text.partition("(")[0] else ATOM
        closed = template.endswith(("}}", ")", "|", r"\|", "rfloor", "rceil"))
        atom = closed and "{0} " not in template
        if template.endswith("- 1") or any(sign in template for sign in _INFIX):
            return text, SUM
        return text, ATOM if atom and not template.startswith("{{") else PREFIX

    def _reduction(self, e: Call, turned: bool, template: str) -> tuple[str, int]:
        """An operation over axes, with the letters of those axes below it."""
        (inner,) = e.args
        if len(e.shape) != 2:
            turned = self._leaning(inner)
        axis = e.params.get("axis")
        several = axis if isinstance(axis, (tuple, list)) else (axis,)
        axes = range(len(inner.shape)) if axis is None else several
        indices = "" if axis is None else self._indices(inner, axes, turned)
        text = self._argument(inner, turned, template, 0)
        return self.to.reduced(e.head, template, indices, text), PREFIX

    def _indices(self, e: Expr, axes: Any, turned: bool) -> str:
        """The letters of axes: i counts the rows of what is written, j its columns."""
        letters = "ijkl"[: len(e.shape)]
        if len(e.shape) == 2 and turned:
            letters = letters[::-1]
        places = [a + len(e.shape) if a < 0 else a for a in axes]
        return "".join(sorted([letters[a] for a in places if a < len(letters)]))

    def _argument(self, e: Expr, turned: bool, template: str, place: int) -> str:
        text, level = self._show(e, turned)
        if isinstance(self.to, Text):
            return text
        mark = template.find(f"{{{place}}}")
        before, after = template[: max(mark, 0)], template[mark + 3 :]
        enclosed = before.count("(") > before.count(")") or before.endswith(("{{", "|", r"\|"))
        enclosed = enclosed or before.rstrip().endswith((r"\lfloor", r"\lceil"))
        if enclosed and not after.startswith("^"):
            return text
        return text if level >= ATOM else self.to.group(text)
