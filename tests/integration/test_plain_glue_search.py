"""Faults of Ray's own OptunaSearch and ConcurrencyLimiter, and that ours has none of them.

Each test first shows the plain join as it is today (should a newer Ray do better, the assertion
says so), then ours in the same situation. The numbers are those of the project's list of faults:

=== ===========================================================================================
B2  test_an_objective_that_is_nan_or_missing
B3  test_an_early_stopped_trial
B11 test_results_of_a_trial_that_was_restarted_under_another_id
B12 test_warm_starts_with_two_objectives
B13 test_nested_points_to_evaluate
B14 test_distributions_that_optuna_lacks
B16 test_proposals_are_made_in_another_process
B17 test_a_snapshot_does_not_grow_with_the_trials
B18 test_a_small_discrete_space
B19 test_ids_that_vanish_hold_no_slot
=== ===========================================================================================

B5, B15, B20: test_plain_glue_scheduling.py; B9, B10: test_plain_glue_tracking.py; B1, B4, B6, B7,
B8: tests/faults/test_plain_glue_sweeps.py.
"""

import math
import os
import threading

import optuna
import pytest
from plain_glue import first_end, make_search
from ray import tune
from ray.tune.experiment import Trial
from ray.tune.search import ConcurrencyLimiter
from ray.tune.search.optuna import OptunaSearch
from slow_searchers import Placed

from pareto_search.errors import RecipeError
from pareto_search.execution.suggesting import LedgerSearch
from pareto_search.recipe.config import SearcherConfig, SweepConfig
from pareto_search.recipe.loading import load_recipe
from pareto_search.searchers import SearchProblem, make_searcher, problem_of
from pareto_search.searchers.prefetch import Prefetch
from pareto_search.searchers.process import SearcherProcess
from pareto_search.searchers.protocol import Outcome, TrialState
from pareto_search.space import Choice
from pareto_search.storage.directory import SweepDirectory
from pareto_search.trials.asking import InlineAsker
from pareto_search.trials.ledger import Ledger

# Ray's join calls what Optuna calls deprecated or experimental
pytestmark = [pytest.mark.integration, pytest.mark.filterwarnings("ignore")]

SIDE = 7
"""Values of each of two choices: a space of 49 points."""

UNIT = {"type": "float", "low": 0.0, "high": 1.0}
RECIPE = {
    "name": "glue",
    "trainable": "some.module:train",
    "objectives": [{"name": "f1", "reference": 1.0}, {"name": "f2", "reference": 1.0}],
    "space": {"x0": UNIT, "x1": UNIT},
    "searcher": {"kind": "tpe"},
    "budget": {"trials": 30},
}


def states(search):
    return [trial.state.name for trial in search._ot_study.trials]


class Heard(InlineAsker):
    """Asks a real searcher, and keeps what it is told."""

    def __init__(self, searcher):
        super().__init__(searcher)
        self.told = []

    def tell(self, index, outcome):
        self.told.append((index, outcome))
        super().tell(index, outcome)


@pytest.fixture
def make_ledger(tmp_path):
    """A ledger on disk with a real searcher, restored from what lies there."""

    def make(**changes):
        config = SweepConfig.model_validate({**RECIPE, **changes})
        (tmp_path / "glue").mkdir(exist_ok=True)
        searcher = make_searcher(config.searcher, problem_of(config), 0)
        ledger = Ledger(SweepDirectory(tmp_path / "glue"), config, Heard(searcher))
        ledger.restore()
        return ledger

    return make


@pytest.mark.parametrize("metrics", [{"f1": math.nan, "f2": 1.0}, {"f1": 1.0}])
def test_an_objective_that_is_nan_or_missing(make_ledger, metrics):
    plain = make_search()
    plain.suggest("a")
    plain.on_trial_complete("a", metrics)
    assert states(plain) == ["RUNNING"]  # for ever

    ledger = make_ledger()
    proposal = ledger.propose()
    ledger.report(proposal.uid, 1, metrics, None)
    assert ledger.finish(proposal.uid).state is TrialState.FAILED
    assert [outcome.state for _, outcome in ledger.asker.told] == [TrialState.FAILED]


def test_an_early_stopped_trial(make_ledger):
    plain = make_search()
    plain.suggest("a")
    plain.on_trial_complete("a", {"f1": 0.9, "f2": 0.9, "training_iteration": 1})
    assert states(plain) == ["COMPLETE"]
    assert plain._ot_study.trials[0].values == [0.9, 0.9]  # of one epoch, as if of all

    ledger = make_ledger()
    proposal = ledger.propose()
    ledger.report(proposal.uid, 1, {"f1": 0.9, "f2": 0.9}, None)
    record = ledger.finish(proposal.uid, is_stopped=True)
    assert (record.state, record.step) == (TrialState.STOPPED, 1)
    assert ledger.asker.told == [(0, Outcome(TrialState.STOPPED, step=1))]  # no losses


def test_results_of_a_trial_that_was_restarted_under_another_id(make_ledger):
    tune.register_trainable("glue", lambda config: None)  # noqa: ARG005  Tune's signature
    plain = make_search()
    trial = Trial("glue", stub=True)
    plain.suggest(trial.trial_id)
    again = trial.reset()  # what Tuner.restore(restart_errored=True) does
    with pytest.raises(KeyError):
        plain.on_trial_complete(again.trial_id, {"f1": 0.5, "f2": 0.5})

    uid = make_ledger().propose().uid
    resumed = make_ledger()
    assert resumed.propose().uid == uid
    resumed.report(uid, 1, {"f1": 0.5, "f2": 0.5}, None)
    resumed.finish(uid)
    assert resumed.asker.told == [(0, Outcome(TrialState.COMPLETE, (0.5, 0.5), step=1))]


