"""Who is compared: sweeps, alone or several of one kind that differ by their seed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from pareto_search.errors import Problem, RecipeError
from pareto_search.fronts.front import Front, front_of
from pareto_search.objective import Objective
from pareto_search.recipe.config import SweepConfig
from pareto_search.storage.directory import SweepDirectory, find_sweep, list_sweeps
from pareto_search.storage.journal import TrialRecord


@dataclass(frozen=True, slots=True)
class Run:
    """The sweep `name`; `finished` are its ended trials in the order in which they ended."""

    name: str
    config: SweepConfig
    facts: Mapping[str, Any]
    finished: tuple[TrialRecord, ...]

    @property
    def worked_s(self) -> float:
        """Seconds that all its trials worked together."""
        return sum(r.elapsed_s if r.worked_s is None else r.worked_s for r in self.finished)

    def records(self, first: int | None = None) -> list[TrialRecord]:
        """The `first` ended trials, or all, by index."""
        return sorted(self.finished[:first], key=lambda record: record.proposal.index)

    def front(self, objectives: Sequence[Objective], first: int | None = None) -> Front:
        """The front of the `first` ended trials, or of all."""
        return front_of(self.records(first), objectives)


@dataclass(frozen=True, slots=True)
class Contestant:
    """One run or more under one `label`."""

    label: str
    runs: tuple[Run, ...]


def common_trials(contestants: Sequence[Contestant]) -> int:
    """How many ended trials every run has at least: of each, that many are compared."""
    return min(len(run.finished) for one in contestants for run in one.runs)


def load_contestants(storage: Path, texts: Sequence[str]) -> list[Contestant]:
    """The contestants that `texts` name, in order: ``NAME``, or ``LABEL=NAME,NAME``.

    A name with ``*`` stands for every sweep under `storage` that it matches.

    Raises:
        SweepNotFoundError: there is no such sweep.
        RecipeError: a text names nothing, or a label or a sweep comes twice.
    """
    found = []
    for text in texts:
        label, names = _parse(text)
        listed = [sweep for name in names for sweep in _sweeps(storage, name)]
        found.append(Contestant(label, tuple(map(_run, listed))))
    _refuse_twice("label", [contestant.label for contestant in found])
    _refuse_twice("sweep", [run.name for contestant in found for run in contestant.runs])
    return found


def _parse(text: str) -> tuple[str, list[str]]:
    label, has_label, rest = text.partition("=")
    names = [name.strip() for name in (rest if has_label else text).split(",")]
    if label.strip() and all(names):
        return label.strip(), names
    raise RecipeError(
        [
            Problem(
                "A contestant should be NAME, or LABEL=NAME,NAME,... for sweeps of one kind.",
                f"Found `{text}`.",
                hint="For example tpe=tpe-1,tpe-2 or tpe='tpe-*'.",
            )
        ]
    )


def _sweeps(storage: Path, name: str) -> list[SweepDirectory]:
    if "*" not in name:
        return [find_sweep(storage, name)]
    matching = [sweep for sweep in list_sweeps(storage) if fnmatchcase(sweep.name, name)]
    return matching or [find_sweep(storage, name)]  # which tells what there is instead


def _run(directory: SweepDirectory) -> Run:
    return Run(directory.name, directory.config(), directory.facts(), tuple(directory.finished()))


def _refuse_twice(what: str, names: Sequence[str]) -> None:
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        rule = f"No {what} should come twice in a comparison."
        found = f"Found {', '.join(twice)} again."
        raise RecipeError([Problem(rule, found, hint="Leave the second one out.")])
