"""Trials on a real Ray: workers that are lost for good, and requests that no machine can meet."""

import pytest
from sweeping import ZDT1, call, steps_of, write_recipe

from pareto_search.storage.directory import SweepDirectory

pytestmark = pytest.mark.integration
LOST = {
    **ZDT1,
    "trainable": "trainables.toy:flaky",
    "params": {"epochs": 6, "mode": "exit", "at_step": 5},
    "baselines": [],
    "budget": {"trials": 1},
    "failures": {"retries": 0, "tolerate": 1.0},
}


@pytest.fixture(scope="module")
def lost(tmp_path_factory):
    """A sweep whose only trial ends its worker at step 5, and may not be retried."""
    folder = tmp_path_factory.mktemp("lost")
    ended = call(folder, "run", write_recipe(folder, LOST))
    return ended, SweepDirectory(folder / "results" / "toy")


def test_a_worker_lost_for_good_fails_its_trial_and_ray_says_why(lost):
    ended, directory = lost
    assert ended.returncode == 1, ended.stderr
    (record,) = directory.records()
    assert (record.state.value, record.step) == ("failed", 4)
    assert "worker was lost" in record.error
    assert "process has died" in record.error
    assert "process has died" in (directory.path / "failures" / "t0000.txt").read_text()


def test_a_trial_whose_worker_is_lost_is_not_run_again_without_retries(lost):
    _, directory = lost
    assert steps_of(directory) == {"t0000": [1, 2, 3, 4]}


def test_the_two_newest_checkpoints_of_a_trial_are_what_lies_on_disk(lost):
    _, directory = lost
    (record,) = directory.records()
    newest = directory.path / record.checkpoint
    assert newest.is_dir()
    assert len(list(newest.parent.glob("checkpoint_*"))) == 2
    assert newest.name == max(place.name for place in newest.parent.glob("checkpoint_*"))


def test_resources_that_no_machine_has_are_refused_and_the_mended_recipe_runs(tmp_path):
    asked = {"gpu": 64, "memory_gib": 1e6}
    small = {"budget": {"trials": 1}}
    refused = call(tmp_path, "run", write_recipe(tmp_path, resources=asked, **small))
    assert refused.returncode == 2, refused.stderr
    assert "resources: One trial should fit on one node" in refused.stderr
    assert all(part in refused.stderr for part in ("resources", "64", "GPU", "GiB"))
    assert "Traceback" not in refused.stderr
    mended = call(tmp_path, "run", write_recipe(tmp_path, **small))
    assert mended.returncode == 0, mended.stderr
