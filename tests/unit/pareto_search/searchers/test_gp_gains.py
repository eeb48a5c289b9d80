"""What a Gaussian process takes a point to be worth to the front."""

import numpy as np
import pytest
import torch

from pareto_search.searchers import gp_candidates, gp_gains
from pareto_search.searchers.gp_gains import DirectedGain, HypervolumeGain, make_gain
from pareto_search.searchers.gp_model import Evidence, FullSpace
from pareto_search.searchers.optuna_study import distribution_of
from pareto_search.space import Float

NOTHING = np.empty((0, 3))
EVEN = np.full(3, 1 / 3)


def known_scores(num_objectives):
    return -np.random.default_rng(0).random((12, num_objectives))


def certain(scores):
    """Posteriors (N x S x M) that leave no doubt."""
    return torch.from_numpy(np.repeat(np.atleast_2d(scores)[:, None], 4, axis=1))


def proposals(num_objectives, seeds):
    """The best candidate for each seed, of two parameters that the losses disagree about."""
    space = {f"x{place}": Float(type="float", low=0, high=1) for place in range(2)}
    rows = np.random.default_rng(0).random((12, 2))
    columns = [rows.sum(axis=1), ((rows - 1) ** 2).sum(axis=1), np.abs(rows[:, 0] - 0.3)]
    evidence = Evidence(
        rows=rows,
        losses=np.stack(columns[:num_objectives], axis=1),
        violations=np.empty((12, 0)),
        ended=rows,
        completed=np.ones(12, dtype=bool),
        running=np.empty((0, 2)),
    )
    full = FullSpace({k: distribution_of(p) for k, p in space.items()}, np.full(2, 0.5), [])
    return [next(gp_candidates.candidates(full, evidence, seed)) for seed in seeds]


def test_with_two_objectives_only_hypervolume_counts():
    known = known_scores(2)
    found = {type(make_gain(known, known[:0], seed)) for seed in range(32)}
    assert found == {HypervolumeGain}


def test_directions_change_no_proposal_for_two_objectives(monkeypatch):
    """And some for three, so that it would be seen."""
    monkeypatch.setattr(gp_candidates, "PRELIMINARY", 64)
    monkeypatch.setattr(gp_candidates, "LOCAL_SEARCHES", 2)
    directed = [proposals(2, range(3)), proposals(3, range(3))]
    monkeypatch.setattr(gp_gains, "CROWDED", 9)
    without = [proposals(2, range(3)), proposals(3, range(3))]
    assert np.array_equal(without[0], directed[0])
    assert not np.array_equal(without[1], directed[1])


@pytest.mark.parametrize(("on_front", "kind"), [(1, HypervolumeGain), (2, DirectedGain)])
def test_three_objectives_are_crowded_where_an_eighth_of_the_trials_is_on_the_front(on_front, kind):
    best = -np.eye(3)[:on_front]
    known = np.vstack([best, np.full((15 - on_front, 3), -2.0)])
    assert type(make_gain(known, NOTHING, seed=0)) is kind


def test_each_gain_of_three_objectives_is_in_a_direction_of_its_own():
    gains = [make_gain(known_scores(3), NOTHING, seed) for seed in range(16)]
    assert {type(gain) for gain in gains} == {DirectedGain}
    assert len({tuple(gain._scale.tolist()) for gain in gains}) == 16


def test_a_gain_is_the_same_for_the_same_seed():
    known = known_scores(3)
    at = certain(known - 0.1)
    for seed in range(8):
        first, again = (make_gain(known, NOTHING, seed)(at) for _ in range(2))
        assert torch.equal(first, again)


def test_a_certain_improvement_in_a_direction_is_worth_its_length():
    """Evenly, a loss counts for three ranges, and once more each in the sum."""
    known = -np.vstack([np.eye(3), np.full(3, 0.5)])
    gain = DirectedGain(known, NOTHING, EVEN)
    losses = np.array([[0.4] * 3, [0.3] * 3, [0.2] * 3])
    expected = (0.5 - losses[:, 0]) * (3 + 0.05 * 9) / 0.01
    assert gain(certain(-losses)).exp().numpy() == pytest.approx(expected, rel=1e-3)


def test_in_another_direction_another_point_is_the_best():
    known = -np.vstack([np.eye(3), np.full(3, 0.5)])
    losses = np.array([[0.1, 0.6, 0.6], [0.6, 0.6, 0.1]])
    for direction, best in (([0.1, 0.45, 0.45], 0), ([0.45, 0.45, 0.1], 1)):
        gain = DirectedGain(known, NOTHING, np.array(direction))
        assert gain(certain(-losses)).argmax() == best


def test_what_is_believed_gains_nothing_twice_in_a_direction():
    known = -np.vstack([np.eye(3), np.full(3, 0.5)])
    at = certain(np.full(3, -0.3))
    alone = DirectedGain(known, NOTHING, EVEN)(at)
    believed = DirectedGain(known, np.full((1, 3), -0.3), EVEN)(at)
    assert believed.item() < alone.item() - np.log(4)


@pytest.mark.parametrize("known", [np.zeros((1, 3)), np.zeros((4, 3)), known_scores(3)])
def test_a_direction_has_a_slope_wherever_one_looks(known):
    """A front of one point too, and far from any improvement."""
    gain = DirectedGain(known, NOTHING, EVEN)
    for far in (0.0, 1.0, 100.0):
        at = torch.full((1, 4, 3), -far - 0.01, dtype=torch.float64, requires_grad=True)
        value = gain(at)
        value.sum().backward()
        assert torch.isfinite(value).all()
        assert torch.isfinite(at.grad).all()
        assert (at.grad.abs().sum(dim=-1) > 0).all()
