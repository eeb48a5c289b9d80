"""How good a segmentation is: interior and boundary errors, Dice and HD95.

Nothing here depends on a parameter that is searched: the boundary band is drawn around the
*reference* label at a fixed width, so that two trials are always judged on the same voxels.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from pydantic import Field
from torch import Tensor

from trainables.distance import signed_distance
from trainables.sections import Section
from trainables.surfaces import ROUNDING_MM, Mask, Spacing, bounding_box, surface_distances

MISSED_MM = 374.0
"""HD95 of a missed or an invented region, as BraTS scores it: about the
diagonal of its 240x240x155 mm volume."""

METRICS = ("interior_error", "boundary_error", "dice", "band_dice", "hd95")
"""Every metric: first as the mean over regions, then as ``metric/REGION``."""

Masks = npt.NDArray[np.bool_]


class EvaluationConfig(Section):
    """What counts as boundary, and how near a surface has to be."""

    band_mm: float = Field(
        default=2.0,
        gt=0,
        le=20,
        allow_inf_nan=False,
        description="Half-width of the fixed boundary band around the reference surface, mm.",
    )
    tolerance_mm: float = Field(
        default=1.0,
        ge=0,
        le=20,
        allow_inf_nan=False,
        description="Distance up to which two surfaces agree, mm.",
    )


def evaluate_case(
    prediction: Masks,
    reference: Masks,
    spacing_mm: Spacing,
    config: EvaluationConfig | None = None,
    regions: Sequence[str] = ("WT", "TC", "ET"),
) -> dict[str, float]:
    """Every metric of one case, as the mean over regions and for each region.

    For region c, with the signed distance phi (mm) of the reference and the band
    ``|phi| <= band_mm``:

    - ``interior_error`` = 1 - Dice over the voxels outside the band,
    - ``boundary_error`` = 1 - normalised surface Dice at ``tolerance_mm``,
    - ``dice`` over all voxels and ``band_dice`` over those inside the band, both in [0, 1],
    - ``hd95`` in mm, with `MISSED_MM` for a region that is missed or invented.

    Where a set of voxels holds neither reference nor prediction its Dice is 1; where it holds
    only one of them it is 0. So an empty reference scores 1 for an empty prediction and 0 for
    any other, and a lesion too thin to have an interior (none of its voxels outside the band)
    has interior error 0 unless something is predicted away from it. All values are finite.

    Args:
        prediction: predicted regions, C x X x Y x Z.
        reference: reference regions, C x X x Y x Z.
        spacing_mm: voxel size along X, Y, Z.
        config: band and tolerance; the defaults when None.
        regions: names of the C channels.

    Raises:
        ValueError: the shapes differ, or `regions` does not name every channel.
    """
    check_shapes(prediction, reference, regions)
    config = config or EvaluationConfig()
    rows = [
        evaluate_region(predicted, wanted, spacing_mm, config)
        for predicted, wanted in zip(prediction, reference, strict=True)
    ]
    return with_mean(rows, regions)


def evaluate_region(
    prediction: Mask, reference: Mask, spacing_mm: Spacing, config: EvaluationConfig
) -> dict[str, float]:
    """The `METRICS` of one region, X x Y x Z; see `evaluate_case`."""
    box = bounding_box(prediction | reference, margin=1)  # beyond it every metric sees nothing
    prediction, reference = prediction[box], reference[box]
    band = boundary_band(reference, spacing_mm, config.band_mm)
    surface_dice, hd95 = compare_surfaces(prediction, reference, spacing_mm, config.tolerance_mm)
    return {
        "interior_error": 1.0 - dice(prediction & ~band, reference & ~band),
        "boundary_error": 1.0 - surface_dice,
        "dice": dice(prediction, reference),
        "band_dice": dice(prediction & band, reference & band),
        "hd95": hd95,
    }


def with_mean(rows: Sequence[Mapping[str, float]], regions: Sequence[str]) -> dict[str, float]:
    """The mean of every metric over regions, then each region's as ``metric/REGION``.

    >>> with_mean([{"dice": 1.0}, {"dice": 0.5}], ["WT", "TC"])
    {'dice': 0.75, 'dice/WT': 1.0, 'dice/TC': 0.5}
    """
    metrics = mean_metrics(rows)
    for region, row in zip(regions, rows, strict=True):
        metrics |= {f"{name}/{region}": value for name, value in row.items()}
    return metrics


def mean_metrics(rows: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """The mean of every metric over cases; all rows have the keys of the first.

    Raises:
        ValueError: there is no row.

    >>> mean_metrics([{"dice": 1.0}, {"dice": 0.5}])
    {'dice': 0.75}
    """
    if not rows:
        raise ValueError("`rows` should hold at least one case. Found none.")
    return {name: float(np.mean([row[name] for row in rows])) for name in rows[0]}


def check_shapes(prediction: npt.NDArray[Any], reference: Masks, regions: Sequence[str]) -> None:
    """Refuse masks that are not C x X x Y x Z alike, or as many names as channels.

    Raises:
        ValueError: the shapes differ, or `regions` does not name every channel.
    """
    if prediction.shape != reference.shape or prediction.ndim != 4:
        raise ValueError(
            "`prediction` and `reference` should share one shape C x X x Y x Z. "
            f"Found {prediction.shape} and {reference.shape}."
        )
    if len(regions) != len(prediction):
        raise ValueError(
            f"`regions` should name {len(prediction)} channels. Found {list(regions)}."
        )


def band_distance(reference: Tensor, spacing_mm: Sequence[float], band_mm: float) -> Tensor:
    """Signed distance of `reference`, mm, told apart far enough to draw a band of `band_mm`.

    Args:
        reference: bool (..., X, Y, Z), the whole volume.
        spacing_mm: voxel size along X, Y, Z.
        band_mm: half-width of the band.
    """
    return signed_distance(reference, spacing_mm, limit_mm=band_mm + 1.0)


def is_boundary(phi: Tensor, band_mm: float) -> Tensor:
    """Which voxels lie in the boundary band ``|phi| <= band_mm``, bool; see `band_distance`.

    An empty region has no band, nor has one that fills the volume.

    >>> is_boundary(torch.tensor([-3.0, -0.5, 2.0, 2.5]), band_mm=2.0)
    tensor([False,  True,  True, False])
    """
    return phi.abs() <= band_mm + ROUNDING_MM


def boundary_band(reference: Mask, spacing_mm: Spacing, band_mm: float) -> Mask:
    """The voxels within `band_mm` of the surface of `reference`, X x Y x Z; none if it is empty."""
    if not reference.any():
        return np.zeros_like(reference)
    tensor = torch.from_numpy(np.ascontiguousarray(reference))
    near: Mask = is_boundary(band_distance(tensor, spacing_mm, band_mm), band_mm).numpy()
    return near


def compare_surfaces(
    prediction: Mask, reference: Mask, spacing_mm: Spacing, tolerance_mm: float
) -> tuple[float, float]:
    """Normalised surface Dice and HD95 (mm) of two masks, with the rules for empty ones."""
    is_predicted, is_wanted = bool(prediction.any()), bool(reference.any())
    if not is_predicted and not is_wanted:
        return 1.0, 0.0
    if is_predicted != is_wanted:
        return 0.0, MISSED_MM
    distances = surface_distances(prediction, reference, spacing_mm)
    return distances.dice(tolerance_mm), distances.hd95()


def dice(prediction: Mask, reference: Mask) -> float:
    """Dice of two masks, in [0, 1]; 1 where both are empty."""
    size = int(np.count_nonzero(prediction)) + int(np.count_nonzero(reference))
    return 2.0 * int(np.count_nonzero(prediction & reference)) / size if size else 1.0
