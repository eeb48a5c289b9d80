"""A search that is asked for points and told what came of them.

A search keeps a sweep's directory. Where it was given a `path`, the commands that look at a sweep
(`pareto-search front`, `compare`, `status`) read it too.
"""

import json
import shutil
import tempfile
import weakref
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self, SupportsFloat

from pareto_search.asktell.definition import define
from pareto_search.fronts.front import front_of
from pareto_search.fronts.hypervolume import hypervolume
from pareto_search.fronts.rows import front_rows
from pareto_search.nearest import nearest_hint
from pareto_search.objective import Objective, reference_losses
from pareto_search.recipe.config import SearcherConfig, SweepConfig
from pareto_search.searchers import make_searcher, problem_of, with_searcher
from pareto_search.space import Parameter
from pareto_search.storage.directory import WARM_START, SweepDirectory
from pareto_search.storage.journal import Proposal, TrialRecord
from pareto_search.storage.lock import writing
from pareto_search.storage.warm_start import write_known
from pareto_search.trials.asking import InlineAsker, Pending
from pareto_search.trials.ledger import Ledger
from pareto_search.trials.warm_start import gather


class Search:
    """Proposes points, takes what came of them, and holds all of it in a ledger.

    Any number of suggestions may be out at once, and they may be told in any order. It is for one
    thread. `space` and `objectives` are as in a recipe: models of `pareto_search.space` and
    `pareto_search.objective`, or plain mappings. `searcher` is the name of an algorithm or a whole
    configuration; `reason` says why it was chosen, where that was left open. `trials` is how many
    may be asked for. Further `sections` of a recipe (``baselines``, ``constraints``, ``seeds``)
    are taken under their names there; a constraint on a metric is judged by what `tell` is given.
    When to end is the loop's to decide: of a ``budget`` only its trials are minded.

    With `path`, a new directory, every event is on disk before a call returns; `open` carries it
    on after the process has ended, however it ended. Without, a temporary directory holds it.

    >>> search = Search(
    ...     space={"x": {"type": "float", "low": -1, "high": 3}},
    ...     objectives=[{"name": "f1", "reference": 9}, {"name": "f2", "reference": 9}],
    ...     searcher="nsga2",
    ... )
    >>> for _ in range(30):
    ...     suggestion = search.ask()
    ...     x = suggestion.point["x"]
    ...     ended = search.tell(suggestion, {"f1": x**2, "f2": (x - 2) ** 2})
    >>> search.hypervolume() > 60
    True
    >>> all(0 <= row["objectives"]["f1"] <= 9 for row in search.front())
    True

    Raises:
        RecipeError: space, objectives, searcher or a section cannot be used; holds every problem.
        SweepBusyError: another process uses the directory.
    """

    def __init__(
        self,
        space: Mapping[str, Parameter | Mapping[str, Any]],
        objectives: Sequence[Objective | Mapping[str, Any]],
        *,
        searcher: str | SearcherConfig | Mapping[str, Any] | None = None,
        trials: int = 100,
        seed: int = 0,
        path: str | Path | None = None,
        **sections: Any,  # noqa: ANN401  whatever a recipe has there
    ) -> None:
        kind = {"kind": searcher} if isinstance(searcher, str) else searcher
        given = {"space": space, "objectives": objectives, "searcher": kind or {}}
        for section, own in (("budget", {"trials": trials}), ("seeds", {"sweep": seed})):
            further = sections.get(section, {})
            given[section] = {**own, **further} if isinstance(further, Mapping) else further
        config, reason = with_searcher(define({**sections, **given}))
        directory = SweepDirectory(Path(path or self._temporary()).resolve())
        if (directory.path / "sweep.json").exists():
            raise FileExistsError(
                f"`path` should be a new directory. Found a search in {directory.path}. "
                "Carry it on with `Search.open(path)`."
            )
        known, _ = gather(config, {}, Path(config.storage or "results").resolve())
        directory.path.mkdir(parents=True, exist_ok=True)
        if known:
            write_known(directory.path / WARM_START, known)
        directory.write_json("facts.json", {"searcher": {"reason": reason}})
        directory.write_json("sweep.json", json.loads(config.model_dump_json(by_alias=True)))
        self._begin(directory)

    @classmethod
    def open(cls, path: str | Path) -> Self:
        """Carry on the search in the directory `path`, exactly as if it had never ended.

        What was asked for and not told of is asked for again, first.

        Raises:
            FileNotFoundError: there is none.
            SweepDamagedError: its configuration cannot be read.
            SweepBusyError: another process uses it.
        """
        directory = SweepDirectory(Path(path).resolve())
        if not (directory.path / "sweep.json").exists():
            raise FileNotFoundError(
                f"`path` should be the directory of a search. Found no sweep.json in "
                f"{directory.path}."
            )
        search = cls.__new__(cls)
        search._begin(directory)
        return search

    def ask(self) -> Proposal:
        """The next point to evaluate, as `point` (flat) of a suggestion with a name, `uid`.

        Where a point is evaluated several times, `repeat` counts them: seed the evaluation by it.

        Raises:
            ValueError: as many as `trials` were asked for.
        """
        proposal = self._ledger.propose()
        if proposal is None:
            raise ValueError(
                "A search should be asked for at most `trials` points. "
                f"Found all {self.config.budget.trials} given out. Begin with a larger `trials`."
            )
        assert not isinstance(proposal, Pending)  # it is asked in this thread
        self._ledger.start(proposal.uid)
        return proposal

    def tell(
        self, suggestion: Proposal, values: Mapping[str, SupportsFloat], *, step: int = 0
    ) -> TrialRecord:
        """Its objectives, in their own directions, and any other metric; how it is recorded.

        An objective that is not finite makes it a failed trial that its point is to blame for.

        Raises:
            ValueError: it does not run (told before, or never asked for), an objective or a metric
                that a constraint is on is missing, or a value is no number.
        """
        self._check_running(suggestion)
        numbers = {name: _number(name, value) for name, value in values.items()}
        self._check_complete(numbers)
        self._ledger.report(suggestion.uid, step, numbers, None)
        return self._end(suggestion)

    def fail(self, suggestion: Proposal, error: str = "", *, infeasible: bool) -> TrialRecord:
        """It gave no result.

        `infeasible`: its point is to blame (out of memory, divergence), and the searcher learns to
        stay away. Otherwise something else is (a lost worker), and nothing is learned.

        Raises:
            ValueError: it does not run.
        """
        self._check_running(suggestion)
        self._ledger.fail(
            suggestion.uid,
            error or "It was told to fail.",
            is_infeasible=infeasible,
            is_lost=not infeasible,
        )
        return self._end(suggestion)

    def stop(
        self, suggestion: Proposal, step: int, values: Mapping[str, SupportsFloat] | None = None
    ) -> TrialRecord:
        """It was ended early, after `step`; `values` of then are never taken for a full result.

        Raises:
            ValueError: it does not run, or a value is no number.
        """
        self._check_running(suggestion)
        numbers = {name: _number(name, value) for name, value in (values or {}).items()}
        self._ledger.report(suggestion.uid, step, numbers, None)
        return self._end(suggestion, is_stopped=True)

    def front(self) -> list[dict[str, Any]]:
        """A row for each trial of the front, see `fronts.rows.front_rows`; the knee is marked."""
        rows = front_rows(self._ledger.records, self.config.objectives)
        return [row for row in rows if row["on_front"]]

    def hypervolume(self) -> float:
        """What the front dominates up to the reference point, in the objectives' units."""
        objectives = self.config.objectives
        front = front_of(self._ledger.records, objectives)
        return hypervolume(front.losses, reference_losses(objectives))

    @property
    def records(self) -> list[TrialRecord]:
        """Every trial that has ended, in that order."""
        return list(self._ledger.records)

    @property
    def running(self) -> list[Proposal]:
        """What was asked for and not told of yet."""
        return [trial.proposal for trial in self._ledger.running.values()]

    def close(self) -> None:
        """Let another process open the directory; the end of this one does so too."""
        self._held.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _temporary(self) -> Path:
        path = tempfile.mkdtemp(prefix="pareto-search-")
        weakref.finalize(self, shutil.rmtree, path, ignore_errors=True)
        return Path(path)

    def _begin(self, directory: SweepDirectory) -> None:
        self.config: SweepConfig = directory.config()
        self.reason: str = directory.facts().get("searcher", {}).get("reason", "")
        self._held = ExitStack()
        self._held.enter_context(writing(directory))
        problem = problem_of(self.config)
        searcher = make_searcher(self.config.searcher, problem, self.config.seeds.sweep)
        self._ledger = Ledger(directory, self.config, InlineAsker(searcher))
        self._ledger.restore()

    def _end(self, suggestion: Proposal, *, is_stopped: bool = False) -> TrialRecord:
        record = self._ledger.finish(suggestion.uid, is_stopped=is_stopped)
        assert record is not None  # it runs: that was checked
        return record

    def _check_running(self, suggestion: Proposal) -> None:
        known = self._ledger.running.get(suggestion.uid)
        if known is not None and known.proposal == suggestion:
            return
        is_told = any(record.proposal == suggestion for record in self._ledger.records)
        found = "told before" if is_told else "never asked of this search"
        raise ValueError(
            "A suggestion should be told once, to the search it was asked of. "
            f"Found {suggestion.uid}, {found}."
        )

    def _check_complete(self, numbers: Mapping[str, float]) -> None:
        names = [objective.name for objective in self.config.objectives]
        for constraint in self.config.metric_constraints:
            names += sorted(constraint.names)
        told = [name for name in numbers if name not in names]
        for name in names:
            if name not in numbers:
                raise ValueError(
                    "Each objective, and each metric that a constraint is on, should be told. "
                    f"Found no `{name}`. {nearest_hint(name, told)}".rstrip()
                )


def _number(name: str, value: SupportsFloat) -> float:
    """`value` as a float; the scalars of numpy and torch are numbers too, text is none."""
    if not isinstance(value, SupportsFloat):
        raise ValueError(f"`{name}` should be a number. Found {value!r:.60}.")
    return float(value)
