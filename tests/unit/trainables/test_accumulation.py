"""Batches that are accumulated make the update that one batch of all their patches makes."""

import math
from dataclasses import fields

import pytest
import torch
from balls import SMALL, make_data

from trainables.config import load_train_config
from trainables.data.patches import Batch
from trainables.training import make_run, make_state
from trainables.updates.step import train_step

CPU = torch.device("cpu")
SGD = {"kind": "sgd", "learning_rate": 0.1, "momentum": 0.0, "clip_norm": math.inf}
KINDS = {
    "plain": {"kind": "plain"},
    "pareto_consistent": {"tau": 0.3, "normalisation": 1.0, "reference_delay": 0},
    "mgda": {"kind": "mgda"},
    "upgrad": {"kind": "upgrad"},
    "cagrad": {"kind": "cagrad"},
}


@pytest.fixture(scope="module")
def data():
    return make_data()


def steps(data, loss, batch_size, accumulate, num_steps=3, **params):
    """What three steps tell, and the weights after them."""
    settings = {**SMALL, "optimiser": SGD, "loss": loss, "batch_size": batch_size, **params}
    config = load_train_config({**settings, "accumulate": accumulate})
    state = make_state(config, data, CPU)
    run, told = make_run(config, data, state), []
    for step in range(num_steps):
        batches = [state.sampler.draw() for _ in range(accumulate)]
        told.append(train_step(state, run, batches, step / 10))
    return told, torch.cat([p.detach().flatten() for p in state.network.parameters()]), state


@pytest.mark.parametrize("kind", KINDS)
def test_four_batches_of_one_patch_are_one_of_four(data, kind):
    parts, whole = (steps(data, KINDS[kind], *sizes) for sizes in ((1, 4), (4, 1)))
    torch.testing.assert_close(parts[1], whole[1], rtol=1e-4, atol=1e-5)
    for found, expected in zip(parts[0], whole[0], strict=True):
        assert found == pytest.approx(expected, rel=1e-4, abs=1e-5)
    first, second = (each[2].balance.state_dict() for each in (parts, whole))
    assert first.keys() == second.keys()
    assert all(torch.allclose(first[name].double(), second[name].double()) for name in first)


def test_the_balance_weighs_the_mean_losses_and_not_those_of_each_batch(data):
    """The claim above would say little if weighing each by its own gave the same."""
    joined = steps(data, KINDS["pareto_consistent"], 1, 4, num_steps=1)[0][0]
    apart = [row["train_loss"] for row in _one_by_one(data)]
    assert abs(joined["train_loss"] - sum(apart) / 4) > 1e-4


def _one_by_one(data):
    """What the first step tells on each of the same four patches alone."""
    rows = []
    for number in range(4):
        config = load_train_config({**SMALL, "loss": KINDS["pareto_consistent"], "batch_size": 4})
        state = make_state(config, data, CPU)
        batch = state.sampler.draw()
        one = Batch(*(getattr(batch, f.name)[number : number + 1] for f in fields(batch)))
        rows.append(train_step(state, make_run(config, data, state), [one], 0.0))
    return rows


def test_the_curriculum_counts_updates_and_not_batches(data):
    signal = {"advance": "signal", "window": 4, "warmup": 0.9}
    _, _, state = steps(data, {"kind": "plain"}, 1, 4, curriculum=signal)
    assert len(state.pacer.state_dict()["losses"]) == 3


def test_random_numbers_of_the_network_are_the_same_in_both_passes(data):
    """Dropout: the losses that were weighed are those whose gradient is taken."""
    config = load_train_config({**SMALL, "loss": {"tau": 0.3}, "batch_size": 1, "accumulate": 2})
    state = make_state(config, data, CPU)
    state.network.model.append(torch.nn.Dropout(0.5))
    seen = []
    state.network.register_forward_hook(lambda _m, _i, out: seen.append(out.detach()))
    run = make_run(config, data, state)
    seen.clear()
    train_step(state, run, [state.sampler.draw(), state.sampler.draw()], 0.0)
    assert len(seen) == 4
    assert torch.equal(seen[0], seen[2])
    assert torch.equal(seen[1], seen[3])
    assert not torch.equal(seen[0] == 0, seen[1] == 0)
