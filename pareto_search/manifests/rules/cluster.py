"""What KubeRay's controller asks of the Ray cluster of a RayJob."""

from collections.abc import Iterator
from importlib.metadata import version

from pareto_search.errors import Problem
from pareto_search.manifests.objects import Manifest, ray_groups, titled

CLUSTER = "spec.rayClusterSpec"
OLDEST_WITH_TOKENS = (2, 52)
"""Ray's first version that KubeRay gives tokens to."""

_AUTOSCALER_V2 = "RAY_enable_autoscaler_v2"
_BY_PARAMETER = ("num-cpus", "num-gpus", "memory", "resources")


def broken_by_cluster(job: Manifest) -> Iterator[Problem]:
    """The rules of Ray clusters that the one of `job` breaks."""
    cluster = job["spec"].get("rayClusterSpec")
    if cluster is None:
        return
    if not all(group["template"]["spec"].get("containers") for _, group in ray_groups(job)):
        rule = "Head and workers should each have a container."
        yield Problem(rule, "Found a group with none.", key=CLUSTER, where=titled(job))
        return
    for check in (_versions, _autoscaler, _head, _bounds, _parameters):
        yield from check(job, cluster)


def _versions(job: Manifest, cluster: Manifest) -> Iterator[Problem]:
    stated, installed = str(cluster.get("rayVersion", "")), version("ray")
    mode = cluster.get("authOptions", {}).get("mode")
    if mode == "token" and _numbers(stated) < OLDEST_WITH_TOKENS:
        least = ".".join(map(str, OLDEST_WITH_TOKENS))
        yield Problem(
            where=titled(job),
            key=f"{CLUSTER}.rayVersion",
            rule=f"should be given, and {least} or newer, with `authOptions.mode: token`.",
            found=f"Found {stated or 'none'}.",
        )
    if stated != installed:
        yield Problem(
            where=titled(job),
            key=f"{CLUSTER}.rayVersion",
            rule="should be the version of Ray that is installed here, and so in the image.",
            found=f"Found {stated or 'none'}, installed is {installed}.",
            hint="Render with the version of pareto-search that the image holds.",
        )


def _numbers(stated: str) -> tuple[int, ...]:
    return tuple(int(part) for part in stated.split(".")[:2] if part.isdecimal())


def _autoscaler(job: Manifest, cluster: Manifest) -> Iterator[Problem]:
    head = cluster["headGroupSpec"]["template"]["spec"]["containers"][0]
    variable = {entry["name"]: entry.get("value") for entry in head.get("env", [])}
    scaled = bool(cluster.get("enableInTreeAutoscaling"))
    chosen = cluster.get("autoscalerOptions", {}).get("version")
    if _AUTOSCALER_V2 in variable and (not scaled or chosen):
        other = "`autoscalerOptions.version`" if scaled else "no autoscaler"
        yield Problem(
            where=titled(job),
            key=f"{CLUSTER}.headGroupSpec",
            rule=f"{_AUTOSCALER_V2} should be left to `autoscalerOptions.version`.",
            found=f"Found it beside {other}.",
        )
    for path, group in ray_groups(job) if scaled else ():
        policy = group["template"]["spec"].get("restartPolicy", "Never")
        if chosen != "v1" and policy != "Never":
            yield Problem(
                where=titled(job),
                key=f"{path}.template.spec.restartPolicy",
                rule="should be Never, or left out, with autoscaler v2.",
                found=f"Found {policy}.",
            )
        if group.get("suspend"):
            yield Problem(
                where=titled(job),
                key=f"{path}.suspend",
                rule="should be left out where an autoscaler runs.",
                found="Found it.",
            )


def _head(job: Manifest, cluster: Manifest) -> Iterator[Problem]:
    head = cluster["headGroupSpec"]
    cores = head.get("rayStartParams", {}).get("num-cpus")
    if cores != "0":
        yield Problem(
            where=titled(job),
            key=f"{CLUSTER}.headGroupSpec.rayStartParams.num-cpus",
            rule='should be "0": a trial beside the driver can take the sweep with it.',
            found=f"Found {cores or 'none'}.",
        )
    env = {entry["name"] for entry in head["template"]["spec"]["containers"][0].get("env", [])}
    if "RAY_REDIS_ADDRESS" in env and "gcsFaultToleranceOptions" not in cluster:
        yield Problem(
            where=titled(job),
            key=f"{CLUSTER}.headGroupSpec",
            rule="RAY_REDIS_ADDRESS should be given only with `gcsFaultToleranceOptions`.",
            found="Found it alone.",
        )


def _bounds(job: Manifest, cluster: Manifest) -> Iterator[Problem]:
    groups = cluster.get("workerGroupSpecs", [])
    names = [group["groupName"] for group in groups]
    if len(set(names)) < len(names):
        yield Problem(
            where=titled(job),
            key=f"{CLUSTER}.workerGroupSpecs",
            rule="Each group should have a `groupName` of its own.",
            found=f"Found {', '.join(names)}.",
        )
    for group in groups:
        low, number, high = (group.get(k, 0) for k in ("minReplicas", "replicas", "maxReplicas"))
        if not 0 <= low <= number <= high:
            yield Problem(
                where=titled(job),
                key=f"{CLUSTER}.workerGroupSpecs.{group['groupName']}.replicas",
                rule="should be between `minReplicas` and `maxReplicas`, none below 0.",
                found=f"Found {low}, {number} and {high}.",
            )
    if not any(group.get("maxReplicas") for group in groups):
        yield Problem(
            where=titled(job),
            key=f"{CLUSTER}.workerGroupSpecs",
            rule="Some group should have pods: the head runs no trial.",
            found="Found none with `maxReplicas` above 0.",
        )


def _parameters(job: Manifest, _: Manifest) -> Iterator[Problem]:
    for path, group in ray_groups(job):
        parameters = group.get("rayStartParams", {})
        if group.get("resources") and any(key in parameters for key in _BY_PARAMETER):
            yield Problem(
                where=titled(job),
                key=f"{path}.resources",
                rule="should be given here or in `rayStartParams`, not in both.",
                found="Found both.",
            )
        if "labels" in parameters:
            yield Problem(
                where=titled(job),
                key=f"{path}.rayStartParams.labels",
                rule="should be given as `labels` of the group.",
                found="Found it in `rayStartParams`.",
            )
