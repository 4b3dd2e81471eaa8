"""Why a gradient is what it is (`explain`), and where one is wrong (`bisect_gradient`)."""

from __future__ import annotations

from .asking import explain as explain
from .bisecting import bisect_gradient as bisect_gradient
from .bisection import Bisection as Bisection
from .explanation import Explanation as Explanation
from .findings import Finding as Finding
from .paths import Path as Path
