from types import SimpleNamespace

import pytest
from ray.tune.progress_reporter import TrialProgressCallback
from ray.tune.search import Searcher
from ray.tune.utils.callback import _create_default_callbacks

from pareto_search.execution import tuning
from pareto_search.searchers.prefetch import Prefetch
from pareto_search.trials.judging import Judge


def make_slots(resources, at_least):
    """Of a machine with 8 cores."""
    return lambda: max(int(8 / resources.cpu), at_least)


@pytest.fixture
def tuned(monkeypatch):
    """Calls `run_trials`, and gives back what Ray Tune was asked for instead of running it."""
    monkeypatch.setattr(
        tuning.tune, "with_resources", lambda function, needs: SimpleNamespace(f=function, **needs)
    )

    monkeypatch.setattr(tuning, "make_slots", make_slots)

    def run(ledger, should_stop=lambda: False, grow_to=0):
        asked = []

        class Tuner:
            def __init__(self, trainable, **settings):
                asked.append(SimpleNamespace(trial=trainable, **settings))

            def fit(self):
                asked[-1].is_run = True

        monkeypatch.setattr(tuning.tune, "Tuner", Tuner)
        judge = Judge(None, ledger.config.objectives)
        tuning.run_trials(ledger, judge, Prefetch("auto"), should_stop, grow_to)
        (only,) = asked
        assert only.is_run
        return only

    return run


def take(asked):
    """Suggestions until Tune is told to wait or that there are no more; and which of the two."""
    uids = []
    while isinstance(suggestion := asked.tune_config.search_alg.suggest("tune's id"), dict):
        uids.append(suggestion["uid"])
    return uids, suggestion


def test_no_more_trials_are_handed_out_at_once_than_the_recipe_says(tuned, make_ledger):
    ledger = make_ledger(budget={"trials": 5, "concurrent": 2})
    asked = tuned(ledger)
    assert take(asked) == (["t0000", "t0001"], None)
    ledger.finish("t0000")
    assert take(asked) == (["t0002"], None)


def test_with_auto_only_the_resources_limit_how_many_trials_run_at_once(tuned, make_ledger):
    uids = [f"t{i:04d}" for i in range(5)]
    assert take(tuned(make_ledger())) == (uids, Searcher.FINISHED)


def test_with_auto_no_proposal_waits_for_resources_and_grows_stale(tuned, make_ledger):
    ledger = make_ledger(resources={"cpu": 4})
    assert take(tuned(ledger)) == (["t0000", "t0001"], None)


def test_of_a_cluster_that_may_grow_as_many_trials_are_asked_for_as_it_will_hold(
    tuned, make_ledger
):
    ledger = make_ledger(resources={"cpu": 4})
    assert take(tuned(ledger, grow_to=4)) == ([f"t{i:04d}" for i in range(4)], None)


def test_a_trial_occupies_what_the_recipe_says_with_memory_in_bytes(tuned, make_ledger):
    trial = tuned(make_ledger(resources={"cpu": 3, "gpu": 0.5, "memory_gib": 1.5})).trial
    assert (trial.cpu, trial.gpu, trial.memory) == (3, 0.5, 1_610_612_736)


def test_memory_that_the_recipe_leaves_open_is_not_reserved(tuned, make_ledger):
    trial = tuned(make_ledger()).trial
    assert (trial.cpu, trial.gpu) == (1, 0)
    assert not hasattr(trial, "memory")


@pytest.mark.parametrize("reuse", [True, False])
def test_whether_a_worker_is_kept_for_the_next_trial_is_the_recipes_choice(
    tuned, make_ledger, reuse
):
    asked = tuned(make_ledger(resources={"reuse_actors": reuse}))
    assert asked.tune_config.reuse_actors is reuse


@pytest.mark.parametrize("retries", [0, 3])
def test_a_lost_worker_is_retried_as_often_as_the_recipe_says(tuned, make_ledger, retries):
    asked = tuned(make_ledger(failures={"retries": retries}))
    assert asked.run_config.failure_config.max_failures == retries


def test_finished_trials_are_not_asked_for_again(tuned, make_ledger):
    before = make_ledger()
    before.finish(before.propose().uid)
    running = before.propose().uid
    resumed = tuned(make_ledger())
    assert resumed.tune_config.num_samples == 4
    assert take(resumed)[0] == [running, "t0002", "t0003", "t0004"]


def test_each_attempt_has_a_folder_of_its_own_below_the_sweep(tuned, make_ledger):
    ledger = make_ledger()
    places = []
    for _ in range(3):
        settings = tuned(ledger).run_config
        places.append((settings.storage_path, settings.name))
        (ledger.directory.path / "ray" / settings.name).mkdir(parents=True)
    assert {place for place, _ in places} == {str(ledger.directory.path / "ray")}
    assert len({name for _, name in places}) == 3


def test_tune_names_a_trial_and_its_folder_as_the_journal_does(tuned, make_ledger):
    settings = tuned(make_ledger()).tune_config
    trial = SimpleNamespace(config={"uid": "t0007"})
    assert settings.trial_name_creator(trial) == "t0007"
    assert settings.trial_dirname_creator(trial) == "t0007"


def test_the_sweep_ends_as_soon_as_there_is_a_reason_to(tuned, make_ledger):
    reasons = []
    stopper = tuned(make_ledger(), lambda: bool(reasons)).run_config.stop
    assert not stopper.stop_all()
    reasons.append("out of time")
    assert stopper.stop_all()


def test_tune_prints_nothing_of_trials(tuned, make_ledger):
    callbacks = tuned(make_ledger()).run_config.callbacks
    assert _create_default_callbacks(callbacks, air_verbosity=None).count(callbacks[1]) == 1
    printing = [c for c in callbacks if isinstance(c, TrialProgressCallback)]
    for name in ("on_trial_result", "on_trial_complete", "on_trial_error"):
        assert getattr(type(printing[0]), name) is not getattr(TrialProgressCallback, name)


def test_what_trials_report_reaches_the_ledger(tuned, make_ledger):
    ledger = make_ledger()
    asked = tuned(ledger)
    take(asked)
    callback = asked.run_config.callbacks[0]
    trial = SimpleNamespace(config={"uid": "t0001"}, storage=None)
    callback.on_trial_result(1, [], trial, {"step": 1, "metrics": {"f1": 0.5, "f2": 0.25}})
    callback.on_trial_complete(1, [], trial)
    (record,) = ledger.records
    assert (record.uid, record.values) == ("t0001", {"f1": 0.5, "f2": 0.25})
