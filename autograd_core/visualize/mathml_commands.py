"""The commands that take arguments: fractions, roots, braces, fences, text, environments."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import escape

from . import mathml_symbols as known
from .mathml_parser import RULES, Atom, Parser, Refused, operator, row, table_markup

STRETCHED = ' stretchy="true"'
OPENING = ' fence="true" form="prefix"'
CLOSING = ' fence="true" form="postfix"'

Rule = Callable[[Parser, str], "Atom | None"]


def _rule(*names: str) -> Callable[[Rule], Rule]:
    def register(function: Rule) -> Rule:
        RULES.update(dict.fromkeys(names, function))
        return function

    return register


@_rule("frac", "dfrac", "tfrac", "cfrac")
def _fraction(parser: Parser, name: str) -> Atom:
    above, below = parser.argument(), parser.argument()
    large = ' displaystyle="true"' if name in ("dfrac", "cfrac") else ""
    return Atom(f"<mfrac{large}>{above}{below}</mfrac>")


@_rule("sqrt")
def _root(parser: Parser, _: str) -> Atom:
    if parser.peek() == "[":
        parser.take()
        degree = row(parser.row(("]",)))
        parser.take()
        return Atom(f"<mroot>{parser.argument()}{degree}</mroot>")
    return Atom(f"<msqrt>{parser.argument()}</msqrt>")


@_rule("underbrace", "overbrace")
def _brace(parser: Parser, name: str) -> Atom:
    element, sign = ("munder", "⏟") if name == "underbrace" else ("mover", "⏞")
    inside = parser.argument()
    return Atom(f"<{element}>{inside}{operator(sign, STRETCHED)}</{element}>", "under")


@_rule("underset", "overset", "stackrel")
def _set(parser: Parser, name: str) -> Atom:
    element = "munder" if name == "underset" else "mover"
    mark, base = parser.argument(), parser.argument()
    return Atom(f"<{element}>{base}{mark}</{element}>")


@_rule(*known.ACCENTS)
def _accent(parser: Parser, name: str) -> Atom:
    wide = "" if name in known.WIDE else ' stretchy="false"'
    mark = operator(known.ACCENTS[name], wide)
    return Atom(f'<mover accent="true">{parser.argument()}{mark}</mover>')


@_rule("text", "textrm", "textit", "textbf", "texttt", "textsf", "mbox")
def _text(parser: Parser, name: str) -> Atom:
    shown = escape(_words(parser.raw_group()).replace(" ", "\u00a0"))
    if name == "texttt":
        shown = f'<mtext style="font-family:monospace">{shown}</mtext>'
    else:
        style = {"textit": "font-style:italic", "textbf": "font-weight:bold"}.get(name)
        attribute = f' style="{style}"' if style else ""
        shown = f"<mtext{attribute}>{shown}</mtext>"
    return Atom(shown)


_WORD = re.compile(r"\\([A-Za-z]+)\s*(?:\{\})?|\\(.)|([{}$~])", re.DOTALL)


def _words(source: str) -> str:
    """Text with its escapes undone."""
    return _WORD.sub(_word, source.replace("$-$", "−"))


def _word(match: re.Match[str]) -> str:
    name, sign, special = match.groups()
    if name:
        return known.TEXT.get(name, name)
    return sign or ("\u00a0" if special == "~" else "")


@_rule("operatorname", "mathrm", "mathop", "mathit")
def _name(parser: Parser, name: str) -> Atom:
    if parser.peek() == "*":
        parser.take()
    if parser.peek() != "{":
        return Atom(parser.argument())
    source = parser.raw_group()
    if name == "mathop" or not re.fullmatch(r"[\w\s.,:*/'+-]*", _words(source)):
        inside = Parser(source, parser.strict).whole()
        return Atom(inside, "large" if name == "mathop" else "ordinary")
    text = escape(_words(source).replace("-", "‐" if name == "operatorname" else "−").strip())
    plain = ' mathvariant="normal"' if len(text) == 1 and name != "mathit" else ""
    if name == "mathit" and len(text) > 1:
        return Atom(f'<mi style="font-style:italic">{text}</mi>')
    return Atom(f"<mi{plain}>{text}</mi>", "function" if name == "operatorname" else "ordinary")


@_rule(*known.ALPHABETS)
def _letters(parser: Parser, name: str) -> Atom:
    source = parser.raw_group() if parser.peek() == "{" else parser.take()
    if not re.fullmatch(r"\w+", source):
        inside = Parser(source, parser.strict).whole()
        bold = name in ("mathbf", "boldsymbol", "bm")
        return Atom(f'<mrow style="font-weight:bold">{inside}</mrow>' if bold else inside)
    return Atom(f'<mi mathvariant="normal">{escape(known.lettered(source, name))}</mi>')


@_rule("left")
def _fenced(parser: Parser, _: str) -> Atom:
    opening = _fence(parser)
    parts = parser.row(("\\right",))
    parser.take()
    closing = _fence(parser)
    inside = [operator(opening, OPENING)] if opening else []
    inside += parts
    if closing:
        inside.append(operator(closing, CLOSING))
    return Atom(f"<mrow>{''.join(inside)}</mrow>", "fenced")


def _fence(parser: Parser) -> str:
    token = parser.take()
    if token == ".":
        return ""
    if token[:1] == "\\" and token[1:] in known.FENCES:
        return known.FENCES[token[1:]]
    if token and token in "()[]|/<>":
        return {"<": "⟨", ">": "⟩"}.get(token, token)
    raise Refused(f"{token!r} is no fence")


@_rule("middle")
def _middle(parser: Parser, _: str) -> Atom:
    return Atom(operator(_fence(parser), ' stretchy="true" fence="true"'), "operator")


@_rule(*[f"{size}{side}" for size in ("big", "Big", "bigg", "Bigg") for side in ("", "l", "r")])
def _sized(parser: Parser, name: str) -> Atom:
    size = {"big": 1.2, "Big": 1.8, "bigg": 2.4, "Bigg": 3.0}[name.rstrip("lr")]
    form = ' form="prefix"' if name.endswith("l") else ' form="postfix"'
    attributes = f'{form} stretchy="true" minsize="{size}em" maxsize="{size}em"'
    return Atom(operator(_fence(parser), attributes), "open" if name[-1] == "l" else "close")


@_rule("bmod")
def _bmod(parser: Parser, _: str) -> Atom:
    return Atom(operator("mod", ' lspace="0.22em" rspace="0.22em"'), "operator")


@_rule("begin")
def _environment(parser: Parser, _: str) -> Atom:
    name = parser.raw_group().strip()
    if name not in known.MATRICES and name not in known.ALIGNED:
        raise Refused(f"the environment {name!r} is not known")
    if name in ("array", "alignedat"):
        parser.raw_group()
    rows = parser.table(("\\end",))
    end = parser.raw_group().strip()
    if end != name:
        raise Refused(f"the environment {name!r} ends as {end!r}")
    if name in known.ALIGNED:
        return Atom(table_markup(rows, aligned=True))
    opening, closing = known.MATRICES[name]
    table = table_markup(rows, left=name == "cases")
    if not opening:
        return Atom(table)
    end_fence = operator(closing, CLOSING) if closing else ""
    return Atom(f"<mrow>{operator(opening, OPENING)}{table}{end_fence}</mrow>")
