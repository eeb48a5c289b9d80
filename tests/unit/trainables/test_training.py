"""What training promises: it learns, says how, repeats itself, and stops where nothing is left."""

import math

import pytest
import torch
from balls import SMALL, make_data
from safetensors.torch import load_file

from trainables.checkpoint import WEIGHTS
from trainables.compute.device import find_device
from trainables.config import check_shares, load_train_config
from trainables.errors import DivergenceError, ParameterError
from trainables.evaluation import METRICS
from trainables.evaluation.measures import MEASURES
from trainables.training import make_run, make_state, train_epochs
from trainables.updates.step import train_step

PLAIN = {"fuzzy": {"strength": 0}, "curriculum": {"warmup": 0}, "loss": {"kind": "plain"}}


@pytest.fixture(scope="module")
def data():
    return make_data()


def run(data, params=None, **settings):
    reports = []
    config = load_train_config({**SMALL, **(params or {}), **settings})
    train_epochs(config, data, lambda metrics, step, _save: reports.append((step, dict(metrics))))
    return reports


def without_times(reports):
    return [
        {k: v for k, v in metrics.items() if not k.startswith("seconds")} for _, metrics in reports
    ]


def test_every_epoch_is_reported_in_order_with_both_objectives(data):
    reports = run(data)
    assert [step for step, _ in reports] == [1, 2, 3]
    for _, metrics in reports:
        assert {"interior_error", "boundary_error", "dice", "dice/WT", "train_loss"} <= set(metrics)
        assert {f"{n}/shell_{k}" for n in ("loss", "weight") for k in (0, 1)} <= set(metrics)
        assert all(math.isfinite(value) for value in metrics.values())
        assert 0 <= metrics["interior_error"] <= 1
        assert 0 < metrics["seconds/training"] < metrics["seconds"]


@pytest.mark.parametrize(("every", "saved"), [(1, [1, 2, 3]), (2, [2, 3]), (5, [3])])
def test_a_checkpoint_is_offered_as_often_as_asked_and_at_the_end(data, every, saved):
    offered = []
    config = load_train_config({**SMALL, "save_every": every})
    train_epochs(config, data, lambda _, step, save=None: save and offered.append(step))
    assert offered == saved


def test_test_cases_are_looked_at_once_at_the_end(data):
    tested = [any(key.startswith("test/") for key in metrics) for _, metrics in run(data)]
    assert tested == [False, False, True]


def test_test_cases_get_every_measure_and_validation_cases_the_cheap_ones(data):
    last = run(data)[-1][1]
    tested = {key.split("/")[1] for key in last if key.startswith("test/")}
    assert tested == set(MEASURES)
    assert not {key.partition("/")[0] for key in last} & (set(MEASURES) - set(METRICS))


def test_a_network_learns_what_the_image_shows(data):
    reports = run(data, PLAIN, epochs=6, steps_per_epoch=10)
    assert reports[-1][1]["train_loss"] < 0.5 * reports[0][1]["train_loss"]
    assert reports[-1][1]["dice/WT"] > 0.8


def test_the_pace_rises_to_one_and_the_boundary_comes_in_later(data):
    settings = {"curriculum": {"warmup": 0.7}, "loss": {"kind": "plain"}}
    reports = [metrics for _, metrics in run(data, settings, epochs=4)]
    paces = [metrics["pace"] for metrics in reports]
    assert paces == sorted(paces)
    assert paces[0] < paces[-1] == 1.0
    assert reports[0]["weight/shell_1"] < reports[-1]["weight/shell_1"] == 1.0
    assert {metrics["weight/shell_0"] for metrics in reports} == {1.0}


def test_the_same_seed_gives_the_same_run_and_another_seed_another(data):
    first, again, other = (without_times(run(data, seed=seed)) for seed in (1, 1, 2))
    assert first == again
    assert first != other


def test_training_leaves_the_global_generator_alone(data):
    before = torch.random.get_rng_state()
    run(data, epochs=1)
    assert torch.equal(torch.random.get_rng_state(), before)


def test_switched_off_parts_give_the_plain_baseline(data):
    """Strength 0 makes labels crisp, warm-up 0 admits all, infinite tau without preference sums."""
    off = {
        "fuzzy": {"strength": 0, "hesitation": 0.9, "width_mm": 1.0},
        "curriculum": {"warmup": 0, "start": 0.7, "pace": "cosine"},
        "loss": {"kind": "pareto_consistent", "tau": math.inf, "boundary_preference": 1},
    }
    plain = {**PLAIN, "fuzzy": {"strength": 0, "width_mm": 1.0}}
    assert without_times(run(data, off)) == without_times(run(data, plain))


def test_crisp_labels_make_the_band_irrelevant_to_the_plain_sum(data):
    narrow, wide = (
        run(data, {**PLAIN, "fuzzy": {"strength": 0, "width_mm": width}}, epochs=1)[0][1]
        for width in (0.0, 4.0)
    )
    assert narrow["train_loss"] == pytest.approx(wide["train_loss"], rel=1e-4)
    assert narrow["loss/shell_1"] == 0 < wide["loss/shell_1"]


