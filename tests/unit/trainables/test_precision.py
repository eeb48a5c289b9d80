"""The network may be computed in half precision; what is learned from it may not."""

import math

import pytest
import torch
from balls import SMALL, make_data

from trainables.compute import precision
from trainables.compute.config import ComputeConfig
from trainables.compute.precision import find_precision, make_scaler
from trainables.config import load_train_config
from trainables.errors import DivergenceError, ParameterError
from trainables.training import make_run, make_state, train_epochs
from trainables.updates.step import train_step

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def data():
    return make_data()


def prepare(data, **params):
    config = load_train_config({**SMALL, **params})
    state = make_state(config, data, CPU)
    return state, make_run(config, data, state)


def train(data, **params):
    rows = []
    config = load_train_config({**SMALL, **params})
    train_epochs(config, data, lambda row, _step, _save: rows.append(dict(row)))
    return rows


@pytest.mark.parametrize("half", ["bfloat16", "float16"])
def test_a_network_in_half_precision_learns_what_one_in_single_learns(data, half):
    single = train(data, compute={"precision": "float32"})
    found = train(data, compute={"precision": half})
    for row, expected in zip(found, single, strict=True):
        assert row["train_loss"] == pytest.approx(expected["train_loss"], rel=0.05)
        assert row["train_loss"] != expected["train_loss"]


@pytest.mark.parametrize("half", ["bfloat16", "float16"])
def test_losses_gradients_and_weights_are_in_single_precision(data, half):
    state, run = prepare(data, compute={"precision": half})
    seen = []
    state.network.register_forward_hook(lambda _m, _i, out: seen.append(out.dtype))
    losses = run.losses(state.sampler.draw())
    losses.sum().backward()
    assert str(seen[-1]) == f"torch.{half}"
    assert losses.dtype == torch.float32
    assert {p.grad.dtype for p in state.network.parameters()} == {torch.float32}


@pytest.mark.parametrize(
    ("tiles", "vectors", "edge", "expected"),
    [
        (True, False, 24, torch.bfloat16),
        (False, True, 48, torch.bfloat16),
        (False, True, 40, torch.float32),
        (False, False, 96, torch.float32),
    ],
)
def test_auto_is_half_precision_where_the_processor_gains_with_such_patches(
    monkeypatch, tiles, vectors, edge, expected
):
    monkeypatch.setattr(precision, "has_tiles", lambda: tiles)
    monkeypatch.setattr(precision, "has_vectors", lambda: vectors)
    assert find_precision(ComputeConfig(), CPU, (edge, edge, edge)) == expected


def test_a_gradient_that_overflows_leaves_the_weights_and_halves_the_factor(data):
    params = {"compute": {"precision": "float16"}, "optimiser": {"ema_decay": 0.5}}
    state, run = prepare(data, **params)
    state.scaler = torch.amp.GradScaler("cpu", init_scale=2.0**60)
    before = [p.detach().clone() for p in state.network.parameters()]
    average = [p.clone() for p in state.average.network.parameters()]
    told = train_step(state, run, [state.sampler.draw()], 0.0)
    assert math.isfinite(told["train_loss"])
    assert state.scaler.get_scale() == 2.0**59
    for kept, now in ((before, state.network), (average, state.average.network)):
        assert all(torch.equal(a, b) for a, b in zip(kept, now.parameters(), strict=True))


def test_a_factor_of_one_that_still_overflows_is_divergence(data):
    state, run = prepare(data, compute={"precision": "float16"})
    state.scaler = torch.amp.GradScaler("cpu", init_scale=1.0)
    next(state.network.parameters()).register_hook(lambda g: g * math.inf)
    with pytest.raises(DivergenceError):
        train_step(state, run, [state.sampler.draw()], 0.0)


def test_a_loss_that_is_no_number_is_divergence_whatever_the_factor(data):
    state, run = prepare(data, compute={"precision": "float16"})
    batch = state.sampler.draw()
    batch.image[0, 0, 0, 0, 0] = math.nan
    with pytest.raises(DivergenceError, match="Found loss nan"):
        train_step(state, run, [batch], 0.0)


@pytest.mark.parametrize("kind", ["upgrad", "mgda"])
@pytest.mark.parametrize("accumulate", [1, 2])
def test_gradient_side_balances_see_gradients_without_the_factor(data, kind, accumulate):
    rows = []
    for scale in (1.0, 2.0**12):
        params = {"compute": {"precision": "float16"}, "loss": {"kind": kind}}
        state, run = prepare(data, **params)
        state.scaler = torch.amp.GradScaler("cpu", init_scale=scale)
        batches = [state.sampler.draw() for _ in range(accumulate)]
        rows.append(train_step(state, run, batches, 0.0))
    assert rows[0]["weight/shell_1"] == pytest.approx(rows[1]["weight/shell_1"], rel=0.05)


def test_single_precision_has_no_factor():
    assert make_scaler(torch.float32, CPU).get_scale() == 1.0
    assert make_scaler(torch.bfloat16, CPU).get_scale() == 1.0
    assert make_scaler(torch.float16, CPU).get_scale() > 1.0


def test_channels_last_changes_the_layout_and_not_what_is_learned(data):
    state, _ = prepare(data, compute={"channels_last": True})
    kernels = [p for p in state.network.parameters() if p.ndim == 5 and p.shape[1] > 1]
    assert all(p.is_contiguous(memory_format=torch.channels_last_3d) for p in kernels)
    found, expected = (train(data, compute={"channels_last": flag}) for flag in (True, False))
    assert found[0]["train_loss"] == pytest.approx(expected[0]["train_loss"], rel=1e-3)


# torch's compiler imports what torch deprecates
@pytest.mark.filterwarnings("ignore:`torch.jit.*` is deprecated:DeprecationWarning")
def test_a_compiled_network_is_trained_and_saved_under_its_own_names(data):
    """Its graph is not made here, which takes a minute; what it calls is."""
    with torch.compiler.set_stance("force_eager"):
        state, run = prepare(data, compute={"compile": True, "precision": "float32"})
        assert run.forward is not state.network
        told = train_step(state, run, [state.sampler.draw()], 0.0)
    plain, other = prepare(data)
    assert told == train_step(plain, other, [plain.sampler.draw()], 0.0)
    first, second = state.network.state_dict(), plain.network.state_dict()
    assert first.keys() == second.keys()
    assert all(torch.equal(first[name], second[name]) for name in first)


def test_compilation_without_a_compiler_is_refused_with_the_way_out(data, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ParameterError, match=r"neither g\+\+ nor clang\+\+: install one"):
        prepare(data, compute={"compile": True})
