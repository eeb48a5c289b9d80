import pytest
from recording import BEGAN, HandSweep

from pareto_search.searchers.protocol import TrialState
from pareto_search.storage.journal import Session
from pareto_search.sweep.following import Following


@pytest.fixture
def sweep(tmp_path):
    sweep = HandSweep(tmp_path)
    sweep.directory.journal.append(Session(BEGAN))
    return sweep


def follow(sweep, now):
    return Following(sweep.directory, clock=lambda: BEGAN + now)


def test_a_sweep_that_has_begun_nothing_claims_nothing(tmp_path):
    line = follow(HandSweep(tmp_path), 5).look().line()
    assert line.startswith("trials 0/4; running 0; stopped 0; failed 0; hypervolume 0.0000;")
    assert "time left ?" in line
    assert "best" not in line


def test_a_look_says_how_the_sweep_stands(sweep):
    sweep.trial(0, 0.5, 0.5)
    sweep.begin(1)
    sweep.end(1, state=TrialState.FAILED, ended_at=BEGAN + 30, error="broken")
    sweep.begin(2)
    sweep.report(2, 7)
    sweep.begin(3)
    line = follow(sweep, 60).look().line()
    for part in (
        "trials 2/4", "running 1 (t0002@7), 1 without a report", "failed 1", "hypervolume 0.2500",
        "best f1 0.5000 (t0000)", "elapsed 1m00s", "MLflow 0 trials recorded",
    ):  # fmt: skip
        assert part in line


def test_what_is_left_is_told_by_the_trials_of_this_session(sweep):
    sweep.trial(0)  # its record says nothing of when it ended: before this session
    following = follow(sweep, 100)
    assert following.look().left_s is None
    sweep.begin(1)
    sweep.end(1, ended_at=BEGAN + 50)
    assert following.look().left_s == 2 * 100  # one in 100 s, two to go


def test_every_look_sees_what_was_added_and_a_later_step_counts(sweep):
    following = follow(sweep, 10)
    sweep.begin(0)
    sweep.report(0, 3)
    assert following.look().at_work == {"t0000": 3}
    sweep.report(0, 4)
    sweep.report(0, 2)  # an earlier step again, after a resume
    assert following.look().at_work == {"t0000": 4}
    sweep.end(0, ended_at=BEGAN + 9)
    moment = following.look()
    assert moment.at_work == {}
    assert [record.uid for record in moment.records] == ["t0000"]


def test_the_table_says_what_the_line_says(sweep):
    sweep.trial(0)
    moment = follow(sweep, 10).look()
    names, texts = (list(column.cells) for column in moment.table("a caption").columns)
    assert "; ".join(f"{name} {text}" for name, text in zip(names, texts, strict=True)) == (
        moment.line()
    )
