"""Expected improvement of the front, times the chance that every constraint is kept.

The chance: Gardner et al. (2014), proceedings.mlr.press/v32/gardner14. Running trials are believed
to turn out as predicted: Ginsbourger, Le Riche and Carraro (2010),
doi:10.1007/978-3-642-10701-6_6.
"""

import numpy as np
import torch
from optuna._gp import acqf, gp
from optuna._gp.qmc import sample_from_normal_sobol

from pareto_search.searchers.gp_gains import make_gain
from pareto_search.searchers.gp_model import Evidence, FullSpace, Matrix, fitted, standardised

SAMPLES = 128
"""Quasi-random samples of the posterior, as in BoTorch."""

AT_ONCE = 64
"""Points that are judged together: with more of them their samples outgrow the caches."""

MOST_RUNNING = 64
"""Running trials that are believed: the newest."""

_LEAST = 1e-12
"""Variances are at least this, for the sake of gradients."""


class Acquisition(acqf.BaseAcquisitionFunc):
    """Holds processes of scores (losses, standardised and negative) and of constraints, and a gain.

    There is no gain where no trial keeps the constraints, and then the chance to keep them is all
    that counts.
    """

    def __init__(self, space: FullSpace, evidence: Evidence, seed: int) -> None:
        scores, _, _ = standardised(-evidence.losses)
        self._space = space
        self._processes = [fitted(space, evidence.rows, column) for column in scores.T]
        self._chances = _chances(space, evidence)
        self._normal = sample_from_normal_sobol(scores.shape[1], SAMPLES, seed)
        known = scores[evidence.is_kept]
        self._gain = None
        if len(known):
            self._gain = make_gain(known, self._believe(evidence.running), seed)
        lengths = np.mean([process.length_scales for process in self._processes], axis=0)
        super().__init__(lengths, space.search_space)

    def eval_acqf(self, x: torch.Tensor) -> torch.Tensor:
        """The logarithm at each of `x` (... x D)."""
        x = self._space.pad(x)
        value = x.new_zeros(x.shape[:-1])
        for chance in self._chances:
            value = value + chance.eval_acqf(x)
        if self._gain is None:
            return value
        outcomes = []
        for place, process in enumerate(self._processes):
            mean, variance = process.posterior(x)
            deviation = torch.sqrt(variance + _LEAST).unsqueeze(-1)
            outcomes.append(mean.unsqueeze(-1) + deviation * self._normal[..., place])
        return value + self._gain(torch.stack(outcomes, dim=-1))

    def eval_acqf_no_grad(self, x: Matrix) -> Matrix:
        """The logarithm at each of `x` (D or N x D), the same as `eval_acqf`'s."""
        if x.ndim == 1:
            return super().eval_acqf_no_grad(x)
        parts = np.array_split(x, max(1, -(-len(x) // AT_ONCE)))
        return np.concatenate([super(Acquisition, self).eval_acqf_no_grad(part) for part in parts])

    def _believe(self, running: Matrix) -> Matrix:
        """The predicted scores at `running` (R x D), which the processes learn; R x M."""
        rows = torch.from_numpy(running[-MOST_RUNNING:])
        if not len(rows):
            return np.empty((0, len(self._processes)))
        with torch.no_grad():
            means = [process.posterior(rows)[0] for process in self._processes]
            for process, mean in zip(self._processes, means, strict=True):
                process.append_running_data(rows, mean)
        return torch.stack(means, dim=-1).numpy()


def _chances(space: FullSpace, evidence: Evidence) -> list[acqf.LogPI]:
    """For each constraint, and for completing where some did not, the chance to keep it."""
    columns = [(evidence.rows, -_finite(column)) for column in evidence.violations.T]
    if not evidence.completed.all():
        columns.append((evidence.ended, np.where(evidence.completed, 1.0, -1.0)))
    found = []
    for rows, kept in columns:
        scores, mean, deviation = standardised(kept[:, None])
        process: gp.GPRegressor = fitted(space, rows, scores[:, 0])
        found.append(acqf.LogPI(process, space.search_space, float(-mean[0] / deviation[0])))
    return found


def _finite(violations: Matrix) -> Matrix:
    """Infinite ones (a metric that was not reported) are as bad as the worst measured, at least 1.

    Where a constraint is kept without bound, it is kept as well as the best measured.
    """
    known = violations[np.isfinite(violations)]
    return np.clip(violations, known.min(initial=-1.0), known.max(initial=1.0))
