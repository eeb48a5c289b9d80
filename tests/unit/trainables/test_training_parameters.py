"""Every parameter of the method reaches training: what is trained changes with each of them."""

import pytest
import torch
from balls import SMALL, make_data, prepared, prepared_case

from trainables import training
from trainables.balance import LossConfig
from trainables.compute.precision import find_precision
from trainables.config import load_train_config
from trainables.curriculum import CurriculumConfig
from trainables.data.patches import Batch
from trainables.epoch import Epoch
from trainables.fuzzy import FuzzyConfig, fuzzy_label
from trainables.gramian import gradient_gramian
from trainables.losses import shell_losses
from trainables.optimiser import learning_rate
from trainables.training import make_run, make_state, train_epochs
from trainables.updates.run import Run
from trainables.updates.step import train_step

CPU = torch.device("cpu")
TINY = {
    **SMALL,
    "network": {"filters": 2, "levels": 2},
    "patch_size": [8, 8, 8],
    "batch_size": 1,
    "epochs": 1,
    "steps_per_epoch": 2,
    "diagnostics": {"enabled": False},
}
ALL = {"curriculum": {"warmup": 0}}
SLOWLY = {"curriculum": {"warmup": 1}}
SIGNAL = {
    "steps_per_epoch": 6,
    "curriculum": {"advance": "signal", "window": 4, "warmup": 1, "softness": 1, "flatness": 1e9},
}
REFERENCES = {**ALL, "loss": {"normalisation": 1, "reference_delay": 0, "reference_steps": 1}}

EFFECTS = {
    "fuzzy.width_mm": (ALL, 3.0),
    "fuzzy.strength": (ALL, 0.5),
    "fuzzy.lesion_cap": (ALL, 0.3),
    "fuzzy.hesitation": (ALL, 0.0),
    "fuzzy.complement": (ALL, "sugeno"),
    "fuzzy.sugeno_lambda": ({**ALL, "fuzzy": {"complement": "sugeno"}}, 3.0),
    "fuzzy.yager_alpha": ({**ALL, "fuzzy": {"complement": "yager"}}, 0.9),
    "fuzzy.profile": (ALL, "linear"),
    "curriculum.warmup": (ALL, 1.0),
    "curriculum.start": (SLOWLY, 0.4),
    "curriculum.pace": (SLOWLY, "quadratic"),
    "curriculum.advance": (SLOWLY, "signal"),
    "curriculum.window": (SIGNAL, 5),
    "curriculum.flatness": (SIGNAL, 0.0),
    "curriculum.shells": (SLOWLY, 3),
    "curriculum.softness": (SLOWLY, 1.0),
    "loss.kind": (ALL, "plain"),
    "loss.dice": (ALL, "semimetric"),
    "loss.smoothing": (ALL, 5.0),
    "loss.tau": (ALL, 0.2),
    "loss.normalisation": (REFERENCES, 0.0),
    "loss.boundary_preference": (ALL, 2.0),
    "loss.gamma": (ALL, 2.0),
    "loss.reference_steps": (REFERENCES, 2),
    "loss.reference_delay": (REFERENCES, 1),
    "loss.caution": ({**ALL, "loss": {"kind": "cagrad"}}, 0.0),
    "loss.max_ratio": ({**ALL, "loss": {"tau": 0.02}}, 2.0),
}
"""What gives a parameter its effect, and another value of it than the one it has there."""


@pytest.fixture(scope="module")
def data():
    return make_data()


@pytest.fixture(scope="module")
def trained(data):
    """The weights, in one vector, that an epoch with these parameters ends with."""
    kept = {}

    def run(params):
        if repr(params) not in kept:
            config = load_train_config({**TINY, **params})
            state = make_state(config, data, CPU)
            training._train_epoch(state, make_run(config, data, state), Epoch(), lambda: None)
            kept[repr(params)] = torch.cat(
                [p.detach().flatten() for p in state.network.parameters()]
            )
        return kept[repr(params)]

    return run


def test_every_searchable_parameter_is_among_those_that_are_tried():
    sections = {"fuzzy": FuzzyConfig, "curriculum": CurriculumConfig, "loss": LossConfig}
    known = {f"{name}.{field}" for name, model in sections.items() for field in model.model_fields}
    assert known == set(EFFECTS)


@pytest.mark.parametrize("key", EFFECTS)
def test_another_value_of_it_trains_other_weights(trained, key):
    companions, value = EFFECTS[key]
    section, name = key.split(".")
    changed = {**companions, section: {**companions.get(section, {}), name: value}}
    assert not torch.equal(trained(companions), trained(changed))


def test_the_same_values_train_the_same_weights(trained):
    """Else any two runs would differ and the test above say nothing."""
    assert torch.equal(trained(ALL), trained({**ALL, "seed": 0}))


def make_rim_case(number, spacing_mm):
    """A block with a core of one voxel at its rim, whose narrow band reaches beyond the block's."""
    label = torch.zeros(3, 12, 12, 12, dtype=torch.bool)
    label[0, 3:9, 3:9, 3:9] = label[1, 3:8, 3:9, 3:9] = label[2, 3, 5, 5] = True
    image = torch.randn(4, 12, 12, 12, generator=torch.Generator().manual_seed(number))
    return prepared_case(f"rim-{number}", image, label, spacing_mm)


