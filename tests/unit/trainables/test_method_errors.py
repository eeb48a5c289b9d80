"""Every parameter of the method that is out of range is refused in one line: key, range, value.

The table of configurations is made from the models, so that a new field is in it.
"""

import math

import numpy as np
import pytest
import torch

from trainables.balance import LossConfig, PlainBalance, make_balance
from trainables.balance.cagrad import cagrad_weights
from trainables.balance.gradient_side import GradientBalance
from trainables.balance.upgrad import upgrad_weights
from trainables.boxes import box_around, grow_box
from trainables.complement import sugeno_target, symmetric_target, yager_target
from trainables.components import component_depth
from trainables.config import load_train_config
from trainables.curriculum import (
    CurriculumConfig,
    admission,
    admission_at,
    admitted_difficulty,
    difficulty,
    pace,
    shell_index,
)
from trainables.diagnostics import DiagnosticsConfig
from trainables.distance import signed_distance, squared_distance
from trainables.errors import ParameterError
from trainables.fuzzy import FuzzyConfig, fuzzy_label, membership_profile
from trainables.losses import shell_losses
from trainables.networks import NetworkConfig
from trainables.optimiser import OptimiserConfig, learning_rate
from trainables.probe import Probe
from trainables.references import FrozenMeans

SECTIONS = {
    "fuzzy": FuzzyConfig,
    "curriculum": CurriculumConfig,
    "loss": LossConfig,
    "network": NetworkConfig,
    "diagnostics": DiagnosticsConfig,
}
OUTSIDE = {
    "ge": lambda bound: (bound - 1, math.nextafter(bound, -math.inf)),
    "gt": lambda bound: (bound - 1, bound),
    "le": lambda bound: (bound + 1, math.nextafter(bound, math.inf)),
    "lt": lambda bound: (bound + 1, bound),
}
NO_NUMBERS = (math.nan, -math.inf, "word", None, [1], True)


def numeric_fields():
    """Key, field and its bounds by name, of every number of the method."""
    for section, model in SECTIONS.items():
        for name, field in model.model_fields.items():
            if field.annotation in (int, float):
                bounds = {
                    key: getattr(item, key)
                    for item in field.metadata
                    for key in OUTSIDE
                    if hasattr(item, key)
                }
                yield f"{section}.{name}", field, bounds


def refused():
    """Key, bounds and a value that should be refused."""
    for key, field, bounds in numeric_fields():
        values = [value for name, bound in bounds.items() for value in OUTSIDE[name](bound)]
        is_bounded = not {"le", "lt"}.isdisjoint(bounds)
        may_be_infinite = field.annotation is float and not any(
            getattr(item, "allow_inf_nan", True) is False for item in field.metadata
        )
        infinite = () if may_be_infinite and not is_bounded else (math.inf,)
        for value in (*values, *infinite, *NO_NUMBERS):
            yield pytest.param(key, bounds, value, id=f"{key}={value}")


def load(key, value):
    section, name = key.split(".")
    return load_train_config({"data": {"root": "x"}, section: {name: value}})


@pytest.mark.parametrize(("key", "bounds", "value"), list(refused()))
def test_a_number_out_of_range_is_refused_in_one_line_with_key_range_and_value(key, bounds, value):
    with pytest.raises(ParameterError) as caught:
        load(key, value)
    message = str(caught.value)
    assert len(message.splitlines()) == 1
    assert message.startswith(f"Parameter `{key}` should be a ")
    assert message.endswith(f" Found `{key} = {value}`.")
    rule = message.partition(" should be ")[2].partition(". Found ")[0].split()
    assert all(str(bound) in rule for bound in bounds.values())


@pytest.mark.parametrize(("key", "bounds", "value"), list(refused()))
def test_a_section_built_by_itself_refuses_in_the_same_line(key, bounds, value):
    section, name = key.split(".")
    with pytest.raises(ParameterError) as whole:
        load(key, value)
    with pytest.raises(ParameterError) as caught:
        SECTIONS[section](**{name: value})
    assert str(caught.value) == str(whole.value).replace(f"`{key}", f"`{name}")
    assert len(bounds) >= 1


def test_every_number_of_the_method_has_a_lower_bound_and_takes_its_own_default():
    for key, field, bounds in numeric_fields():
        assert {"ge", "gt"} & set(bounds), key
        load(key, field.default)


