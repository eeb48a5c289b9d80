"""Each rule refuses what breaks it, in its own words, and nothing that we render."""

import copy

import pytest
from rendered import CASES, case_name, rendered

from pareto_search.manifests.rules import broken_rules


@pytest.mark.parametrize("case", CASES, ids=case_name)
def test_no_manifest_of_ours_breaks_a_rule(case):
    assert broken_rules(rendered(*case).objects) == []


GONE = object()
CLUSTER = "spec.rayClusterSpec"
HEAD = f"{CLUSTER}.headGroupSpec"
ENV = f"{HEAD}.template.spec.containers.0.env"
IMAGE = f"{HEAD}.template.spec.containers.0.image"
WORKERS = f"{CLUSTER}.workerGroupSpecs"
UNSHUT = {"spec.shutdownAfterJobFinishes": False, "spec.ttlSecondsAfterFinished": 0}
V2 = {f"{ENV}.-": {"name": "RAY_enable_autoscaler_v2", "value": "1"}}
BREACHES = (
    # what is changed of a sound RayJob, and what is said about it
    ({"metadata.name": "a" * 48}, "47 characters at most. Found 48 characters"),
    ({"metadata.name": "My_Sweep"}, "metadata.name: should be lower case letters"),
    ({"metadata.name": "1st"}, "a letter first"),
    (
        {"spec.shutdownAfterJobFinishes": False},
        "ttlSecondsAfterFinished: should be given only with `shutdownAfterJobFinishes`",
    ),
    (
        UNSHUT | {"spec.suspend": True},
        "suspend: should be true only with `shutdownAfterJobFinishes",
    ),
    ({"spec.ttlSecondsAfterFinished": -1}, "ttlSecondsAfterFinished: should be at least 0"),
    (
        {"spec.deletionStrategy": {"deletionRules": [{}]}},
        "deletionRules: should be given only without `shutdownAfterJobFinishes`",
    ),
    (UNSHUT | {"spec.deletionStrategy": {}}, "should hold `deletionRules`, or both"),
    (
        UNSHUT | {"spec.deletionStrategy": {"onSuccess": {"policy": "DeleteSelf"}}},
        "or both `onSuccess` and `onFailure`. Found onSuccess.",
    ),
    (
        UNSHUT
        | {
            "spec.deletionStrategy": {
                "deletionRules": [{}],
                "onSuccess": {"a": 1},
                "onFailure": {"a": 1},
            }
        },
        "Found deletionRules, onSuccess, onFailure.",
    ),
    (
        {"spec.clusterSelector": {"ray.io/cluster": "mine"}},
        "should be given, or `clusterSelector` in its place. Found both.",
    ),
    ({CLUSTER: GONE}, "or `clusterSelector` in its place. Found neither."),
    (
        {"spec.clusterSelector": {"ray.io/cluster": "mine"}, "spec.suspend": True},
        "clusterSelector: should be left out of a suspended RayJob",
    ),
    (
        {"spec.submissionMode": "InteractiveMode"},
        "backoffLimit: should be left out with `submissionMode: InteractiveMode`",
    ),
    (
        {"spec.submissionMode": "SidecarMode"},
        "submitterPodTemplate: should be left out with `submissionMode: SidecarMode`",
    ),
    ({"spec.backoffLimit": -1}, "backoffLimit: should be at least 0. Found -1."),
    ({"spec.activeDeadlineSeconds": 0}, "activeDeadlineSeconds: should be at least 1"),
    ({"spec.preRunningDeadlineSeconds": 0}, "preRunningDeadlineSeconds: should be at least 1"),
    ({f"{HEAD}.template.spec.containers": []}, "Head and workers should each have a container"),
    (
        {f"{CLUSTER}.rayVersion": GONE},
        "rayVersion: should be given, and 2.52 or newer, with `authOptions.mode: token`",
    ),
    ({f"{CLUSTER}.rayVersion": "2.51.1"}, "2.52 or newer, with `authOptions.mode: token`"),
    ({f"{CLUSTER}.rayVersion": "2.59.0"}, "should be the version of Ray that is installed here"),
    (
        {f"{HEAD}.template.spec.restartPolicy": "Always"},
        "headGroupSpec.template.spec.restartPolicy: should be Never, or left out",
    ),
    (
        {f"{WORKERS}.0.template.spec.restartPolicy": "OnFailure"},
        "workerGroupSpecs.0.template.spec.restartPolicy: should be Never, or left out",
    ),
    ({f"{WORKERS}.0.suspend": True}, "suspend: should be left out where an autoscaler runs"),
    (V2, "Found it beside `autoscalerOptions.version`."),
    (V2 | {f"{CLUSTER}.enableInTreeAutoscaling": False}, "Found it beside no autoscaler."),
    ({f"{HEAD}.rayStartParams.num-cpus": "2"}, 'should be "0": a trial beside the driver'),
    (
        {f"{ENV}.-": {"name": "RAY_REDIS_ADDRESS", "value": "redis:6379"}},
        "RAY_REDIS_ADDRESS should be given only with `gcsFaultToleranceOptions`",
    ),
    ({f"{WORKERS}.-": {"groupName": "cpu", "template": {"spec": {}}}}, "should each have a cont"),
    ({f"{WORKERS}.0.minReplicas": 99}, "should be between `minReplicas` and `maxReplicas`"),
    ({f"{WORKERS}.0.minReplicas": -1}, "none below 0. Found -1"),
    ({f"{WORKERS}.0.maxReplicas": 0}, "Some group should have pods"),
    ({f"{HEAD}.resources": {"CPU": "0"}}, "should be given here or in `rayStartParams`"),
    ({f"{HEAD}.rayStartParams.labels": "a=b"}, "should be given as `labels` of the group"),
    ({IMAGE: "other:1"}, "should run one image"),
    ({IMAGE: "a/b"}, "should have a tag that stays what it is"),
    ({IMAGE: "a:latest"}, "Found `a:latest`."),
    ({IMAGE: "host:5000/a"}, "Found `host:5000/a`."),
    (
        {f"{ENV}.-": {"name": "MLFLOW_TRACKING_PASSWORD", "value": "x"}},
        "env.MLFLOW_TRACKING_PASSWORD: should come from a Secret",
    ),
    (
        {f"{ENV}.0.value": "http://me:pw@mlflow"},
        "env.0.value: should hold no password. Found `http://me:***@mlflow`.",
    ),
    ({"spec.metadata": {"url": "https://a/?token=x"}}, "Found `https://a/?token=***`."),
)
QUEUED = (
    ({"spec.suspend": False}, "suspend: should be true: Kueue starts it. Found false."),
    ({"spec.shutdownAfterJobFinishes": GONE}, "keeps its share of the queue. Found none."),
    ({"spec.clusterSelector": {"a": "b"}}, "Kueue admits a cluster of the job's own"),
    (
        {f"{CLUSTER}.enableInTreeAutoscaling": True},
        "enableInTreeAutoscaling: should be false: its share of the queue is fixed. Found true.",
    ),
    ({f"{WORKERS}.0.groupName": "head"}, "should be none of head, submitter. Found `head`."),
    ({f"{WORKERS}.0.groupName": "submitter"}, "Found `submitter`."),
    ({f"{WORKERS}.0.minReplicas": 0}, "should be the same number. Found 0, 2, 2 in group `cpu`"),
)


