"""What a network's options promise: each refusal with key, kind and rule; one seed, one network."""

import pytest
import torch

from trainables.errors import ParameterError
from trainables.networks import NetworkConfig, check_patch_size, make_network


@pytest.mark.parametrize(
    ("kind", "levels", "outputs", "offered"),
    [("segresnet_ds", 3, 3, 2), ("dynunet", 4, 4, 3)],
)
def test_more_outputs_than_the_network_offers_are_refused(kind, levels, outputs, offered):
    with pytest.raises(ParameterError, match=rf"at most {offered} with `network\.kind = {kind}`"):
        NetworkConfig(kind=kind, levels=levels, deep_supervision=outputs)


@pytest.mark.parametrize(
    ("options", "line"),
    [
        (
            {"kind": "unet", "deep_supervision": 2},
            "Parameter `network.deep_supervision` should be left at 1 with `network.kind = unet`: "
            "only segresnet_ds, dynunet, mednext offer it. "
            "Found `network.deep_supervision = 2`.",
        ),
        (
            {"kind": "mednext", "norm": "batch"},
            "Parameter `network.norm` should be left at null with `network.kind = mednext`: only "
            "unet, segresnet, segresnet_ds, dynunet, swinunetr offer it. "
            "Found `network.norm = batch`.",
        ),
        (
            {"kind": "dynunet", "levels": 2},
            "Parameter `network.levels` should be at least 3 with `network.kind = dynunet`. "
            "Found `network.levels = 2`.",
        ),
        (
            {"kind": "dynunet", "residual_units": 2},
            "Parameter `network.residual_units` should be at most 1 with `network.kind = dynunet`. "
            "Found `network.residual_units = 2`.",
        ),
        (
            {"kind": "swinunetr", "filters": 16},
            "Parameter `network.filters` should be a multiple of 12 with `network.kind = "
            "swinunetr` and `network.attention_heads = 3`. Found `network.filters = 16`.",
        ),
        (
            {"kind": "dynunet", "spacing_mm": (1.0, 0.0, 1.0)},
            "Parameter `network.spacing_mm` should be three numbers above 0, or null. "
            "Found `network.spacing_mm = (1.0, 0.0, 1.0)`.",
        ),
    ],
)
def test_options_that_do_not_go_together_are_refused_in_one_line(options, line):
    with pytest.raises(ParameterError) as caught:
        NetworkConfig(**options)
    assert str(caught.value) == line


def test_all_options_that_a_kind_does_not_offer_are_told_at_once():
    with pytest.raises(ParameterError) as caught:
        NetworkConfig(kind="mednext", levels=5, dropout=0.5)
    keys = [line.split("`")[1] for line in str(caught.value).splitlines()]
    assert keys == ["network.levels", "network.dropout"]


def test_one_seed_gives_one_network():
    networks = []
    for _ in range(2):
        torch.manual_seed(3)
        networks.append(make_network(NetworkConfig(filters=4, levels=2), 4, 3))
    first, second = (network.state_dict() for network in networks)
    assert all(torch.equal(first[name], second[name]) for name in first)


@pytest.mark.parametrize("size", [(8, 8, 9), (2, 8, 8), (8, 10, 8)])
def test_a_patch_that_does_not_halve_evenly_is_refused(size):
    with pytest.raises(ParameterError, match="should hold multiples of 4, at least twice that"):
        check_patch_size("patch_size", size, NetworkConfig(levels=3))


def test_thick_slices_need_fewer_voxels_across():
    config = NetworkConfig(kind="dynunet", levels=5, spacing_mm=(1.0, 1.0, 5.0))
    assert config.strides == (16, 16, 4)
    check_patch_size("patch_size", (32, 16, 12), config)
    with pytest.raises(ParameterError, match=r"multiples of \[16, 16, 4\].* fits is \[32, 32, 8\]"):
        check_patch_size("patch_size", (32, 32, 10), config)
