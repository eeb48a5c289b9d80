"""A log is written whole and once, whatever its connections do."""

import pytest

from pareto_search.errors import UnreachableError
from pareto_search.jobs.following import PATIENCE_S, Follower
from pareto_search.jobs.job import Job

LOG = "one\ntwo\nthree\n"


class Cluster:
    """Each connection brings the log from its beginning, in pieces, and is cut where it says."""

    def __init__(self, cuts, size=3, losses=()):
        self.cuts = list(cuts)
        self.size = size
        self.losses = list(losses)

    def tail(self, job_id, take):  # noqa: ARG002
        until = self.cuts.pop(0)
        for start in range(0, until, self.size):
            take(LOG[start : min(start + self.size, until)])

    def log(self, job_id):  # noqa: ARG002
        return LOG

    def job(self, job_id):
        if self.losses and self.losses.pop(0):
            raise UnreachableError("nobody answers.")
        status = "RUNNING" if self.cuts else "SUCCEEDED"
        return Job(job_id, "toy", "/mnt", status, 0.0, driver_code=None if self.cuts else 0)


def follow(cluster, clock=lambda: 0.0):
    written, notices = [], []
    follower = Follower(cluster, written.append, notices.append, clock, lambda _: None)
    return follower.follow("toy-1"), "".join(written), notices


@pytest.mark.parametrize("size", [1, 3, 100])
@pytest.mark.parametrize("cuts", [[14], [0, 14], [5, 14], [5, 3, 14], [14, 14], [4], [0], [6, 2]])
def test_the_log_is_written_whole_and_once(cuts, size):
    job, written, notices = follow(Cluster(cuts, size))
    assert written == LOG
    assert job.exit_code == 0
    assert notices == []


def test_a_cluster_that_is_away_for_a_while_is_waited_for_and_that_is_said_once():
    _, written, notices = follow(Cluster([5, 14], losses=[True, True, True]))
    assert written == LOG
    assert notices == ["nobody answers. Trying again."]


def test_a_cluster_that_stays_away_is_given_up():
    times = iter(range(0, 10_000, 100))
    with pytest.raises(UnreachableError, match="nobody answers"):
        follow(Cluster([5], losses=[True] * 50), lambda: next(times))
    assert next(times) > PATIENCE_S


def test_a_reader_that_ends_ends_the_following():
    def broken(_):
        raise BrokenPipeError

    with pytest.raises(BrokenPipeError):
        Follower(Cluster([14]), broken, print).follow("toy-1")
