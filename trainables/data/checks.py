"""Everything that is wrong with a data set, found before anything is trained on it."""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from trainables.data.case_checks import CaseFindings, look_at
from trainables.data.config import DataConfig
from trainables.data.datasets import Dataset, list_dataset
from trainables.errors import DataError

_MOST_THREADS = 8
"""Each holds one file at a time, some 0.15 GB where it has 9 million voxels: this bounds memory.

Threads, not processes: unpacking and hashing let go of Python's lock, and six gliomas took two
threads 4.4 s, two forked processes 5.0 s and one thread 5.5 s.
"""
Watch = Callable[[Iterator[CaseFindings], int], Iterable[CaseFindings]]


@dataclass(frozen=True, slots=True)
class Report:
    """What the cases of a data set hold, one by one, and all that is wrong with them.

    `dataset` is None where there is none to look at; `problems` says why.
    """

    dataset: Dataset | None
    cases: tuple[CaseFindings, ...]
    problems: tuple[str, ...]


def check_cases(config: DataConfig) -> list[str]:
    """Every problem of the cases that `config` names, one sentence each; none where all is well."""
    return list(check_dataset(config).problems)


def check_dataset(config: DataConfig, watch: Watch = lambda found, _: found) -> Report:
    """Read every case that `config` names, several at once; see `look_at` for what is looked for.

    Besides, two cases with one image or one label, one image for two modalities of a case, and
    labels that outline nothing in any case are problems. The number of a case in a sentence is
    its place in the sorted list of ids.

    Args:
        config: What to look at.
        watch: Passes the findings on, one by one as they are made, of so many cases: to show how
            far it is.
    """
    try:
        dataset = list_dataset(config)
    except DataError as error:
        return Report(None, (), error.problems)
    cases, labels = dataset.cases, dataset.labels
    with ThreadPoolExecutor(max_workers=min(_MOST_THREADS, os.cpu_count() or 1)) as pool:
        looks = pool.map(lambda case: look_at(case, labels), cases)
        found = list(watch(looks, len(cases)))
    problems = [
        f"Case {number} of {len(found)} ({findings.case_id}): {problem}"
        for number, findings in enumerate(found, start=1)
        for problem in findings.problems
    ]
    problems += _duplicates(found)
    if found and all(findings.is_empty for findings in found):
        problems.append(
            f"Labels of the cases below {config.root} should outline something to learn. "
            f"Found all {len(found)} empty."
        )
    return Report(dataset, tuple(found), tuple(problems))


def _duplicates(found: Sequence[CaseFindings]) -> Iterator[str]:
    """A sentence for each image or label that is there before, in its case or in another."""
    seen: dict[str, tuple[str, str]] = {}
    for findings in found:
        for role, digest in findings.digests.items():
            case_id, first = seen.setdefault(digest, (findings.case_id, role))
            if (case_id, first) == (findings.case_id, role):
                continue
            what = f"{role} of case {findings.case_id} should differ from {first} of case {case_id}"
            way_out = "leave one of the cases out"
            if case_id == findings.case_id:
                way_out = "put the right file there, or leave one out by `data.modalities`"
            yield f"{what}. Found the same voxels in both: {way_out}."
