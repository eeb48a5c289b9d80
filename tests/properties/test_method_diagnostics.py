"""What is measured while training, against closed forms and brute force."""

import math
from copy import deepcopy

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from torch import nn

from trainables.conflict import conflict_cosine, stationarity_gap, two_sides
from trainables.diagnostics import REFERENCE_STEPS, Diagnostics, DiagnosticsConfig
from trainables.errors import ParameterError
from trainables.fuzzy import FuzzyLabel
from trainables.losses import shell_losses
from trainables.probe import NOISE_LIMIT, Probe

CLAIM = settings(max_examples=30, deadline=None, derandomize=True)
PAIRS = arrays(np.float64, (2, 4), elements=st.floats(-3, 3).map(lambda x: round(x, 3))).map(
    torch.from_numpy
)


@CLAIM
@given(pair=PAIRS)
def test_the_gap_is_the_shortest_convex_combination_found_by_brute_force(pair):
    sizes = pair.norm(dim=1)
    shares = torch.linspace(0, 1, 2001, dtype=torch.float64)[:, None]
    shortest = (shares * pair[0] + (1 - shares) * pair[1]).norm(dim=1).min()
    expected = shortest / sizes.max() if sizes.max() > 0 else 0.0
    assert float(stationarity_gap(pair @ pair.T)) == pytest.approx(float(expected), abs=2e-3)


@CLAIM
@given(pair=PAIRS)
def test_the_conflict_is_the_cosine_of_the_two_gradients(pair):
    expected = nn.functional.cosine_similarity(*pair, dim=0, eps=1e-30)
    assert float(conflict_cosine(pair @ pair.T)) == pytest.approx(float(expected), abs=1e-6)


@CLAIM
@given(rows=arrays(np.float64, (4, 3), elements=st.floats(-3, 3)).map(torch.from_numpy))
def test_all_shells_but_the_first_are_one_side(rows):
    sides = torch.stack((rows[0], rows[1:].sum(0)))
    torch.testing.assert_close(two_sides(rows @ rows.T), sides @ sides.T)


def test_opposed_gradients_are_stationary_and_equal_ones_are_not():
    opposed, equal = (torch.tensor([[1.0, s], [s, 1.0]]) for s in (-1.0, 1.0))
    assert (float(stationarity_gap(opposed)), float(conflict_cosine(opposed))) == (0.0, -1.0)
    assert (float(stationarity_gap(equal)), float(conflict_cosine(equal))) == (1.0, 1.0)
    assert float(stationarity_gap(torch.zeros(2, 2))) == 0.0


def linear():
    network = nn.Sequential(nn.Linear(2, 3), nn.Linear(3, 1, bias=False))
    return network.double()


def watch(losses, **settings):
    """The metrics of an epoch with these interior and boundary losses."""
    network = linear()
    watched = Diagnostics(DiagnosticsConfig(**settings), [network[1].weight])
    for interior, boundary in losses:
        out = network(torch.ones(1, 2, dtype=torch.float64)).sum()
        parts = torch.stack((interior + 0 * out, boundary + 0 * out))
        watched.observe(parts, torch.ones(2))
    return watched


def test_the_progress_balance_is_how_much_slower_the_boundary_falls():
    first = [(2.0, 3.0)] * REFERENCE_STEPS
    watched = watch(first)
    assert watched.metrics()["diagnostics/progress_balance"] == pytest.approx(0.0)
    later = watch([*first, *[(0.2, 1.5)] * 1000])
    balance = math.log(1.5 / 3) - math.log(0.2 / 2)
    expected = 1000 * balance / (1000 + REFERENCE_STEPS)
    assert later.metrics()["diagnostics/progress_balance"] == pytest.approx(expected)


def test_progress_that_cannot_be_told_is_left_out_not_made_up():
    """A shell without a voxel has loss 0 and no logarithm; a boundary not admitted no start."""
    assert "diagnostics/progress_balance" not in watch([(1.0, 0.0)]).metrics()
    network = linear()
    watched = Diagnostics(DiagnosticsConfig(), [network[1].weight])
    losses = network(torch.ones(1, 2, dtype=torch.float64)).sum() * torch.tensor([1.0, 2.0])
    watched.observe(losses.abs(), torch.tensor([1.0, 0.0]))
    assert "diagnostics/progress_balance" not in watched.metrics()


def test_a_step_without_a_boundary_says_nothing_of_conflict():
    x = torch.tensor([1.0, 2.0], dtype=torch.float64, requires_grad=True)
    watched = Diagnostics(DiagnosticsConfig(every=1), [x])
    for boundary in (0 * x.sum(), (x * torch.tensor([-1.0, 1.0])).sum(), 0 * x.sum()):
        watched.observe(torch.stack((x[0], boundary)), torch.ones(2))
    found = watched.metrics()
    assert found["diagnostics/last_layer/conflict_cosine"] == pytest.approx(-math.sqrt(0.5))
    watched.observe(torch.stack((x[0], 0 * x.sum())), torch.ones(2))
    assert watched.metrics() == {}


def test_the_last_layer_is_looked_at_at_first_and_every_so_many_steps_and_never_if_off():
    x = torch.tensor(1.0, requires_grad=True)
    for every, expected in ((3, [0, 3, 6]), (1, list(range(7))), (99, [0])):
        watched = Diagnostics(DiagnosticsConfig(every=every), [x])
        for _ in range(2):  # epochs
            for step in range(7):
                watched.observe(torch.stack((x, (-1) ** (step in expected) * x)), torch.ones(2))
            assert watched.metrics()["diagnostics/last_layer/conflict_cosine"] == -1.0
    off = Diagnostics(DiagnosticsConfig(enabled=False), [x])
    off.observe(torch.stack((x, -x)), torch.ones(2))
    assert off.metrics() == {}


@CLAIM
@given(rows=arrays(np.float64, (3, 4), elements=st.integers(-9, 9)).map(torch.from_numpy))
def test_the_last_layers_conflict_is_that_of_its_gradients(rows):
    """Linear losses have the rows as gradients; the boundary is the sum of its shells."""
    x = torch.zeros(4, dtype=torch.float64, requires_grad=True)
    watched = Diagnostics(DiagnosticsConfig(), [x])
    watched.observe(rows @ x, torch.ones(3))
    found = watched.metrics()
    interior, boundary = rows[0], rows[1:].sum(dim=0)
    if not (interior.any() and boundary.any()):
        assert "diagnostics/last_layer/gap" not in found
        return
    shares = torch.linspace(0, 1, 2001, dtype=torch.float64)[:, None]
    shortest = (shares * interior + (1 - shares) * boundary).norm(dim=1).min()
    gap = float(shortest / max(interior.norm(), boundary.norm()))
    cosine = float(nn.functional.cosine_similarity(interior, boundary, dim=0))
    assert found["diagnostics/last_layer/gap"] == pytest.approx(gap, abs=2e-3)
    assert found["diagnostics/last_layer/conflict_cosine"] == pytest.approx(cosine, abs=1e-6)


def test_one_patch_cannot_be_probed():
    with pytest.raises(ValueError, match=r"probe_patches = 1"):
        DiagnosticsConfig(probe_patches=1)


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
    first, second = (noise_of([k * 1.0, k * 2.0, k * 4.0]) for k in (1, factor))
    assert first["noise/boundary"] == pytest.approx(second["noise/boundary"])


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


def test_a_state_of_another_kind_is_refused():
    watched = Diagnostics(DiagnosticsConfig(), [])
    with pytest.raises(ParameterError, match="`state`"):
        watched.load_state_dict({"means": torch.zeros(2)})