@pytest.mark.parametrize("field", [f"{s}.{n}" for s, m in SECTIONS.items() for n in m.model_fields])
def test_every_field_refuses_a_list_and_says_what_it_should_be(field):
    with pytest.raises(ParameterError, match=rf"^Parameter `{field}` should be .* Found `{field} "):
        load(field, [0])


MASK = torch.zeros(1, 1, 4, 4, dtype=torch.bool)
MASK[..., 1:3, 1:3] = True
PHI = signed_distance(MASK, [1.0, 1.0])
DEPTH = component_depth(MASK[0], PHI[0], [1.0, 1.0])[None]
LABEL = fuzzy_label(MASK, PHI, DEPTH, [1.0, 1.0], FuzzyConfig())
SHELLS = shell_index(LABEL.coordinate, 2)
LOGITS = torch.zeros_like(PHI)
TWO_PATCHES = [tensor.repeat(2, 1, 1, 1) for tensor in (LOGITS, MASK, PHI)]
ELSEWHERE = torch.device("meta")


def make_gramian():
    return torch.eye(3)


def make_label(label=MASK, phi=PHI, depth=DEPTH, spacing_mm=(1.0, 1.0)):
    return fuzzy_label(label, phi, depth, spacing_mm, FuzzyConfig())


def make_losses(logits=LOGITS, label=LABEL, shells=SHELLS, num_shells=2, **settings):
    return shell_losses(logits, label, shells, num_shells, **settings)


