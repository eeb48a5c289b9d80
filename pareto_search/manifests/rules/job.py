"""What KubeRay's controller asks of a RayJob, its cluster aside."""

from collections.abc import Iterator

from pareto_search.errors import Problem
from pareto_search.manifests.naming import LIMIT, is_job_name
from pareto_search.manifests.objects import Manifest, titled


def broken_by_job(job: Manifest) -> Iterator[Problem]:
    """The rules of RayJobs that `job` breaks."""
    for check in (_name, _shutdown, _deletion, _cluster, _modes, _numbers):
        yield from check(job)


def _name(job: Manifest) -> Iterator[Problem]:
    name = job["metadata"]["name"]
    if not is_job_name(name):
        yield Problem(
            where=titled(job),
            key="metadata.name",
            rule="should be lower case letters, digits and dashes, a letter first, "
            f"{LIMIT} characters at most.",
            found=f"Found {len(name)} characters: `{name}`.",
            hint="Give another --name.",
        )


def _shutdown(job: Manifest) -> Iterator[Problem]:
    spec = job["spec"]
    if spec.get("shutdownAfterJobFinishes"):
        return
    if spec.get("suspend"):
        yield _problem(
            job,
            "suspend",
            "should be true only with `shutdownAfterJobFinishes`.",
            "Found it alone.",
        )
    if ttl := spec.get("ttlSecondsAfterFinished", 0):
        yield _problem(
            job,
            "ttlSecondsAfterFinished",
            "should be given only with `shutdownAfterJobFinishes`.",
            f"Found {ttl} alone.",
        )


def _deletion(job: Manifest) -> Iterator[Problem]:
    strategy = job["spec"].get("deletionStrategy")
    if strategy is None:
        return
    rules = bool(strategy.get("deletionRules"))
    either = [key for key in ("onSuccess", "onFailure") if strategy.get(key)]
    if rules and job["spec"].get("shutdownAfterJobFinishes"):
        yield _problem(
            job,
            "deletionStrategy.deletionRules",
            "should be given only without `shutdownAfterJobFinishes`.",
            "Found both.",
        )
    if rules == bool(either) or len(either) == 1:
        yield _problem(
            job,
            "deletionStrategy",
            "should hold `deletionRules`, or both `onSuccess` and `onFailure`.",
            f"Found {', '.join(strategy) or 'nothing'}.",
        )


def _cluster(job: Manifest) -> Iterator[Problem]:
    spec = job["spec"]
    if bool(spec.get("clusterSelector")) == ("rayClusterSpec" in spec):
        found = "both" if "rayClusterSpec" in spec else "neither"
        yield _problem(
            job,
            "rayClusterSpec",
            "should be given, or `clusterSelector` in its place.",
            f"Found {found}.",
        )
    if spec.get("suspend") and spec.get("clusterSelector"):
        yield _problem(
            job, "clusterSelector", "should be left out of a suspended RayJob.", "Found it."
        )


def _modes(job: Manifest) -> Iterator[Problem]:
    spec = job["spec"]
    mode = spec.get("submissionMode", "K8sJobMode")
    excluded = {
        "SidecarMode": ("submitterPodTemplate", "submitterConfig", "clusterSelector"),
        "InteractiveMode": ("backoffLimit",),
    }
    for key in excluded.get(mode, ()):
        if spec.get(key):
            yield _problem(
                job, key, f"should be left out with `submissionMode: {mode}`.", "Found it."
            )


def _numbers(job: Manifest) -> Iterator[Problem]:
    least = {
        "activeDeadlineSeconds": 1,
        "preRunningDeadlineSeconds": 1,
        "backoffLimit": 0,
        "ttlSecondsAfterFinished": 0,
    }
    for key, smallest in least.items():
        value = job["spec"].get(key, smallest)
        if value < smallest:
            yield _problem(job, key, f"should be at least {smallest}.", f"Found {value}.")


def _problem(job: Manifest, key: str, rule: str, found: str) -> Problem:
    return Problem(rule, found, key=f"spec.{key}", where=titled(job))
