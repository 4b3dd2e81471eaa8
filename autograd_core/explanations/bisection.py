"""`Bisection`: what `bisect_gradient` found."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from html import escape
from typing import Any

from ..visualize.wording import visible
from .explanation import bundle
from .findings import number
from .operations import Disagreement


@dataclass(frozen=True)
class Whole:
    """The gradient of the whole function against central differences.

    Attributes
    ----------
    agrees : bool
    checked : int
        How many elements and directions were compared.
    error : float
        The largest difference.
    argument : int or None
        In which argument it disagrees most.
    index : tuple of int or None
        At which element; None along a random direction.
    got, expected : float or None
        What backward says there, and what differences say.
    """

    agrees: bool
    checked: int
    error: float
    argument: int | None = None
    index: tuple[int, ...] | None = None
    got: float | None = None
    expected: float | None = None


@dataclass(frozen=True)
class Bisection:
    """Where a gradient is wrong, or that it is right; what `bisect_gradient` returns.

    Attributes
    ----------
    agrees : bool
        Whether the gradient is right.
    verdict : str
        ``"agrees"``, ``"wrong rule"``, ``"detached"``, ``"written to"``,
        ``"not deterministic"``, ``"hook"`` or ``"unexplained"``.
    whole : Whole or None
        The comparison of the whole; None where there was no gradient to compare.
    wrong : tuple of Disagreement
        The operations whose rules are wrong, in the order in which they ran.
    reason : str
        Why, where it is no rule.
    line : str or None
        The line of the reason, or of the first wrong operation: ``file.py:12``.
    error : str
        What backward raised, if it raised.
    kinks : tuple of str
        Where differences were taken at a kink or a jump.
    """

    agrees: bool
    verdict: str
    whole: Whole | None
    wrong: tuple[Disagreement, ...] = ()
    reason: str = ""
    line: str | None = None
    error: str = ""
    kinks: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.line is None and self.wrong:
            object.__setattr__(self, "line", self.wrong[0].line)

    @property
    def first(self) -> Disagreement | None:
        """The first wrong operation."""
        return self.wrong[0] if self.wrong else None

    def _sentences(self) -> list[str]:
        parts = [self._summary()]
        if self.error:
            parts.append(f"backward raised: {self.error}.")
        if self.wrong:
            parts.append(f"First wrong: {self.wrong[0]}")
        if len(self.wrong) > 1:
            parts.append("Wrong too:")
            parts += [f"– {wrong}" for wrong in self.wrong[1:5]]
            if len(self.wrong) > 5:
                parts.append(f"– and {len(self.wrong) - 5} more")
        if self.reason:
            parts.append(f"{self.reason.rstrip('.?')}{'?' if self.reason.endswith('?') else '.'}")
        if self.kinks:
            parts.append(
                f"Not smooth here, where any slope between those of both sides counts as right: "
                f"{'; '.join(self.kinks)}."
            )
        return [visible(part) for part in parts]

    def _summary(self) -> str:
        whole = self.whole
        if whole is None:
            return "The gradient could not be compared with differences."
        if whole.agrees:
            if not whole.checked:
                return "There is nothing to compare: x has no elements."
            return (
                f"The gradient agrees with central differences, in {whole.checked} elements and "
                f"directions to {number(whole.error)}."
            )
        where = ""
        if whole.argument is not None:
            where = "along a random direction" if whole.index is None else f"at {list(whole.index)}"
            where = f" {where}" if where != "at []" else ""
            if whole.argument:
                where += f" of argument {whole.argument + 1}"
        got = "" if whole.got is None else f": {whole.got:.8g}, and differences say "
        return f"The gradient is wrong{where}{got}" + (
            f"{whole.expected:.8g}." if whole.expected is not None else "."
        )

    def __str__(self) -> str:
        return "\n".join(self._sentences())

    __repr__ = __str__

    def _html(self) -> str:
        texts = [re.sub("`([^`]*)`", r"<code>\1</code>", escape(s)) for s in self._sentences()]
        parts = "".join([f"<p>{text}</p>" for text in texts])
        return f'<div role="region" aria-label="Check of a gradient">{parts}</div>'

    def _repr_mimebundle_(
        self, include: Collection[str] | None = None, exclude: Collection[str] | None = None
    ) -> dict[str, Any]:
        return bundle({"text/plain": str(self), "text/html": self._html()}, include, exclude)
