"""What is done about a NaN or an infinity: a table of cures, each with code that it cures.

`bad` is code in ``x`` that fails at `at`; `good` is the rewrite. The tests run every row.
"""

from __future__ import annotations

import numpy as np

from .cure_logs import ROWS as _LOG_ROWS
from .cure_powers import ROWS as _POWER_ROWS
from .cure_rows import Cure as Cure
from .trouble import Trouble

CURES: tuple[Cure, ...] = (*_LOG_ROWS, *_POWER_ROWS)


def cure_of(trouble: Trouble) -> Cure | None:
    """The first row that fits."""
    with np.errstate(all="ignore"):
        for cure in CURES:
            if cure.operations and trouble.operation not in cure.operations:
                continue
            if trouble.xs and any(x is None for x in trouble.xs) and cure.operations:
                continue
            if cure.when(trouble):
                return cure
    return None
