"""What a trial's colour says, the same in every figure and in MLflow.

The palette is that of Okabe and Ito, *Color Universal Design* (2008): colour-blind readers can
tell it apart.
"""

FRONT = "#0072B2"
DOMINATED = "#9A9A9A"
CONSTRAINED = "#CC79A7"
BASELINE = "#D55E00"
KNEE = "#009E73"
STOPPED = "#E69F00"
FAILED = "#000000"
RUNNING = "#56B4E9"