RIMS = [make_rim_case(0, (0.4, 0.7, 1.0)), make_rim_case(1, (0.95, 1.2, 1.0))]
ONE_STEP = {
    **SMALL,
    "fuzzy": {"width_mm": 0.45, "hesitation": 0.7, "profile": "cosine"},
    "curriculum": {"shells": 3, "warmup": 0},
    "loss": {"gamma": 0.7, "dice": "semimetric", "smoothing": 0.3, "boundary_preference": 1},
}


def one_batch():
    """Both rims, whole. By its spacing, the second label is crisp at the width of `ONE_STEP`."""
    parts = ([getattr(case, name) for case in RIMS] for name in ("image", "label", "phi", "depth"))
    spacings = torch.tensor([case.spacing_mm for case in RIMS])
    return Batch(*(torch.stack(part) for part in parts), spacings)


def direct(logits, batch, spacing_mm, config, is_nested=True, **changed):
    """The losses of the shells, from the functions that the method's tests are about."""
    phi, depth = batch.phi / 16, batch.depth / 16
    label = fuzzy_label(batch.label, phi, depth, spacing_mm, config.fuzzy, is_nested)
    shells = ((1 - label.coordinate.abs()) * 2).ceil().long()
    loss = {"gamma": 0.7, "dice": "semimetric", "smoothing": 0.3, **changed}
    return shell_losses(logits, label, shells, 3, **loss)


def test_the_losses_of_a_step_are_those_of_its_patches_labels_spacings_and_parameters():
    config = load_train_config(ONE_STEP)
    batch, network = one_batch(), make_state(config, prepared([*RIMS, *RIMS]), CPU).network
    found = losses_of(network, config, batch)
    logits = network(batch.image)
    torch.testing.assert_close(found, direct(logits, batch, batch.spacing_mm, config))
    others = [
        direct(logits, batch, batch.spacing_mm, config, is_nested=False),
        direct(logits, batch, (1.0, 1.0, 1.0), config),
        direct(logits, batch, batch.spacing_mm.flip(0), config),
        *(
            direct(logits, batch, batch.spacing_mm, config, **{name: value})
            for name, value in (("gamma", 1.0), ("dice", "squared"), ("smoothing", 1.0))
        ),
    ]
    assert all((found - other).abs().max() > 1e-4 for other in others)


def losses_of(network, config, batch):
    precision = find_precision(config.compute, CPU, config.patch_size)
    return Run(config, CPU, precision, network, is_nested=True).losses(batch)


def test_losses_and_products_of_gradients_stay_in_single_precision_under_autocast():
    config = load_train_config(ONE_STEP)
    batch, network = one_batch(), make_state(config, prepared([*RIMS, *RIMS]), CPU).network
    expected = losses_of(network, config, batch)
    half = load_train_config({**ONE_STEP, "compute": {"precision": "bfloat16"}})
    found = losses_of(network, half, batch)
    gramian = gradient_gramian(found, list(network.parameters()))
    assert not torch.equal(found, expected)
    assert found.dtype == gramian.dtype == torch.float32
    torch.testing.assert_close(found, expected, rtol=0.02, atol=1e-3)


def test_regions_are_mended_where_the_data_say_that_they_are_nested():
    weights = []
    for is_nested in (True, False):
        rows = []
        config = load_train_config({**ONE_STEP, "epochs": 1, "steps_per_epoch": 1})
        cases = prepared([*RIMS, *RIMS], is_nested)
        train_epochs(config, cases, lambda row, _step, _save, to=rows: to.append(row["train_loss"]))
        weights += rows
    assert abs(weights[0] - weights[1]) > 1e-4


def step_of(data, progress=0.0, **params):
    """The configuration, the weights before, the state after one step, and what it tells."""
    config = load_train_config({**TINY, **params})
    state = make_state(config, data, CPU)
    before = [p.detach().clone() for p in state.network.parameters()]
    told = train_step(state, make_run(config, data, state), [state.sampler.draw()], progress)
    return config, before, state, told


def test_the_signal_is_the_loss_of_the_certain_voxels(data):
    _, _, state, told = step_of(data, curriculum={"advance": "signal", "warmup": 0.3})
    (watched,) = state.pacer.state_dict()["losses"].tolist()
    assert watched == told["loss/shell_0"] != told["loss/shell_1"] > 0


@pytest.mark.parametrize("decay", ["cosine", "poly", "none"])
@pytest.mark.parametrize("progress", [0.0, 0.3, 0.9])
def test_a_step_is_as_wide_as_the_learning_rate_at_its_time(data, decay, progress):
    """The first step of Adam moves every weight by the rate, up or down, or by less."""
    settings = {"learning_rate": 0.02, "decay": decay, "weight_decay": 0}
    config, before, state, _ = step_of(data, progress, optimiser=settings)
    after = state.network.parameters()
    widest = max(float((a - b).detach().abs().max()) for a, b in zip(after, before, strict=True))
    assert widest == pytest.approx(learning_rate(progress, config.optimiser), rel=1e-3)


def test_the_first_step_of_a_warm_up_already_moves_the_weights(data):
    """By the rate over the number of its steps, here half of them all."""
    settings = {"learning_rate": 0.02, "warmup": 0.5, "weight_decay": 0}
    _, before, state, _ = step_of(data, 0.0, steps_per_epoch=8, optimiser=settings)
    after = state.network.parameters()
    widest = max(float((a - b).detach().abs().max()) for a, b in zip(after, before, strict=True))
    assert widest == pytest.approx(0.02 / 4, rel=1e-3)
