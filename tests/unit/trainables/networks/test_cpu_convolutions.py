"""Convolutions that are computed another way on processors compute what torch's do."""

import pytest
import torch
from torch import nn
from torch.testing import assert_close

from trainables.networks import NetworkConfig, make_network, unet
from trainables.networks.cpu_convolutions import FirstConv3d, UnstridedTranspose3d, make_fast

TRANSPOSED = {
    "padded": {"kernel_size": 3, "padding": 1},
    "not padded": {"kernel_size": 3},
    "uneven": {"kernel_size": (1, 3, 5), "padding": (0, 1, 2)},
    "without bias": {"kernel_size": 3, "padding": 1, "bias": False},
}


def pair(make, in_channels):
    torch.manual_seed(0)
    theirs = make()
    torch.manual_seed(0)
    ours = make_fast(nn.Sequential(make()), in_channels)[0]
    return ours, theirs


def outcome(layer, image):
    """The output, and the gradients of weights and image (where it takes one)."""
    output = layer(image)
    asked = [*layer.parameters(), *([image] if image.requires_grad else [])]
    return output, *torch.autograd.grad((output.float() ** 2).sum(), asked)


@pytest.mark.parametrize("options", TRANSPOSED.values(), ids=TRANSPOSED)
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
def test_a_transposed_convolution_without_stride_is_the_mirrored_one(options, dtype):
    ours, theirs = pair(lambda: nn.ConvTranspose3d(5, 3, **options, dtype=dtype), 1)
    assert type(ours) is UnstridedTranspose3d
    image = torch.randn(2, 5, 6, 7, 8, dtype=dtype, requires_grad=True)
    near = {"rtol": 1e-4, "atol": 1e-3} if dtype == torch.float32 else {"rtol": 0, "atol": 1e-10}
    assert_close(outcome(ours, image), outcome(theirs, image), **near)


def test_its_gradients_are_those_of_finite_differences():
    ours, _ = pair(lambda: nn.ConvTranspose3d(2, 3, 3, padding=1, dtype=torch.float64), 1)
    image = torch.randn(1, 2, 3, 4, 3, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(ours, image)


@pytest.mark.parametrize("in_channels", [4, 5, 9])
@pytest.mark.parametrize("options", [{"padding": 1}, {"stride": 2, "bias": False}], ids=str)
def test_a_first_convolution_in_parts_is_the_whole_one(in_channels, options):
    ours, theirs = pair(lambda: nn.Conv3d(in_channels, 6, 3, **options), in_channels)
    assert type(ours) is FirstConv3d
    image = torch.randn(2, in_channels, 9, 8, 7)
    assert_close(outcome(ours, image), outcome(theirs, image), rtol=1e-5, atol=1e-4)
    ours.eval()  # to predict, it is torch's own
    assert torch.equal(ours(image), theirs(image))


def test_both_follow_autocast():
    image = torch.randn(1, 4, 8, 8, 8)
    for make in (lambda: nn.Conv3d(4, 3, 3), lambda: nn.ConvTranspose3d(4, 3, 3)):
        ours, theirs = pair(make, 4)
        with torch.autocast("cpu", torch.bfloat16):
            found, expected = outcome(ours, image), outcome(theirs, image)
        assert found[0].dtype == torch.bfloat16
        assert [g.dtype for g in found[1:]] == [torch.float32] * 2
        for one, other in zip(found, expected, strict=True):
            assert_close(one.float(), other.float(), rtol=0.05, atol=0.05 * other.std().item())


@pytest.mark.parametrize(
    "layer",
    [
        nn.ConvTranspose3d(4, 4, 3, stride=2),
        nn.ConvTranspose3d(4, 4, 3, dilation=2),
        nn.ConvTranspose3d(4, 4, 3, groups=2),
        nn.ConvTranspose3d(4, 4, 3, padding=3),
        nn.Conv3d(3, 4, 3),
        nn.Conv3d(16, 4, 3),
        nn.Conv3d(4, 4, 3, groups=2),
        nn.Conv3d(4, 4, 3, padding=1, padding_mode="reflect"),
    ],
    ids=str,
)
def test_others_stay_torchs_own(layer):
    kind = type(layer)
    assert type(make_fast(nn.Sequential(layer), layer.in_channels)[0]) is kind


def test_a_network_keeps_its_weights_their_names_and_the_generator():
    config = NetworkConfig(kind="unet", filters=4, levels=3)
    torch.manual_seed(0)
    theirs, then = unet.build(config, 4, 3), torch.rand(())
    torch.manual_seed(0)
    ours, now = make_network(config, 4, 3), torch.rand(())
    assert torch.equal(then, now)
    kinds = {type(layer) for layer in ours.modules()}
    assert {FirstConv3d, UnstridedTranspose3d} <= kinds
    weights = theirs.state_dict()
    assert list(weights) == list(ours.state_dict())
    assert all(torch.equal(weights[name], value) for name, value in ours.state_dict().items())
    image = torch.randn(2, 4, *config.smallest_patch)
    assert_close(ours(image), theirs(image), rtol=1e-4, atol=1e-4)
