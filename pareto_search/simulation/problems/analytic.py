"""ZDT, DTLZ, WFG and MW: pymoo's own functions, as problems to simulate.

Zitzler, Deb and Thiele (2000), doi:10.1162/106365600568202; Deb, Thiele, Laumanns and Zitzler
(2005), doi:10.1007/1-84628-137-7_6; Huband, Hingston, Barone and While (2006),
doi:10.1109/TEVC.2005.861417; Ma and Wang (2019), doi:10.1109/TEVC.2019.2896967.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt
from pymoo.core.problem import Problem
from pymoo.problems import get_problem

from pareto_search.objective import Objective
from pareto_search.simulation.problems.durations import Lognormal
from pareto_search.space import Float, Int, Point, Space

Values = npt.NDArray[np.float64]

FAMILIES: Mapping[str, int] = {"zdt": 6, "dtlz": 7, "wfg": 9, "mw": 14}
"""How many problems each family has: zdt1, ..., zdt6, and so on."""
NAMES = tuple(f"{family}{n}" for family, most in FAMILIES.items() for n in range(1, most + 1))

_THREE = ("mw4", "mw8", "mw14")
"""The problems of MW that have three objectives by default, as pymoo gives them."""
_NADIRS: Mapping[str, tuple[float, ...]] = {
    "dtlz1": (0.5,),
    "mw6": (1.1, 1.1),
    "mw7": (1.16, 1.16),
    "mw10": (1.0, 1.14),
    "mw11": (1.58, 2.04),
    "mw13": (1.5, 4.0),
    "mw14": (1.5, 1.5, 5.0),
}


@dataclass(frozen=True)
class AnalyticProblem:
    """The problem of that `name` with D = `dimension` parameters and M = `num_objectives`.

    Its losses are ``f0``, ``f1``, ...; a constraint of MW is reported as ``c0``, ... and kept
    where it is at most 0. Parameters are ``x0``, ..., as pymoo bounds them. ZDT5's strings of
    bits are whole numbers here, of bits that are set: nothing else of them counts. Each trial takes
    what `durations` draws. The true hypervolume is in `true_fronts`.
    """

    name: str
    dimension: int
    num_objectives: int
    reference: tuple[float, ...]
    durations: Lognormal = field(default_factory=Lognormal)
    steps: int = 1

    @cached_property
    def space(self) -> Space:
        """D parameters, real but for ZDT5."""
        if self.name == "zdt5":
            bits = [30] + [5] * (self.dimension - 1)
            return {f"x{n}": Int(type="int", low=0, high=most) for n, most in enumerate(bits)}
        bounds = zip(self.pymoo.xl, self.pymoo.xu, strict=True)
        return {
            f"x{n}": Float(type="float", low=float(low), high=float(high))
            for n, (low, high) in enumerate(bounds)
        }

    @cached_property
    def objectives(self) -> tuple[Objective, ...]:
        """M losses."""
        return tuple(
            Objective(name=f"f{n}", reference=value) for n, value in enumerate(self.reference)
        )

    @cached_property
    def constraints(self) -> tuple[str, ...]:
        """One for each inequality of MW."""
        return tuple(f"c{n} <= 0" for n in range(self.pymoo.n_ieq_constr))

    @cached_property
    def pymoo(self) -> Problem:
        """The same problem as pymoo has it."""
        return _pymoo(self.name, self.dimension, self.num_objectives)

    def evaluate(self, point: Point, step: int, seed: int) -> dict[str, float]:  # noqa: ARG002
        """Losses and constraints at `point`; without noise."""
        genes = [float(point[f"x{n}"]) for n in range(self.dimension)]
        row = np.asarray([_bits(genes) if self.name == "zdt5" else genes])
        with np.errstate(invalid="ignore", divide="ignore"):
            losses, violations = self.pymoo.evaluate(row, return_values_of=["F", "G"])
            if np.isnan(losses).any():  # sqrt(1 - 1) of MW5, 6, 7 and 11, rounded below 0
                inside = row * (1 - 1e-12)
                losses, violations = self.pymoo.evaluate(inside, return_values_of=["F", "G"])
        metrics = {f"f{n}": float(value) for n, value in enumerate(losses[0])}
        return metrics | {f"c{n}": float(value) for n, value in enumerate(violations[0])}

    def duration_s(self, point: Point, step: int, seed: int) -> float:  # noqa: ARG002
        """The drawn duration of the whole trial."""
        return self.durations.whole_s(seed)


def make_analytic(
    name: str,
    dimension: int | None = None,
    num_objectives: int | None = None,
    *,
    reference: tuple[float, ...] | None = None,
    durations: Lognormal | None = None,
) -> AnalyticProblem:
    """The analytic problem of `name`, one of `NAMES`.

    `dimension` is 10 by default (11 of ZDT5, 15 of MW); `num_objectives` is 2, but 3 of MW4, MW8
    and MW14; only DTLZ and WFG let it be chosen. `reference` is 1.1 times the worst value of each
    objective on the front by default.

    >>> make_analytic("zdt1").evaluate({f"x{n}": 0.0 for n in range(10)}, 1, seed=0)
    {'f0': 0.0, 'f1': 1.0}

    Raises:
        ValueError: no problem has that name, or it cannot have that form.
    """
    if name not in NAMES:
        raise ValueError(f"A problem should be one of {', '.join(NAMES)}. Found `{name}`.")
    fixed = 3 if name in _THREE else 2
    if num_objectives not in (None, fixed) and name.startswith(("zdt", "mw")):
        raise ValueError(
            f"`{name}` should have {fixed} objectives. Found `num_objectives = {num_objectives}`."
        )
    num_objectives = num_objectives or fixed
    if reference is not None and len(reference) != num_objectives:
        raise ValueError(
            f"`reference` should have {num_objectives} numbers. Found `reference = {reference}`."
        )
    return AnalyticProblem(
        name,
        dimension or {"zdt5": 11}.get(name, 15 if name.startswith("mw") else 10),
        num_objectives,
        reference or tuple(1.1 * worst for worst in _nadir(name, num_objectives)),
        durations or Lognormal(),
    )


def _nadir(name: str, num_objectives: int) -> tuple[float, ...]:
    """The worst value of each objective on the front, or a round number a little above it."""
    if name.startswith("wfg"):
        return tuple(2.0 * n for n in range(1, num_objectives + 1))
    if name == "dtlz7":
        return (1.0,) * (num_objectives - 1) + (2.0 * num_objectives,)
    worst = _NADIRS.get(name, (1.0,))
    return worst if len(worst) == num_objectives else worst * num_objectives


def _pymoo(name: str, dimension: int, num_objectives: int) -> Problem:
    if name == "zdt5":
        return get_problem(name, m=dimension)
    if name.startswith("zdt") or (name.startswith("mw") and name not in _THREE):
        return get_problem(name, n_var=dimension)
    return get_problem(name, n_var=dimension, n_obj=num_objectives)


def _bits(counts: list[float]) -> list[float]:
    """Strings of ZDT5 in which the given number of bits is set: one of 30, the others of 5."""
    lengths = [30] + [5] * (len(counts) - 1)
    return [
        float(place < count)
        for count, length in zip(counts, lengths, strict=True)
        for place in range(length)
    ]
