"""What of a sweep's facts can be searched for in MLflow: versions, commit, digests, data set."""

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from pareto_search.errors import ParetoSearchError
from pareto_search.storage.directory import SweepDirectory
from pareto_search.tracking.naming import params_of


class DataSet(NamedTuple):
    """What a sweep trained on; `source` is JSON, as MLflow's viewer reads it."""

    name: str
    digest: str
    source: str


def read_facts(directory: SweepDirectory) -> dict[str, Any]:
    """The facts of the sweep in `directory`; none where the file is damaged."""
    try:
        return directory.facts()
    except ParetoSearchError:
        return {}


def fact_params(facts: Mapping[str, Any]) -> dict[str, str]:
    """Versions, commit, and what the trainable said of itself, as flat params.

    >>> fact_params({"python": "3.11.2", "packages": {"ray": "2.60.0"}, "trainable": {"n": 3}})
    {'versions.python': '3.11.2', 'versions.ray': '2.60.0', 'facts.n': '3'}
    """
    versions = {"python": facts.get("python"), **facts.get("packages", {})}
    source = {"git_commit": facts.get("git_commit"), "git_dirty": facts.get("git_dirty")}
    described = {"versions": versions, **source, "facts": facts.get("trainable", {})}
    return params_of(_known(described))


def fact_tags(facts: Mapping[str, Any]) -> dict[str, str]:
    """What MLflow's own pages look for: the program and its commit."""
    tags = {"mlflow.source.name": "pareto-search", "mlflow.source.type": "LOCAL"}
    if facts.get("git_commit"):
        tags["mlflow.source.git.commit"] = str(facts["git_commit"])
    return tags


def data_set(facts: Mapping[str, Any], sweep: str) -> DataSet | None:
    """The data set whose `data_digest` the trainable described; None where it described none.

    It is named by `data_name`, where the trainable gave it one, else after the sweep.
    """
    described = facts.get("trainable", {})
    digest = described.get("data_digest")
    if not digest:
        return None
    name = str(described.get("data_name", f"data of {sweep}"))
    return DataSet(name, str(digest), json.dumps({"uri": name}))


def _known(facts: Mapping[str, Any]) -> dict[str, Any]:
    """`facts` without what is not known."""
    return {
        key: _known(value) if isinstance(value, Mapping) else value
        for key, value in facts.items()
        if value is not None
    }
