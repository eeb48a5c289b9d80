"""Trials as a table, each with its run in MLflow."""

from collections.abc import Mapping
from typing import Any

from pareto_search.figures.material import Material
from pareto_search.figures.report.table import Cell, Table, make_table
from pareto_search.figures.sheets.roles import LOOKS, roles_of

_DIGITS = 8


def run_cell(tracking: Mapping[str, Any], run: str | None) -> Cell:
    """The run's id, which leads to MLflow's page of it where a server is known."""
    if not run:
        return Cell("")
    uri = str(tracking.get("tracking_uri", ""))
    if not uri.startswith(("http://", "https://")) or "***" in uri:
        return Cell(run[:_DIGITS])
    experiment = tracking.get("experiment_id", "")
    return Cell(run[:_DIGITS], f"{uri.rstrip('/')}/#/experiments/{experiment}/runs/{run}")


def trials_of(material: Material) -> Table:
    """Every ended trial by index: how it stands, objectives, parameters, times and run."""
    objectives, keys = material.objectives, list(material.config.space)
    roles = roles_of(material.records, objectives)
    columns = ("trial", "state", "run", *(o.name for o in objectives), "step", "seconds", *keys)
    rows = (
        (
            Cell(record.uid, role=roles[record.uid]),
            LOOKS[roles[record.uid]].label,
            run_cell(material.tracking, material.runs.get(record.uid)),
            *(record.values.get(objective.name) for objective in objectives),
            record.step if record.step >= 0 else None,
            round(record.elapsed_s, 1),
            *(record.proposal.point.get(key) for key in keys),
        )
        for record in material.records
    )
    return make_table(columns, rows)
