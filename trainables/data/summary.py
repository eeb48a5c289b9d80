"""What a data set holds as a whole: counts, sizes, doubts, and what they propose."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median

import numpy as np
import numpy.typing as npt

from trainables.data.case_checks import CaseFindings
from trainables.data.checks import Report
from trainables.data.one_grid import have_same_spacing
from trainables.data.proposals import Proposals, propose

_NAMED = 5
"""Cases that a warning names."""


@dataclass(frozen=True, slots=True)
class LesionSummary:
    """Lesions of one region over all labelled cases; sizes are smallest, median and largest."""

    region: str
    num_cases: int
    num_empty: int
    num_lesions: int
    sizes_voxels: tuple[float, float, float] | None
    sizes_mm3: tuple[float, float, float] | None


@dataclass(frozen=True, slots=True)
class Summary:
    """Counts of cases by what they have, codes by voxels, lesions by region."""

    num_cases: int
    num_labelled: int
    shapes: Counter[tuple[int, ...]]
    spacings_mm: Counter[tuple[float, ...]]
    orientations: Counter[str]
    codes: Counter[int]
    lesions: tuple[LesionSummary, ...]
    warnings: tuple[str, ...]
    proposals: Proposals | None


def summarise(report: Report) -> Summary:
    """The whole of a report on cases that could be read, as far as they could be."""
    cases = [case for case in report.cases if case.shape]
    names = report.dataset.labels.names if report.dataset else ()
    codes = Counter[int]()
    for case in cases:
        codes.update(case.codes)
    return Summary(
        num_cases=len(report.cases),
        num_labelled=sum(case.label is not None for case in report.dataset.cases)
        if report.dataset
        else 0,
        shapes=Counter(case.shape for case in cases),
        spacings_mm=Counter(case.spacing_mm for case in cases),
        orientations=Counter(case.orientation for case in cases),
        codes=codes,
        lesions=tuple(_lesions(name, cases) for name in names),
        warnings=tuple(_warnings(report, cases)),
        proposals=_proposals(cases),
    )


def _lesions(region: str, cases: Sequence[CaseFindings]) -> LesionSummary:
    labelled = [(c.lesions[region], _voxel_mm3(c)) for c in cases if region in c.lesions]
    voxels = [size for sizes, _ in labelled for size in sizes]
    mm3 = [size * volume for sizes, volume in labelled for size in sizes]
    empty = sum(not sizes for sizes, _ in labelled)
    return LesionSummary(region, len(labelled), empty, len(voxels), _spread(voxels), _spread(mm3))


def _spread(sizes: Sequence[float]) -> tuple[float, float, float] | None:
    return (min(sizes), median(sizes), max(sizes)) if sizes else None


def _voxel_mm3(case: CaseFindings) -> float:
    return float(np.prod(case.spacing_mm))


def _warnings(report: Report, cases: Sequence[CaseFindings]) -> Iterator[str]:
    """What is odd about the cases but may be right."""
    dim = [case.case_id for case in cases if case.has_dim_enhancement]
    if dim and report.dataset is not None:
        yield (
            "Mean t1ce inside ET should exceed mean t1ce in TC outside ET. Found that it does not "
            f"in {len(dim)} of {sum(bool(c.lesions) for c in cases)} cases ({_some(dim)}): is "
            f"{report.dataset.labels.as_mapping()} what their codes mean?"
        )
    yield from _empty_regions(report, cases)
    alike = [case.case_id for case in cases if len({*case.raters.values()}) < len(case.raters)]
    if alike:
        yield (
            "Raters of a case should differ. Found two with the very same voxels in "
            f"{len(alike)} of {len(cases)} cases ({_some(alike)}): is one a copy of the other?"
        )
    off = [case.case_id for case in cases if case.off_image]
    if off:
        yield (
            "Labels should lie within the box of non-zero voxels of the images. Found "
            f"{sum(case.off_image for case in cases)} voxels outside it, in {len(off)} of "
            f"{len(cases)} cases ({_some(off)}): they are trained on, but `predict` finds nothing "
            "there. Is the skull stripping, or the label, right?"
        )
    odd = [case.case_id for case in cases if not _is_spaced_like(cases[0], case)]
    if odd:
        yield (
            f"Cases should share one spacing. Found another than that of {cases[0].case_id} in "
            f"{len(odd)} of {len(cases)} cases ({_some(odd)}): have all resampled to one, by "
            "`data.preprocessing.spacing_mm`."
        )


def _empty_regions(report: Report, cases: Sequence[CaseFindings]) -> Iterator[str]:
    """Regions that are there in no case although others are: nothing can be learned of them."""
    if report.dataset is None or all(case.is_empty for case in cases):
        return
    for found in (_lesions(name, cases) for name in report.dataset.labels.names):
        if found.num_cases and found.num_empty == found.num_cases:
            yield (
                f"Region {found.region} should be outlined in a case. Found it empty in all "
                f"{found.num_cases}: is {report.dataset.labels.as_mapping()} what their codes mean?"
            )


def _is_spaced_like(one: CaseFindings, other: CaseFindings) -> bool:
    first, second = (sorted(case.spacing_mm) for case in (one, other))
    return have_same_spacing(first, second)


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:_NAMED]) + (", ..." if len(names) > _NAMED else "")


def _proposals(cases: Sequence[CaseFindings]) -> Proposals | None:
    known = [case for case in cases if case.low and "?" not in case.orientation]
    spacings = [_along_ras(case, case.spacing_mm) for case in known]
    extents = [_along_ras(case, np.subtract(case.high, case.low)) for case in known]
    lesions = [(case, size) for case in cases for s in case.lesions.values() for size in s]
    return propose(
        spacings,
        [np.multiply(e, s).tolist() for e, s in zip(extents, spacings, strict=True)],
        [size * _voxel_mm3(case) for case, size in lesions],
    )


def _along_ras(case: CaseFindings, lengths: npt.ArrayLike) -> tuple[float, ...]:
    """The `lengths` along the stored axes in the order of the axes right, anterior, superior."""
    axes = {"L": 0, "R": 0, "P": 1, "A": 1, "I": 2, "S": 2}
    order = [axes[letter] for letter in case.orientation]
    return tuple(float(np.asarray(lengths)[order.index(axis)]) for axis in range(3))
