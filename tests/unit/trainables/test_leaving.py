"""A host that has to leave its machine: nothing is lost and nothing is repeated, at any step."""

import pytest
from balls import SMALL, make_data
from same_states import assert_same

from trainables.config import load_train_config
from trainables.epoch import Epoch
from trainables.training import train_epochs

SHORT = {**SMALL, "epochs": 2, "steps_per_epoch": 3}
POLLS = "sssvsssvt"
"""What a run of two epochs asks after: steps, a validation case, a test case."""

HARD = {
    "loss": {"kind": "pareto_consistent", "normalisation": 0.5, "reference_steps": 5},
    "curriculum": {"advance": "signal", "window": 4, "warmup": 0.9, "flatness": 10.0},
    "augmentation": {"preset": "strong"},
    "sampling": {"prefetch": 2},
    "accumulate": 2,
    "optimiser": {"kind": "sgd", "learning_rate": 0.02, "momentum": 0.9, "ema_decay": 0.9},
    "network": {"filters": 4, "levels": 2, "dropout": 0.3, "norm": "batch"},
    "diagnostics": {"every": 2, "probe_every": 1},
}


class LeftError(BaseException):
    """Ends a run inside `leave`, as a host does."""


class Host:
    """Leaves when it is asked for the n-th time, with the state in ``folder/left``."""

    def __init__(self, folder, last=None):
        self.folder, self.last = folder, last
        self.polls, self.reports = 0, {}

    def __call__(self, metrics, step, save):
        assert step not in self.reports
        self.reports[step] = {k: v for k, v in metrics.items() if not k.startswith("seconds")}
        (self.folder / str(step)).mkdir(parents=True)
        save(self.folder / str(step))

    def leaving(self):
        self.polls += 1
        return self.polls == self.last

    def leave(self, save):
        (self.folder / "left").mkdir(parents=True)
        save(self.folder / "left")
        raise LeftError


@pytest.fixture(scope="module")
def data():
    return make_data()


def run(data, params, host, checkpoint=None):
    train_epochs(load_train_config({**SHORT, **params}), data, host, checkpoint)
    return host


@pytest.fixture(scope="module", params=[{}, HARD], ids=["default", "every feature"])
def whole(request, data, tmp_path_factory):
    host = run(data, request.param, Host(tmp_path_factory.mktemp("whole")))
    assert host.polls == len(POLLS)
    return request.param, host


@pytest.mark.parametrize("last", [2, 4, 9])
def test_a_run_that_leaves_at_any_step_or_case_ends_as_the_one_that_stayed(
    data, whole, tmp_path, last
):
    params, stayed = whole
    left = Host(tmp_path / "first", last)
    with pytest.raises(LeftError):
        run(data, params, left)
    arrived = run(data, params, Host(tmp_path / "second"), tmp_path / "first" / "left")
    assert left.reports | arrived.reports == stayed.reports
    assert not left.reports.keys() & arrived.reports.keys()
    assert_same(stayed.folder / "2", tmp_path / "second" / "2")


def test_steps_that_were_done_before_leaving_are_not_done_again(data, tmp_path):
    with pytest.raises(LeftError):
        run(data, {}, Host(tmp_path / "first", 6))  # two steps into the second epoch
    arrived = run(data, {}, Host(tmp_path / "second"), tmp_path / "first" / "left")
    assert arrived.polls == len(POLLS) - 6


def test_a_run_that_leaves_again_and_again_within_one_epoch_is_the_same_run(data, whole, tmp_path):
    params, stayed = whole
    checkpoint = None
    for number in range(3):
        host = Host(tmp_path / str(number), 1)
        with pytest.raises(LeftError):
            run(data, params, host, checkpoint)
        checkpoint = host.folder / "left"
    assert run(data, params, Host(tmp_path / "end"), checkpoint).reports == stayed.reports
    assert_same(stayed.folder / "2", tmp_path / "end" / "2")


def test_the_wall_time_of_an_epoch_counts_what_was_done_before_leaving():
    state = {**Epoch().state_dict(), "seconds": 100.0}
    assert 100.0 < Epoch.of(state).seconds < 200.0


def test_a_host_that_cannot_leave_is_asked_nothing(data):
    steps = []
    train_epochs(load_train_config(SHORT), data, lambda _m, step, _s: steps.append(step))
    assert steps == [1, 2]
