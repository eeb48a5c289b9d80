"""What a configuration promises: all problems at once, each with its key, finding and way out."""

import pytest
import yaml
from pydantic import BaseModel

from trainables.config import TrainConfig, known_keys, load_train_config
from trainables.data.config import DataConfig
from trainables.errors import ParameterError

GOOD = {"data": {"root": "phantom"}}


def problems(params):
    with pytest.raises(ParameterError) as caught:
        load_train_config(params)
    return str(caught.value).splitlines()


def test_only_the_folder_of_the_cases_is_needed():
    assert load_train_config(GOOD) == TrainConfig(data=DataConfig(root="phantom"))


def test_every_problem_is_named_at_once():
    found = problems(
        {
            "data": {"blocks": 0},
            "fuzzy": {"widht_mm": 2, "strength": 1.5},
            "epochs": "many",
            "loss": 3,
        }
    )
    assert found == [
        "Parameter `data.root` should be given. Found none.",
        "Parameter `data.blocks` should be a whole number, at least 1 and at most 64. "
        "Found `data.blocks = 0`.",
        "Parameter `fuzzy.strength` should be a number, at least 0 and at most 1. "
        "Found `fuzzy.strength = 1.5`.",
        "Unknown parameter `fuzzy.widht_mm`. The nearest known is `fuzzy.width_mm`.",
        "Parameter `loss` should be a section of parameters. Found `loss = 3`.",
        "Parameter `epochs` should be a whole number, at least 1. Found `epochs = many`.",
    ]


@pytest.mark.parametrize(
    ("key", "nearest"),
    [
        ("width_mm", "fuzzy.width_mm"),
        ("epoch", "epochs"),
        ("curiculum", "curriculum"),
    ],
)
def test_an_unknown_key_is_told_a_known_one(key, nearest):
    (found,) = problems({**GOOD, key: 1})
    assert found == f"Unknown parameter `{key}`. The nearest known is `{nearest}`."


def test_a_key_unlike_any_other_is_still_told_a_known_one():
    (found,) = problems({**GOOD, "zzz": 1})
    assert found.rpartition("is `")[2].removesuffix("`.") in set(known_keys())


@pytest.mark.parametrize(
    ("size", "nearest"), [([30, 32, 32], [32, 32, 32]), ([8, 8, 8], [16, 16, 16])]
)
def test_a_patch_the_network_cannot_halve_is_refused_with_the_nearest_that_fits(size, nearest):
    (found,) = problems({**GOOD, "patch_size": size, "network": {"levels": 4}})
    assert found.startswith(
        "Parameter `patch_size` should hold multiples of 8, at least twice that"
    )
    assert found.endswith(f"the nearest that fits is {nearest}.")


def test_a_window_the_network_cannot_halve_is_refused():
    (found,) = problems({**GOOD, "window_size": [20, 32, 32]})
    assert found.startswith("Parameter `window_size` should hold multiples of 8")


def test_fractions_that_do_not_sum_to_one_and_unknown_labels_are_refused():
    (found,) = problems({"data": {"root": "x", "train_fraction": 0.9}})
    assert "should sum to 1. Found (0.9, 0.2, 0.2)." in found
    (found,) = problems({"data": {"root": "x", "labels": "brats"}})
    assert found.startswith("Parameter `labels` should be auto, one of ['brats2018', ")


def test_numbers_that_yaml_reads_as_text_are_numbers():
    config = load_train_config({**GOOD, "optimiser": {"learning_rate": "1e-3"}})
    assert config.optimiser.learning_rate == 1e-3


def test_the_window_is_the_patch_unless_it_is_given():
    assert load_train_config({**GOOD, "patch_size": [32, 32, 16]}).window == (32, 32, 16)
    assert load_train_config({**GOOD, "window_size": [64, 64, 64]}).window == (64, 64, 64)


def test_every_field_says_what_it_is():
    keys = dict.fromkeys(known_keys())
    assert "curriculum.warmup" in keys
    assert all(_description(key) for key in keys)


def _description(key):
    model, field = TrainConfig, None
    for part in key.split("."):
        field = model.model_fields[part]
        model = field.annotation
    is_section = isinstance(model, type) and issubclass(model, BaseModel)
    return model.__doc__ if is_section else field.description


def test_the_example_of_one_training_run_loads_and_names_every_key(repository):
    params = yaml.safe_load((repository / "experiments" / "train.yaml").read_text())
    assert load_train_config(params).data.root == "demo/phantom"
    assert set(_dotted(params)) == set(known_keys())


def _dotted(params, prefix=""):
    for key, value in params.items():
        yield prefix + key
        if isinstance(value, dict):
            yield from _dotted(value, f"{prefix}{key}.")