CALLS = {
    "spacing_mm": [
        *[(signed_distance, (MASK, [1.0, v])) for v in (0.0, -1.0, math.nan, math.inf, "1")],
        *[(squared_distance, (MASK, [1.0, v], 2.0)) for v in (0.0, -1.0, math.nan, "1")],
        (squared_distance, (MASK, [1.0] * 5, 2.0)),
        *[(box_around, (MASK[0, 0], s, 1.0)) for s in ([1.0], [1.0, 0.0], [1.0] * 3)],
        *[(grow_box, ([slice(0, 1)], s, 1.0)) for s in ([], [0.0], [1.0] * 3)],
        (signed_distance, (MASK, [])),
        *[(signed_distance, (MASK, spacing)) for spacing in (1.0, None, "11")],
        (signed_distance, (MASK, [1.0] * 5)),
        (component_depth, (MASK[0], PHI[0], [1.0, math.nan])),
        (make_label, (MASK, PHI, DEPTH, [1.0])),
        (make_label, (MASK, PHI, DEPTH, [1.0, 1.0, 1.0])),
        (make_label, (MASK, PHI, DEPTH, [1.0, 0.0])),
        (make_label, (MASK, PHI, DEPTH, torch.ones(2, 2))),
        (make_label, (MASK, PHI, DEPTH, torch.ones(1, 1, 2))),
        (make_label, (MASK, PHI, DEPTH, torch.tensor(1.0))),
    ],
    "limit_mm": [
        *[(signed_distance, (MASK, [1.0, 1.0], v)) for v in (0, -1, math.nan, math.inf)],
        (component_depth, (MASK[0], PHI[0], [1.0, 1.0], 0.0)),
    ],
    "reach_mm": [
        *[(squared_distance, (MASK, [1.0, 1.0], v)) for v in (0, -1.0, math.nan, math.inf, "1")]
    ],
    "margin_mm": [
        *[(box_around, (MASK[0, 0], [1.0, 1.0], v)) for v in (-1.0, math.nan, math.inf)],
        *[(grow_box, ([slice(0, 1)], [1.0], v)) for v in (-1.0, math.nan, math.inf)],
    ],
    "mask": [
        (component_depth, (MASK[0], PHI[0, :, :3], [1.0, 1.0])),
        (component_depth, (MASK[0], PHI[0], [1.0])),
        (component_depth, (MASK[0].to(ELSEWHERE), PHI[0], [1.0, 1.0])),
        (signed_distance, (MASK * 0.3, [1.0, 1.0])),
        (signed_distance, (PHI * math.nan, [1.0, 1.0])),
    ],
    "label": [
        (make_label, (MASK[:, :, :3],)),
        (make_label, (MASK.float() / 2,)),
        (make_label, (MASK.to(ELSEWHERE),)),
    ],
    "profile": [(membership_profile, (PHI, "gaussian"))],
    "hesitation": [(symmetric_target, (PHI, v)) for v in (-0.1, 1.1, math.nan)],
    "strength": [(sugeno_target, (PHI, v)) for v in (-0.1, math.inf, math.nan)],
    "power": [(yager_target, (PHI, v)) for v in (0.0, -1.0, 1.1, math.nan)],
    "shells": [
        *[(shell_index, (PHI, v)) for v in (1, 0, 2.5, math.nan, True)],
        (make_losses, (LOGITS, LABEL, SHELLS.float())),
        (make_losses, (LOGITS, LABEL, SHELLS.to(ELSEWHERE))),
    ],
    "coordinate": [(shell_index, (SHELLS, 2)), (difficulty, (MASK,))],
    "progress": [
        *[(pace, (v, CurriculumConfig())) for v in (-0.1, 1.1, math.nan, True)],
        (admission, (1.1, CurriculumConfig())),
        *[(learning_rate, (v, OptimiserConfig())) for v in (-0.1, 1.1, math.nan)],
    ],
    "caution": [(cagrad_weights, (np.eye(2), np.ones(2), v)) for v in (-1.0, 1.0, 2.0, math.nan)],
    "preference": [
        *[(upgrad_weights, (np.eye(2), np.array([1.0, v]))) for v in (-1.0, 0.0, math.nan)],
        *[(cagrad_weights, (np.eye(2), np.array([1.0, v]), 0.5)) for v in (-1.0, 0.0)],
    ],
    "band_mm": [(Probe, (*TWO_PATCHES, v)) for v in (-1.0, math.nan)],
    "radius": [(Probe(*TWO_PATCHES, 1.0).metrics, (torch.nn.Identity(), -1.0))],
    "loss.kind": [(GradientBalance, (LossConfig(), 2))],
    "part": [(admitted_difficulty, (v, CurriculumConfig())) for v in (-0.1, 1.1, math.nan)],
    "admitted": [(admission_at, (v, CurriculumConfig())) for v in (-0.1, 1.1, math.nan)],
    "logits": [
        (make_losses, (LOGITS[:, :, :3],)),
        (make_losses, (LOGITS[0],)),
        (make_losses, (SHELLS,)),
        (make_losses, (LOGITS.to(ELSEWHERE),)),
    ],
    "num_shells": [
        *[(make_losses, (LOGITS, LABEL, SHELLS, v)) for v in (0, -1, 2.5, True, "2", None)],
        *[(make_balance, (LossConfig(), v)) for v in (0, -1, 2.5, math.nan, True, "2", None)],
        (PlainBalance, (0,)),
        (GradientBalance, (LossConfig(kind="upgrad"), 0)),
    ],
    "losses": [
        (make_balance(LossConfig(kind=kind), 3), (torch.ones(n), torch.ones(a), make_gramian))
        for kind in ("plain", "pareto_consistent", "upgrad")
        for n, a in ((2, 3), (3, 2), (2, 2))
    ],
    "size": [(FrozenMeans, (v, 1)) for v in (0, -1, 2.0, math.nan, True)],
    "steps": [(FrozenMeans, (1, v)) for v in (0, 1.5, math.inf, "3")],
    "delay": [(FrozenMeans, (1, 1, v)) for v in (-1, 0.5, None)],
}
CALLS_BY_NAME = {
    "gamma": (-1.0, math.nan, math.inf, "1", None),
    "smoothing": (0.0, -1.0, math.nan, math.inf, "1"),
    "dice": ("cubic",),
}


@pytest.mark.parametrize(
    ("name", "call", "arguments"),
    [
        pytest.param(name, call, arguments, id=f"{name}-{number}")
        for name, rows in CALLS.items()
        for number, (call, arguments) in enumerate(rows)
    ],
)
def test_a_wrong_argument_is_refused_by_name_with_what_was_found(name, call, arguments):
    with pytest.raises(ParameterError, match=rf"^Parameters? .*`{name}`.* should .*\. Found .+\.$"):
        call(*arguments)


@pytest.mark.parametrize(
    ("name", "value"), [(name, value) for name, values in CALLS_BY_NAME.items() for value in values]
)
def test_a_wrong_setting_of_the_loss_is_refused_by_name_with_its_range(name, value):
    with pytest.raises(ParameterError, match=rf"`{name}` should be .* Found `{name} = {value}`"):
        make_losses(**{name: value})


def test_what_is_right_is_taken():
    """The table above would pass on functions that refuse everything."""
    assert make_losses().isfinite().all()
    assert make_losses(gamma=0.0, smoothing=1e-6, dice="semimetric").isfinite().all()
    assert make_label(spacing_mm=torch.ones(1, 2)).target.shape == MASK.shape
