"""The points where an acquisition function is largest."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from itertools import chain

import numpy as np
import torch
from moocore import is_nondominated
from optuna._gp import optim_mixed
from optuna._gp.search_space import SearchSpace

from pareto_search.searchers.gp_acquisition import Acquisition
from pareto_search.searchers.gp_model import Evidence, FullSpace, Matrix
from pareto_search.searchers.optuna_study import quiet

PRELIMINARY = 1024
"""Points of a Sobol set, and as many about the front, at which the acquisition is looked at."""

LOCAL_SEARCHES = 10
"""Starts of the acquisition's optimisation, half of them about the front."""

NEAREST, NEAR, FAR = 1e-3, 0.1, 0.3
"""Deviations, in units, of points about others: each has one between the first and, in the vicinity
of the front, the second; as a start in the whole space, the third. By its logarithm."""

NEAR_SHARE = 0.5
"""Of the proposals, how many are of the vicinity of the front: see experiments/LOG.md."""


def candidates(space: FullSpace, evidence: Evidence, seed: int) -> Iterator[Matrix]:
    """Rows to try, the best first: of the whole space, in half of the cases of a vicinity first.

    The whole space: the acquisition's optimum, then the best about it, the front, and anywhere.
    In many dimensions that is where least is known, at faces and corners, more often than where it
    is good; the vicinity of the front is what the processes know, as in trust regions (Daulton et
    al. 2022, arXiv:2109.10964). Whoever finds a row too risky takes the next that is not.
    Rows of trials come last: where nothing is gained any more, the best row is one of them.
    """
    generator = np.random.RandomState(seed)
    is_near = bool(len(front := _front_rows(evidence))) and generator.random_sample() < NEAR_SHARE
    with _on_one_core(), quiet():
        found = Acquisition(space, evidence, int(generator.randint(1 << 30)))
    seen = {_key(row) for row in (*evidence.ended, *evidence.running)}
    again = []
    near = _vicinity(found, front, generator) if is_near else iter(())
    for row in chain(near, _whole(found, front, generator)):
        if _key(row) in seen:
            again.append(row)
        else:
            yield row
    yield from again


def _key(row: Matrix) -> bytes:
    return np.round(row, 9).tobytes()


def _vicinity(
    found: Acquisition, front: Matrix, generator: np.random.RandomState
) -> Iterator[Matrix]:
    yield from _ranked(found, _near(found.search_space, front, 2 * PRELIMINARY, NEAR, generator))


def _whole(found: Acquisition, front: Matrix, generator: np.random.RandomState) -> Iterator[Matrix]:
    space = found.search_space
    near = _ranked(found, _near(space, front, PRELIMINARY, FAR, generator))
    unsure = np.errstate(invalid="ignore")  # 0 / 0 where only one start is good
    with _on_one_core(), quiet(), unsure:
        best, _ = optim_mixed.optimize_acqf_mixed(
            found,
            warmstart_normalized_params_array=near[: LOCAL_SEARCHES // 2],
            n_preliminary_samples=PRELIMINARY,
            n_local_search=LOCAL_SEARCHES,
            rng=generator,
        )
    yield best
    about = _near(space, best[None], PRELIMINARY, FAR, generator)
    anywhere = space.sample_normalized_params(PRELIMINARY, rng=generator)
    yield from _ranked(found, np.vstack([about, near, anywhere]))


def _ranked(found: Acquisition, rows: Matrix) -> Matrix:
    """`rows` (N x D), where the acquisition is largest first."""
    with _on_one_core():
        return rows[np.argsort(-found.eval_acqf_no_grad(rows), kind="stable")]


def _near(
    space: SearchSpace, rows: Matrix, count: int, farthest: float, generator: np.random.RandomState
) -> Matrix:
    """`count` rows about `rows` (N x D), some of whose columns differ; none where N is 0.

    Sets that fill a space have few points near its faces and edges, where optima often are; a step
    across a face ends on it. Categories change to any other.
    """
    if not len(rows):
        return np.empty((0, space.dim))
    start = rows[generator.randint(len(rows), size=count)]
    part = np.maximum(generator.random_sample((count, 1)), 1.5 / space.dim)
    exponents = generator.uniform(np.log(NEAREST), np.log(farthest), (count, 1))
    moved = (start + np.exp(exponents) * generator.normal(size=start.shape)).clip(0, 1)
    anywhere = space.sample_normalized_params(count, rng=generator)
    moved = np.where(space.is_categorical, anywhere, moved)
    choices = space.get_choices_of_discrete_params()
    for place, grid in zip(space.discrete_indices, choices, strict=True):
        nearest = np.abs(moved[:, place, None] - grid).argmin(axis=1)
        moved[:, place] = grid[nearest]
    return np.where(generator.random_sample(start.shape) < part, moved, start)


def _front_rows(evidence: Evidence) -> Matrix:
    """The rows on the front of those that keep the constraints."""
    kept = evidence.is_kept
    if not kept.any():
        return evidence.rows[:0]
    rows: Matrix = evidence.rows[kept][is_nondominated(evidence.losses[kept])]
    return rows


@contextmanager
def _on_one_core() -> Iterator[None]:
    """On the processor, also where the user's default device is another, and one thread of it.

    A proposal's arrays are small, and where trials keep the cores busy several threads wait for
    each other: half as long again on two busy cores, many times as long on busier ones.
    """
    threads = torch.get_num_threads()
    is_elsewhere = torch.get_default_device().type != "cpu"  # it costs time, so only there
    torch.set_num_threads(1)
    try:
        with torch.device("cpu") if is_elsewhere else nullcontext():
            yield
    finally:
        torch.set_num_threads(threads)
