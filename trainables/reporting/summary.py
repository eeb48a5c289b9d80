"""Mean, median and worst of every measure over cases."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, median

from trainables.evaluation.measures import CALIBRATION, Rows, measure_of


@dataclass(frozen=True, slots=True)
class Summary:
    """Each over the cases that have the measure. `counts` says how many these are."""

    mean: Mapping[str, float]
    median: Mapping[str, float]
    worst: Mapping[str, float]
    counts: Mapping[str, int]


def summarise(rows: Rows) -> Summary:
    """What all of `rows`, at least one, say together.

    Calibration is known only of cases with probabilities; nothing else may be missing.

    >>> summary = summarise({"a": {"dice": 1.0}, "b": {"dice": 0.8}, "c": {"dice": 0.0}})
    >>> summary.mean["dice"], summary.median["dice"], summary.worst["dice"]
    (0.6, 0.8, 0.0)
    """
    keys = keys_of(rows)
    columns = {key: [row[key] for row in rows.values() if key in row] for key in keys}

    def over(statistic: Callable[[list[float]], float]) -> dict[str, float]:
        return {key: statistic(values) for key, values in columns.items()}

    return Summary(
        mean=over(fmean),
        median=over(median),
        worst={key: measure_of(key).worst(values) for key, values in columns.items()},
        counts={key: len(values) for key, values in columns.items()},
    )


def keys_of(rows: Rows) -> list[str]:
    """Every measure that a case has, in the order of reports."""
    return max(map(list, rows.values()), key=len, default=[])


def lacks_probabilities(rows: Rows) -> Sequence[str]:
    """Cases whose calibration is not known although that of others is."""
    known = [case_id for case_id, row in rows.items() if CALIBRATION[0] in row]
    return [case_id for case_id in rows if known and case_id not in known]


def worst_first(rows: Rows, key: str) -> list[str]:
    """Case ids from the worst `key` to the best."""
    is_low_bad = measure_of(key).better == "higher"
    return sorted(rows, key=lambda case_id: rows[case_id][key] * (1 if is_low_bad else -1))
