"""How probable it is that a configuration is on the front of what was found, seeds being luck."""

from collections.abc import Sequence

import moocore
import numpy as np
import numpy.typing as npt

from pareto_search.fronts.configurations import Configuration
from pareto_search.fronts.luck import Luck, pooled_luck

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
    luck = pooled_luck(found)
    if luck is None:
        return None
    counts = np.asarray([len(configuration.losses) for configuration in found], dtype=np.int64)
    means = np.asarray([configuration.losses.mean(axis=0) for configuration in found])
    return membership_probability(means, luck.covariance, counts, luck.freedom, draws, seed)


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
    with a `counts[i]`-th of it, see `Luck.draw`.

    Seeds are common to all configurations, which makes their differences surer than is assumed
    here: true probabilities lie nearer to 0 and 1.
    """
    generator = np.random.default_rng(seed)
    rivals = np.ones(len(means), dtype=bool)
    if freedom >= _KNOWN_WELL:
        rivals = ~_is_hopeless(means, covariance, counts)
    kept, luck = means[rivals], Luck(covariance, freedom)
    probability = np.zeros(len(means))
    hits = np.zeros(len(kept))
    for _ in range(draws):
        drawn = luck.draw(kept, counts[rivals], generator)
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
