from dataclasses import replace

import pytest
from comparing import PAIR, a_contestant, a_run

from pareto_search.comparison.contestants import Contestant
from pareto_search.comparison.differences import differing_values
from pareto_search.comparison.fairness import check_fair
from pareto_search.errors import RecipeError, SweepFailedError
from pareto_search.objective import Objective
from pareto_search.searchers.protocol import TrialState

POINTS = [(0.2, 0.6), (0.6, 0.2)]


def facing(other, **changes):
    """Two contestants of one run, the second with `changes` of its recipe."""
    facts = changes.pop("facts", {})
    own = changes.pop("own", {})
    one = a_run("one", POINTS, facts=own)
    return [
        Contestant("one", (one,)),
        Contestant(other, (a_run(other, POINTS, facts=facts, **changes),)),
    ]


def test_sweeps_that_differ_in_how_they_search_are_compared_without_a_word():
    contestants = facing("two", searcher={"kind": "gp"}, budget={"trials": 9})
    assert check_fair(contestants) == []
    assert differing_values(contestants) == {
        "searcher.kind": ('"auto"', '"gp"'),
        "budget.trials": ("40", "9"),
    }


MAXIMISED = Objective(name="f2", direction="maximize", reference=0.0)


@pytest.mark.parametrize(
    "objectives", [(PAIR[0], MAXIMISED), (PAIR[0], Objective(name="g", reference=1))]
)
@pytest.mark.parametrize("anyway", [False, True])
def test_other_objectives_are_never_compared(objectives, anyway):
    with pytest.raises(RecipeError, match=r"should have the same objectives\. Found f1"):
        check_fair(facing("two", objectives=objectives), anyway)


@pytest.mark.parametrize(
    ("changes", "rule", "found"),
    [
        ({"trainable": "trainables.toy:zdt2"}, "same trainable", "trainables.toy:zdt2 in two"),
        (
            {"objectives": (PAIR[0], Objective(name="f2", reference=2.0))},
            "same reference point",
            "f1 1, f2 2 in two",
        ),
        (
            {"own": {"trainable": {"split_digest": "abc"}}},
            "same split_digest",
            "abc in one; none in two",
        ),
        (
            {
                "own": {"trainable": {"data_digest": "abc"}},
                "facts": {"trainable": {"data_digest": "abd"}},
            },
            "same data_digest",
            "abc in one; abd in two",
        ),
        (
            {"params": {"evaluation": {"band_mm": 2.0}}, "own": {"fixed": ["evaluation"]}},
            "same params.evaluation.band_mm",
            "nothing in one; 2.0 in two",
        ),
    ],
)
def test_what_is_not_measured_alike_is_refused_or_compared_anyway_and_said(changes, rule, found):
    contestants = facing("two", **changes)
    with pytest.raises(RecipeError) as refusal:
        check_fair(contestants)
    (problem,) = refusal.value.problems
    assert rule in problem.rule
    assert found in problem.found
    assert "--anyway" in problem.hint
    (note,) = check_fair(contestants, anyway=True)
    assert note.startswith("Compared anyway")
    assert found in note


def test_every_difference_is_told_at_once():
    contestants = facing(
        "two", trainable="trainables.toy:zdt2", facts={"trainable": {"data_digest": "a"}}
    )
    with pytest.raises(RecipeError) as refusal:
        check_fair(contestants)
    assert len(refusal.value.problems) == 2


def test_runs_of_one_contestant_may_differ_by_seed_and_budget_only():
    mixed = Contestant(
        "mixed", (a_run("m-1", POINTS, 1), a_run("m-2", POINTS, 2, searcher={"kind": "gp"}))
    )
    with pytest.raises(
        RecipeError, match=r"All sweeps of mixed should have the same searcher.kind"
    ):
        check_fair([mixed])
    longer = Contestant(
        "l", (a_run("l-1", POINTS, 1), a_run("l-2", POINTS, 2, budget={"trials": 9}))
    )
    assert check_fair([longer]) == []


def test_the_same_seed_twice_is_no_second_run():
    with pytest.raises(RecipeError, match=r"seed of its own. Found seeds 4, 4"):
        check_fair([Contestant("a", (a_run("a-1", POINTS, 4), a_run("a-2", POINTS, 4)))])


def test_one_sweep_is_nothing_to_compare_and_several_of_one_kind_are():
    with pytest.raises(RecipeError, match="two sweeps or more"):
        check_fair([a_contestant("a", POINTS)])
    assert check_fair([a_contestant("a", POINTS, POINTS)]) == []


def test_a_sweep_without_a_front_is_named():
    with pytest.raises(SweepFailedError, match="no complete trial in `b-0`"):
        check_fair([a_contestant("a", POINTS), a_contestant("b", [])])


def test_a_front_that_comes_after_the_last_trial_of_the_shortest_sweep_is_refused():
    late = a_run("late", [*POINTS, *POINTS])
    failed = [replace(one, state=TrialState.FAILED, values={}) for one in late.finished[:2]]
    late = replace(late, finished=(*failed, *late.finished[2:]))
    contestants = [Contestant("late", (late,)), a_contestant("short", POINTS)]
    with pytest.raises(SweepFailedError, match=r"here 2\. Found no front in that many .* `late`"):
        check_fair(contestants, anyway=True)
