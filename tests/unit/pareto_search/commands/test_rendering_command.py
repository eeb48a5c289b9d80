"""`k8s render` as a user meets it: options, stdout, stderr, exit codes."""

import json
import subprocess
import sys
import textwrap
from functools import partial
from importlib.metadata import version
from pathlib import Path

import pytest
import typer
import yaml
from rendered import say_render

from pareto_search.cli import app
from pareto_search.recipe.loading import load_recipe


@pytest.fixture
def say(monkeypatch, capsys):
    """Runs `k8s render` of a recipe there is; gives back exit code, stdout and stderr."""
    return partial(say_render, monkeypatch, capsys)


@pytest.fixture
def made(say):
    """The objects that are printed, by kind and name; those of one kind and no name by kind."""

    def run(*arguments, **options):
        code, text, stderr = say(*arguments, **options)
        assert code == 0, stderr
        objects = list(yaml.safe_load_all(text))
        return {(o["kind"], o["metadata"]["name"]): o for o in objects}

    return run


def job_of(objects):
    return next(item for (kind, _), item in objects.items() if kind == "RayJob")


def head_of(job):
    return job["spec"]["rayClusterSpec"]["headGroupSpec"]["template"]["spec"]["containers"][0]


def workers_of(job):
    return {
        group["groupName"]: group for group in job["spec"]["rayClusterSpec"]["workerGroupSpecs"]
    }


def test_stdout_is_the_manifest_alone_and_stderr_says_what_was_chosen(say):
    code, text, stderr = say()
    assert code == 0
    kinds = [item["kind"] for item in yaml.safe_load_all(text)]
    assert (kinds[0], kinds[-1]) == ("Namespace", "RayJob")  # in the order to apply them in
    for word in ("image:", "workers: up to 2 pods of group cpu", "memory:", "deadline:"):
        assert word in stderr
    assert "secrets: mlflow-artifacts, mlflow-client, mlflow-server, postgresql" in stderr


