"""Which prediction is compared with which reference, and which cases have no prediction."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from trainables.data.cases import Case
from trainables.data.datasets import Dataset
from trainables.errors import DataError
from trainables.reporting.predictions import PredictedCase

Against = Literal["seg", "truth"]
Missing = Literal["skip", "worst"]


@dataclass(frozen=True, slots=True)
class Pair:
    """A case, its reference, and its prediction; None stands for an empty one."""

    case: Case
    reference: Path
    predicted: PredictedCase | None


@dataclass(frozen=True, slots=True)
class Pairing:
    """Pairs by case id, and the ids of cases with a reference but no prediction."""

    pairs: Mapping[str, Pair]
    missing: tuple[str, ...]


def pair_cases(
    found: Mapping[str, PredictedCase],
    dataset: Dataset,
    against: Against = "seg",
    missing: Missing = "skip",
) -> Pairing:
    """Pairs of every prediction of `found`, and with `missing` "worst" of every other case.

    A prediction that is missing may belong to a case that was never meant to be predicted (one
    of the training part), or to one where the tool failed: only the user knows. "skip" leaves
    these out, which flatters a tool that failed; "worst" gives each the worst of every measure.

    Raises:
        DataError: a prediction has no case, or the case no reference; all of them at once.
    """
    cases = {case.case_id: case for case in dataset.cases}
    references = {i: _reference_of(case, against) for i, case in cases.items()}
    lonely = [case_id for case_id in found if references.get(case_id) is None]
    if lonely:
        raise DataError([_lonely(found[case_id], against) for case_id in lonely])
    absent = tuple(i for i, path in references.items() if path is not None and i not in found)
    wanted = [*found, *(absent if missing == "worst" else ())]
    pairs = {
        case_id: Pair(cases[case_id], path, found.get(case_id))
        for case_id in sorted(wanted)
        if (path := references[case_id]) is not None
    }
    return Pairing(pairs, absent)


def _reference_of(case: Case, against: Against) -> Path | None:
    return case.label if against == "seg" else case.truth


def _lonely(predicted: PredictedCase, against: Against) -> str:
    what = "label" if against == "seg" else "truth"
    return (
        f"Prediction {predicted.label} should have a case {predicted.case_id} with a {what} in "
        "the data. Found none: if more than the case stands in its name, say so with --suffix."
    )
