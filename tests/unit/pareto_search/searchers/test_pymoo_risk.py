"""A point is risky where the nearest trial failed because of its point."""

from itertools import chain, repeat

from pareto_search.searchers.pymoo_genes import GeneCode
from pareto_search.searchers.pymoo_risk import Risk
from pareto_search.space import Choice, Float

CODE = GeneCode(
    {
        "x": Float(type="float", low=0, high=1),
        "y": Float(type="float", low=0, high=1),
        "kind": Choice(type="choice", values=("a", "b", "c", "d")),
    }
)


def genes(x, y=0.0, kind=0):
    return {"x": x, "y": y, "kind": kind}


def risk_of(good, bad):
    risk = Risk(CODE)
    for some, has_failed in ((good, False), (bad, True)):
        for one in some:
            risk.note(one, has_failed=has_failed)
    return risk


def drawn(risk, *points):
    return risk.least(chain(points, repeat(genes(0.0, 0.0, 3))).__next__)


def test_the_first_point_whose_nearest_trial_completed_is_taken():
    risk = risk_of([genes(0.2)], [genes(0.9)])
    assert drawn(risk, genes(0.8), genes(0.6), genes(0.5), genes(0.1)) == genes(0.5)


def test_choices_are_equal_or_not_however_far_apart_their_places_are():
    risk = risk_of([genes(0.0, kind=3)], [genes(0.5, kind=0)])
    assert drawn(risk, genes(0.3, kind=1), genes(0.2, kind=1)) == genes(0.2, kind=1)


def test_where_all_are_risky_the_last_is_taken():
    risk = risk_of([genes(0.0)], [genes(0.9)])
    points = [genes(0.99 - 0.01 * place) for place in range(8)]
    assert drawn(risk, *points) == points[7]


def test_nothing_is_risky_until_one_failed_and_one_completed():
    for good, bad in (([], []), ([genes(0.5)], []), ([], [genes(0.5)])):
        assert drawn(risk_of(good, bad), genes(0.5), genes(0.1)) == genes(0.5)
