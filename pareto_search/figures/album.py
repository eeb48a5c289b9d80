"""Every figure of a sweep by name, in the order in which they tell its story."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.figure import Figure

from pareto_search.figures.front_view import FrontView, front_view
from pareto_search.figures.history_view import history_view
from pareto_search.figures.interactive import plot_front
from pareto_search.figures.material import Material
from pareto_search.figures.parallel import (
    ParallelView,
    draw_parallel,
    parallel_data,
    parallel_view,
)
from pareto_search.figures.sheets.curves import chosen_trials, curve_sheet
from pareto_search.figures.sheets.importances import by_importance, importance_sheet
from pareto_search.figures.sheets.interactive import sheet_data
from pareto_search.figures.sheets.objectives import objective_sheet
from pareto_search.figures.sheets.progress import progress_sheet
from pareto_search.figures.sheets.regions import region_sheet
from pareto_search.figures.sheets.sheet import Sheet
from pareto_search.figures.sheets.slices import slice_sheet
from pareto_search.figures.sheets.static import draw_sheet
from pareto_search.figures.static import draw_front
from pareto_search.fronts.front import complete_trials, front_of
from pareto_search.objective import to_losses
from pareto_search.searchers.encoding import is_free
from pareto_search.searchers.optuna_importance import MIN_TRIALS, Importance, ImportanceStudy
from pareto_search.space import contains

View = FrontView | Sheet | ParallelView
ON_FRONT = "being on the front"


@dataclass(frozen=True, slots=True)
class Album:
    """The figures by name, and the importances that they were ordered by (none: too few trials)."""

    views: Mapping[str, View]
    importances: Mapping[str, Importance]


def make_album(material: Material) -> Album:
    """All figures of `material`; one without data says so in its note."""
    name, objectives, space = material.name, material.objectives, material.config.space
    records, finished = material.records, material.finished
    importances, num_complete = _importances(material)
    order: Sequence[str] = by_importance(importances) if importances else ()
    order = [*order, *(key for key in space if key not in order)]
    history = history_view(
        finished, objectives, name, material.config.seeds.repeats, material.seconds
    )
    chosen = chosen_trials(records, objectives)
    learned = material.directory.reports.of(chosen)
    views: dict[str, View] = {
        "front": front_view(records, objectives, material.runs, name),
        "hypervolume": progress_sheet(history),
        "parts": region_sheet(records, objectives, name),
        "learning": curve_sheet(learned, chosen, objectives, name),
        "importance": importance_sheet(importances, num_complete, name),
        "slices": slice_sheet(records, space, objectives, order, name),
        "parallel": parallel_view(records, space, objectives, order, name),
        "objectives": objective_sheet(finished, objectives, name),
    }
    return Album(views, importances)


def is_empty(view: View) -> bool:
    """Whether there is nothing to see of `view` but the note that says why."""
    if isinstance(view, Sheet):
        return not view.panels
    if isinstance(view, ParallelView):
        return not view.lines
    return not (view.front or view.dominated or view.baselines or view.constrained)


def draw(view: View) -> Figure:
    """`view` by matplotlib."""
    if isinstance(view, Sheet):
        return draw_sheet(view)
    return draw_parallel(view) if isinstance(view, ParallelView) else draw_front(view)


def plot(view: View) -> dict[str, Any]:
    """`view` for plotly: traces and layout as its JSON has them, without a template."""
    if isinstance(view, Sheet):
        return sheet_data(view)
    if isinstance(view, ParallelView):
        return parallel_data(view)
    made: dict[str, Any] = plot_front(view).to_plotly_json()
    return made


def _importances(material: Material) -> tuple[dict[str, Importance], int]:
    """For each objective, then for being on the front; and of how many trials they are told."""
    space, objectives = material.config.space, material.objectives
    complete = [
        record
        for record in complete_trials(material.records, objectives)
        if contains(space, record.proposal.point)
    ]
    if len(complete) < MIN_TRIALS or not any(map(is_free, space.values())):
        return {}, len(complete)
    losses = to_losses([record.values for record in complete], objectives)
    points = [record.proposal.point for record in complete]
    study = ImportanceStudy(space, points, losses, len(front_of(complete, objectives)))
    found = {o.name: study.of_objective(column) for column, o in enumerate(objectives)}
    found[ON_FRONT] = study.of_front()
    return found, len(complete)
