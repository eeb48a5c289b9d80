"""`simulate`: what another searcher or scheduler would have made of a finished sweep."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import typer
from rich.box import SIMPLE_HEAD
from rich.table import Table

from pareto_search.commands.console import results_console
from pareto_search.fronts.front import front_of
from pareto_search.fronts.hypervolume import hypervolume
from pareto_search.objective import reference_losses
from pareto_search.recipe.config import SweepConfig
from pareto_search.recipe.loading import load_recipe
from pareto_search.searchers.protocol import TrialState
from pareto_search.simulation.problems.replay import Replay, make_replay
from pareto_search.simulation.setting import Setting
from pareto_search.simulation.sweep import simulate
from pareto_search.storage.directory import find_sweep
from pareto_search.storage.journal import TrialRecord
from pareto_search.sweep.budget import Budget

Row = dict[str, Any]


def simulate_sweep(
    storage: Path, name: str, settings: Sequence[str], workers: int, seeds: int, as_json: bool
) -> None:
    """Replay the sweep `name` under its recipe changed by `settings`, once for each seed.

    Raises:
        RecipeError: a setting cannot be used, or no trial of the sweep is complete.
        SweepNotFoundError: there is no such sweep.
    """
    directory = find_sweep(storage.resolve(), name)
    before, problem = directory.config(), make_replay(directory)
    changed = load_recipe(directory.path / "sweep.json", settings)
    recorded = _row("recorded", before, directory.records())
    rows = [recorded, *(_simulated(problem, changed, workers, n) for n in range(seeds))]
    if as_json:
        typer.echo(json.dumps(rows, indent=2))
    else:
        results_console().print(_table(name, rows))


def _simulated(problem: Replay, config: SweepConfig, workers: int, number: int) -> Row:
    seeds = config.seeds.model_copy(update={"sweep": config.seeds.sweep + number})
    config = config.model_copy(update={"seeds": seeds})
    budget = Budget(config)
    simulated = simulate(
        problem,
        config,
        Setting(workers, seed=number),
        is_over=lambda ledger: bool(
            budget.used_up(ledger.records, ledger.elapsed_s(), ledger.worked_s())
        ),
    )
    trace = simulated.trace
    row = _row(f"seed {seeds.sweep}", simulated.config, trace.records)
    return row | {"hours": trace.makespan_s / 3600}


def _row(label: str, config: SweepConfig, records: Sequence[TrialRecord]) -> Row:
    counts = {state.value: sum(r.state is state for r in records) for state in TrialState}
    front = front_of(records, config.objectives)
    begins = [record.proposal.proposed_at for record in records]
    seconds = max((r.ended_at for r in records), default=0.0) - min(begins, default=0.0)
    return {
        "run": label,
        "searcher": config.searcher.kind,
        "complete": counts["complete"],
        "stopped": counts["stopped"],
        "failed": counts["failed"],
        "front": len(front),
        "hypervolume": hypervolume(front.losses, reference_losses(config.objectives)),
        "hours": seconds / 3600,
    }


def _table(name: str, rows: Sequence[Row]) -> Table:
    table = Table(title=f"{name}, replayed", box=SIMPLE_HEAD)
    table.caption = "A replayed point behaves as the evaluated point nearest to it did."
    for key in rows[0]:
        table.add_column(key, justify="left" if key in ("run", "searcher") else "right")
    for row in rows:
        table.add_row(*(f"{v:.4g}" if isinstance(v, float) else str(v) for v in row.values()))
    return table
