"""Whether every node of a cluster can do its part of a sweep, asked before the first trial."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import ray
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from pareto_search.errors import Problem, RecipeError, UnreachableError
from pareto_search.execution.capacity import slots_on
from pareto_search.execution.probing import probe
from pareto_search.recipe.config import SweepConfig

_PATIENCE_S = 120.0
"""A node may have to start a process and import the trainable from a slow disk."""


def check_nodes(config: SweepConfig, folder: Path) -> None:
    """Let every node that trials can run on write `folder`, the sweep's, and find their data.

    Raises:
        UnreachableError: a node cannot share the storage, or does not answer.
        RecipeError: a node cannot import the trainable, or read what its trials read.
    """
    with TemporaryDirectory(prefix=".probe-", dir=folder) as place:
        told = _ask_all(config, Path(place))
        unshared = [
            f"node {node} {found['storage']}" for node, found in told.items() if found["storage"]
        ]
        unseen = [
            f"node {node} writes another {folder}, not this one"
            for node, found in told.items()
            if not found["storage"] and not (Path(place) / found["mark"]).exists()
        ]
    if unshared or unseen:
        raise UnreachableError(
            f"Every node should share the storage directory. Found: {'; '.join(unshared + unseen)}."
            " Name a directory that all of them mount at that path with --storage."
        )
    problems = [problem for node, found in told.items() for problem in _problems(node, found)]
    if problems:
        raise RecipeError(problems)


def _ask_all(config: SweepConfig, place: Path) -> dict[str, dict[str, Any]]:
    """What `probe` says on each node, by the node's address."""
    settings, started_in = config.model_dump_json(by_alias=True), str(Path.cwd())
    asked = {}
    remote = ray.remote(num_cpus=0, max_retries=1)(probe)
    for node in ray.nodes():  # type: ignore[no-untyped-call]
        if node["Alive"] and slots_on(node["Resources"], config.resources):
            there = NodeAffinitySchedulingStrategy(node["NodeID"], soft=False)
            options = remote.options(scheduling_strategy=there)
            asked[node["NodeManagerAddress"]] = options.remote(settings, str(place), started_in)
    answered, _ = ray.wait(list(asked.values()), num_returns=len(asked), timeout=_PATIENCE_S)
    silent = [node for node, answer in asked.items() if answer not in answered]
    if silent:
        raise UnreachableError(
            f"Every node should answer within {_PATIENCE_S:g} s. Found none from "
            f"{', '.join(silent)}. `ray status` shows what the cluster is busy with."
        )
    return {node: _answer(node, answer) for node, answer in asked.items()}


def _answer(node: str, answer: "ray.ObjectRef[dict[str, Any]]") -> dict[str, Any]:
    try:
        told: dict[str, Any] = ray.get(answer)
    except ray.exceptions.RayError as error:
        reason = str(error).strip().splitlines()[-1]
        raise UnreachableError(
            f"Node {node} should run what this machine does. Found: {reason} Install the same "
            "pareto-search and Ray there."
        ) from error
    return told


def _problems(node: str, found: Mapping[str, Sequence[str]]) -> list[Problem]:
    rule = f"should be usable on node {node}."
    unusable = [Problem(rule, text, key="trainable") for text in found["trainable"]]
    rule, hint = "Every node should have the data.", "Mount it there at that path."
    unread = [
        Problem(rule, f"Node {node} cannot read {path}.", key="params", hint=hint)
        for path in found["unreadable"]
    ]
    return unusable + unread
