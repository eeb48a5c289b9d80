"""The probe of a network of many weights is that of its whole Jacobian, found by brute force."""

import math
from itertools import pairwise

import pytest
import torch
from torch import nn
from torch.func import functional_call, jacrev

from trainables.errors import ParameterError
from trainables.evaluation import band_distance
from trainables.probe import NOISE_LIMIT, Probe

BAND_MM = 2.0
RADIUS = 0.3
SIDES = ("interior", "boundary")


def make_network(seed):
    """Four tensors that are trained, of 27, 3, 3 and 1 numbers, and two between that are not."""
    torch.manual_seed(seed)
    idle = nn.Conv2d(3, 3, 1).requires_grad_(False)
    layers = nn.Conv2d(1, 3, 3, padding=1), nn.Tanh(), idle, nn.Conv2d(3, 1, 1)
    return nn.Sequential(*layers).double()


def make_patches(seed, count=3):
    """Image, label and distance, each (P, 1, 5, 4); none within rounding of the band's edge."""
    generator = torch.Generator().manual_seed(seed)
    image, phi = torch.randn(2, count, 1, 5, 4, generator=generator, dtype=torch.float64)
    return image, torch.rand(image.shape, generator=generator) > 0.4, (6 * phi).floor() / 2 + 0.25


def plain_losses(logits, label, phi):
    """Soft Dice of squares + cross-entropy of one patch, its sum parted by the band, (2,)."""
    p, y = logits.sigmoid(), label.double()
    dice = (p - y) ** 2 / ((p**2 + y**2).sum() + 1)
    entropy = -(y * p.log() + (1 - y) * (1 - p).log()) / logits.numel()
    is_near = phi.abs() <= BAND_MM
    return torch.stack([((dice + entropy) * side).sum() for side in (~is_near, is_near)])


class Flat:
    """The losses of a network as a function of one vector, (W,), of all that is trained in it."""

    def __init__(self, network, patches):
        self._network, self._patches = network, patches
        self._trained = {n: p for n, p in network.named_parameters() if p.requires_grad}
        self.start = torch.cat([p.detach().flatten() for p in self._trained.values()])

    def losses(self, vector):
        """Of every patch and side, (P, 2)."""
        ends = [0]
        for p in self._trained.values():
            ends.append(ends[-1] + p.numel())
        parts = [vector[a:b] for a, b in pairwise(ends)]
        weights = {n: v.view_as(p) for (n, p), v in zip(self._trained.items(), parts, strict=True)}
        image, label, phi = self._patches
        logits = functional_call(self._network, weights, (image,))
        return torch.stack([plain_losses(*one) for one in zip(logits, label, phi, strict=True)])


def shortest_share(first, second):
    """The least length of ``w first + (1 - w) second``, w from 0 to 1, by trying."""
    shares = torch.linspace(0, 1, 20_001, dtype=torch.float64)[:, None]
    return (shares * first + (1 - shares) * second).norm(dim=1).min()


@pytest.fixture(params=range(4))
def probed(request):
    """What is found, and the losses, as a function, with their Jacobian (P, 2, W)."""
    network, patches = make_network(request.param), make_patches(request.param)
    found = Probe(*patches, BAND_MM).metrics(network, RADIUS)
    flat = Flat(network, patches)
    return found, flat, jacrev(flat.losses)(flat.start).detach()


def test_conflict_and_gap_are_those_of_the_mean_gradients(probed):
    found, _, jacobian = probed
    interior, boundary = jacobian.mean(0)
    cosine = torch.nn.functional.cosine_similarity(interior, boundary, dim=0)
    gap = shortest_share(interior, boundary) / max(interior.norm(), boundary.norm())
    assert jacobian.shape[2] == 27 + 3 + 3 + 1
    assert abs(cosine) < 0.99  # else any one weight would tell as much
    assert gap > 0.01
    assert found["conflict_cosine"] == pytest.approx(float(cosine), rel=1e-9)
    assert found["gap"] == pytest.approx(float(gap), rel=1e-6)


def test_noise_is_the_trace_of_the_covariance_over_the_squared_mean(probed):
    found, _, jacobian = probed
    for side, name in enumerate(SIDES):
        variance = jacobian[:, side].var(dim=0, correction=1).sum()
        signal = jacobian[:, side].mean(0).square().sum() - variance / len(jacobian)
        noise = variance / signal if signal > variance / NOISE_LIMIT else NOISE_LIMIT
        assert found[f"noise/{name}"] == pytest.approx(float(noise), rel=1e-9)


def test_sharpness_is_the_rise_of_the_mean_loss_one_step_along_the_whole_gradient(probed):
    found, flat, jacobian = probed
    gradient = jacobian.mean(0).sum(0)
    before, after = (
        float(flat.losses(at).sum(1).mean())
        for at in (flat.start, flat.start + RADIUS * gradient / gradient.norm())
    )
    assert found["sharpness"] == pytest.approx(after - before, rel=1e-9)
    assert found["sharpness"] > 0.1 * RADIUS * float(gradient.norm())


@pytest.mark.parametrize("count", [0, 1])
def test_fewer_than_two_patches_are_refused_by_name_range_and_value(count):
    rule = rf"`image` should hold at least 2 patches, to tell noise\. Found P = {count}\."
    with pytest.raises(ParameterError, match=rule):
        Probe(*make_patches(0, count), BAND_MM)


def test_a_gradient_that_is_no_number_tells_nothing():
    network, (image, label, phi) = make_network(0), make_patches(0)
    image[0, 0, 0, 0] = math.nan
    assert Probe(image, label, phi, BAND_MM).metrics(network, RADIUS) == {}


@pytest.mark.parametrize("spacing", [(1.0, 1.0), (0.7, 2.0)])
def test_an_empty_and_a_full_region_are_all_interior(spacing):
    image, _, _ = make_patches(0, count=2)
    label = torch.stack([torch.full((1, 5, 4), is_full) for is_full in (False, True)])
    phi = torch.stack([band_distance(one, spacing, BAND_MM) for one in label])
    found = Probe(image, label, phi, BAND_MM).metrics(make_network(0), RADIUS)
    assert found["noise/boundary"] == found["gap"] == 0 < found["noise/interior"]
