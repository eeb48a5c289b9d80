"""Who survives: as pymoo's own algorithms decide, and as the definitions say."""

import subprocess
import sys
from itertools import count
from pathlib import Path

import moocore
import numpy as np
import pytest
from pymoo.algorithms.moo.age import AGEMOEA
from pymoo.algorithms.moo.nsga2 import NSGA2
from pymoo.algorithms.moo.nsga3 import NSGA3
from pymoo.algorithms.moo.rnsga2 import RNSGA2
from pymoo.algorithms.moo.sms import SMSEMOA
from pymoo.core.population import Population
from pymoo.core.problem import Problem

from pareto_search.searchers.problem import SearchProblem
from pareto_search.searchers.pymoo_directions import reference_directions
from pareto_search.searchers.pymoo_population import make_individual
from pareto_search.searchers.pymoo_survival import SurvivalRule

SIZE, ASPIRATION = 12, ((0.2, 0.3, 0.4), (0.8, 0.1, 0.2))
INDEX = count()
THEIRS = {
    "nsga2": lambda: NSGA2(pop_size=SIZE),
    "nsga3": lambda: NSGA3(reference_directions(SIZE, 3), pop_size=SIZE),
    "agemoea": lambda: AGEMOEA(pop_size=SIZE),
    "smsemoa": lambda: SMSEMOA(pop_size=SIZE),
    "rnsga2": lambda: RNSGA2(np.array(ASPIRATION), pop_size=SIZE),
}


def rule_of(kind, size=SIZE, m=3):
    return SurvivalRule(kind, size, SearchProblem({}, m, aspiration=ASPIRATION))


def trials(losses):
    return Population.create(
        *(make_individual(next(INDEX), {}, r, (), np.ones(len(r))) for r in losses)
    )


def values(population):
    return sorted(map(tuple, population.get("F")))


@pytest.mark.parametrize("kind", THEIRS)
@pytest.mark.parametrize("together", [1, SIZE])
def test_survivors_are_those_of_pymoos_own_algorithm(kind, together):
    """One by one and in generations, on three losses that fall from round to round."""
    rng = np.random.default_rng(3)
    first = rng.random((SIZE, 3))
    theirs, rule = THEIRS[kind](), rule_of(kind)
    theirs.setup(Problem(n_var=1, n_obj=3, n_ieq_constr=1), seed=0)
    theirs.pop = Population()
    ours = Population()
    for turn in range(40):
        rows = first if turn == 0 else rng.random((together, 3)) * 0.97**turn
        newcomers = Population.new(F=rows, G=np.zeros((len(rows), 1)))
        if turn == 0:  # the first population is given
            theirs.pop = newcomers
            newcomers = None
            theirs.n_offsprings = SIZE
        theirs.random_state = np.random.default_rng(turn)
        theirs._advance(infills=newcomers)
        ours = rule.survivors(ours, trials(rows), np.random.default_rng(turn))
        assert values(ours) == values(theirs.pop)


def test_sms_emoa_drops_the_least_hypervolume_that_only_one_point_has():
    """By the definition: the hypervolume of all less that of all others, on unit losses."""
    rng = np.random.default_rng(0)
    for m in (2, 3):
        rule = rule_of("smsemoa", size=9, m=m)
        points = np.abs(rng.normal(size=(9, m)))
        points /= np.linalg.norm(points, axis=1, keepdims=True)  # a sphere: none dominates another
        before = rule.survivors(Population(), trials(points), rng)
        newcomer = np.full((1, m), np.sqrt(1 / m))
        after = rule.survivors(before, trials(newcomer), rng)
        low, high = points.min(axis=0), points.max(axis=0)
        unit = (np.vstack([points, newcomer]) - low) / (high - low)
        whole = moocore.hypervolume(unit, ref=[11.0] * m)
        own = [
            whole - moocore.hypervolume(np.delete(unit, k, axis=0), ref=[11.0] * m)
            for k in range(10)
        ]
        dropped = set(values(trials(np.vstack([points, newcomer])))) - set(values(after))
        assert dropped == {tuple(np.vstack([points, newcomer])[int(np.argmin(own))])}


def test_r_nsga_ii_keeps_what_is_near_its_aspirations():
    """On the plane of sums 1: the survivors of 200 points lie nearer than those of NSGA-II."""
    rng = np.random.default_rng(0)
    points = rng.dirichlet([1.0] * 3, size=200)
    aims = np.array(ASPIRATION)

    def distance(kind):
        kept = rule_of(kind).survivors(Population(), trials(points), rng).get("F")
        return np.linalg.norm(kept[:, None] - aims[None], axis=2).min(axis=1)

    nearest = np.sort(np.linalg.norm(points[:, None] - aims[None], axis=2).min(axis=1))
    assert distance("rnsga2").max() < nearest[4 * SIZE]
    assert distance("nsga2").mean() > 1.5 * distance("rnsga2").mean()


def test_without_numba_age_moea_names_the_extra():
    program = (
        "import sys\n"
        "sys.modules['numba'] = None\n"
        "from pareto_search.errors import RecipeError\n"
        "from searching import searcher_of\n"
        "try:\n"
        "    searcher_of(('pymoo', 'agemoea'), {})\n"
        "except RecipeError as error:\n"
        "    print(error, error.exit_code)\n"
    )
    root = Path(__file__).parents[4]
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={"PYTHONPATH": f"{root}:{root / 'tests'}"},
        check=True,
        capture_output=True,
        text=True,
    )
    assert "pip install 'pareto-search[agemoea]'" in done.stdout
    assert done.stdout.endswith(" 2\n")
