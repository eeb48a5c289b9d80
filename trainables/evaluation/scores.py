"""All there is to say about one case: what training computes, single lesions, calibration."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from trainables.evaluation.calibration import brier_score, calibration_error
from trainables.evaluation.case import (
    EvaluationConfig,
    Masks,
    boundary_band,
    check_shapes,
    evaluate_region,
    with_mean,
)
from trainables.evaluation.lesions import lesion_scores
from trainables.surfaces import Mask, Spacing, bounding_box

Probabilities = npt.NDArray[np.float32]


def score_case(
    prediction: Masks,
    reference: Masks,
    spacing_mm: Spacing,
    config: EvaluationConfig | None = None,
    regions: Sequence[str] = ("WT", "TC", "ET"),
    probability: Probabilities | None = None,
    lesion_overlap: float = 0.0,
) -> dict[str, float]:
    """Every measure of `MEASURES`, as the mean over regions and for each region, all finite.

    To those of `evaluate_case` it adds

    - ``nsd``: the normalised surface Dice, 1 - ``boundary_error``,
    - ``lesion_precision``, ``lesion_recall``, ``lesion_f1``: see `lesion_scores`,
    - ``volume_difference_ml`` = predicted - reference volume, ``volume_similarity`` =
      1 - |difference| / sum of both, in [0, 1]; 1 where both are empty (Taha and Hanbury 2015),
    - with `probability`, ``band_brier`` and ``band_ece``: Brier score and calibration error over
      the reference's boundary band. A region without a band (its reference is empty, fills the
      volume, or has voxels wider than the band) has 0 for a prediction that is the same, else 1.

    Args:
        prediction: predicted regions, C x X x Y x Z.
        reference: reference regions, C x X x Y x Z.
        spacing_mm: voxel size along X, Y, Z.
        config: band and tolerance; the defaults when None.
        regions: names of the C channels.
        probability: of each region, C x X x Y x Z in [0, 1]; None where it is not known.
        lesion_overlap: part of a lesion that has to be exceeded for it to count, in [0, 1).

    Raises:
        ValueError: the shapes differ, or `regions` does not name every channel.
        ParameterError: `lesion_overlap` is out of range.
    """
    check_shapes(prediction, reference, regions)
    if probability is not None:
        check_shapes(probability, reference, regions)
    config = config or EvaluationConfig()
    rows = []
    for channel, (predicted, wanted) in enumerate(zip(prediction, reference, strict=True)):
        row = evaluate_region(predicted, wanted, spacing_mm, config)
        row["nsd"] = 1.0 - row["boundary_error"]
        row |= lesion_scores(predicted, wanted, lesion_overlap)
        row |= _volume_scores(predicted, wanted, spacing_mm)
        if probability is not None:
            row |= _calibration(probability[channel], predicted, wanted, spacing_mm, config)
        rows.append(row)
    return with_mean(rows, regions)


def _volume_scores(prediction: Mask, reference: Mask, spacing_mm: Spacing) -> dict[str, float]:
    predicted, wanted = int(np.count_nonzero(prediction)), int(np.count_nonzero(reference))
    both = predicted + wanted
    return {
        "volume_similarity": 1.0 - abs(predicted - wanted) / both if both else 1.0,
        "volume_difference_ml": (predicted - wanted) * float(np.prod(spacing_mm)) / 1000,
    }


def _calibration(
    probability: Probabilities,
    prediction: Mask,
    reference: Mask,
    spacing_mm: Spacing,
    config: EvaluationConfig,
) -> dict[str, float]:
    margin = int(np.ceil(config.band_mm / min(spacing_mm))) + 1
    box = bounding_box(reference, margin)
    band = boundary_band(reference[box], spacing_mm, config.band_mm)
    if not band.any():
        wrong = float(not np.array_equal(prediction, reference))
        return {"band_brier": wrong, "band_ece": wrong}
    said, there = probability[box][band], reference[box][band]
    return {"band_brier": brier_score(said, there), "band_ece": calibration_error(said, there)}