def test_it_needs_neither_the_data_nor_what_trains_or_searches(repository):
    program = textwrap.dedent("""
        import sys
        blocked = {"ray", "mlflow", "optuna", "pymoo", "torch", "monai", "nibabel", "trainables"}

        class Blocker:
            def find_spec(self, name, path=None, target=None):
                if name.partition(".")[0] in blocked:
                    raise ModuleNotFoundError(f"{name} is blocked", name=name)

        sys.meta_path.insert(0, Blocker())
        from pareto_search.cli import main
        main()
    """)
    recipe = repository / "experiments" / "quickstart.yaml"
    ran = subprocess.run(
        [sys.executable, "-c", program, "k8s", "render", recipe, "--overlay", "gpu"],
        capture_output=True, text=True, check=False, cwd="/",
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    assert len(list(yaml.safe_load_all(ran.stdout))) > 20


def test_what_runs_is_the_recipe_under_its_overrides(made, repository, tmp_path):
    settings = ["budget.trials=8", "searcher.kind=random"]
    objects = made("--set", settings[0], "--set", settings[1], "--name", "mine")
    recipe = tmp_path / "sweep.yaml"
    recipe.write_text(objects["ConfigMap", "mine-recipe"]["data"]["sweep.yaml"])
    asked = load_recipe(repository / "experiments" / "toy.yaml", settings, name="mine")
    assert load_recipe(recipe) == asked


def test_the_recipe_goes_in_word_for_word_where_nothing_is_overridden(made, repository):
    objects = made()
    own = (repository / "experiments" / "toy.yaml").read_text()
    assert objects["ConfigMap", "toy-recipe"]["data"] == {"sweep.yaml": own}


def test_every_attempt_carries_the_sweep_on(made):
    spec = job_of(made())["spec"]
    assert spec["backoffLimit"] > 0
    assert spec["entrypoint"] == (
        "pareto-search run /etc/sweep/sweep.yaml --address auto --resume auto --wait 10m "
        "--grow-to 6"
    )


def test_the_command_in_a_manifest_is_one_that_the_command_line_takes(made):
    words = job_of(made())["spec"]["entrypoint"].split()
    command = typer.main.get_command(app).commands["run"]
    taken = command.make_context("run", words[2:]).params
    assert taken["recipe"] == Path("/etc/sweep/sweep.yaml")
    assert (taken["address"], taken["resume"], taken["grow_to"]) == ("auto", "auto", 6)


@pytest.mark.parametrize(
    ("settings", "trials"),
    [
        (["budget.trials=1000"], 64),  # 16 pods of 4
        (["budget.trials=1000", "budget.concurrent=10"], 10),
    ],
)
def test_the_command_asks_for_as_many_trials_as_the_workers_hold(made, settings, trials):
    arguments = [word for setting in settings for word in ("--set", setting)]
    words = job_of(made(*arguments))["spec"]["entrypoint"].split()
    assert words[-2:] == ["--grow-to", str(trials)]


def test_workers_have_the_custom_resources_that_trials_ask_for(made):
    objects = made("--set", "resources.custom={scanner: 0.5}")
    told = workers_of(job_of(objects))["cpu"]["rayStartParams"]["resources"]
    assert json.loads(json.loads(told)) == {"scanner": 2}


def test_the_image_without_a_name_is_this_version_and_for_gpus_that_of_cuda(made):
    for overlay, tag in (("cpu", ""), ("gpu", "-cuda")):
        image = head_of(job_of(made("--overlay", overlay)))["image"]
        assert image == f"pareto-search:{version('pareto-search')}{tag}"


def test_a_name_that_kubernetes_takes_not_is_changed_and_that_is_said(say):
    code, text, stderr = say("--name", "My_Sweep")
    assert code == 0
    assert "name: `My_Sweep` is no name for a RayJob" in stderr
    objects = list(yaml.safe_load_all(text))
    names = {o["metadata"]["name"] for o in objects}
    job = objects[-1]["metadata"]["name"]
    assert f"its RayJob is called `{job}`" in stderr
    assert {f"{job}-recipe", f"{job}-head"} <= names


def test_two_sweeps_share_the_namespace_and_nothing_of_their_own(made):
    one, other = made("--name", "one"), made("--name", "other")
    own = {("RayJob", "{}"), ("ConfigMap", "{}-recipe"), ("PodDisruptionBudget", "{}-head")}
    assert set(one) - set(other) == {(kind, name.format("one")) for kind, name in own}
    for key in set(one) & set(other):
        assert one[key] == other[key]
    assert set(made("--name", "one", "--sweep-only")) == set(one) - set(other)


def test_the_pods_are_as_large_as_the_trials_need(made):
    objects = made("--set", "resources={cpu: 2, memory_gib: 6}", "--set", "budget.concurrent=5")
    group = workers_of(job_of(objects))["cpu"]
    resources = group["template"]["spec"]["containers"][0]["resources"]
    assert resources["limits"] == resources["requests"] == {"cpu": "4", "memory": "14Gi"}
    assert group["rayStartParams"]["memory"] == str(12 * 2**30)  # two trials, not Ray's own share
    assert (group["minReplicas"], group["replicas"], group["maxReplicas"]) == (0, 0, 3)


def test_parts_of_a_gpu_share_one(made):
    objects = made("--overlay", "gpu", "--set", "resources.gpu=0.25", recipe="quickstart.yaml")
    groups = workers_of(job_of(objects))
    limits = groups["gpu"]["template"]["spec"]["containers"][0]["resources"]["limits"]
    assert limits == {"cpu": "4", "memory": "18Gi", "nvidia.com/gpu": "1"}
    assert (groups["gpu"]["maxReplicas"], groups["cpu"]["maxReplicas"]) == (1, 0)


def test_the_overlay_gpu_has_both_groups_and_the_others_that_of_cpus_alone(made):
    assert set(workers_of(job_of(made("--overlay", "gpu")))) == {"cpu", "gpu"}
    for name in ("cpu", "spot", "kueue", "s3-data", "external-mlflow"):
        assert set(workers_of(job_of(made("--overlay", name)))) == {"cpu"}


def test_options_set_how_many_trials_share_a_pod_and_how_many_pods_there_are(made):
    options = ("--trials-per-pod", "10", "--max-workers", "3", "--set", "budget.concurrent=30")
    group = workers_of(job_of(made(*options)))["cpu"]
    assert group["template"]["spec"]["containers"][0]["resources"]["limits"]["cpu"] == "10"
    assert group["maxReplicas"] == 3


def test_trials_of_a_small_part_of_a_core_are_no_more_than_the_pod_has_memory_for(say, made):
    few = ("--set", "resources.cpu=0.001", "--set", "budget.trials=40")
    words = job_of(made(*few))["spec"]["entrypoint"]
    assert words.endswith("--grow-to 4 --set budget.concurrent=4")
    _, _, stderr = say(*few)
    assert "up to 1 pod of group cpu, each with 1 core, 18 GiB for 4 trials at once." in stderr
    taken = typer.main.get_command(app).commands["run"].make_context("run", words.split()[2:])
    assert taken.params["settings"] == ["budget.concurrent=4"]
    for settings in ("resources.memory_gib=1", "budget.concurrent=4"):  # which Ray keeps to
        assert "--set" not in job_of(made(*few, "--set", settings))["spec"]["entrypoint"]


def test_a_sweep_of_many_trials_says_how_many_pods_it_was_given(say):
    _, _, stderr = say("--set", "budget.trials=10000")
    assert "workers: 16 pods at most, as --max-workers is not given." in stderr


def test_the_deadline_of_an_attempt_leaves_the_sweep_its_time(made):
    spec = job_of(made("--set", "budget.wall_time=2h"))["spec"]
    assert spec["activeDeadlineSeconds"] == 7200 + spec["preRunningDeadlineSeconds"] + 1200


def test_a_queued_sweep_waits_for_all_its_pods_and_scales_no_more(made):
    job = job_of(made("--overlay", "kueue", "--max-workers", "3"))
    assert job["spec"]["suspend"] is True
    assert job["metadata"]["labels"]["kueue.x-k8s.io/queue-name"] == "pareto"
    group = workers_of(job)["cpu"]
    assert group["minReplicas"] == group["replicas"] == group["maxReplicas"] == 3


def test_a_queue_that_exists_takes_the_place_of_the_example(made):
    objects = made("--overlay", "kueue", "--queue", "team")
    assert job_of(objects)["metadata"]["labels"]["kueue.x-k8s.io/queue-name"] == "team"
    assert not [kind for kind, _ in objects if "Queue" in kind or kind == "ResourceFlavor"]


def test_workers_on_spot_nodes_leave_before_they_go_and_the_head_is_on_no_such_node(made):
    job = job_of(made("--overlay", "spot"))
    pod = workers_of(job)["cpu"]["template"]["spec"]
    (container,) = pod["containers"]
    assert container["lifecycle"]["preStop"]["exec"]["command"] == ["pareto-search", "leave"]
    assert {"name": "PARETO_SEARCH_NOTICE", "value": "/tmp/pareto/notice"} in container["env"]
    assert pod["terminationGracePeriodSeconds"] == 120
    head = job["spec"]["rayClusterSpec"]["headGroupSpec"]["template"]["spec"]
    assert "lifecycle" not in head["containers"][0]
    for terms, operator in ((pod, "In"), (head, "NotIn")):
        affinity = terms["affinity"]["nodeAffinity"]
        required = affinity["requiredDuringSchedulingIgnoredDuringExecution"]
        found = [e for t in required["nodeSelectorTerms"] for e in t["matchExpressions"]]
        assert {e["operator"] for e in found} == {operator}


def test_a_server_that_exists_takes_the_place_of_ours(made):
    objects = made("--overlay", "external-mlflow", "--mlflow-uri", "https://ml.example.org")
    assert not [name for _, name in objects if name.startswith(("mlflow", "postgresql"))]
    env = head_of(job_of(objects))["env"]
    assert {"name": "MLFLOW_TRACKING_URI", "value": "https://ml.example.org"} in env


def test_a_server_that_the_recipe_names_is_the_one(made):
    uri = "https://ml.example.org"
    objects = made("--overlay", "external-mlflow", "--set", f"tracking.uri={uri}")
    assert {"name": "MLFLOW_TRACKING_URI", "value": uri} in head_of(job_of(objects))["env"]


def test_a_server_may_be_named_by_the_secret_alone(made):
    head = head_of(job_of(made("--overlay", "external-mlflow")))
    assert "MLFLOW_TRACKING_URI" not in {entry["name"] for entry in head["env"]}
    assert head["envFrom"] == [{"secretRef": {"name": "mlflow-client"}}]


def test_data_of_a_bucket_need_no_volume_and_are_read_by_head_and_workers(made):
    objects = made("--overlay", "s3-data")
    assert ("PersistentVolumeClaim", "data") not in objects
    job = job_of(objects)
    (worker,) = workers_of(job)["cpu"]["template"]["spec"]["containers"]
    bucket = {"secretRef": {"name": "data-bucket"}}
    assert worker["envFrom"] == [bucket]
    assert head_of(job)["envFrom"] == [{"secretRef": {"name": "mlflow-client"}}, bucket]
    assert "envFrom" not in job["spec"]["submitterPodTemplate"]["spec"]["containers"][0]


def test_image_namespace_and_places_are_as_asked(made):
    objects = made(
        "--image", "registry.example/p:2", "--namespace", "team", "--storage", "/mnt/sweeps",
        "--data", "/mnt/scans", "--data-claim", "scans", "--storage-class", "nfs",
    )  # fmt: skip
    assert ("Namespace", "team") in objects
    spaced = [o["metadata"]["namespace"] for o in objects.values() if o["kind"] != "Namespace"]
    assert set(spaced) == {"team"}
    head = head_of(job_of(objects))
    assert head["image"] == "registry.example/p:2"
    assert objects["Deployment", "mlflow"]["spec"]["template"]["spec"]["containers"][0][
        "image"
    ] == "registry.example/p:2"  # fmt: skip
    assert head["workingDir"] == "/mnt/scans"
    assert {"/mnt/sweeps", "/mnt/scans"} <= {m["mountPath"] for m in head["volumeMounts"]}
    assert {"name": "PARETO_SEARCH_STORAGE", "value": "/mnt/sweeps"} in head["env"]
    claims = {name for kind, name in objects if kind == "PersistentVolumeClaim"}
    assert claims == {"sweeps"}  # that of the data exists
    assert objects["PersistentVolumeClaim", "sweeps"]["spec"]["storageClassName"] == "nfs"
    head_pod = job_of(objects)["spec"]["rayClusterSpec"]["headGroupSpec"]["template"]["spec"]
    assert "scans" in str(head_pod["volumes"])
