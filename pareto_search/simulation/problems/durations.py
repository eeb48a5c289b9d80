"""How long trials take where the problem itself does not say."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class Lognormal:
    """Whole trials of ``median_s * exp(sigma * normal)`` seconds, each drawn from its own seed.

    With `sigma` 0 every trial takes `median_s`. Training times of one network over a space of
    parameters are about `sigma` 0.3 to 0.7.

    >>> Lognormal(60.0, sigma=0.0).whole_s(seed=3)
    60.0
    """

    median_s: float = 60.0
    sigma: float = 0.3

    def __post_init__(self) -> None:
        if not (self.median_s > 0 and self.sigma >= 0):
            raise ValueError(
                "`median_s` should be above 0 and `sigma` at least 0. "
                f"Found `median_s = {self.median_s}` and `sigma = {self.sigma}`."
            )

    def whole_s(self, seed: int) -> float:
        """Seconds of the whole trial of `seed`."""
        normal = np.random.default_rng(np.random.SeedSequence([seed, 0x5EC])).standard_normal()
        return float(self.median_s * np.exp(self.sigma * normal))
