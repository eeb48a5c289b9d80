"""What networks promise: logits on the grid of the image, for every patch that is let through."""

import pytest
import torch

from trainables.errors import ParameterError
from trainables.networks import NetworkConfig, check_patch_size, make_network

CONFIGS = [
    NetworkConfig(filters=4, levels=2),
    NetworkConfig(filters=2, levels=3, residual_units=1),
    NetworkConfig(kind="segresnet", filters=4, levels=3),
    NetworkConfig(kind="segresnet_ds", filters=4, levels=2),
    NetworkConfig(kind="segresnet_ds", filters=4, levels=3, deep_supervision=2),
    NetworkConfig(kind="segresnet_ds", filters=2, levels=4, deep_supervision=3),
]


def name(config):
    return f"{config.kind}-{config.residual_units}-{config.deep_supervision}"


def cube(config, edge=4):
    return torch.randn(1, 4, *(edge * config.stride,) * 3)


@pytest.mark.parametrize("config", CONFIGS, ids=name)
def test_a_network_answers_on_the_grid_of_its_image(config):
    shape = (2 * config.stride, 3 * config.stride, 4 * config.stride)
    check_patch_size("patch_size", shape, config)
    logits = make_network(config, 4, 3).eval()(torch.randn(2, 4, *shape))
    assert logits.shape == (2, 3, *shape)
    assert logits.isfinite().all()


@pytest.mark.parametrize("config", CONFIGS, ids=name)
def test_every_weight_takes_part(config):
    network = make_network(config, 4, 3)
    outputs = network(cube(config))
    outputs = [outputs] if isinstance(outputs, torch.Tensor) else outputs
    sum(logits.square().sum() for logits in outputs).backward()
    assert all(weight.grad is not None for weight in network.parameters())


@pytest.mark.parametrize("config", [c for c in CONFIGS if c.deep_supervision > 1], ids=name)
def test_outputs_of_half_the_resolution_each_while_training_and_the_finest_alone_after(config):
    network, image = make_network(config, 4, 3), cube(config)
    outputs = network(image)
    shapes = [tuple(logits.shape) for logits in outputs]
    assert shapes == [(1, 3, *(e >> i for e in image.shape[2:])) for i in range(len(shapes))]
    assert len(shapes) == config.deep_supervision
    torch.testing.assert_close(network.eval()(image), outputs[0])


@pytest.mark.parametrize(
    ("kind", "levels", "outputs", "offered"),
    [("unet", 4, 2, 1), ("segresnet", 4, 2, 1), ("segresnet_ds", 3, 3, 2)],
)
def test_more_outputs_than_the_network_offers_are_refused(kind, levels, outputs, offered):
    with pytest.raises(ParameterError, match=rf"at most {offered} with `network\.kind = {kind}`"):
        NetworkConfig(kind=kind, levels=levels, deep_supervision=outputs)


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
