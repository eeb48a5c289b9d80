"""What a trainable is given: the point over the fixed parameters, and one seed for all trials."""

from pareto_search.recipe.config import SweepConfig
from pareto_search.trials.params import trial_params


def make_config(**params) -> SweepConfig:
    return SweepConfig.model_validate(
        {
            "name": "demo",
            "trainable": "a:b",
            "objectives": [{"name": "f1", "reference": 1}, {"name": "f2", "reference": 1}],
            "space": {"loss.tau": {"type": "float", "low": 0, "high": 1}},
            "params": params,
            "budget": {"trials": 1},
            "seeds": {"sweep": 7},
        }
    )


def test_point_is_nested_over_the_fixed_parameters():
    params = trial_params(make_config(loss={"tau": 9, "gamma": 1}), {"loss.tau": 0.5})
    assert params == {"seed": 7, "loss": {"tau": 0.5, "gamma": 1}}


def test_every_trial_has_the_seed_of_the_sweep_unless_one_is_fixed():
    assert trial_params(make_config(), {"loss.tau": 0.1})["seed"] == 7
    assert trial_params(make_config(seed=3), {})["seed"] == 3
    assert trial_params(make_config(seed=3), {"seed": 5})["seed"] == 5


def test_changing_the_parameters_of_one_trial_changes_no_other():
    config = make_config(loss={"weights": [1, 2]})
    trial_params(config, {})["loss"]["weights"].append(3)
    assert trial_params(config, {})["loss"]["weights"] == [1, 2]
