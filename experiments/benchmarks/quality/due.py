"""What of a benchmark is still to run."""

from collections.abc import Iterable, Sequence
from itertools import product
from pathlib import Path

from quality.methods import DEFAULT, most_trials
from quality.runs import Row, Work, key_of

CHUNK = 5
"""Seeds that one process of a peer is kept for."""


def missing(
    rows: Iterable[Row],
    methods: Sequence[str],
    problems: Sequence[str],
    workers: Sequence[int],
    seeds: Sequence[int],
    trials: int,
    lcbench: Path | None = None,
) -> list[Work]:
    """What is not among `rows` yet, a few seeds at a time, the first seeds of everything first."""
    there: dict[object, set[int]] = {}
    for row in rows:
        there.setdefault(key_of(row), set()).add(row["trials"])

    def is_due(method: str, problem: str, count: int, seed: int) -> bool:
        lengths = there.get((method, problem, count, seed), set())
        return not _has(lengths, method, most_trials(method, trials))

    works = []
    chunks = [seeds[first : first + CHUNK] for first in range(0, len(seeds), CHUNK)]
    for chunk, count, problem, method in product(chunks, workers, problems, methods):
        due = tuple(seed for seed in chunk if is_due(method, problem, count, seed))
        if due:
            works.append(Work(method, problem, count, due, trials, lcbench))
    return works


def _has(lengths: set[int], method: str, wanted: int) -> bool:
    """Whether a run of `wanted` trials is among those of `lengths`, or is the start of one.

    The default is another searcher for another budget.
    """
    return wanted in lengths or (method != DEFAULT and max(lengths, default=0) > wanted)
