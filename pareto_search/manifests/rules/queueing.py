"""What Kueue asks of a RayJob that waits in a queue of its."""

from collections.abc import Iterator

from pareto_search.errors import Problem
from pareto_search.manifests.objects import QUEUE, Manifest, titled

MOST_GROUPS = 17
"""Groups of workers at most: Kueue counts the head and the submitter too."""

RESERVED = ("head", "submitter")
"""Names that Kueue gives to other pods of the job."""


def broken_by_queueing(job: Manifest) -> Iterator[Problem]:
    """The rules of Kueue that `job` breaks; none where it is in no queue."""
    if QUEUE not in job["metadata"].get("labels", {}):
        return
    spec = job["spec"]
    cluster = spec.get("rayClusterSpec", {})
    needs = (
        ("suspend", "should be true: Kueue starts it.", spec.get("suspend") is True),
        (
            "shutdownAfterJobFinishes",
            "should be true: else the cluster keeps its share of the queue.",
            spec.get("shutdownAfterJobFinishes") is True,
        ),
        (
            "clusterSelector",
            "should be left out: Kueue admits a cluster of the job's own.",
            not spec.get("clusterSelector"),
        ),
        (
            "rayClusterSpec.enableInTreeAutoscaling",
            "should be false: its share of the queue is fixed.",
            not cluster.get("enableInTreeAutoscaling"),
        ),
    )
    for key, rule, is_met in needs:
        if not is_met:
            yield _problem(job, key, rule, f"Found {_value(spec, key)}.")
    yield from _groups(job, cluster.get("workerGroupSpecs", []))


def _groups(job: Manifest, groups: list[Manifest]) -> Iterator[Problem]:
    key = "rayClusterSpec.workerGroupSpecs"
    if len(groups) > MOST_GROUPS:
        rule = f"should be {MOST_GROUPS} groups at most."
        yield _problem(job, key, rule, f"Found {len(groups)}.")
    for group in groups:
        name = group["groupName"]
        if name in RESERVED:
            rule = f"`groupName` should be none of {', '.join(RESERVED)}."
            yield _problem(job, key, rule, f"Found `{name}`.")
        numbers = [group.get(k, 0) for k in ("minReplicas", "replicas", "maxReplicas")]
        if len(set(numbers)) > 1:
            rule = "`minReplicas`, `replicas` and `maxReplicas` should be the same number."
            found = f"Found {', '.join(map(str, numbers))} in group `{name}`."
            yield _problem(job, key, rule, found)


def _value(spec: Manifest, key: str) -> object:
    node: object = spec
    for part in key.split("."):
        node = node.get(part) if isinstance(node, dict) else None
    return "none" if node is None else str(node).lower() if isinstance(node, bool) else node


def _problem(job: Manifest, key: str, rule: str, found: str) -> Problem:
    return Problem(rule, found, key=f"spec.{key}", where=titled(job))
