"""Gaussian processes of losses and constraints, from the parts of Optuna's GPSampler.

Each objective has a process of its own, fitted to the complete trials only. Optuna's sampler itself
cannot be used: it fits the objectives to infeasible trials too, so whatever value stood for a
missing one would be learned.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from optuna._gp import gp, prior
from optuna._gp.search_space import SearchSpace
from optuna.distributions import BaseDistribution

Matrix = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Evidence:
    """What is known: N complete trials, and all that tell where trials complete at all.

    `rows` (N x D) and `losses` (N x M); `violations` (N x K) of the constraints on metrics;
    `ended` (T x D) with `completed` (T) for every trial that ended by its own doing; `running`
    (R x D). D numbers a row, normalised as Optuna does.
    """

    rows: Matrix
    losses: Matrix
    violations: Matrix
    ended: Matrix
    completed: npt.NDArray[np.bool_]
    running: Matrix

    @property
    def is_kept(self) -> npt.NDArray[np.bool_]:
        """Which of the complete trials keep every constraint on metrics (N)."""
        return np.asarray((self.violations <= 0).all(axis=1))


class FullSpace:
    """A space without conditions, whose inactive parameters lie at a value of their own.

    `needs` says of a parameter (column) what another (column) has to be for it to be active.
    """

    def __init__(
        self,
        distributions: dict[str, BaseDistribution],
        padding: Matrix,
        needs: Sequence[tuple[int, Sequence[tuple[int, Matrix]]]],
    ) -> None:
        self.search_space = SearchSpace(distributions)
        self._padding = padding
        self._needs = needs

    def pad(self, x: torch.Tensor) -> torch.Tensor:
        """`x` (... x D) with its inactive parameters at their padding."""
        if not self._needs:
            return x
        columns = list(x.unbind(-1))
        is_active = [torch.ones_like(column) for column in columns]
        for place, conditions in self._needs:
            for parent, wanted in conditions:
                near = (columns[parent].unsqueeze(-1) - torch.from_numpy(wanted)).abs() < 1e-9
                is_active[place] = is_active[place] * near.any(-1) * is_active[parent]
        padding = torch.from_numpy(self._padding)
        mask = torch.stack(is_active, dim=-1)
        return x * mask + padding * (1 - mask)


def fitted(space: FullSpace, rows: Matrix, values: Matrix) -> gp.GPRegressor:
    """The process of `values` (N) at `rows` (N x D), at the most probable of its parameters."""
    return gp.fit_kernel_params(
        X=rows,
        Y=values,
        is_categorical=space.search_space.is_categorical,
        log_prior=_log_prior,
        minimum_noise=prior.DEFAULT_MINIMUM_NOISE_VAR,
        deterministic_objective=False,
    )


def standardised(values: Matrix) -> tuple[Matrix, Matrix, Matrix]:
    """`values` (N x M) with mean 0 and deviation 1, then both (M)."""
    mean, deviation = values.mean(axis=0), np.maximum(values.std(axis=0), 1e-10)
    return (values - mean) / deviation, mean, deviation


def _log_prior(process: gp.GPRegressor) -> torch.Tensor:
    """Length scales are lognormal about a median that grows with the root of their number.

    Hvarfner, Hellsten and Nardi (2024), arXiv:2402.02229. Optuna's prior all but excludes lengths
    below a tenth of the range, which losses with several optima in one parameter need.
    """
    lengths = -0.5 * torch.log(process.inverse_squared_lengthscales)
    median = math.sqrt(2) + 0.5 * math.log(len(lengths))
    noise = 0.1 * torch.log(process.noise_var) - 30 * process.noise_var
    scale = torch.log(process.kernel_scale) - process.kernel_scale
    return noise + scale - ((lengths - median).square() / (2 * 3)).sum()
