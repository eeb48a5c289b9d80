"""The one visual language of all figures: colours that colour-blind readers can tell apart.

The palette is that of Okabe and Ito, *Color Universal Design* (2008). Shapes differ as well, so a
figure printed in grey can be read.
"""

FRONT = "#0072B2"
DOMINATED = "#9A9A9A"
CONSTRAINED = "#CC79A7"
STOPPED = "#56B4E9"
BASELINE = "#D55E00"
KNEE = "#009E73"
REFERENCE = "#000000"
GRID = "#E4E4E4"
TEXT = "#222222"
FAINT = "#666666"
FONT = "DejaVu Sans, Verdana, sans-serif"

WIDTH_PX = 1200
HEIGHT_PX = 800
