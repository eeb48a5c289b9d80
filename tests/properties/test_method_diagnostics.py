"""What is measured while training, against closed forms and brute force."""

import math

import pytest
import torch
from drawn import RNGS, part_that
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from trainables.conflict import conflict_cosine, stationarity_gap, two_sides
from trainables.diagnostics import REFERENCE_STEPS, Diagnostics, DiagnosticsConfig
from trainables.errors import ParameterError

CLAIM = settings(max_examples=30, deadline=None, derandomize=True)


def gradients(count):
    """`count` gradients of four numbers; in a quarter of the examples one of them is 0."""

    def draw(rng):
        rows = rng.uniform(-3, 3, (count, 4))
        rows[rng.integers(count)] *= rng.choice([1, 1, 1, 0])
        return torch.from_numpy(rows)

    return RNGS.map(draw)


@pytest.mark.parametrize("sign", [-1, 1])
def test_many_pairs_of_gradients_conflict_and_many_do_not(sign):
    assert part_that(lambda pair: sign * (pair[0] @ pair[1]) > 0.1, gradients(2)) >= 0.1


@CLAIM
@given(pair=gradients(2))
def test_the_gap_is_the_shortest_convex_combination_found_by_brute_force(pair):
    sizes = pair.norm(dim=1)
    shares = torch.linspace(0, 1, 2001, dtype=torch.float64)[:, None]
    shortest = (shares * pair[0] + (1 - shares) * pair[1]).norm(dim=1).min()
    expected = shortest / sizes.max() if sizes.max() > 0 else 0.0
    assert float(stationarity_gap(pair @ pair.T)) == pytest.approx(float(expected), abs=2e-3)


@CLAIM
@given(pair=gradients(2))
def test_the_conflict_is_the_cosine_of_the_two_gradients(pair):
    expected = nn.functional.cosine_similarity(*pair, dim=0, eps=1e-30)
    assert float(conflict_cosine(pair @ pair.T)) == pytest.approx(float(expected), abs=1e-6)


@CLAIM
@given(rows=gradients(4))
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
@given(rows=gradients(3) | st.just(torch.zeros(3, 4, dtype=torch.float64)))
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


def test_a_state_of_another_kind_is_refused():
    watched = Diagnostics(DiagnosticsConfig(), [])
    with pytest.raises(ParameterError, match="`state`"):
        watched.load_state_dict({"means": torch.zeros(2)})
