"""What the probe measures, against its definitions, and that it leaves training as it was."""

import math
from copy import deepcopy

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from trainables.fuzzy import FuzzyLabel
from trainables.losses import shell_losses
from trainables.probe import NOISE_LIMIT, Probe

CLAIM = settings(max_examples=30, deadline=None, derandomize=True)


class Logit(nn.Module):
    """One weight, the logit of every voxel; one more that no loss depends on."""

    def __init__(self, weight=0.3):
        super().__init__()
        self.weight = nn.Parameter(torch.tensor(weight, dtype=torch.float64))
        self.idle = nn.Parameter(torch.tensor(0.0, dtype=torch.float64), requires_grad=False)

    def forward(self, image):
        return self.weight * image


def make_probe(patches=3, seed=0):
    generator = torch.Generator().manual_seed(seed)
    image = torch.randn(patches, 1, 4, 4, generator=generator, dtype=torch.float64)
    label = torch.rand(patches, 1, 4, 4, generator=generator) > 0.5
    phi = torch.randn(patches, 1, 4, 4, generator=generator, dtype=torch.float64) * 3
    return Probe(image, label, phi, band_mm=2.0), image, label, phi


def plain_losses(weight, image, label, phi):
    target = label.double()
    crisp = FuzzyLabel(target, torch.ones_like(target), target, target)
    return shell_losses(weight * image, crisp, (phi.abs() <= 2.0).long(), 2)


@pytest.mark.parametrize("seed", range(3))
def test_noise_conflict_and_sharpness_are_their_definitions(seed):
    probe, *patches = make_probe(seed=seed)
    network = Logit()
    found = probe.metrics(network, radius=0.1)
    rows = []
    for parts in zip(*(tensor.split(1) for tensor in patches), strict=True):
        losses = plain_losses(network.weight, *parts)
        rows.append([torch.autograd.grad(f, network.weight, retain_graph=True)[0] for f in losses])
    gradients = torch.tensor(rows)  # patches x sides
    means = gradients.mean(0)
    for side, name in enumerate(("interior", "boundary")):
        variance = gradients[:, side].var(correction=1)
        signal = means[side] ** 2 - variance / len(gradients)
        noise = float(variance / signal) if signal > variance / NOISE_LIMIT else NOISE_LIMIT
        assert found[f"noise/{name}"] == pytest.approx(noise)
    assert found["conflict_cosine"] == pytest.approx(float(means.prod().sign()))

    def mean_loss(weight):
        split = zip(*(tensor.split(1) for tensor in patches), strict=True)
        return float(torch.stack([plain_losses(weight, *p).sum() for p in split]).mean())

    uphill = 0.3 + 0.1 * float(means.sum().sign())
    assert found["sharpness"] == pytest.approx(mean_loss(uphill) - mean_loss(0.3))
    assert found["sharpness"] > 0


def test_equal_patches_have_no_noise():
    _, image, label, phi = make_probe()
    same = [tensor[:1].expand(4, -1, -1, -1) for tensor in (image, label, phi)]
    found = Probe(*same, band_mm=2.0).metrics(Logit(), 0.1)
    assert found["noise/interior"] == pytest.approx(0, abs=1e-12)
    assert found["noise/boundary"] == pytest.approx(0, abs=1e-12)


def test_a_side_without_a_voxel_has_defined_measures():
    _, image, label, phi = make_probe()
    found = Probe(image, label, torch.full_like(phi, 9.0), band_mm=2.0).metrics(Logit(), 0.1)
    assert found["noise/boundary"] == found["gap"] == found["conflict_cosine"] == 0.0
    assert all(math.isfinite(value) for value in found.values())


def noise_of(values):
    """The noise where patch i, all of one class, has the gradient ``-c values[i]`` of a side."""
    image = torch.tensor(values, dtype=torch.float64).view(-1, 1, 1, 1).expand(-1, 1, 4, 4)
    label = torch.ones(len(values), 1, 4, 4, dtype=torch.bool)
    return Probe(image, label, torch.zeros(image.shape), 1.0).metrics(Logit(0.0), 0.1)


