"""Expected hypervolume improvement under Gaussian processes, from the parts of Optuna's GPSampler.

Each objective has a process of its own, fitted to the complete trials only; running trials are
integrated out. Daulton, Balandat and Bakshy (2020), arXiv:2006.05078, in the logarithm of Ament et
al. (2023), arXiv:2310.20708, times the chance that every constraint is kept, Gardner et al. (2014),
proceedings.mlr.press/v32/gardner14. Optuna's sampler itself cannot be used: it fits the objectives
to infeasible trials too, so whatever value stood for a missing one would be learned.
"""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from moocore import is_nondominated
from optuna._gp import acqf, gp, optim_mixed, prior
from optuna._gp.search_space import SearchSpace
from optuna.distributions import BaseDistribution

from pareto_search.searchers.optuna_study import quiet

Matrix = npt.NDArray[np.float64]

SAMPLES = 128
"""Quasi-random samples of the posterior, as in BoTorch."""

PRELIMINARY = 1024
"""Points of a Sobol set at which the acquisition is looked at first."""

LOCAL_SEARCHES = 10
"""Starts of the acquisition's optimisation, half of them on the front."""

NEARBY = 0.1
"""Standard deviation, in units, of the points about the optimum."""

MOST_RUNNING = 16
"""Running trials that are integrated out: the newest. Each makes a proposal slower."""


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


def candidates(space: FullSpace, evidence: Evidence, seed: int) -> Iterator[Matrix]:
    """Rows to try, the best first: the optimum, then the best about it and of a Sobol set.

    Whoever finds the optimum too risky takes the next best that is not.
    """
    generator = np.random.RandomState(seed)
    with _on_cpu(), quiet():
        found = _Padded(space, _acquisition(space, evidence, generator))
        best, _ = optim_mixed.optimize_acqf_mixed(
            found,
            warmstart_normalized_params_array=_front_rows(evidence, generator),
            n_preliminary_samples=PRELIMINARY,
            n_local_search=LOCAL_SEARCHES,
            rng=generator,
        )
    yield best
    with _on_cpu():
        rows = space.search_space.sample_normalized_params(PRELIMINARY, rng=generator)
        is_number = ~space.search_space.is_categorical
        about = np.tile(best, (PRELIMINARY, 1))
        about[:, is_number] += generator.normal(0, NEARBY, (PRELIMINARY, int(is_number.sum())))
        about[:, is_number] = about[:, is_number].clip(0, 1)
        rows = np.vstack([rows, about])
        order = np.argsort(-found.eval_acqf_no_grad(rows), kind="stable")
    yield from rows[order]


class _Padded(acqf.BaseAcquisitionFunc):
    """An acquisition function of points whose inactive parameters say nothing."""

    def __init__(self, space: FullSpace, inner: acqf.BaseAcquisitionFunc) -> None:
        super().__init__(inner.length_scales, space.search_space)
        self._space = space
        self._inner = inner

    def eval_acqf(self, x: torch.Tensor) -> torch.Tensor:
        return self._inner.eval_acqf(self._space.pad(x))


def _acquisition(
    space: FullSpace, evidence: Evidence, generator: np.random.RandomState
) -> acqf.BaseAcquisitionFunc:
    scores, _, _ = _standardised(-evidence.losses)
    is_kept = (evidence.violations <= 0).all(axis=1)
    arguments: dict[str, Any] = {
        "gpr_list": [_fitted(space, evidence.rows, column) for column in scores.T],
        "search_space": space.search_space,
        "n_qmc_samples": SAMPLES,
        "qmc_seed": int(generator.randint(1 << 30)),
    }
    running = evidence.running[-MOST_RUNNING:]
    if len(running):
        arguments["normalized_params_of_running_trials"] = running
    processes, thresholds = _constraints(space, evidence)
    if not processes:
        kind = acqf.qLogEHVI if len(running) else acqf.LogEHVI
        return kind(**arguments, Y_train=torch.from_numpy(scores))
    constrained = acqf.qLogCEHVI if len(running) else acqf.LogCEHVI
    return constrained(
        **arguments,
        Y_feasible=torch.from_numpy(scores[is_kept]) if is_kept.any() else None,
        constraints_gpr_list=processes,
        constraints_threshold_list=thresholds,
    )


def _constraints(space: FullSpace, evidence: Evidence) -> tuple[list[gp.GPRegressor], list[float]]:
    """A process for each constraint and one for completing; each should exceed its threshold."""
    columns = [(evidence.rows, -_finite(column)) for column in evidence.violations.T]
    if not evidence.completed.all():
        columns.append((evidence.ended, np.where(evidence.completed, 1.0, -1.0)))
    processes, thresholds = [], []
    for rows, kept in columns:
        standardised, mean, deviation = _standardised(kept[:, None])
        processes.append(_fitted(space, rows, standardised[:, 0]))
        thresholds.append(float(-mean[0] / deviation[0]))
    return processes, thresholds


def _fitted(space: FullSpace, rows: Matrix, values: Matrix) -> gp.GPRegressor:
    return gp.fit_kernel_params(
        X=rows,
        Y=values,
        is_categorical=space.search_space.is_categorical,
        log_prior=prior.default_log_prior,
        minimum_noise=prior.DEFAULT_MINIMUM_NOISE_VAR,
        deterministic_objective=False,
    )


def _on_cpu() -> AbstractContextManager[object]:
    """Where the user's default device is another, the processor; it costs time, so only there."""
    return nullcontext() if torch.get_default_device().type == "cpu" else torch.device("cpu")


def _front_rows(evidence: Evidence, generator: np.random.RandomState) -> Matrix:
    """Some of the rows on the front of those that keep the constraints."""
    kept = np.flatnonzero((evidence.violations <= 0).all(axis=1))
    front = kept[is_nondominated(evidence.losses[kept])] if len(kept) else kept
    chosen = generator.choice(len(front), min(LOCAL_SEARCHES // 2, len(front)), replace=False)
    return evidence.rows[front[chosen]]


def _standardised(values: Matrix) -> tuple[Matrix, Matrix, Matrix]:
    mean, deviation = values.mean(axis=0), np.maximum(values.std(axis=0), 1e-10)
    return (values - mean) / deviation, mean, deviation


def _finite(violations: Matrix) -> Matrix:
    """Infinite ones (a metric that was not reported) are as bad as the worst measured, at least 1.

    Where a constraint is kept without bound, it is kept as well as the best measured.
    """
    known = violations[np.isfinite(violations)]
    return np.clip(violations, known.min(initial=-1.0), known.max(initial=1.0))