def test_a_step_width_beyond_reason_ends_the_run(data):
    with pytest.raises(DivergenceError, match=r"lower `optimiser\.learning_rate`"):
        run(data, optimiser={"learning_rate": 1e30, "decay": "none"})


def test_a_loss_that_is_no_number_ends_the_run_before_the_weights_change(data):
    config = load_train_config(SMALL)
    state = make_state(config, data, torch.device("cpu"))
    batch = state.sampler.draw()
    batch.image[0, 0, 0, 0, 0] = math.nan
    before = {name: value.clone() for name, value in state.network.state_dict().items()}
    with pytest.raises(DivergenceError, match="in epoch 1"):
        train_step(state, make_run(config, data, state), [batch], progress=0.0)
    after = state.network.state_dict()
    assert all(torch.equal(before[name], after[name]) for name in before)


def test_an_accelerator_that_is_not_there_is_refused(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert find_device("auto").type == "cpu"
    with pytest.raises(ParameterError, match="use auto or cpu"):
        find_device("cuda")


def test_looking_at_gradients_does_not_change_training(data):
    """With diagnostics, without, and with more of them: the same losses and scores to the bit."""
    runs = [
        without_times(run(data, diagnostics=settings))
        for settings in ({}, {"enabled": False}, {"every": 1, "probe_patches": 3})
    ]
    scores = [
        [{k: v for k, v in row.items() if not k.startswith("diagnostics/")} for row in rows]
        for rows in runs
    ]
    assert scores[0] == scores[1] == scores[2]
    assert runs[1] == scores[1]


@pytest.mark.parametrize(
    "params",
    [
        {},
        {"loss": {"kind": "upgrad"}, "curriculum": {"warmup": 0.5}},
        {"network": {"kind": "segresnet_ds", "filters": 4, "levels": 3, "deep_supervision": 2}},
    ],
    ids=["default", "gradient-side", "deep-supervision"],
)
def test_looking_at_gradients_leaves_the_same_weights(data, tmp_path, params):
    ends = []
    for number, settings in enumerate(({"every": 1, "probe_every": 1}, {"enabled": False})):
        folder = tmp_path / str(number)
        folder.mkdir()
        config = load_train_config({**SMALL, **params, "epochs": 2, "diagnostics": settings})
        train_epochs(config, data, lambda _metrics, _step, save, to=folder: save(to))
        ends.append(load_file(folder / WEIGHTS))
    assert all(torch.equal(value, ends[1][name]) for name, value in ends[0].items())


def test_every_report_holds_the_same_finite_diagnostics(data):
    named = [
        {name: value for name, value in metrics.items() if name.startswith("diagnostics/")}
        for _, metrics in run(data, diagnostics={"every": 2, "probe_every": 1})
    ]
    assert named[0].keys() == named[1].keys() == named[2].keys()
    assert {"diagnostics/last_layer/gap", "diagnostics/probe/sharpness"} <= named[0].keys()
    assert all(math.isfinite(value) for row in named for value in row.values())


@pytest.mark.parametrize(
    ("settings", "probed"),
    [({"probe_every": 2}, [2, 3]), ({"probe_every": 9}, [3]), ({"probe_patches": 0}, [])],
)
def test_probes_come_as_often_as_asked_and_at_the_end(data, settings, probed):
    reports = run(data, diagnostics=settings)
    assert [step for step, row in reports if "diagnostics/probe/gap" in row] == probed
    assert all("diagnostics/last_layer/gap" in row for _, row in reports)


@pytest.mark.parametrize("kind", ["mgda", "upgrad", "cagrad"])
def test_it_learns_with_weights_from_the_gradients(data, kind):
    reports = run(data, {"loss": {"kind": kind}, "curriculum": {"warmup": 0.0}}, epochs=5)
    assert reports[-1][1]["dice"] > reports[0][1]["dice"]
    assert all(metrics["weight/shell_0"] >= 0 for _, metrics in reports)


def test_it_learns_from_coarse_outputs_too_and_is_judged_by_the_finest(data):
    deep = {"kind": "segresnet_ds", "filters": 4, "levels": 3, "deep_supervision": 2}
    reports = run(data, {**PLAIN, "network": deep}, epochs=4, steps_per_epoch=6)
    assert reports[-1][1]["train_loss"] < 0.7 * reports[0][1]["train_loss"]
    assert reports[-1][1]["dice"] > reports[0][1]["dice"]
    assert "diagnostics/last_layer/gap" in reports[-1][1]


def test_the_reported_pace_is_the_one_that_the_signal_admits(data):
    curriculum = {"advance": "signal", "window": 4, "warmup": 0.9, "flatness": 0.0}
    reports = run(data, {"curriculum": curriculum})
    paces = [metrics["pace"] for _, metrics in reports]
    assert paces == sorted(paces)
    assert paces[0] == 0.0 < paces[-1] == 1.0


def test_a_batch_that_two_processes_cannot_share_out_is_refused():
    found = r"that train together, 2\. Found `batch_size = 3`"
    with pytest.raises(ParameterError, match=found):
        check_shares(3, 2)
    with pytest.raises(ParameterError, match=found):
        load_train_config({**SMALL, "batch_size": 3, "compute": {"processes": 2}})
