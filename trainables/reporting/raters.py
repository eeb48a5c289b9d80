"""A prediction against several raters: with each, and the raters with each other as a ceiling."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import numpy as np
import numpy.typing as npt

from trainables.evaluation.calibration import brier_score, calibration_error
from trainables.evaluation.case import (
    EvaluationConfig,
    Masks,
    boundary_band,
    compare_surfaces,
    dice,
    with_mean,
)
from trainables.reporting.disagreement import UncertaintyMatch, match_uncertainty
from trainables.reporting.pairing import Pair
from trainables.reporting.reading import Coding, LoadedPair, load_masks, load_pair
from trainables.surfaces import Spacing

Agreement = Mapping[str, float]
Votes = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class RaterReport:
    """What one case with at least two raters says.

    `with_each` is the agreement of the prediction with each rater by name, `among` the mean over
    all pairs of raters; both hold ``dice`` and ``nsd``, as the mean over regions and for each.
    `uncertainty` is None without a map of it, `calibration` (``brier`` and ``ece`` against the
    raters' mean vote) without probabilities.
    """

    with_each: Mapping[str, Agreement]
    among: Agreement
    uncertainty: UncertaintyMatch | None
    calibration: Agreement | None


def report_raters(pair: Pair, coding: Coding, config: EvaluationConfig) -> RaterReport | None:
    """How the prediction of `pair` stands to the raters of its case; None below two raters.

    Uncertainty and calibration are looked at where raters can differ: in the union of the
    boundary bands of all raters, over all regions for uncertainty, for each region and then as
    the mean over regions for calibration. Without a map of uncertainty, it is taken from the
    probabilities as ``4 p (1 - p)``, the largest over regions.

    Raises:
        DataError: a file cannot be read or lies on another grid.
    """
    if len(pair.case.raters) < 2:
        return None
    loaded = load_pair(pair, coding)
    raters = {
        rater_name(path): load_masks(path, pair, coding.reference) for path in pair.case.raters
    }
    names, spacing_mm = coding.reference.names, loaded.spacing_mm

    def agree(a: Masks, b: Masks) -> Agreement:
        return _agreement(a, b, spacing_mm, config.tolerance_mm, names)

    drawn = list(raters.values())
    bands = _union_bands(drawn, spacing_mm, config.band_mm)
    votes: Votes = np.stack(drawn).mean(axis=0, dtype=np.float32)
    return RaterReport(
        with_each={name: agree(loaded.prediction, masks) for name, masks in raters.items()},
        among=_mean([agree(a, b) for a, b in combinations(drawn, 2)]),
        uncertainty=_uncertainty(loaded, votes, np.logical_or.reduce(bands)),
        calibration=_calibration(loaded, votes, bands),
    )


@dataclass(frozen=True, slots=True)
class RaterSummary:
    """Means over cases. `with_each` by rater, `with_all` over the raters of a case, then cases.

    `num_below` counts the cases in which the prediction's mean Dice with the raters is below
    theirs with each other. `spearman`, `auroc`, `brier` and `ece` are means over the cases in
    which they are defined, None where they are in none.
    """

    num_cases: int
    with_each: Mapping[str, Agreement]
    with_all: Agreement
    among: Agreement
    num_below: int
    spearman: float | None
    auroc: float | None
    brier: float | None
    ece: float | None


def summarise_raters(reports: Sequence[RaterReport]) -> RaterSummary:
    """What `reports`, at least one, say together."""
    raters = sorted({name for report in reports for name in report.with_each})
    by_rater = {n: [r.with_each[n] for r in reports if n in r.with_each] for n in raters}
    with_all = [_mean(list(report.with_each.values())) for report in reports]
    among = [report.among for report in reports]
    matches = [report.uncertainty for report in reports if report.uncertainty]
    calibrated = [report.calibration for report in reports if report.calibration]
    return RaterSummary(
        num_cases=len(reports),
        with_each={name: _mean(rows) for name, rows in by_rater.items()},
        with_all=_mean(with_all),
        among=_mean(among),
        num_below=sum(a["dice"] < b["dice"] for a, b in zip(with_all, among, strict=True)),
        spearman=_mean_of_known([match.spearman for match in matches]),
        auroc=_mean_of_known([match.auroc for match in matches]),
        brier=_mean_of_known([c["brier"] for c in calibrated]),
        ece=_mean_of_known([c["ece"] for c in calibrated]),
    )


def rater_name(path: Path) -> str:
    """What a rater is called: the name of the file.

    >>> rater_name(Path("raters/rater-2.nii.gz"))
    'rater-2'
    """
    return path.name.removesuffix(".gz").removesuffix(".nii")


def _agreement(
    a: Masks, b: Masks, spacing_mm: Spacing, tolerance_mm: float, regions: Sequence[str]
) -> Agreement:
    """Dice and NSD, the same whoever of the two comes first."""
    rows = []
    for one, other in zip(a, b, strict=True):
        surface_dice, _ = compare_surfaces(one, other, spacing_mm, tolerance_mm)
        rows.append({"dice": dice(one, other), "nsd": surface_dice})
    return with_mean(rows, regions)


def _mean(rows: Sequence[Agreement]) -> Agreement:
    return {key: float(np.mean([row[key] for row in rows])) for key in rows[0]}


def _mean_of_known(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if known else None


def _union_bands(raters: Sequence[Masks], spacing_mm: Spacing, band_mm: float) -> Masks:
    """Where a rater's boundary is near, C x X x Y x Z."""
    bands = np.zeros_like(raters[0])
    for masks in raters:
        for channel, mask in enumerate(masks):
            bands[channel] |= boundary_band(mask, spacing_mm, band_mm)
    return bands


def _uncertainty(loaded: LoadedPair, votes: Votes, band: Masks) -> UncertaintyMatch | None:
    uncertainty = loaded.uncertainty
    if uncertainty is None and loaded.probability is not None:
        uncertainty = (4 * loaded.probability * (1 - loaded.probability)).max(axis=0)
    if uncertainty is None:
        return None
    return match_uncertainty(uncertainty[band], votes[:, band])


def _calibration(loaded: LoadedPair, votes: Votes, bands: Masks) -> Agreement | None:
    if loaded.probability is None:
        return None
    sides = [
        (said[band], vote[band])
        for said, vote, band in zip(loaded.probability, votes, bands, strict=True)
        if band.any()  # a region that no rater drew asks nothing
    ]
    if not sides:
        return None
    return _mean([{"brier": brier_score(*s), "ece": calibration_error(*s)} for s in sides])
