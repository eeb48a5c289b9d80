"""How good a segmentation is. Nothing here depends on a parameter that is searched.

`case` holds what training computes every epoch; `scores` adds what only the command `evaluate`
asks for: single lesions, volumes, and the calibration of probabilities. `measures` lists them all.
"""

from trainables.evaluation.case import (
    METRICS,
    MISSED_MM,
    EvaluationConfig,
    band_distance,
    evaluate_case,
    is_boundary,
    mean_metrics,
)

__all__ = [
    "METRICS",
    "MISSED_MM",
    "EvaluationConfig",
    "band_distance",
    "evaluate_case",
    "is_boundary",
    "mean_metrics",
]
