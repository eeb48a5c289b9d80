"""What a checkpoint promises: the whole state, bit for bit, or a clear refusal."""

import pytest
import torch

from trainables.balance import LossConfig, make_balance
from trainables.checkpoint import (
    CHANNELS,
    STATE,
    WEIGHTS,
    TrainState,
    load_state,
    load_weights,
    save_channels,
    save_state,
)
from trainables.curriculum import CurriculumConfig
from trainables.data.labels import LabelMap, find_label_map
from trainables.data.patches import PatchSampler
from trainables.data.preprocessing import PreparedCase
from trainables.data.sampling import SamplingConfig
from trainables.data.sampling_points import find_points
from trainables.diagnostics import Diagnostics, DiagnosticsConfig
from trainables.ema import WeightAverage
from trainables.errors import ParameterError
from trainables.optimiser import OptimiserConfig, make_optimiser
from trainables.pacer import Pacer

DATA = {"data_digest": "0a", "split_digest": "0b"}


def make_state(seed=0, width=3, averages=True, **others):
    generator = torch.Generator().manual_seed(7)
    label = torch.rand(1, 6, 6, 6, generator=generator) > 0.5
    image, far = label.float(), torch.full((1, 6, 6, 6), 64, dtype=torch.int8)
    case = PreparedCase(
        *("a", image, label, far, far, (1.0, 1.0, 1.0)), find_points(label, far, (1.0, 1.0, 1.0))
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = torch.nn.Sequential(torch.nn.Conv3d(1, width, 1), torch.nn.Conv3d(width, 1, 1))
    return TrainState(
        network,
        make_optimiser(OptimiserConfig(), network.parameters()),
        make_balance(LossConfig(normalisation=1.0), 2),
        PatchSampler([case], (4, 4, 4), 2, SamplingConfig(foreground=0.5), seed),
        Pacer(CurriculumConfig(advance="signal", window=4)),
        Diagnostics(DiagnosticsConfig(every=2), list(network[-1].parameters())),
        ("t1",),
        find_label_map("lesion"),
        scaler=torch.amp.GradScaler("cpu", init_scale=2.0**20, growth_interval=2),
        average=WeightAverage(network, 0.9) if averages else None,
        **{**DATA, **others},
    )


def train(state, steps):
    """A few steps that need every part of the state."""
    for step in range(steps):
        admission = state.pacer.admission((state.epoch * 3 + step) / 30)
        batch = state.sampler.draw()
        error = (state.network(batch.image) - batch.label.float()).square()
        losses = torch.stack((error.mean(), error.max()))
        state.pacer.observe(losses[0])
        state.diagnostics.observe(losses, admission)
        loss = state.balance(losses, admission)
        state.optimiser.zero_grad()
        state.scaler.scale(loss).backward()
        state.scaler.step(state.optimiser)
        state.scaler.update()
        state.average.update(state.network)
    state.epoch += 1


def test_going_on_from_a_checkpoint_is_going_on(tmp_path):
    state = make_state()
    train(state, 3)
    state.diagnostics.metrics()
    save_state(state, tmp_path)
    other = make_state(seed=5)
    load_state(other, tmp_path)
    for each in (state, other):
        train(each, 4)
    first, second = state.network.state_dict(), other.network.state_dict()
    assert all(torch.equal(first[name], second[name]) for name in first)
    first, second = state.judged.state_dict(), other.judged.state_dict()
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert torch.equal(state.sampler.state(), other.sampler.state())
    assert other.scaler.state_dict() == state.scaler.state_dict()
    assert state.scaler.get_scale() == 2.0**23  # it has grown three times
    assert other.epoch == state.epoch == 2
    assert other.diagnostics.metrics() == state.diagnostics.metrics()
    for part in ("balance", "pacer", "diagnostics"):
        found = getattr(other, part).state_dict()
        for name, value in getattr(state, part).state_dict().items():
            assert torch.equal(value, found[name])


def test_a_checkpoint_is_its_three_files_and_nothing_else(tmp_path):
    save_state(make_state(), tmp_path)
    save_state(make_state(), tmp_path)  # over an earlier one
    assert {path.name for path in tmp_path.iterdir()} == {WEIGHTS, CHANNELS, STATE}


def test_a_checkpoint_runs_no_code_when_it_is_read(tmp_path):
    save_state(make_state(), tmp_path)
    assert torch.load(tmp_path / STATE, weights_only=True)["epoch"] == 0


def test_a_writer_that_is_ended_leaves_no_checkpoint_that_looks_whole(tmp_path, monkeypatch):
    def end(*_arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(torch, "save", end)
    with pytest.raises(KeyboardInterrupt):
        save_state(make_state(), tmp_path)
    with pytest.raises(ParameterError, match=r"should hold state\.pt"):
        load_state(make_state(), tmp_path)


def test_a_checkpoint_of_another_network_is_refused(tmp_path):
    save_state(make_state(), tmp_path)
    with pytest.raises(ParameterError, match="should fit the network"):
        load_state(make_state(width=4), tmp_path)


def test_a_checkpoint_of_another_format_is_refused(tmp_path):
    save_state(make_state(), tmp_path)
    torch.save({"format": 99}, tmp_path / STATE)
    with pytest.raises(ParameterError, match=r"should be of format 4\. Found 99: .*train anew"):
        load_state(make_state(), tmp_path)


def test_a_folder_without_weights_is_refused(tmp_path):
    with pytest.raises(ParameterError, match=f"should hold {WEIGHTS}"):
        load_weights(make_state().network, tmp_path)


def test_the_weights_of_a_checkpoint_are_those_that_are_judged(tmp_path):
    state = make_state()
    train(state, 3)
    save_state(state, tmp_path)
    network = make_state(seed=5).network
    load_weights(network, tmp_path)
    found, average, raw = (n.state_dict() for n in (network, state.average.network, state.network))
    assert all(torch.equal(found[name], average[name]) for name in found)
    assert not any(torch.equal(found[name], raw[name]) for name in found)


@pytest.mark.parametrize("averages", [True, False])
def test_a_checkpoint_that_averages_otherwise_is_refused(tmp_path, averages):
    save_state(make_state(averages=averages), tmp_path)
    with pytest.raises(ParameterError, match=r"where `optimiser\.ema_decay` does"):
        load_state(make_state(averages=not averages), tmp_path)


@pytest.mark.parametrize(
    ("others", "named"),
    [
        ({"data_digest": "1a"}, "files of the cases"),
        ({"split_digest": "1b"}, "split into training, validation and test"),
        (
            {"data_digest": "1a", "split_digest": "1b"},
            "files of the cases; split into training, validation and test",
        ),
    ],
)
def test_a_checkpoint_of_other_data_is_refused_and_nothing_of_it_is_used(tmp_path, others, named):
    state = make_state()
    train(state, 3)
    save_state(state, tmp_path)
    other = make_state(seed=5, **others)
    message = rf"no longer what they were: {named}\. Restore the data, .*\(--no-resume\)"
    with pytest.raises(ParameterError, match=message):
        load_state(other, tmp_path)
    fresh = make_state(seed=5).network.state_dict()
    assert all(torch.equal(v, fresh[name]) for name, v in other.network.state_dict().items())
    assert other.epoch == 0


def test_a_checkpoint_of_other_label_codes_is_refused(tmp_path):
    state = make_state()
    save_state(state, tmp_path)
    save_channels(tmp_path, state.modalities, LabelMap.of({"lesion": [2]}))
    with pytest.raises(ParameterError, match="were: modalities and label codes"):
        load_state(make_state(), tmp_path)


@pytest.mark.parametrize("name", [STATE, WEIGHTS, CHANNELS])
@pytest.mark.parametrize("left", ["nothing", "half", "zeros", "text", "list"])
def test_a_damaged_file_is_named_with_the_way_out(tmp_path, name, left):
    save_state(make_state(), tmp_path)
    whole = (tmp_path / name).read_bytes()
    content = {
        "nothing": b"",
        "half": whole[: len(whole) // 2],
        "zeros": bytes(len(whole)),
        "text": b"no checkpoint",
        "list": b"[]",
    }
    (tmp_path / name).write_bytes(content[left])
    with pytest.raises(ParameterError, match=rf"{name} should be whole.*--no-resume"):
        load_state(make_state(), tmp_path)
