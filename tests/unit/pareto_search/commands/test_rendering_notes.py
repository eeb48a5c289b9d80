"""What `k8s render` says on stderr of a manifest that it writes."""

from functools import partial

import pytest
import yaml
from rendered import say_render


@pytest.fixture
def say(monkeypatch, capsys):
    """Runs `k8s render` of a recipe there is; gives back exit code, stdout and stderr."""
    return partial(say_render, monkeypatch, capsys)


def test_more_trials_in_a_pod_than_run_at_once_are_said_to_be_too_many(say):
    _, text, stderr = say("--trials-per-pod", "1000")
    cluster = list(yaml.safe_load_all(text))[-1]["spec"]["rayClusterSpec"]
    (pod,) = cluster["workerGroupSpecs"][0]["template"]["spec"]["containers"]
    assert pod["resources"]["limits"]["cpu"] == "6"
    assert "--trials-per-pod 1000 is more than the 6 trials that run at once" in stderr
    assert "workers: up to 1 pod of group cpu, each with 6 cores, 26 GiB for 6 trials" in stderr
    assert "--trials-per-pod" not in say("--trials-per-pod", "6")[2]


def test_one_trial_has_one_core_of_one_pod(say):
    _, _, stderr = say("--set", "budget.concurrent=1")
    assert "up to 1 pod of group cpu, each with 1 core, 6 GiB for 1 trial at once." in stderr


def test_code_that_is_not_in_the_image_is_said_to_be_needed_in_it(say):
    assert "trainable:" not in say()[2]
    _, _, stderr = say("--set", "trainable=mine.deep:train", "--data", "/scans")
    assert "trainable: module `mine` is none of this project's: it should be in the image" in stderr
    assert "or at the root of the volume of data (/scans)" in stderr
    assert "exit code 2, and KubeRay attempts it 3 times more." in stderr
    _, _, stderr = say("--set", "trainable=mine:train", "--overlay", "s3-data")
    assert "it should be in the image, as k8s/README.md tells" in stderr


def test_earlier_sweeps_are_said_to_be_needed_on_the_volume(say):
    assert "warm_start:" not in say()[2]
    _, _, stderr = say("--set", "warm_start=[one, other]", "--storage", "/all")
    assert "warm_start: one, other should lie on the volume of sweeps (/all)." in stderr


def test_no_volume_of_data_and_no_bucket_is_said(say):
    code, _, stderr = say("--overlay", "s3-data")
    assert code == 0
    assert "data: nothing in params names a bucket" in stderr
    _, _, stderr = say("--overlay", "s3-data", "--set", "params.data.root=s3://scans/brats")
    assert "data:" not in stderr
    assert "data:" not in say()[2]


def test_a_name_that_another_sweeps_job_may_have_is_changed_and_that_is_said(say):
    _, text, stderr = say("--name", "my-sweep-b51421")
    assert "name: `my-sweep-b51421` reads as made from another name: its RayJob is" in stderr
    assert list(yaml.safe_load_all(text))[-1]["metadata"]["name"].startswith("my-sweep-b51421-")
