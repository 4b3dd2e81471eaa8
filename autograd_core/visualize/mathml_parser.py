"""How LaTeX is read: tokens, groups, scripts, rows and tables."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import escape
from typing import NamedTuple

from . import mathml_symbols as known

_TOKEN = re.compile(r"\\([A-Za-z]+)\s*|\\(.)|(\s+)|(.)", re.DOTALL)
_DEEPEST = 60
#: What a sign stands behind, where a binary operator would stand behind its operand.
_NO_OPERAND = ("operator", "open", "large", "function")

#: The space around the name of a function.
THIN = '<mspace width="0.167em"></mspace>'


class Atom(NamedTuple):
    """A piece of a formula: its MathML, and what is to be known of it for what comes next.

    `kind` is "ordinary", "operator" or "open" (after both a minus is a sign), "close", "fenced",
    "function" (which stands off its neighbours), "large" (whose scripts are limits) or "under".
    """

    markup: str
    kind: str = "ordinary"


class Refused(Exception):
    """A formula that is not of this LaTeX."""


def row(parts: list[str]) -> str:
    """One element of several."""
    return parts[0] if len(parts) == 1 else f"<mrow>{''.join(parts)}</mrow>"


def operator(text: str, attributes: str = "") -> str:
    return f"<mo{attributes}>{escape(text)}</mo>"


class Parser:
    """Recursive descent over a list of tokens; a command keeps its backslash."""

    def __init__(self, latex: str, strict: bool) -> None:
        self.latex = latex
        self.strict = strict
        self.tokens: list[tuple[str, int]] = []
        for match in _TOKEN.finditer(latex):
            word, sign, blank, plain = match.groups()
            token = "\\" + (word or sign) if word or sign else " " if blank else plain
            self.tokens.append((token, match.start()))
        self.place = 0
        self.depth = 0

    # -- tokens ------------------------------------------------------------------------------

    def peek(self, blanks: bool = False) -> str:
        """The next token, "" at the end."""
        while not blanks and self.place < len(self.tokens) and self.tokens[self.place][0] == " ":
            self.place += 1
        return self.tokens[self.place][0] if self.place < len(self.tokens) else ""

    def take(self, blanks: bool = False) -> str:
        token = self.peek(blanks)
        self.place += 1
        return token

    def expect(self, token: str) -> None:
        if (found := self.take()) != token:
            raise Refused(f"{token!r} is expected, and {found or 'the end'!r} found")

    def raw_group(self) -> str:
        """The source between two braces, braces within it counted."""
        self.expect("{")
        text, depth = [], 1
        while depth:
            token = self.take(blanks=True)
            if not token:
                raise Refused("a brace is not closed")
            depth += (token == "{") - (token == "}")
            text.append(token if token[0] != "\\" or len(token) == 2 else f"{token} ")
        return "".join(text[:-1])

    # -- grammar -----------------------------------------------------------------------------

    def whole(self) -> str:
        rows = self.table(("",))
        if len(rows) == 1 and len(rows[0]) == 1:
            return rows[0][0]
        return table_markup(rows, aligned=any(len(cells) > 1 for cells in rows))

    def table(self, ends: tuple[str, ...]) -> list[list[str]]:
        """Rows of cells, up to one of `ends`."""
        rows: list[list[str]] = [[]]
        while True:
            rows[-1].append(row(self.row((*ends, "&", "\\\\"))))
            token = self.take()
            if token == "&":
                continue
            if token != "\\\\":
                break
            if self.peek() == "[":  # the space below a row
                while self.take() not in ("]", ""):
                    pass
            rows.append([])
        if len(rows) > 1 and rows[-1] == ["<mrow></mrow>"]:
            rows.pop()
        return rows

    def row(self, ends: tuple[str, ...]) -> list[str]:
        """What stands side by side, up to one of `ends`, which is left to the caller."""
        self.depth += 1
        if self.depth > _DEEPEST:
            raise Refused("too deeply nested")
        parts: list[str] = []
        before = "open"
        while (token := self.peek()) not in ends:
            if not token:
                raise Refused(f"{ends[0]!r} is missing")
            if token in ("}", "\\right", "\\end", "&", "\\\\"):
                raise Refused(f"{token!r} has no beginning")
            atom = self.scripted(before)
            if atom is not None:
                if (before == "function" and atom.kind in ("ordinary", "function", "large")) or (
                    before in ("ordinary", "close", "fenced") and atom.kind == "function"
                ):
                    parts.append(THIN)
                parts.append(atom.markup)
                before = atom.kind
        self.depth -= 1
        return parts

    def scripted(self, before: str = "ordinary") -> Atom | None:
        """An atom with what is raised and lowered behind it."""
        atom = Atom("<mrow></mrow>") if self.peek() in ("_", "^") else self.atom(before)
        if atom is None:
            return None
        below = above = None
        primes = 0
        while (token := self.peek()) and token in ("_", "^", "'", "\\limits", "\\nolimits"):
            self.take()
            if (token == "_" and below is not None) or (token == "^" and above is not None):
                raise Refused(f"{token!r} comes twice")
            if token == "'":
                primes += 1
            elif token == "_":
                below = self.argument()
            elif token == "^":
                above = self.argument()
        if primes:
            mark = operator("′" * primes)
            above = mark if above is None else f"<mrow>{mark}{above}</mrow>"
        return _with_scripts(atom, below, above)

    def argument(self) -> str:
        """A group, or the one next atom."""
        token = self.peek()
        if not token or token in "}&^_":
            raise Refused("an argument is missing")
        if token == "{":
            return self.group()
        if token.isdigit():
            return f"<mn>{self.take()}</mn>"
        self.depth += 1
        if self.depth > _DEEPEST:
            raise Refused("too deeply nested")
        atom = self.atom("open")
        self.depth -= 1
        return atom.markup if atom is not None else "<mrow></mrow>"

    def group(self) -> str:
        self.expect("{")
        inside = row(self.row(("}",)))
        self.take()
        return inside

    def atom(self, before: str) -> Atom | None:
        """One piece, without its scripts; None where nothing is to be seen."""
        token = self.peek()
        if token == "{":
            return Atom(self.group())
        self.take()
        if token[0] != "\\":
            return self.character(token, before)
        name = token[1:]
        rule = RULES.get(name)
        return rule(self, name) if rule is not None else self.symbol(name, before)

    def character(self, c: str, before: str) -> Atom:
        if c.isdigit():
            while (following := self.peek(blanks=True)).isdigit() or (
                following == "." and self._digit_after()
            ):
                c += self.take()
            return Atom(f"<mn>{escape(c)}</mn>")
        if c.isalpha():
            return Atom(f"<mi>{escape(c)}</mi>")
        if c == "~":
            return Atom('<mspace width="0.25em"></mspace>')
        if c in "([":
            return Atom(operator(c, ' stretchy="false"'), "open")
        if c in ")]":
            return Atom(operator(c, ' stretchy="false"'), "close")
        if c == "|":
            return Atom(operator(c, ' stretchy="false" form="prefix"'), "close")
        return signed({"-": "−", "*": "∗", "`": "‘"}.get(c, c), before)

    def _digit_after(self) -> bool:
        after = self.tokens[self.place + 1 : self.place + 2]
        return bool(after) and after[0][0].isdigit()

    def symbol(self, name: str, before: str) -> Atom | None:
        """A command that takes nothing."""
        if name in known.LETTERS:
            letter = known.LETTERS[name]
            plain = ' mathvariant="normal"' if "Α" <= letter <= "Ω" or letter in "∂∇∞" else ""
            return Atom(f"<mi{plain}>{letter}</mi>")
        if name in known.FUNCTIONS:
            return Atom(f"<mi>{name}</mi>", "function")
        if name in known.LIMITS:
            fixed = ' movablelimits="true" form="prefix" lspace="0.1em" rspace="0.17em"'
            return Atom(operator(known.LIMITS[name], fixed), "large")
        if name in known.LARGE:
            return Atom(operator(known.LARGE[name]), "large")
        if name in known.RELATIONS:
            return signed(known.RELATIONS[name], before)
        if name in known.BINARY:
            return signed(known.BINARY[name], before)
        if name in known.ORDINARY:
            return Atom(f'<mi mathvariant="normal">{escape(known.ORDINARY[name])}</mi>')
        if name in known.FENCES:
            kind = "open" if known.FENCES[name] in "{⟨⌊⌈[" else "close"
            return Atom(operator(known.FENCES[name], ' stretchy="false"'), kind)
        if name in known.SPACES:
            return Atom(f'<mspace width="{known.SPACES[name]}em"></mspace>')
        if name in known.SILENT:
            return None
        if self.strict:
            raise Refused(f"the command \\{name} is not known")
        return Atom(f"<mtext>{escape(name)}</mtext>")


def signed(text: str, before: str) -> Atom:
    """An operator; at the beginning, or after another one, it is a sign before its operand."""
    sign = ' form="prefix"' if text in "−+±∓" and before in _NO_OPERAND else ""
    return Atom(operator(text, sign), "operator")


def _with_scripts(atom: Atom, below: str | None, above: str | None) -> Atom:
    if below is None and above is None:
        return atom
    under = atom.kind in ("large", "under")
    names = ("munder", "mover", "munderover") if under else ("msub", "msup", "msubsup")
    name = names[2 if below and above else 1 if above else 0]
    markup = f"<{name}>{atom.markup}{below or ''}{above or ''}</{name}>"
    kind = atom.kind if atom.kind in ("large", "operator", "function") else "ordinary"
    return Atom(markup, kind)


def table_markup(rows: list[list[str]], aligned: bool = False, left: bool = False) -> str:
    """A table; aligned columns go in turn to the right and to the left."""
    lines = []
    for cells in rows:
        done = []
        for i, cell in enumerate(cells):
            style = ""
            if aligned or left:
                side = "left" if left or i % 2 else "right"
                space = ";padding-left:0;padding-right:0" if aligned else ""
                style = f' style="text-align:{side}{space}"'
            done.append(f"<mtd{style}>{cell}</mtd>")
        lines.append(f"<mtr>{''.join(done)}</mtr>")
    shown = ' displaystyle="true"' if aligned else ""
    return f"<mtable{shown}>{''.join(lines)}</mtable>"


#: What a command that takes arguments does, by its name; filled by `mathml_commands`.
RULES: dict[str, Callable[[Parser, str], Atom | None]] = {}
