"""The analytic problems are pymoo's own, and their true hypervolumes are right."""

import math

import moocore
import numpy as np
import pytest
from pymoo.problems import get_problem

from pareto_search.recipe.config import SearcherConfig
from pareto_search.searchers.encoding import uniform_point
from pareto_search.simulation.problems.analytic import NAMES, make_analytic
from pareto_search.simulation.problems.true_fronts import true_front, true_hypervolume
from pareto_search.simulation.setting import Setting
from pareto_search.simulation.sweep import config_of, simulate
from pareto_search.space import contains

FORMS = {"zdt4": {"n_var": 10}, "mw4": {"n_var": 15, "n_obj": 3}} | {
    name: {"n_var": 15, "n_obj": 3} for name in ("mw8", "mw14")
}


@pytest.mark.parametrize("name", [name for name in NAMES if name != "zdt5"])
def test_values_are_those_of_pymoo(name):
    problem = make_analytic(name)
    m = {} if name.startswith(("zdt", "mw")) else {"n_obj": 2}
    form = FORMS.get(name, {"n_var": 15 if name.startswith("mw") else 10} | m)
    pymoo = get_problem(name, **form)
    points = [uniform_point(problem.space, np.random.default_rng(seed)) for seed in range(5)]
    rows = np.asarray([[p[f"x{n}"] for n in range(pymoo.n_var)] for p in points])
    assert ((pymoo.xl <= rows) & (rows <= pymoo.xu)).all()
    for point, row in zip(points, rows, strict=True):
        (f,), (g,) = pymoo.evaluate(row[None], return_values_of=["F", "G"])
        metrics = problem.evaluate(point, 1, seed=0)
        names = [f"f{n}" for n in range(len(f))] + [f"c{n}" for n in range(len(g))]
        assert list(metrics.values()) == [*f, *g]
        assert list(metrics) == names
    assert problem.constraints == tuple(f"c{n} <= 0" for n in range(pymoo.n_ieq_constr))


def test_the_strings_of_zdt5_are_counted():
    problem = make_analytic("zdt5", 3)
    bits = np.zeros((1, 40))
    bits[0, [1, 7, 29, 31, 36, 37, 38, 39]] = 1  # 3 of 30, 1 of 5, 4 of 5
    f = get_problem("zdt5", m=3).evaluate(bits)[0]
    assert list(problem.evaluate({"x0": 3, "x1": 1, "x2": 4}, 1, seed=0).values()) == list(f)


@pytest.mark.parametrize("name", ["mw5", "mw6", "mw7", "mw11"])
def test_a_corner_is_finite_where_pymoo_takes_the_root_of_rounding(name):
    problem = make_analytic(name)
    corner = {key: p.high for key, p in problem.space.items()}
    assert contains(problem.space, corner)
    assert all(math.isfinite(v) for v in problem.evaluate(corner, 1, seed=0).values())


CLOSED = {
    "zdt1": 1.21 - 1 / 3,  # area under 1 - sqrt(x)
    "zdt2": 1.21 - 2 / 3,  # under 1 - x^2
    "dtlz1": 0.55**2 - 1 / 8,  # a triangle
    "dtlz2": 1.21 - math.pi / 4,  # a quarter disc
    "dtlz6": 1.21 - math.pi / 4,
    "wfg3": 2.2 * 4.4 - 4,  # a triangle
    "wfg4": 2.2 * 4.4 - 2 * math.pi,  # a quarter of an ellipse
    "mw2": 1.21 - 1 / 2,
}


@pytest.mark.parametrize("name", CLOSED)
def test_the_true_hypervolume_is_the_closed_form(name):
    assert true_hypervolume(make_analytic(name)) == pytest.approx(CLOSED[name], abs=2e-4)


@pytest.mark.parametrize(
    ("name", "m"), [("zdt1", 2), ("zdt6", 2), ("dtlz1", 3), ("mw2", 2), ("mw4", 3)]
)
def test_closed_forms_and_dense_samples_agree(name, m):
    problem = make_analytic(name, num_objectives=m)
    sampled = moocore.hypervolume(true_front(problem), ref=np.asarray(problem.reference))
    assert sampled <= true_hypervolume(problem) == pytest.approx(sampled, rel=3e-3)


def test_balls_of_three_objectives_are_left_out_of_the_box():
    assert true_hypervolume(make_analytic("dtlz2", num_objectives=3)) == pytest.approx(
        1.1**3 - math.pi / 6
    )
    assert true_hypervolume(make_analytic("wfg9", num_objectives=3)) == pytest.approx(
        1.1**3 * 48 - 8 * math.pi
    )


@pytest.mark.parametrize("name", ["zdt3", "mw1", "mw6"])
def test_sampled_fronts_hold_what_pymoo_says_the_front_is(name):
    problem = make_analytic(name)
    with np.errstate(divide="ignore"):  # of pymoo's angle of (0, 1)
        pymoo = problem.pymoo.pareto_front()
    ours = true_front(problem)
    for point in pymoo[moocore.is_nondominated(pymoo)]:
        assert np.abs(ours - point).max(axis=1).min() < 5e-3
    ref = np.asarray(problem.reference)
    assert true_hypervolume(problem) >= moocore.hypervolume(pymoo, ref=ref) - 1e-4


def test_no_search_exceeds_the_true_hypervolume_of_a_constrained_problem():
    problem = make_analytic("mw1", 3)
    kind = SearcherConfig(kind="nsga2")
    records = simulate(problem, config_of(problem, kind, 120), Setting(4)).trace.records
    kept = [list(r.values.values()) for r in records if r.values and r.metrics["c0"] <= 0]
    found = moocore.hypervolume(np.asarray(kept), ref=np.asarray(problem.reference))
    assert 0.1 < found <= true_hypervolume(problem)


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (lambda: make_analytic("zdt7"), "zdt7"),
        (lambda: make_analytic("zdt1", num_objectives=3), "num_objectives = 3"),
        (lambda: make_analytic("dtlz2", reference=(1.0,)), "reference"),
        (lambda: true_hypervolume(make_analytic("zdt1", reference=(0.5, 1.0))), "reference"),
        (lambda: true_hypervolume(make_analytic("wfg3", num_objectives=3)), "wfg3"),
    ],
)
def test_what_cannot_be_is_refused(made, words):
    with pytest.raises(ValueError, match=words):
        made()