@pytest.mark.parametrize(("changes", "words"), BREACHES, ids=[w for _, w in BREACHES])
def test_a_ray_job_that_kuberay_would_refuse_is_refused(changes, words):
    assert words in said_after(changes, ("cpu",))


@pytest.mark.parametrize(("changes", "words"), QUEUED, ids=[w for _, w in QUEUED])
def test_a_queued_ray_job_that_kueue_would_refuse_is_refused(changes, words):
    assert words in said_after(changes, ("kueue",))


def test_kueue_takes_17_groups_of_workers_and_no_more():
    assert said_after({}, ("kueue",), groups=17) == ""
    assert "should be 17 groups at most. Found 18." in said_after({}, ("kueue",), groups=18)


def test_each_group_of_workers_has_a_name_of_its_own():
    same = {f"{WORKERS}.1.groupName": "cpu"}
    assert "Each group should have a `groupName` of its own" in said_after(same, ("gpu",))


def test_what_kueue_asks_is_asked_only_in_a_queue():
    moved = {"spec.suspend": False, f"{CLUSTER}.enableInTreeAutoscaling": False}
    assert said_after(moved, ("cpu",)) == ""


def test_a_secret_with_its_content_is_refused():
    secret = {"kind": "Secret", "metadata": {"name": "s"}, "stringData": {"a": "b"}}
    (problem,) = broken_rules([secret])
    assert "Secret s: A Secret should be made in the cluster" in str(problem)


def test_each_problem_names_the_object_and_the_field():
    said = said_after({"spec.backoffLimit": -1}, ("cpu",))
    assert said == "RayJob toy: spec.backoffLimit: should be at least 0. Found -1."


def said_after(changes, overlays, groups=1):
    """What is said about a sound manifest after `changes` of its RayJob, dotted key to value."""
    objects = copy.deepcopy(rendered(overlays).objects)
    job = next(item for item in objects if item["kind"] == "RayJob")
    for path, value in changes.items():
        change(job, path.split("."), value)
    workers = job["spec"].get("rayClusterSpec", {}).get("workerGroupSpecs", [])
    for index in range(1, groups):
        workers.append({**copy.deepcopy(workers[0]), "groupName": f"cpu-{index}"})
    return "\n".join(map(str, broken_rules(objects)))


def change(node, path, value):
    *parents, last = (int(part) if part.isdecimal() else part for part in path)
    for part in parents:
        node = node[part]
    if last == "-":
        node.append(value)
    elif value is GONE:
        del node[last]
    else:
        node[last] = value
