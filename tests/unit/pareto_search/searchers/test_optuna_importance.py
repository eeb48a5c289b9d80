import warnings

import numpy as np
import optuna
import pytest

from pareto_search.searchers.optuna_importance import MIN_TRIALS, ImportanceStudy
from pareto_search.space import Choice, Float

SPACE = {
    "x": Float(type="float", low=0, high=1),
    "y": Float(type="float", low=0.01, high=1, log=True),
    "idle": Float(type="float", low=0, high=1),
    "kind": Choice(type="choice", values=("a", "b")),
    "only_b": Float(type="float", low=0, high=1, when={"kind": "b"}),
    "fixed": Float(type="float", low=2, high=2),
}


def trials(count=120, seed=0):
    """Losses that `x` alone and `y` alone decide."""
    generator = np.random.default_rng(seed)
    points = []
    for _ in range(count):
        point = {"x": generator.random(), "y": 0.01 * 100 ** generator.random(), "fixed": 2.0,
                 "idle": generator.random(), "kind": "ab"[generator.integers(2)]}  # fmt: skip
        if point["kind"] == "b":
            point["only_b"] = generator.random()
        points.append(point)
    losses = [[(p["x"] - 0.2) ** 2, np.log(p["y"]) ** 2] for p in points]
    return points, np.asarray(losses)


def study(count=120, num_front=12):
    points, losses = trials(count)
    return ImportanceStudy(SPACE, points, losses, num_front), points, losses


def test_what_decides_an_objective_matters_for_it_and_what_does_not_does_not():
    made, _, _ = study()
    first, second = made.of_objective(0), made.of_objective(1)
    assert first.mattering[0] == "x"
    assert second.mattering[0] == "y"
    assert first.shares["x"] > 0.5 > first.shares["y"]
    assert first.shares["idle"] < first.chance["x"]


def test_shares_add_up_to_one_and_a_parameter_of_one_value_has_none():
    made, _, _ = study()
    for found in (made.of_objective(0), made.of_front()):
        assert sum(found.shares.values()) == pytest.approx(1.0)
        assert set(found.shares) == set(SPACE) - {"fixed"} == set(found.chance)


def test_the_best_of_an_objective_are_what_optuna_takes_for_them():
    """The same evaluator over a study that was made by Optuna alone."""
    made, points, losses = study()
    known = optuna.distributions
    distributions = {
        "x": known.FloatDistribution(0, 1),
        "y": known.FloatDistribution(0.01, 1, log=True),
        "idle": known.FloatDistribution(0, 1),
        "kind": known.CategoricalDistribution(["a", "b"]),
        "only_b": known.FloatDistribution(0, 1),
    }
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    other = optuna.create_study()
    for point, row in zip(points, losses.tolist(), strict=True):
        kept = {key: value for key, value in point.items() if key in distributions}
        own = {key: distributions[key] for key in kept}
        other.add_trial(optuna.create_trial(params=kept, distributions=own, value=row[0]))
    evaluator = optuna.importance.PedAnovaImportanceEvaluator(target_quantile=0.1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        wanted = optuna.importance.get_param_importances(other, evaluator=evaluator)
    assert made.of_objective(0).num_best == 12
    assert made.of_objective(0).shares == pytest.approx(wanted)


def test_luck_alone_is_as_good_as_an_idle_parameter():
    """Over many sweeps, what does not matter is above its chance level 1 time in 20."""
    above = 0
    for seed in range(20):
        points, _ = trials(40, seed)
        noise = np.random.default_rng(1000 + seed).random((40, 2))
        found = ImportanceStudy({"x": SPACE["x"]}, [{"x": p["x"]} for p in points], noise, 4)
        above += "x" in found.of_objective(0).mattering
    assert above <= 4  # of 20: more has a probability of 0.3 %


def test_an_importance_is_the_same_each_time():
    assert study()[0].of_front() == study()[0].of_front()


def test_too_few_trials_are_refused():
    points, losses = trials(MIN_TRIALS - 1)
    with pytest.raises(ValueError, match=r"15 trials or more. Found 14"):
        ImportanceStudy(SPACE, points, losses, 3)


def test_a_sweep_that_is_all_front_has_an_importance_too():
    points, _ = trials(MIN_TRIALS)
    along = np.linspace(0, 1, MIN_TRIALS)
    made = ImportanceStudy(SPACE, points, np.column_stack([along, 1 - along]), MIN_TRIALS)
    assert sum(made.of_front().shares.values()) == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("num_front", "of_objective", "of_front"),
    [(2, 5, 5), (12, 12, 12), (90, 60, 90), (120, 60, 119)],
)
def test_as_many_are_taken_for_the_best_as_are_on_the_front(num_front, of_objective, of_front):
    made, _, _ = study(120, num_front)
    assert made.of_objective(0).num_best == of_objective
    assert made.of_front().num_best == of_front


def test_those_taken_for_the_front_are_its_members_where_they_are_enough():
    """Losses by which the front is all trials with x below 0.1."""
    points, _ = trials(120)
    is_member = np.asarray([point["x"] < 0.1 for point in points])
    along = np.linspace(0, 1, 120)
    losses = np.column_stack([along, 1 - along]) + 5.0 * ~is_member[:, None]
    made = ImportanceStudy(SPACE, points, losses, int(is_member.sum()))
    assert is_member.sum() > 5
    assert made.of_front().mattering[0] == "x"
    assert made.of_front().shares["x"] > 0.9
