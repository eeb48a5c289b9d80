"""A sweep as a notebook sees it, finished or running."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pareto_search.choice.pick import Choice, pick
from pareto_search.errors import RecipeError, SweepFailedError
from pareto_search.fronts.front import front_of
from pareto_search.fronts.rows import front_rows
from pareto_search.fronts.summary import SweepSummary, summarise
from pareto_search.nearest import nearest_hint
from pareto_search.notebook.frames import front_frame, reports_frame, trials_frame
from pareto_search.storage.directory import find_sweep
from pareto_search.storage.lock import is_running

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go

_FLAG = re.compile(r"--(?=(?:knee|prefer|reference|where)\b)")


class Sweep:
    """The sweep `name` under `storage`. Held: its directory, which each call reads anew.

    ::

        from pareto_search import Sweep

        sweep = Sweep("quickstart", storage="demo/results")
        sweep.front()  # a DataFrame
        sweep.figure()  # a plot

    Raises:
        SweepNotFoundError: there is none of that name.
    """

    def __init__(self, name: str, storage: str | Path = "results") -> None:
        self._directory = find_sweep(Path(storage).resolve(), name)

    @property
    def name(self) -> str:
        """The sweep's name."""
        return self._directory.name

    @property
    def path(self) -> Path:
        """The directory that holds all of it."""
        return self._directory.path

    def summary(self) -> SweepSummary:
        """How it stands: its state, trials by how they ended, hypervolume, best values."""
        return summarise(self._directory)

    def front(self) -> "pd.DataFrame":
        """The front and the complete baselines, a row each, best on the first objective first.

        Columns are the objectives and parameters by their names, marks such as ``on_front`` and
        ``knee``, and ``metrics.NAME``. Of repeated configurations the values are means.
        """
        objectives = self._directory.config().objectives
        rows = front_rows(self._directory.records(), objectives, self._directory.runs())
        return front_frame(rows, objectives)

    def trials(self) -> "pd.DataFrame":
        """Every trial that was begun, a row each, with its state, objectives and parameters."""
        objectives, records = self._directory.config().objectives, self._directory.records()
        open_state = "running" if is_running(self._directory) else "interrupted"
        return trials_frame(
            self._directory.proposals(),
            {record.uid: record for record in records},
            objectives,
            [member.uid for member in front_of(records, objectives).members],
            open_state,
        )

    def reports(self, uid: str) -> "pd.DataFrame":
        """Everything that the trial `uid` reported, a row for each step.

        Raises:
            KeyError: there is no such trial.
        """
        known = [proposal.uid for proposal in self._directory.proposals()]
        if uid not in known:
            raise KeyError(f"A trial of {self.name} should be named. {nearest_hint(uid, known)}")
        return reports_frame(self._directory.reports.read()[0], uid)

    def figure(self, kind: Literal["front", "hypervolume"] = "front") -> "go.Figure":
        """A plot of the front, or of the hypervolume over finished trials.

        Raises:
            ValueError: there is no such kind.
        """
        # plotly takes a second to import
        from pareto_search.figures.front_view import front_view
        from pareto_search.figures.history_view import history_view
        from pareto_search.figures.interactive import plot_front, plot_history

        directory, config = self._directory, self._directory.config()
        objectives = config.objectives
        if kind == "front":
            view = front_view(directory.records(), objectives, directory.runs(), self.name)
            return plot_front(view)
        if kind == "hypervolume":
            finished, repeats = directory.finished(), config.seeds.repeats
            return plot_history(history_view(finished, objectives, self.name, repeats))
        raise ValueError(f"`kind` should be front or hypervolume. Found `{kind}`.")

    def pick(
        self,
        *,
        knee: bool = False,
        prefer: Mapping[str, float] | None = None,
        reference: Mapping[str, float] | None = None,
        where: str | Sequence[str] = (),
    ) -> Choice:
        """One trial of the front, as `record`, and the `reason`; as the command `pick` does.

        ``prefer`` weighs the objectives, ``reference`` is a value of each to come near to.

        Raises:
            SweepFailedError: the front is empty, or `where` leaves nothing of it.
            RecipeError: an argument cannot be used.
        """
        bounds = [where] if isinstance(where, str) else list(where)
        front = front_of(self._directory.records(), self._directory.config().objectives)
        with _without_flags():
            return pick(front, knee=knee, prefer=prefer, reference=reference, where=bounds)

    def __repr__(self) -> str:
        return f"Sweep({self.name!r}: {self._told()})"

    def _repr_html_(self) -> str:
        """What a notebook shows: how it stands, and its front."""
        head = f"<p><b>sweep {escape(self.name)}</b>: {escape(self._told())}</p>"
        front = self.front()
        shown = [c for c in front.columns if not c.startswith("metrics.")]
        known = front[shown].dropna(axis="columns", how="all").reset_index()
        return head + str(known.to_html(index=False, float_format=_short, na_rep=""))

    def _told(self) -> str:
        found = self.summary()
        return (
            f"{found.state}, {found.finished} of {found.trials} trials ended, {found.failed} "
            f"failed, {found.front} on the front, hypervolume {found.hypervolume:.4g}"
        )


def _short(number: float) -> str:
    return f"{number:.4g}"


@contextmanager
def _without_flags() -> Iterator[None]:
    """Have errors name arguments, ``prefer``, where the command has flags, ``--prefer``."""
    try:
        yield
    except RecipeError as error:
        raise RecipeError(
            [
                replace(p, key=_plain(p.key), rule=_plain(p.rule), hint=_plain(p.hint))
                for p in error.problems
            ]
        ) from error
    except SweepFailedError as error:
        raise SweepFailedError(_plain(str(error))) from error


def _plain(text: str) -> str:
    return _FLAG.sub("", text)
