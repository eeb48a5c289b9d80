"""That a data set passed its check, remembered: the check of a large one reads all of it."""

import contextlib
import hashlib

from trainables.data import (
    case_checks,
    case_files,
    cases,
    checks,
    datasets,
    enhancement,
    grid_checks,
    labels,
    lesions,
    modalities,
    one_grid,
)
from trainables.data.cache import Cache, find_cache
from trainables.data.case_files import data_digest, digest_cases
from trainables.data.checks import check_cases
from trainables.data.config import DataConfig
from trainables.data.datasets import open_dataset
from trainables.data.keys import code_version
from trainables.data.whole_files import read_record, write_record
from trainables.errors import DataError

_CHECKING = (
    *(checks, case_checks, grid_checks, enhancement, lesions),
    *(cases, case_files, datasets, labels, modalities, one_grid),
)
"""The modules of ours that say what passes."""


def check_once(config: DataConfig) -> list[str]:
    """What `check_cases` finds, without looking again at data that passed before.

    They are the same data where every file has the bytes it had, by the digests that the cache
    remembers, and they are checked by the same code with the same settings. Findings are never
    remembered.
    """
    cache = find_cache(config)
    key = None if cache is None else _key(config, cache)
    if cache is None or key is None:
        return check_cases(config)
    file = cache.passed / f"{key}.record"
    if read_record(file) == {"passed": key}:
        return []
    problems = check_cases(config)
    if not problems:
        with contextlib.suppress(OSError):
            write_record(file, {"passed": key})
    return problems


def _key(config: DataConfig, cache: Cache) -> str | None:
    """What a passed check is kept under; None where files are missing, which passes no check."""
    try:
        dataset = open_dataset(config)
        digest = data_digest(dataset.cases, digest_cases(dataset.cases, cache))
    except DataError:
        return None
    regions = [(name, sorted(codes)) for name, codes in dataset.labels.regions]
    shown = [(case.case_id, case.modalities, case.channels) for case in dataset.cases]
    told = (code_version(_CHECKING), digest, regions, dataset.modalities, shown)
    return hashlib.sha256(repr(told).encode()).hexdigest()
