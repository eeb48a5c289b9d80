"""How probable it is that a configuration is on the front of what was found, seeds being luck."""

from collections.abc import Sequence

import moocore
import numpy as np
import numpy.typing as npt

from pareto_search.fronts.configurations import Configuration

Array = npt.NDArray[np.float64]

DRAWS = 2000
"""Draws of all true means: a probability is known to 0.011 (one standard error) or better."""
_CLEAR = 8.0
"""Dominated by so many standard errors of a difference, on every objective: never on the front,
where the covariance is known to `_KNOWN_WELL` degrees of freedom."""
_KNOWN_WELL = 30


def membership(found: Sequence[Configuration], draws: int = DRAWS, seed: int = 0) -> Array | None:
    """Probability of each of `found` (N) that its true mean is on the front of all true means.

    None where no configuration was repeated: nothing is known of the luck of seeds then. See
    `membership_probability` for what is assumed.
    """
    counts = np.asarray([len(configuration.losses) for configuration in found], dtype=np.int64)
    freedom = int((counts - 1).sum())
    if not freedom:
        return None
    means = np.asarray([configuration.losses.mean(axis=0) for configuration in found])
    pairs = zip(found, means, strict=True)
    residuals = np.concatenate([configuration.losses - mean for configuration, mean in pairs])
    covariance = residuals.T @ residuals / freedom
    return membership_probability(means, covariance, counts, freedom, draws, seed)


def membership_probability(
    means: Array,
    covariance: Array,
    counts: npt.NDArray[np.int64],
    freedom: float,
    draws: int = DRAWS,
    seed: int = 0,
) -> Array:
    """Probability that each row of `means` (N x M losses) is nondominated among the true means.

    A parametric bootstrap: `draws` times, every true mean is drawn around the observed one, and
    the front of the drawn means is taken. The runs of a configuration are taken to scatter
    normally and alike in all of them, with the pooled `covariance` (M x M) of one run, known to
    `freedom` degrees of freedom; the mean of configuration i, of `counts[i]` runs (N), scatters
    with a `counts[i]`-th of it. A draw is Student's t then (the posterior under the prior that
    is uniform in the mean and in the logarithm of the scale; Gelman et al., *Bayesian Data
    Analysis*, 3rd ed., section 3.2), normal where `freedom` is infinite.

    Seeds are common to all configurations, which makes their differences surer than is assumed
    here: true probabilities lie nearer to 0 and 1.
    """
    generator = np.random.default_rng(seed)
    rivals = np.ones(len(means), dtype=bool)
    if freedom >= _KNOWN_WELL:
        rivals = ~_is_hopeless(means, covariance, counts)
    kept = means[rivals]
    root = _root(covariance)
    probability = np.zeros(len(means))
    hits = np.zeros(len(kept))
    for _ in range(draws):
        luck = generator.standard_normal(kept.shape) @ root.T
        scale = np.sqrt(freedom / generator.chisquare(freedom)) if np.isfinite(freedom) else 1.0
        drawn = kept + scale * luck / np.sqrt(counts[rivals])[:, None]
        hits += moocore.is_nondominated(drawn, keep_weakly=True)
    probability[rivals] = hits / draws
    return probability


def _is_hopeless(
    means: Array, covariance: Array, counts: npt.NDArray[np.int64]
) -> npt.NDArray[np.bool_]:
    """Which rows one other dominates so clearly that no draw would put them on the front."""
    variance = np.diag(covariance)
    hopeless = np.zeros(len(means), dtype=bool)
    for row in np.flatnonzero(moocore.is_nondominated(means, keep_weakly=True)):
        error = np.sqrt(variance * (1 / counts[row] + 1 / counts)[:, None])
        hopeless |= (means - means[row] > _CLEAR * error).all(axis=1)
    return hopeless


def _root(covariance: Array) -> Array:
    """A matrix A with A A^T = `covariance`, which may be singular (an objective without luck)."""
    values, vectors = np.linalg.eigh(covariance)
    root: Array = vectors * np.sqrt(np.maximum(values, 0.0))
    return root
