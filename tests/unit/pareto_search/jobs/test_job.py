"""What a cluster tells of a job becomes the sweep's own exit code."""

import pytest

from pareto_search.jobs.job import Job, JobState


def job(status, code=None, message=""):
    return Job("toy-1", "toy", "/mnt", status, 0.0, driver_code=code, message=message)


@pytest.mark.parametrize(
    ("status", "code", "exit_code"),
    [
        ("SUCCEEDED", 0, 0),
        ("FAILED", 1, 1),
        ("FAILED", 2, 2),
        ("FAILED", 130, 130),
        ("FAILED", -9, 137),
        ("FAILED", None, 1),
        ("STOPPED", None, 130),
        ("RUNNING", None, None),
        ("PENDING", None, None),
    ],
)
def test_the_exit_code_is_that_of_the_sweep(status, code, exit_code):
    assert job(status, code).exit_code == exit_code


def test_a_sweep_that_was_stopped_from_its_storage_is_stopped_not_failed():
    assert job("FAILED", 130).state is JobState.STOPPED


def test_the_cluster_tells_the_cause_only_where_the_log_cannot():
    assert job("FAILED", None, "No such package").cause == "No such package"
    assert job("FAILED", 2, "exit code 2, last logs: ...").cause == ""
