"""How trials scatter with their seeds, learned from repeated ones, and drawing other luck."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from pareto_search.fronts.configurations import Configuration

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Luck:
    """The runs of a configuration scatter normally with `covariance` (M x M), alike in all of them.

    That is known to `freedom` degrees of freedom, which may be infinite.
    """

    covariance: Array
    freedom: float

    def draw(
        self, means: Array, counts: npt.NDArray[np.int64], generator: np.random.Generator
    ) -> Array:
        """True means (N x M) as they may be behind the observed `means`, of `counts` (N) runs each.

        Student's t around them: the posterior under the prior that is uniform in the mean and in
        the logarithm of the scale; Gelman et al., *Bayesian Data Analysis*, 3rd ed., section 3.2.
        Normal where `freedom` is infinite.
        """
        luck = generator.standard_normal(means.shape) @ self._root.T
        scale = 1.0
        if np.isfinite(self.freedom):
            scale = np.sqrt(self.freedom / generator.chisquare(self.freedom))
        drawn: Array = means + scale * luck / np.sqrt(counts)[:, None]
        return drawn

    @cached_property
    def _root(self) -> Array:
        """A matrix A with A A^T = `covariance`, singular where an objective has no luck."""
        values, vectors = np.linalg.eigh(self.covariance)
        root: Array = vectors * np.sqrt(np.maximum(values, 0.0))
        return root


def pooled_luck(found: Sequence[Configuration]) -> Luck | None:
    """What the repeated ones among `found` tell of luck; None where none was repeated."""
    freedom = sum(len(configuration.losses) - 1 for configuration in found)
    if not freedom:
        return None
    residuals = np.concatenate([one.losses - one.losses.mean(axis=0) for one in found])
    return Luck(residuals.T @ residuals / freedom, freedom)
