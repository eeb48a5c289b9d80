"""Pages of MLflow's UI, as they stand below the address of a server, and as links within it."""

from typing import NamedTuple


class Pages(NamedTuple):
    """The pages that tell more of a sweep; empty where there is no such page."""

    view: str = ""
    plot: str = ""


def run_page(experiment_id: str, run_id: str) -> str:
    """The page of a run."""
    return f"#/experiments/{experiment_id}/runs/{run_id}"


def artifact_page(experiment_id: str, run_id: str, path: str) -> str:
    """The artifact `path` of a run, opened in the viewer."""
    return f"{run_page(experiment_id, run_id)}/artifacts/{path}"


def view_page(experiment_id: str, key: str) -> str:
    """The charts of the runs page, as the shared view `key` has them."""
    return f"#/experiments/{experiment_id}/runs?viewStateShareKey={key}&compareRunsMode=CHART"
