"""What every kind of network promises: a new kind gets these tests by being listed."""

import re
from copy import deepcopy
from itertools import pairwise

import pytest
import torch
from safetensors.torch import load_file, save_file
from small_networks import SMALL_NETWORKS, network_name
from torch import Tensor

import trainables.networks
from trainables.ema import WeightAverage
from trainables.errors import ParameterError
from trainables.networks import NetworkConfig, check_patch_size, make_network
from trainables.networks.kinds import KINDS

every_kind = pytest.mark.parametrize("config", SMALL_NETWORKS, ids=network_name)


@pytest.fixture(autouse=True)
def seeded():
    """One thread: on patches this small, threads wait for each other far longer than they work."""
    torch.manual_seed(0)
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def image_for(config, channels=2, batch=1):
    return torch.randn(batch, channels, *config.smallest_patch)


def outputs_of(network, image):
    found = network(image)
    return [found] if isinstance(found, Tensor) else found


def test_every_kind_is_listed():
    assert {config.kind for config in SMALL_NETWORKS} == set(KINDS)


@every_kind
def test_the_smallest_patch_that_is_let_through_trains_and_every_weight_takes_part(config):
    check_patch_size("patch_size", config.smallest_patch, config)
    network, image = make_network(config, 2, 3), image_for(config)
    outputs = outputs_of(network, image)
    assert outputs[0].shape == (1, 3, *image.shape[2:])
    assert all(logits.isfinite().all() for logits in outputs)
    sum(logits.square().sum() for logits in outputs).backward()
    for name, weight in network.named_parameters():
        assert weight.grad is not None, name
        assert weight.grad.isfinite().all(), name
        # a bias that a norm takes away again has the gradient 0
        assert weight.ndim == 1 or weight.grad.abs().max() > 0, name


@every_kind
def test_a_patch_that_is_refused_would_not_go_through(config):
    x, y, z = config.smallest_patch
    broken = (x + config.strides[0] // 2, y, z)
    with pytest.raises(ParameterError, match=rf"kind = {config.kind}`.* nearest that fits is"):
        check_patch_size("patch_size", broken, config)
    with pytest.raises((RuntimeError, ValueError)):
        make_network(config, 1, 1)(torch.randn(1, 1, *broken))


@every_kind
def test_a_patch_of_one_voxel_at_the_last_resolution_is_refused_with_one_that_fits(config):
    with pytest.raises(ParameterError) as caught:
        check_patch_size("window_size", config.strides, config)
    fitting = [int(edge) for edge in re.findall(r"\d+", str(caught.value).rpartition("fits is")[2])]
    check_patch_size("window_size", fitting, config)


@every_kind
def test_it_learns_from_as_many_outputs_as_asked_for_and_predicts_with_the_finest(config):
    network, image = make_network(config, 2, 3), image_for(config)
    outputs = outputs_of(network.train(), image)
    assert isinstance(outputs, list)
    assert len(outputs) == config.deep_supervision
    assert all(tuple(out.shape[:2]) == (1, 3) for out in outputs)
    for fine, coarse in pairwise(outputs):
        edges = zip(fine.shape[2:], coarse.shape[2:], strict=True)
        assert {a / b for a, b in edges} <= {1, 2}
        assert fine.shape[2] == 2 * coarse.shape[2]
    with torch.no_grad():
        predicted = network.eval()(image)
        assert isinstance(predicted, Tensor)
        assert torch.equal(predicted, network(image))
    torch.testing.assert_close(predicted, outputs[0])


@every_kind
def test_one_modality_and_one_region_and_several_images_will_do(config):
    network, image = make_network(config, 1, 1), image_for(config, channels=1, batch=2)
    logits = outputs_of(network, image)[0]
    assert logits.shape == image.shape
    alone = outputs_of(network, image[1:])[0]
    torch.testing.assert_close(alone, logits[1:], rtol=1e-4, atol=1e-4)


@every_kind
def test_weights_come_back_from_a_file(config, tmp_path):
    first, other = make_network(config, 2, 3), make_network(config, 2, 3)
    weights = {name: value.contiguous() for name, value in first.state_dict().items()}
    save_file(weights, tmp_path / "weights.safetensors")
    other.load_state_dict(load_file(tmp_path / "weights.safetensors"))
    image = image_for(config)
    assert torch.equal(first.eval()(image), other.eval()(image))


@every_kind
def test_it_can_be_copied_and_averaged_in_the_middle_of_training(config):
    network, image = make_network(config, 2, 3), image_for(config)
    held = outputs_of(network, image)  # its graph is alive
    average = WeightAverage(network, 0.9)
    average.update(network)
    held[0].sum().backward()
    assert torch.equal(average.network(image), deepcopy(network).eval()(image))


@every_kind
def test_half_precision_is_finite_and_near(config):
    network, image = make_network(config, 2, 3).eval(), image_for(config)
    with torch.no_grad():
        expected = network(image)
        with torch.autocast("cpu", torch.bfloat16):
            found = network(image).float()
    assert found.isfinite().all()
    assert (found - expected).abs().mean() < 0.1 * expected.abs().mean() + 0.02


@every_kind
def test_the_order_of_memory_changes_nothing(config):
    network, image = make_network(config, 2, 3), image_for(config)
    expected = outputs_of(network, image)
    network = network.to(memory_format=torch.channels_last_3d)
    found = outputs_of(network, image.contiguous(memory_format=torch.channels_last_3d))
    for one, other in zip(expected, found, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-3, atol=1e-3)


OTHER = {
    "filters": 24,
    "levels": 3,
    "residual_units": 1,
    "deep_supervision": 2,
    "dropout": 0.25,
    "norm": "batch",
    "activation": "gelu",
    "spacing_mm": (1.0, 1.0, 5.0),
    "attention_depth": 1,
    "attention_heads": 6,
    "attention_window": 4,
    "variant": "B",
    "kernel_size": 5,
}
"""Another value than the default for each option but `kind` and `checkpointing`."""


def shape_of(config):
    network = make_network(config, 2, 3)
    return repr(network), [tuple(weight.shape) for weight in network.parameters()]


@pytest.mark.parametrize("kind", KINDS)
def test_an_option_makes_another_network_where_it_is_offered_and_is_refused_where_not(kind):
    assert set(OTHER) == set(NetworkConfig.model_fields) - {"kind", "checkpointing"}
    small = {"kind": kind, "filters": 12}
    plain = shape_of(NetworkConfig(**small))
    for name, value in OTHER.items():
        if name in KINDS[kind].offers:
            assert shape_of(NetworkConfig(**{**small, name: value})) != plain, name
        else:
            rule = rf"`network\.{name}` should be .* with `network\.kind = {kind}`: only .* offer"
            with pytest.raises(ParameterError, match=rule):
                NetworkConfig(**{**small, name: value})


@pytest.mark.parametrize("kind", KINDS)
def test_the_table_of_sizes_is_right(kind):
    table = trainables.networks.__doc__
    (row,) = re.findall(rf"^``{kind}`` +([\d ]+\d)  ", table, flags=re.MULTILINE)
    network = make_network(NetworkConfig(kind=kind), 4, 3)
    assert int(row.replace(" ", "")) == sum(weight.numel() for weight in network.parameters())
