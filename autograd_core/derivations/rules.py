"""All rules, registered; and what applies them."""

from __future__ import annotations

from . import rules_general as rules_general
from . import rules_labels as rules_labels
from . import rules_masks as rules_masks
from .expanding import expand as expand
from .expanding import simplest as simplest
from .rewriting import RULES as RULES
from .rewriting import Knowledge as Knowledge
from .rewriting import simplify as simplify
