"""How likely a point is to complete, learned from those that did and those that could not.

Infeasible trials (out of memory, divergence) have no losses, so no searcher can rank them. What
they teach is where not to go: the chance that a point completes, by Gaussian-process regression on
labels +1 and -1 through a probit link ("least-squares classification", Rasmussen and Williams
2006, section 6.5, gaussianprocess.org/gpml). As in constrained Bayesian optimisation (Gardner et
al. 2014, proceedings.mlr.press/v32/gardner14) it is kept apart from the losses.

A searcher drawn to the edge picks the points of which the model is wrongly sure. So how sure it
has to be follows from how often it was wrong, as in adaptive conformal inference (Gibbs and
Candes 2021, arXiv:2106.00170): each failure asks for more, each completion for a little less.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy.linalg import cho_factor, cho_solve
from scipy.special import ndtr

from pareto_search.searchers.encoding import choice_index, to_unit
from pareto_search.space import Choice, Parameter, Point, Space

Row = npt.NDArray[np.float64]

NEAREST = 128
"""Outcomes that are asked: those nearest to the point."""

LENGTH = 0.17
"""Length scale for one free parameter, in units; it grows with the root of their number."""

NOISE = 0.1
"""Variance of a label: an outcome may be chance."""

OPTIMISM = 0.5
"""Mean of a label before anything is known: most points complete."""


LEAST_CAUTION, MOST_CAUTION = 0.67, 2.5
"""How sure of completing a point has to be, in standard deviations: chances of 0.75 and 0.99."""

STEP = 0.4
"""How far one outcome moves the caution, in standard deviations."""

TOLERATED = 0.08
"""Part of the trials that may fail without more caution."""


class Feasibility:
    """Holds the outcomes (each point as a row of numbers, whether it completed) and the caution."""

    def __init__(self, space: Space) -> None:
        self._space = space
        self._rows: list[Row] = []
        self._labels: list[float] = []
        self._has_failed = False
        self._caution = LEAST_CAUTION

    @property
    def enough(self) -> float:
        """The chance to complete that a point should have, from 0.75 to 0.99."""
        return float(ndtr(self._caution))

    def add(self, point: Point, *, is_feasible: bool) -> None:
        """`point` completed, or was found infeasible."""
        self._rows.append(_row(self._space, point))
        self._labels.append(1.0 if is_feasible else -1.0)
        self._has_failed |= not is_feasible
        moved = self._caution + STEP * ((not is_feasible) - TOLERATED)
        self._caution = min(max(moved, LEAST_CAUTION), MOST_CAUTION)

    def chance(self, point: Point) -> float:
        """The probability that `point` completes; 1 as long as every outcome did."""
        return float(self.chances([point])[0])

    def chances(self, points: Sequence[Point]) -> Row:
        """The probability of each of `points` (K) to complete; 1 as long as every outcome did.

        Where there are many outcomes, those nearest to any of the points are asked.
        """
        if not self._has_failed:
            return np.ones(len(points))
        at = np.array([_row(self._space, point) for point in points])
        rows, labels = np.array(self._rows), np.array(self._labels)
        near = np.argsort(_squared(at, rows).min(axis=0), kind="stable")[:NEAREST]
        rows, labels = rows[near], labels[near]
        length = LENGTH * np.sqrt(len(self._space))
        factor = cho_factor(_kernel(rows, rows, length) + NOISE * np.eye(len(rows)), lower=True)
        across = _kernel(at, rows, length)
        mean = OPTIMISM + across @ cho_solve(factor, labels - OPTIMISM)
        own = 1.0 + (at**2).sum(axis=1)
        variance = own - (across * cho_solve(factor, across.T).T).sum(axis=1)
        return np.asarray(ndtr(mean / np.sqrt(np.maximum(variance, 0.0) + NOISE)))


def _kernel(a: Row, b: Row, length: float) -> Row:
    """A squared exponential plus a plane, since a limit is mostly passed in one direction.

    `a` is N x D, `b` K x D, the result N x K.
    """
    return np.asarray(np.exp(-_squared(a, b) / (2 * length**2)) + a @ b.T)


def _squared(a: Row, b: Row) -> Row:
    return np.asarray(((a[:, None] - b[None]) ** 2).sum(axis=-1))


def _row(space: Space, point: Point) -> Row:
    """`point` about the centre of the unit cube: inactive numbers 0, a choice one of its places."""
    parts = [_entries(parameter, point, key) for key, parameter in space.items()]
    return np.array([entry for part in parts for entry in part])


def _entries(parameter: Parameter, point: Point, key: str) -> list[float]:
    if not isinstance(parameter, Choice):
        return [to_unit(parameter, point[key]) - 0.5 if key in point else 0.0]
    entries = [0.0] * len(parameter.values)
    if key in point:
        entries[choice_index(parameter, point[key])] = np.sqrt(0.5)  # two differ by 1
    return entries
