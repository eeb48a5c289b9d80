"""Pages of MLflow's UI, as they stand below the address of a server, and as links within it."""

from typing import NamedTuple


class Pages(NamedTuple):
    """The pages that tell more of a sweep; empty where there is no such page."""

    view: str = ""
    plot: str = ""


_TRAINING = "workflowType=machine_learning"
"""Else a first visitor gets the pages around language models, where training runs are hidden."""


def run_page(experiment_id: str, run_id: str) -> str:
    """The page of a run."""
    return f"#/experiments/{experiment_id}/runs/{run_id}?{_TRAINING}"


def artifact_page(experiment_id: str, run_id: str, path: str) -> str:
    """The artifact `path` of a run, opened in the viewer."""
    return f"#/experiments/{experiment_id}/runs/{run_id}/artifacts/{path}?{_TRAINING}"


def view_page(experiment_id: str, key: str) -> str:
    """The charts of the runs page, as the shared view `key` has them."""
    view = f"viewStateShareKey={key}&compareRunsMode=CHART"
    return f"#/experiments/{experiment_id}/runs?{view}&{_TRAINING}"
