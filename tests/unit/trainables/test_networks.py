"""What networks promise: logits on the grid of the image, for every patch that is let through."""

import pytest
import torch

from trainables.errors import ParameterError
from trainables.networks import NetworkConfig, check_patch_size, make_network

CONFIGS = [
    NetworkConfig(filters=4, levels=2),
    NetworkConfig(filters=2, levels=3, residual_units=1),
    NetworkConfig(kind="segresnet", filters=4, levels=3),
]


@pytest.mark.parametrize("config", CONFIGS, ids=lambda c: f"{c.kind}-{c.residual_units}")
def test_a_network_answers_on_the_grid_of_its_image(config):
    shape = (2 * config.stride, 3 * config.stride, 4 * config.stride)
    check_patch_size("patch_size", shape, config)
    logits = make_network(config, 4, 3)(torch.randn(2, 4, *shape))
    assert logits.shape == (2, 3, *shape)
    assert logits.isfinite().all()


@pytest.mark.parametrize("config", CONFIGS, ids=lambda c: f"{c.kind}-{c.residual_units}")
def test_every_weight_takes_part(config):
    network = make_network(config, 4, 3)
    network(torch.randn(1, 4, *(4 * config.stride,) * 3)).square().sum().backward()
    assert all(weight.grad is not None for weight in network.parameters())


def test_one_seed_gives_one_network():
    networks = []
    for _ in range(2):
        torch.manual_seed(3)
        networks.append(make_network(CONFIGS[0], 4, 3))
    first, second = (network.state_dict() for network in networks)
    assert all(torch.equal(first[name], second[name]) for name in first)


def test_more_filters_make_a_larger_network():
    small, large = (make_network(NetworkConfig(filters=f), 1, 1) for f in (4, 8))
    sizes = [sum(w.numel() for w in network.parameters()) for network in (small, large)]
    assert sizes[0] < sizes[1]


@pytest.mark.parametrize("size", [(8, 8, 9), (4, 8, 8), (8, 10, 8)])
def test_a_patch_that_does_not_halve_evenly_is_refused(size):
    with pytest.raises(ParameterError, match="should hold multiples of 4, at least 8"):
        check_patch_size("patch_size", size, NetworkConfig(levels=3))
