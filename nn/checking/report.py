"""What a check found, as data and as a page to read."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping
from typing import NamedTuple

_WIDTH = 88


class Finding(NamedTuple):
    """One thing that is wrong.

    Attributes
    ----------
    method : str
        ``"forward"``, ``"backward"`` or ``"weight_grad"``.
    what : str
        What is wrong, in a sentence.
    hint : str
        What to do about it.
    """

    method: str
    what: str
    hint: str


class ModuleReport:
    """What `check_module` found; true if nothing is wrong, and prints as a page.

    Attributes
    ----------
    ok : bool
        Whether nothing is wrong.
    findings : tuple of Finding
    notes : tuple of str
        How the check was made, and what is unusual without being wrong.
    """

    def __init__(
        self,
        name: str,
        findings: tuple[Finding, ...],
        skipped: Mapping[str, str],
        notes: tuple[str, ...],
    ) -> None:
        self.name = name
        self.findings = findings
        self.notes = notes
        self._skipped = dict(skipped)

    @property
    def ok(self) -> bool:
        return not self.findings

    def __bool__(self) -> bool:
        return self.ok

    def __repr__(self) -> str:
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        open_only = not self.ok and all(map(_is_open, self.findings))
        state = "all is right" if self.ok else "not written yet" if open_only else "not right yet"
        yield f"{self.name}: {state}"
        for method in ("forward", "backward", "weight_grad"):
            mine = [f for f in self.findings if f.method == method]
            if mine and all(map(_is_open, mine)):
                yield f"○ {method}: it returns None; not written yet?"
                continue
            if mine:
                yield f"✗ {method}"
            elif method in self._skipped:
                yield f"– {method}: {self._skipped[method]}"
            else:
                yield f"✓ {method}"
            for finding in mine:
                yield from _wrapped(finding.what, "    ")
                yield from _wrapped(finding.hint, "    → ")
        for note in self.notes:
            yield from _wrapped(note, "")


def _is_open(finding: Finding) -> bool:
    """Whether a method has returned nothing at all."""
    return finding.what.endswith(" is None.")


def _wrapped(text: str, head: str) -> list[str]:
    return textwrap.wrap(
        text,
        _WIDTH,
        initial_indent=head,
        subsequent_indent=" " * len(head),
        break_long_words=False,
        break_on_hyphens=False,
    )
