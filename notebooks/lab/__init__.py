"""What the notebooks share: exercises that check themselves, a look for the plots, and equations.

The pictures and exercises of a section are in ``lab.section_1`` to ``lab.section_8``.
"""

from .exercises import Exercise as Exercise
from .exercises import Verdict as Verdict
from .page import Page as Page
from .page import compare as compare
from .page import equations as equations
from .style import COLORS as COLORS
from .style import colors as colors
from .style import subplots as subplots
