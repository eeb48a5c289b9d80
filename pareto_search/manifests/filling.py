"""The RayJob of a sweep: its workers, deadlines, volumes and addresses, from recipe and options."""

import json
import math
from collections.abc import Iterator
from importlib.metadata import version
from typing import Any

from pareto_search.manifests.objects import GPU, QUEUE, Manifest, has_gpu, ray_groups
from pareto_search.manifests.request import Request
from pareto_search.manifests.sizing import (
    MEMORY_GIB,
    MOST_PODS,
    PodSize,
    pod_count,
    pod_size,
    room,
    trials_at_once,
)
from pareto_search.recipe.config import ResourcesConfig, SweepConfig

_MARGIN_S = 20 * 60
"""Waiting for the attempt before to let go (10 minutes), and recording the end, at most."""


def fill_job(job: Manifest, config: SweepConfig, request: Request) -> list[str]:
    """Make `job` run `config` as `request` asks; returns what to tell the user about it.

    Raises:
        RecipeError: the trials ask for a part of a GPU beside whole ones.
    """
    job["spec"]["rayClusterSpec"]["rayVersion"] = version("ray")
    for _, group in ray_groups(job):
        _mount(group["template"]["spec"], request)
    _address(job, request)
    if request.queue is not None:
        job["metadata"]["labels"][QUEUE] = request.queue
    return [*_fill_workers(job, config, request), *_fill_deadline(job, config)]


def _fill_workers(job: Manifest, config: SweepConfig, request: Request) -> Iterator[str]:
    """Size the group that trials run in; one that the overlays left without pods goes."""
    cluster, resources = job["spec"]["rayClusterSpec"], config.resources
    groups = [group for group in cluster["workerGroupSpecs"] if group["maxReplicas"]]
    cluster["workerGroupSpecs"] = groups
    at_once = trials_at_once(config.budget)
    size = pod_size(resources, at_once, request.trials_per_pod)
    pods = request.max_workers or pod_count(at_once, size)
    _ask_for(job, min(at_once, pods * size.trials))
    if config.budget.concurrent == "auto" and room(resources, size) > size.trials:
        # Ray counts whole cores: it would start more in a pod than it has memory for
        job["spec"]["entrypoint"] += f" --set budget.concurrent={at_once}"
    for group in groups:
        is_used = has_gpu(group) == bool(resources.gpu)
        _scale(group, pods if is_used else 0, cluster["enableInTreeAutoscaling"])
        if is_used:
            _resize(group, size, resources)
            yield _told(group, size, pods)
        else:
            asks = "a GPU" if resources.gpu else "no GPU (resources.gpu)"
            yield f"workers: no pods of group {group['groupName']}: a trial asks for {asks}."
    if resources.custom:
        yield f"custom: the nodes of the workers should have {', '.join(resources.custom)}."
    if resources.memory_gib is None:
        yield f"memory: {MEMORY_GIB:g} GiB for each trial, as resources.memory_gib is not given."
    if (request.trials_per_pod or 0) > at_once:
        yield (
            f"workers: --trials-per-pod {request.trials_per_pod} is more than the {at_once} trials "
            "that run at once (budget.concurrent); pods are no larger."
        )
    if pods * size.trials < at_once and request.max_workers is None:
        yield f"workers: {MOST_PODS} pods at most, as --max-workers is not given."


def _ask_for(job: Manifest, trials: int) -> None:
    """Say in the command how many trials the workers hold: there may be none when it starts."""
    command, option, _ = job["spec"]["entrypoint"].rpartition("--grow-to ")
    job["spec"]["entrypoint"] = f"{command}{option}{trials}"


def _told(group: Manifest, size: PodSize, pods: int) -> str:
    gpus = f", {_count(size.gpu, 'GPU')}" if size.gpu else ""
    return (
        f"workers: up to {_count(pods, 'pod')} of group {group['groupName']}, each with "
        f"{_count(size.cpu, 'core')}, {size.memory_gib} GiB{gpus} for "
        f"{_count(size.trials, 'trial')} at once."
    )


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _scale(group: Manifest, pods: int, is_autoscaled: bool) -> None:
    """Up to `pods` where an autoscaler starts them, and `pods` from the start where none does."""
    fixed = 0 if is_autoscaled else pods
    group.update(replicas=fixed, minReplicas=fixed, maxReplicas=pods)


def _resize(group: Manifest, size: PodSize, resources: ResourcesConfig) -> None:
    asked = {"cpu": str(size.cpu), "memory": f"{size.memory_gib}Gi"}
    if size.gpu:
        asked[GPU] = str(size.gpu)
    group["template"]["spec"]["containers"][0]["resources"] = {
        "requests": dict(asked),
        "limits": dict(asked),
    }
    told = group["rayStartParams"]
    if resources.memory_gib is not None:  # what trials may share: Ray's own needs are not in it
        told["memory"] = str(int(size.trials * resources.memory_gib * 2**30))
    if resources.custom:  # quoted twice, as KubeRay puts it on a command line
        custom = {name: math.ceil(size.trials * n) for name, n in resources.custom.items()}
        told["resources"] = json.dumps(json.dumps(custom))


def _fill_deadline(job: Manifest, config: SweepConfig) -> Iterator[str]:
    """A job that hangs ends: after the sweep's own time, its start and its end."""
    spec, wall_time_s = job["spec"], config.budget.wall_time_s
    if wall_time_s is None:
        days = spec["activeDeadlineSeconds"] / 86400
        yield (
            f"deadline: an attempt ends after {days:g} days, as budget.wall_time is not given; "
            "applied again it carries on."
        )
    else:
        start = spec["preRunningDeadlineSeconds"]
        spec["activeDeadlineSeconds"] = int(wall_time_s) + start + _MARGIN_S


def _mount(pod: dict[str, Any], request: Request) -> None:
    """Put the volumes `sweeps` and `data` of `pod` where they are asked for."""
    places = {"sweeps": request.storage, "data": request.data}
    claims = {"sweeps": request.storage_claim, "data": request.data_claim}
    for volume in pod["volumes"]:
        if claim := claims.get(volume["name"]):
            volume["persistentVolumeClaim"]["claimName"] = claim
    for container in pod["containers"]:
        container["workingDir"] = request.data
        for mount in container["volumeMounts"]:
            mount["mountPath"] = places.get(mount["name"], mount["mountPath"])


def _address(job: Manifest, request: Request) -> None:
    """Tell the head where sweeps lie and which MLflow records them."""
    head = job["spec"]["rayClusterSpec"]["headGroupSpec"]["template"]["spec"]["containers"][0]
    for entry in head["env"]:
        if entry["name"] == "PARETO_SEARCH_STORAGE":
            entry["value"] = request.storage
    if request.mlflow_uri is not None:
        head["env"].insert(0, {"name": "MLFLOW_TRACKING_URI", "value": request.mlflow_uri})
