"""What a Gaussian process's proposal maximises, and where it is looked for."""

import moocore
import numpy as np
import pytest
import torch
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

from pareto_search.searchers import gp_candidates
from pareto_search.searchers.gp_acquisition import Acquisition
from pareto_search.searchers.gp_candidates import _near
from pareto_search.searchers.gp_gains import _reference
from pareto_search.searchers.gp_model import Evidence, FullSpace, standardised

UNIT = {"x0": FloatDistribution(0, 1), "x1": FloatDistribution(0, 1)}


def space_of(distributions):
    return FullSpace(distributions, np.full(len(distributions), 0.5), [])


def evidence_of(rows, losses, running=(), violations=None, failed=()):
    """The `rows` completed; at the rows `failed` trials did not."""
    ended = np.vstack([rows, np.reshape(failed, (-1, rows.shape[1]))])
    return Evidence(
        rows=rows,
        losses=losses,
        violations=np.empty((len(rows), 0)) if violations is None else violations,
        ended=ended,
        completed=np.arange(len(ended)) < len(rows),
        running=np.reshape(running, (-1, rows.shape[1])),
    )


@pytest.fixture
def known():
    """Twelve points of two losses that disagree about both parameters."""
    rows = np.random.default_rng(0).random((12, 2))
    return rows, np.stack([rows.sum(axis=1), ((rows - 1) ** 2).sum(axis=1)], axis=1)


def test_it_is_the_mean_improvement_of_hypervolume_over_the_posterior(known):
    """Against moocore, sample by sample."""
    rows, losses = known
    found = Acquisition(space_of(UNIT), evidence_of(rows, losses), seed=1)
    at = torch.from_numpy(np.random.default_rng(1).random((5, 2)))
    with torch.no_grad():
        values = found.eval_acqf(at).exp().numpy()
        posteriors = [process.posterior(at) for process in found._processes]
    scores = -standardised(-losses)[0]
    reference = _reference(scores)
    before = moocore.hypervolume(scores, ref=reference)
    for place, value in enumerate(values):
        samples = np.stack(
            [
                -(mean[place] + variance[place].sqrt() * found._normal[:, m]).numpy()
                for m, (mean, variance) in enumerate(posteriors)
            ],
            axis=1,
        )
        gains = [moocore.hypervolume([*scores, row], ref=reference) - before for row in samples]
        assert value == pytest.approx(np.mean(gains), rel=1e-4, abs=1e-9)


@pytest.mark.parametrize("count", [0, 1, 64, 200])
def test_points_judged_apart_are_judged_as_together(known, count):
    found = Acquisition(space_of(UNIT), evidence_of(*known), seed=1)
    rows = np.random.default_rng(1).random((count, 2))
    with torch.no_grad():
        together = found.eval_acqf(torch.from_numpy(rows)).numpy()
    np.testing.assert_allclose(found.eval_acqf_no_grad(rows), together, rtol=1e-9)
    for row, value in zip(rows[:3], together[:3], strict=True):
        np.testing.assert_allclose(found.eval_acqf_no_grad(row), value, rtol=1e-9)


def test_what_runs_is_believed_and_gains_nothing_twice(known):
    rows, losses = known
    best = next(gp_candidates.candidates(space_of(UNIT), evidence_of(rows, losses), 0))
    at = torch.from_numpy(best[None])
    values = [
        Acquisition(space_of(UNIT), evidence_of(rows, losses, running), seed=1).eval_acqf(at)
        for running in ((), best)
    ]
    assert values[1].item() < values[0].item() - np.log(4)


def test_no_trial_that_keeps_the_constraints_leaves_the_chance_to_keep_them(known):
    """They are kept where x0 is larger than in any trial."""
    rows, losses = known
    violations = 0.01 + rows[:, :1].max() - rows[:, :1]
    evidence = evidence_of(rows, losses, violations=violations)
    found = Acquisition(space_of(UNIT), evidence, seed=1)
    low, high = found.eval_acqf(torch.tensor([[0.1, 0.5], [1.0, 0.5]], dtype=torch.float64))
    assert high > low


def test_a_share_of_the_proposals_is_about_the_front(known):
    """Both losses are best at the corner that no trial has been near."""
    rows = 0.4 * known[0]
    losses = np.stack([(1 - rows).sum(axis=1), ((1 - rows) ** 2).sum(axis=1)], axis=1)
    evidence = evidence_of(rows, losses)
    best = rows[losses.argmin(axis=0)]
    away = []
    for seed in range(24):
        row = next(gp_candidates.candidates(space_of(UNIT), evidence, seed))
        away.append(np.abs(row - best).max(axis=1).min())
    is_near = np.array(away) < 0.4
    assert 0.25 < is_near.mean() < 0.75


def test_the_vicinity_is_followed_by_the_whole_space(known, monkeypatch):
    monkeypatch.setattr(gp_candidates, "NEAR_SHARE", 1.0)
    monkeypatch.setattr(gp_candidates, "PRELIMINARY", 8)
    found = list(gp_candidates.candidates(space_of(UNIT), evidence_of(*known), 0))
    assert len(found) == 2 * 8 + 1 + 3 * 8


def test_points_about_others_are_of_the_space_and_reach_its_faces():
    mixed = UNIT | {"n": IntDistribution(1, 40), "c": CategoricalDistribution(range(3))}
    space = space_of(mixed).search_space
    generator = np.random.RandomState(0)
    start = space.sample_normalized_params(4, rng=generator)
    start[:, 0] = 0.02
    found = _near(space, start, 512, 0.3, generator)
    grids = dict(zip(space.discrete_indices, space.get_choices_of_discrete_params(), strict=True))
    assert found.shape == (512, 4)
    assert ((found[:, :3] >= 0) & (found[:, :3] <= 1)).all()
    assert (found[:, 0] == 0).any()
    for place, grid in grids.items():
        assert np.isin(found[:, place], grid).all()
        assert len(np.unique(found[:, place])) > 2
    unmoved = (found[:, None] == start[None]).any(axis=1)
    assert 0.05 < unmoved.mean() < 0.95
    assert len(_near(space, start[:0], 8, 0.3, generator)) == 0