def test_the_two_parts_of_the_noise_are_unbiased():
    """Over all pairs of four gradients, their means are the variance and the squared mean."""
    population = [1.0, 2.0, 4.0, 7.0]
    pairs = [(a, b) for a in population for b in population]
    variances = [np.var(pair, ddof=1) for pair in pairs]
    signals = [np.mean(pair) ** 2 - np.var(pair, ddof=1) / 2 for pair in pairs]
    assert np.mean(variances) == pytest.approx(np.var(population))
    assert np.mean(signals) == pytest.approx(np.mean(population) ** 2)
    for (a, b), variance, signal in zip(pairs, variances, signals, strict=True):
        assert noise_of([a, b])["noise/boundary"] == pytest.approx(variance / signal)


def test_noise_that_drowns_the_gradient_is_the_limit():
    assert noise_of([1.0, -1.0])["noise/boundary"] == NOISE_LIMIT
    assert noise_of([1.0, 0.0])["noise/boundary"] == NOISE_LIMIT


@CLAIM
@given(factor=st.floats(0.01, 100))
def test_scaling_every_gradient_leaves_noise_conflict_and_gap(factor):
    """At logits of 0, gradients are in proportion to the image; the sides have their halves."""
    interior = [[1.0, 0.2], [1.2, -0.2], [0.8, 0.1]]
    boundary = [[-0.5, 1.0], [-0.3, 1.2], [-0.6, 0.9]]  # patches x channels
    image = torch.tensor([interior, boundary], dtype=torch.float64).permute(1, 2, 0)
    image = image.repeat_interleave(8, dim=2)[..., None]
    label = torch.ones(3, 1, 16, 1, dtype=torch.bool)
    phi = torch.where(torch.arange(16) < 8, 9.0, 0.5).view(1, 1, 16, 1).expand(3, -1, -1, -1)
    network = nn.Conv2d(2, 1, 1, bias=False).double()
    nn.init.zeros_(network.weight)
    first, second = (Probe(image * k, label, phi, 1.0).metrics(network, 0.1) for k in (1, factor))
    for name in ("noise/interior", "noise/boundary", "conflict_cosine", "gap"):
        assert 0 < abs(first[name]) != NOISE_LIMIT
        assert first[name] == pytest.approx(second[name])
    assert -1 < first["conflict_cosine"] < 0


class Deep(nn.Module):
    """Draws, keeps running means, and has an output that only training uses."""

    def __init__(self):
        super().__init__()
        layers = nn.Conv2d(1, 2, 1), nn.BatchNorm2d(2), nn.Dropout()
        self.body, self.main = nn.Sequential(*layers), nn.Conv2d(2, 1, 1)
        self.auxiliary = nn.Conv2d(2, 1, 1)

    def forward(self, image):
        inner = self.body(image)
        return (self.main(inner), self.auxiliary(inner)) if self.training else self.main(inner)


def test_a_probe_leaves_training_as_it_was():
    """Weights, buffers, gradients, optimiser, modes and generator, to the bit."""
    network = Deep().double().train()
    optimiser = torch.optim.AdamW(network.parameters())
    main, _ = network(torch.ones(2, 1, 4, 4, dtype=torch.float64))
    main.sum().backward()
    optimiser.step()
    network.body[2].eval()
    modes = [module.training for module in network.modules()]
    before = deepcopy((network.state_dict(), optimiser.state_dict()))
    gradients = [None if p.grad is None else p.grad.clone() for p in network.parameters()]
    drawn = torch.random.get_rng_state()
    probe, *_ = make_probe()
    assert probe.metrics(network, 0.1) == probe.metrics(network, 0.1)
    torch.testing.assert_close(
        (network.state_dict(), optimiser.state_dict()), before, rtol=0, atol=0
    )
    assert [module.training for module in network.modules()] == modes
    assert torch.equal(drawn, torch.random.get_rng_state())
    for old, parameter in zip(gradients, network.parameters(), strict=True):
        assert parameter.grad is None if old is None else torch.equal(old, parameter.grad)


def test_a_network_that_fails_gets_its_modes_back():
    network = nn.Sequential(nn.Conv2d(3, 1, 1), nn.Dropout().eval())
    probe, *_ = make_probe()
    with pytest.raises(RuntimeError):
        probe.metrics(network.double(), 0.1)
    assert [module.training for module in network] == [True, False]


def test_what_is_not_finite_is_left_out():
    probe, *_ = make_probe()
    found = probe.metrics(Logit(), radius=1e308)
    assert "sharpness" not in found
    assert all(math.isfinite(value) for value in found.values())
