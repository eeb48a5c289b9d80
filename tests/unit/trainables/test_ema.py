"""What the moving average of weights promises: a closed form, and a state that is exact."""

from copy import deepcopy

import pytest
import torch
from torch import nn

from trainables.ema import WeightAverage, decay_after
from trainables.errors import ParameterError


def make_network(seed=0):
    torch.manual_seed(seed)
    return nn.Sequential(nn.Conv3d(1, 2, 1), nn.BatchNorm3d(2), nn.Dropout(), nn.Conv3d(2, 1, 1))


def course(steps, seed=0):
    """Networks as training would leave them, one a step, all different."""
    generator = torch.Generator().manual_seed(seed)
    network = make_network(seed)
    for _ in range(steps):
        for value in (*network.parameters(), *network.buffers()):
            if value.is_floating_point():
                value.data += torch.randn(value.shape, generator=generator)
        yield network


@pytest.mark.parametrize("decay", [0.0, 0.3, 0.9, 0.999])
def test_the_average_is_the_sum_of_all_weights_seen_each_with_its_closed_form_share(decay):
    """Step k of n counts (1 - d_k) d_(k+1) ... d_n, with d of the first 0."""
    steps = 12
    average = WeightAverage(make_network(), decay)
    seen = []
    for network in course(steps):
        average.update(network)
        seen.append([p.detach().double().clone() for p in network.parameters()])
    kept = [0.0] + [min(decay, (1 + k) / (10 + k)) for k in range(1, steps)]
    shares = []
    for k in range(steps):
        share = 1 - kept[k]
        for later in kept[k + 1 :]:
            share *= later
        shares.append(share)
    assert sum(shares) == pytest.approx(1)
    for number, found in enumerate(average.network.parameters()):
        expected = sum(share * row[number] for share, row in zip(shares, seen, strict=True))
        torch.testing.assert_close(found.double(), expected, rtol=1e-5, atol=1e-5)


def test_the_decay_rises_to_what_was_asked_for_and_never_above():
    decays = [decay_after(updates, 0.99) for updates in range(2000)]
    assert decays[0] == 0.1
    assert decays == sorted(decays)
    assert decays[-1] == 0.99
    assert decay_after(10**9, 0.999) == 0.999


def test_training_goes_on_as_if_there_were_no_average():
    network = next(course(1))
    before = deepcopy(network.state_dict())
    average = WeightAverage(network, 0.9)
    for _ in range(3):
        average.update(network)
    for name, value in network.state_dict().items():
        assert torch.equal(before[name], value)
    assert network.training
    assert all(weight.requires_grad for weight in network.parameters())


def test_the_averaged_network_predicts_and_is_not_trained():
    network = make_network()
    average = WeightAverage(network, 0.9)
    average.update(network)
    image = torch.randn(1, 1, 4, 4, 4)
    assert not any(module.training for module in average.network.modules())
    assert not average.network(image).requires_grad
    assert torch.equal(average.network(image), network.eval()(image))


def test_running_statistics_of_batch_norm_are_the_latest():
    average = WeightAverage(make_network(), 0.99)
    for network in course(4):
        average.update(network)
    for found, expected in zip(average.network.buffers(), network.buffers(), strict=True):
        assert torch.equal(found, expected)


def test_an_average_that_was_kept_and_carried_on_is_the_same_to_the_bit(tmp_path):
    whole, first = WeightAverage(make_network(), 0.9), WeightAverage(make_network(), 0.9)
    for number, network in enumerate(course(9)):
        whole.update(network)
        if number == 4:
            torch.save(first.state_dict(), tmp_path / "average.pt")
            first = WeightAverage(make_network(seed=7), 0.9)
            first.load_state_dict(torch.load(tmp_path / "average.pt", weights_only=True))
        first.update(network)
    one, other = whole.state_dict(), first.state_dict()
    assert one.keys() == other.keys()
    assert all(torch.equal(one[name], other[name]) for name in one)


def test_a_decay_out_of_range_is_refused():
    with pytest.raises(ParameterError, match=r"`ema_decay` should be .* below 1"):
        WeightAverage(make_network(), 1.0)