def test_warm_starts_with_two_objectives(make_ledger):
    unit = optuna.distributions.FloatDistribution(0.0, 1.0)
    with pytest.raises(TypeError):
        OptunaSearch(
            space={"x0": unit},
            metric=["f1", "f2"],
            mode=["min", "min"],
            points_to_evaluate=[{"x0": 0.5}],
            evaluated_rewards=[(1.0, 2.0)],
        )

    first = make_ledger()
    first_end(first, {"f1": 0.25, "f2": 0.75})
    told = make_ledger().asker.told
    assert told == [(0, Outcome(TrialState.COMPLETE, (0.25, 0.75), step=1))]


def test_nested_points_to_evaluate(make_ledger):
    nested = {"a": {"b": tune.uniform(0.0, 1.0)}}
    plain = make_search(nested, points_to_evaluate=[{"a": {"b": 0.5}}])
    assert plain.suggest("a")["a"]["b"] != 0.5  # not said anywhere

    ledger = make_ledger(space={"a.b": UNIT}, baselines=[{"a.b": 0.5}])
    assert ledger.propose().point == {"a.b": 0.5}


@pytest.mark.parametrize(
    "domain",
    [tune.qlograndint(1, 100, 2), tune.sample_from(lambda _: 1), tune.randn()],
    ids=["qlograndint", "sample_from", "randn"],
)
def test_distributions_that_optuna_lacks(domain, tmp_path):
    late = OptunaSearch(metric=["f1", "f2"], mode=["min", "min"])
    with pytest.raises(ValueError, match="ptuna"):
        late.set_search_properties(None, None, {"x": domain})  # at fit(), after Ray's start

    recipe = tmp_path / "recipe.yaml"
    recipe.write_text(
        "name: glue\ntrainable: a.b:c\nbudget: {trials: 1}\n"
        "objectives: [{name: f1, reference: 1}, {name: f2, reference: 1}]\n"
        "space: {x: {type: qlograndint, low: 1, high: 100}}\n"
    )
    with pytest.raises(RecipeError, match="type"):
        load_recipe(recipe)  # before anything is started


def test_proposals_are_made_in_another_process():
    class Noting(optuna.samplers.RandomSampler):
        def sample_relative(self, study, trial, search_space):
            self.place = os.getpid(), threading.get_ident()
            return super().sample_relative(study, trial, search_space)

    sampler = Noting()
    make_search(sampler=sampler).suggest("a")
    assert sampler.place == (os.getpid(), threading.get_ident())  # Tune's event loop

    process = SearcherProcess(Placed)
    point, _ = process.ask(0).result()
    process.close()
    assert point["pid"] not in (os.getpid(), 0)


def test_a_snapshot_does_not_grow_with_the_trials(make_ledger, tmp_path):
    plain, sizes = make_search(), []
    for trial in range(40):
        plain.suggest(str(trial))
        plain.on_trial_complete(str(trial), {"f1": trial / 40, "f2": 1 - trial / 40})
        if trial in (19, 39):
            plain.save(str(tmp_path / "plain"))
            sizes.append((tmp_path / "plain").stat().st_size)
    assert sizes[1] > 1.2 * sizes[0]

    ledger = make_ledger()
    search = LedgerSearch(ledger, lambda: 1, Prefetch("auto"))
    first_end(ledger, {"f1": 0.5, "f2": 0.5})
    search.save(str(tmp_path / "ours"))
    assert not (tmp_path / "ours").exists()


def propose_all(ask, tell, at_once=8):
    """As many points as there are, `at_once` of them running, each told of a bowl over them."""
    points = []
    for index in range(SIDE**2):
        points.append(ask(index))
        if index >= at_once:
            x, y = points[index - at_once]
            tell(index - at_once, (float(x), float((y - SIDE / 2) ** 2 - x + SIDE)))
    return points


def test_a_small_discrete_space():
    plain = make_search({key: tune.choice(list(range(SIDE))) for key in ("x0", "x1")})
    points = propose_all(
        lambda index: tuple(plain.suggest(str(index)).values()),
        lambda index, f: plain.on_trial_complete(
            str(index), dict(zip(("f1", "f2"), f, strict=True))
        ),
    )
    assert len(set(points)) < 0.8 * SIDE**2  # repeats, though much of the space was never tried

    side = Choice(type="choice", values=tuple(range(SIDE)))
    problem = SearchProblem({"x0": side, "x1": side}, 2)
    ours = make_searcher(SearcherConfig(kind="tpe"), problem, 0)
    points = propose_all(
        lambda index: tuple(ours.ask(index).values()),
        lambda index, f: ours.tell(index, Outcome(TrialState.COMPLETE, f)),
    )
    assert len(set(points)) == SIDE**2


def test_ids_that_vanish_hold_no_slot(make_ledger):
    before = ConcurrencyLimiter(make_search(), max_concurrent=2)
    before.suggest("a")
    before.suggest("b")
    after = ConcurrencyLimiter(make_search(), max_concurrent=2)
    after.set_state(before.get_state())
    assert after.suggest("c") is None  # though nothing runs, and for ever

    def make():
        return LedgerSearch(make_ledger(), lambda: 2, Prefetch("auto"))

    first = make()
    handed = [first.suggest(name)["uid"] for name in ("a", "b")]
    assert first.suggest("c") is None
    resumed = make()
    assert [resumed.suggest(name)["uid"] for name in ("x", "y")] == handed
