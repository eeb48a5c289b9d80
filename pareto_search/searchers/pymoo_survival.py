"""Which trials of a population survive: one rule for each kind, made anew for each searcher.

NSGA-II: Deb, Pratap, Agarwal and Meyarivan (2002), doi:10.1109/4235.996017. NSGA-III: Deb and Jain
(2014), doi:10.1109/TEVC.2013.2281535. AGE-MOEA: Panichella (2019), doi:10.1145/3321707.3321839.
SMS-EMOA: Beume, Naujoks and Emmerich (2007), doi:10.1016/j.ejor.2006.08.008. R-NSGA-II: Deb and
Sundar (2006), doi:10.1145/1143997.1144112.
"""

import warnings

import numpy as np
import numpy.typing as npt
from pymoo.algorithms.moo.nsga3 import ReferenceDirectionSurvival
from pymoo.algorithms.moo.rnsga2 import RankAndModifiedCrowdingSurvival
from pymoo.algorithms.moo.sms import LeastHypervolumeContributionSurvival
from pymoo.core.individual import Individual
from pymoo.core.population import Population
from pymoo.core.problem import Problem
from pymoo.core.survival import Survival
from pymoo.operators.survival.rank_and_crowding import RankAndCrowding

from pareto_search.errors import Problem as Finding
from pareto_search.errors import RecipeError
from pareto_search.searchers.problem import SearchProblem
from pareto_search.searchers.pymoo_directions import reference_directions
from pareto_search.searchers.pymoo_mating import Tournament
from pareto_search.searchers.pymoo_population import Judge, loss_units, valued


class SurvivalRule:
    """Holds the rule of `kind`, the size of a population, its judge and its tournament.

    What the rule itself remembers (NSGA-III: the ideal point and the extremes) follows from the
    order of its calls.
    """

    def __init__(self, kind: str, size: int, problem: SearchProblem) -> None:
        self._size = size
        self._survival = _make_survival(kind, size, problem)
        self._tournament = Tournament(kind)
        self._judge = Judge(problem.num_constraints)
        # every trial may turn out infeasible, whether constraints are declared or not
        self._problem = Problem(n_obj=problem.num_objectives, n_ieq_constr=1)

    def survivors(
        self, population: Population, newcomers: Population, generator: np.random.Generator
    ) -> Population:
        """The best of `population` and `newcomers`, at most the size of a population."""
        merged = Population.merge(population, newcomers)
        merged.set("rank", np.inf, "crowding", 0.0)
        self._judge.judge(merged)
        with warnings.catch_warnings(), np.errstate(divide="ignore", invalid="ignore"):
            # NSGA-III switches warnings off for everybody; a flat front has no width to divide by
            return self._survival.do(
                self._problem,
                merged,
                n_survive=self._size,
                random_state=generator,
                **_bounds(self._survival, population),
            )

    def parents(
        self, _: int, population: Population, generator: np.random.Generator
    ) -> list[Individual]:
        """Two of `population`, each the winner of a tournament among those with values."""
        return self._tournament.pair(valued(population), generator)


def _make_survival(kind: str, size: int, problem: SearchProblem) -> Survival:
    if kind == "nsga3":
        return ReferenceDirectionSurvival(reference_directions(size, problem.num_objectives))
    if kind == "smsemoa":
        return LeastHypervolumeContributionSurvival()
    if kind == "agemoea":
        return _adaptive_geometry()
    if kind == "rnsga2":
        points = np.asarray(problem.aspiration, dtype=np.float64) / loss_units(problem)
        return RankAndModifiedCrowdingSurvival(points, 0.001, None, "front", False)
    return RankAndCrowding()


def _adaptive_geometry() -> Survival:
    try:
        import numba  # noqa: F401  pymoo raises a bare Exception without it
    except ImportError as error:
        raise RecipeError(
            [
                Finding(
                    key="searcher.kind",
                    rule="`agemoea` should have numba installed.",
                    found="Found none.",
                    hint="Install it with `pip install 'pareto-search[agemoea]'`.",
                )
            ]
        ) from error
    from pymoo.algorithms.moo.age import AGEMOEASurvival

    return AGEMOEASurvival()


def _bounds(survival: Survival, population: Population) -> dict[str, npt.NDArray[np.float64]]:
    """What SMS-EMOA scales losses by: the range of the population before the newcomers, M each."""
    known = valued(population)
    if not isinstance(survival, LeastHypervolumeContributionSurvival) or len(known) == 0:
        return {}
    low, high = known.get("F").min(axis=0), known.get("F").max(axis=0)
    return {"ideal": low, "nadir": np.where(high > low, high, low + 1.0)}
