"""The one visual language of all figures: the colours of `fronts.colours`, and the rest.

Shapes differ as well, so a figure printed in grey can be read.
"""

from pareto_search.fronts.colours import (
    BASELINE,
    CONSTRAINED,
    DOMINATED,
    FRONT,
    KNEE,
    STOPPED,
)

__all__ = ["BASELINE", "CONSTRAINED", "DOMINATED", "FRONT", "KNEE", "STOPPED"]

REFERENCE = "#000000"
GRID = "#E4E4E4"
TEXT = "#222222"
FAINT = "#666666"
FONT = "DejaVu Sans, Verdana, sans-serif"

WIDTH_PX = 1200
HEIGHT_PX = 800
