"""The charts of a training that is still going on, in the notebook that runs it."""

from __future__ import annotations

import sys
import time
from typing import Any

#: Seconds between two pictures.
PAUSE = 1.0


def notebook() -> Any:
    """The shell of the notebook that this runs in; None elsewhere, and without IPython."""
    if not {"ipykernel", "IPython", "IPython.display"} <= sys.modules.keys():
        return None
    shell = sys.modules["IPython"].get_ipython()
    return shell if hasattr(shell, "kernel") else None


class Live:
    """Shows a record, and shows it again in the same place. Its failures hinder no training."""

    def __init__(self, record: Any, wanted: bool | None) -> None:
        self._record = record
        self.wanted = wanted
        self._handle: Any = None
        self._next = 0.0
        self._broken = False

    def begin(self) -> None:
        """A new place, in the cell that runs now; its first picture comes with the first number."""
        self._handle = None
        self._next = 0.0

    def renew(self) -> None:
        """Show the present state, if the last time is long enough ago."""
        now = time.monotonic()
        if now >= self._next:
            began = now
            self._show()
            # A large picture on a slow machine takes a tenth of the time at most.
            spent = time.monotonic() - began
            self._next = began + max(PAUSE, 10 * spent)

    def end(self) -> None:
        """Show the final state."""
        if self._handle is not None:
            self._show()

    def _show(self) -> None:
        if self.wanted is False or self._broken:
            return
        shell = notebook()
        if shell is None and self.wanted is None:
            self._next = float("inf")
            return
        try:
            if shell is None:
                print(self._record)
                return
            bundle = self._record._repr_mimebundle_()
            if self._handle is None:
                display = sys.modules["IPython.display"].display
                self._handle = display(bundle, raw=True, display_id=True)
            else:
                self._handle.update(bundle, raw=True)
        except Exception as error:
            self._broken = True
            self._record.notes.append(
                f"the charts are not renewed: showing them raised {type(error).__name__}: {error}"
            )

    def __deepcopy__(self, memo: Any) -> Live:
        return Live(memo.get(id(self._record), self._record), self.wanted)

    def __getstate__(self) -> dict[str, Any]:
        return {**vars(self), "_handle": None}
