"""Every measure that `evaluate` reports, and which way is better."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from trainables.evaluation.case import MISSED_MM

Better = Literal["lower", "higher", "none"]

Rows = Mapping[str, Mapping[str, float]]
"""Of each case, by its id, the measures by their keys: ``metric`` and ``metric/REGION``."""


@dataclass(frozen=True, slots=True)
class Measure:
    """A number per case and region. `better` says which way is; `unit` is empty for a ratio."""

    name: str
    title: str
    better: Better
    unit: str = ""

    def worst(self, values: list[float]) -> float:
        """The worst of `values`; of a measure with no better way, the farthest from 0."""
        if self.better == "none":
            return max(values, key=abs)
        return max(values) if self.better == "lower" else min(values)


MEASURES = {
    measure.name: measure
    for measure in (
        Measure("interior_error", "interior error", "lower"),
        Measure("boundary_error", "boundary error", "lower"),
        Measure("dice", "Dice", "higher"),
        Measure("band_dice", "Dice in the band", "higher"),
        Measure("hd95", "HD95", "lower", "mm"),
        Measure("nsd", "NSD", "higher"),
        Measure("lesion_precision", "lesion precision", "higher"),
        Measure("lesion_recall", "lesion recall", "higher"),
        Measure("lesion_f1", "lesion F1", "higher"),
        Measure("volume_similarity", "volume similarity", "higher"),
        Measure("volume_difference_ml", "volume difference", "none", "ml"),
        Measure("band_brier", "Brier score in the band", "lower"),
        Measure("band_ece", "calibration error in the band", "lower"),
    )
}
"""By name, in the order of reports. The last two need probabilities."""

MISSED: Mapping[str, float] = {
    "interior_error": 1.0,
    "boundary_error": 1.0,
    "dice": 0.0,
    "band_dice": 0.0,
    "hd95": MISSED_MM,
    "nsd": 0.0,
    "lesion_precision": 0.0,
    "lesion_recall": 0.0,
    "lesion_f1": 0.0,
    "volume_similarity": 0.0,
    "band_brier": 1.0,
    "band_ece": 1.0,
}
"""The worst of each measure that has one: what a case without a prediction gets."""

CALIBRATION = ("band_brier", "band_ece")
"""Measures of a prediction that has probabilities."""

COMPARED = (
    "interior_error",
    "boundary_error",
    "dice",
    "hd95",
    "lesion_f1",
    "volume_similarity",
    "band_brier",
    "band_ece",
)
"""Measures that two models are tested on. The others are parts of these, or say the same in other
words (NSD is 1 - boundary error): testing them too would only make every test stricter."""


def measure_of(key: str) -> Measure:
    """The measure of a ``metric`` or ``metric/REGION``.

    >>> measure_of("hd95/ET").unit
    'mm'
    """
    return MEASURES[key.partition("/")[0]]


def as_missed(row: Mapping[str, float], keys: Sequence[str]) -> dict[str, float]:
    """The worst of each of `keys`; of one that has none, what `row` says.

    An empty prediction is not the worst one: where the reference has no interior, it is right.

    >>> as_missed({"dice": 1.0, "volume_difference_ml": -2.0}, ["dice", "volume_difference_ml"])
    {'dice': 0.0, 'volume_difference_ml': -2.0}
    """
    return {key: MISSED.get(measure_of(key).name, row.get(key, 0.0)) for key in keys}
