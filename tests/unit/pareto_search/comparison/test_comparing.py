"""What a comparison finds, and the sentence it ends in, where the truth is known."""

import json

import numpy as np
import pytest
from comparing import PAIR, a_contestant, a_run, bent_front

from pareto_search.comparison.comparing import compare
from pareto_search.comparison.contestants import Contestant
from pareto_search.comparison.plain import as_json
from pareto_search.comparison.saying import verdict
from pareto_search.fronts.hypervolume import hypervolume
from pareto_search.objective import Objective

WORST = (0.95, 0.95)  # dominated everywhere: makes numbers of trials equal
LEFT, RIGHT = [(0.1, 0.5), (0.8, 0.45)], [(0.5, 0.1), WORST]
DICE = Objective(name="dice", direction="maximize", reference=0.0)


def many(count, shift, seed):
    generator = np.random.default_rng(seed)
    return [bent_front(generator, shift=shift) for _ in range(count)]


def test_fronts_that_cross_are_told_apart_by_where():
    found = compare([a_contestant("a", LEFT), a_contestant("b", RIGHT)])
    assert verdict(found) == (
        "a is ahead for f1 below 0.5; b is ahead for f1 above 0.5. "
        "With one sweep of a and of b, nothing tells whether that is luck."
    )


def test_the_same_front_twice_is_ahead_of_nobody():
    found = compare([a_contestant("a", LEFT), a_contestant("b", LEFT)])
    assert verdict(found).startswith("Nobody is ahead anywhere: the fronts attain the same.")
    (pair,) = found.pairs
    assert pair.covers == (1.0, 1.0)
    assert pair.more == (0.0, 0.0)
    assert [one.held for one in found.standings] == [2, 2]


def test_whoever_is_better_everywhere_is_ahead_throughout():
    found = compare([a_contestant("a", [(0.5, 0.5)]), a_contestant("b", [(0.4, 0.4)])])
    assert verdict(found).startswith("b is ahead throughout.")
    (pair,) = found.pairs
    assert pair.covers == (0.0, 1.0)
    assert pair.more == pytest.approx((0.0, (0.36 - 0.25) / 0.36))
    assert pair.shifts == pytest.approx((0.1 / 0.6, -0.1 / 0.6))


def test_fronts_beyond_the_reference_point_are_said_to_count_for_nothing():
    found = compare([a_contestant("a", [(2.0, 0.1)]), a_contestant("b", [(0.1, 2.0)])])
    assert verdict(found).startswith("Nobody gets better than the reference point on both")
    assert found.pairs[0].more == (0.0, 0.0)


def test_a_level_part_belongs_to_nobody():
    a, b = [(0.2, 0.6), (0.5, 0.4)], [(0.2, 0.6), (0.5, 0.3)]
    found = compare([a_contestant("a", a), a_contestant("b", b)])
    assert verdict(found).startswith("b is ahead for f1 above 0.5; elsewhere nobody is.")


def test_a_maximised_objective_is_told_in_its_own_direction():
    objectives = (DICE, PAIR[1])
    a, b = [(0.9, 0.5)], [(0.5, 0.1)]
    contestants = [a_contestant(n, p, objectives=objectives) for n, p in (("a", a), ("b", b))]
    assert verdict(compare(contestants)).startswith(
        "a is ahead for dice above 0.5; b is ahead for dice below 0.5."
    )


@pytest.mark.parametrize("flips", [(True, False), (False, True), (True, True)])
def test_the_direction_of_an_objective_changes_no_number(flips):
    fronts = {"a": many(3, 0.0, 0), "b": many(3, 0.05, 1)}
    plain = compare([a_contestant(label, *runs) for label, runs in fronts.items()])
    turned = tuple(
        Objective(name=o.name, direction="maximize", reference=-1.0) if flip else o
        for o, flip in zip(PAIR, flips, strict=True)
    )
    signs = np.where(flips, -1, 1)
    flipped = compare(
        [
            a_contestant(label, *(run * signs for run in runs), objectives=turned)
            for label, runs in fronts.items()
        ]
    )
    for one, other in zip(plain.standings, flipped.standings, strict=True):
        assert one.volume.values == pytest.approx(other.volume.values)
        assert (one.held, one.lost) == pytest.approx((other.held, other.lost))
    (pair,), (same,) = plain.pairs, flipped.pairs
    assert (*pair.covers, *pair.shifts, *pair.more) == pytest.approx(
        (*same.covers, *same.shifts, *same.more)
    )
    assert pair.significance.p == same.significance.p
    assert [lead.leader for lead in plain.leads] == [lead.leader for lead in flipped.leads]


def test_many_clearly_better_runs_are_significantly_ahead():
    found = compare([a_contestant("a", *many(6, 0.0, 0)), a_contestant("b", *many(6, 0.1, 1))])
    (pair,) = found.pairs
    assert pair.significance.p == pytest.approx(2 / 924)
    assert verdict(found).startswith(
        "On average, a is ahead throughout. Overall, a is ahead of b by 0."
    )
    assert "(p = 0.0022)" in verdict(found)
    for one in found.standings:
        assert one.volume.low < one.volume.values.mean() < one.volume.high


def test_three_better_runs_are_too_few_and_the_sentence_says_so():
    found = compare([a_contestant("a", *many(3, 0.0, 0)), a_contestant("b", *many(3, 0.1, 1))])
    assert "no difference is beyond luck" in verdict(found)
    assert "so few sweeps could not show more (p is at least 0.1)" in verdict(found)


def test_runs_of_one_kind_are_not_found_to_differ():
    found = compare([a_contestant("a", *many(6, 0.0, 0)), a_contestant("b", *many(6, 0.0, 1))])
    assert "Overall, no difference is beyond luck" in verdict(found)
    assert "so few" not in verdict(found)


def test_of_three_contestants_each_pair_is_tested_and_corrected():
    shifts = {"a": 0.0, "b": 0.1, "c": 0.1}
    contestants = [
        a_contestant(label, *many(6, shift, seed))
        for seed, (label, shift) in enumerate(shifts.items())
    ]
    found = compare(contestants)
    tested = {(p.first, p.second): p.significance for p in found.pairs}
    assert list(tested) == [("a", "b"), ("a", "c"), ("b", "c")]
    assert tested["a", "b"].corrected == pytest.approx(3 * tested["a", "b"].p)
    assert tested["a", "c"].is_significant
    assert not tested["b", "c"].is_significant
    assert "a is ahead of b" in verdict(found)
    assert "a is ahead of c" in verdict(found)


def test_with_other_numbers_of_trials_the_first_common_ones_are_tested():
    short, long = [(0.5, 0.5)], [(0.5, 0.5), (0.1, 0.1)]
    found = compare([a_contestant("a", short, short), a_contestant("b", long, long)])
    assert (found.common, found.is_even) == (1, False)
    a, b = found.standings
    assert b.volume.mean > a.volume.mean
    assert b.fair.mean == a.fair.mean == pytest.approx(0.25)
    assert found.pairs[0].apart == 0
    assert "Overall, after 1 trial each, no" in verdict(found)


def test_repeated_trials_of_one_sweep_give_an_interval_and_a_test():
    generator = np.random.default_rng(0)

    def repeated(label, middle, scatter):
        means = np.repeat(middle, 3, axis=0)
        points = means + generator.normal(0, scatter, means.shape)
        return Contestant(label, (a_run(label, points, repeats=3),))

    middle = np.array([(0.2, 0.7), (0.4, 0.4), (0.7, 0.2)])
    found = compare([repeated("a", middle, 0.01), repeated("b", middle + 0.1, 0.01)])
    a, b = (one.volume for one in found.standings)
    assert a.low < a.mean < a.high
    assert a.basis == b.basis == "bootstrap over the seeds of its trials"
    (pair,) = found.pairs
    assert pair.significance.is_significant
    assert "over the seeds of trials; another search may find otherwise" in verdict(found)
    level = compare([repeated("a", middle, 0.1), repeated("b", middle, 0.1)])
    assert not level.pairs[0].significance.is_significant


def test_the_draws_of_luck_scatter_around_what_was_observed():
    points = np.repeat([(0.3, 0.6), (0.6, 0.3)], 8, axis=0)
    points = points + np.random.default_rng(1).normal(0, 0.02, points.shape)
    found = compare([Contestant("a", (a_run("a", points, repeats=8),)), a_contestant("b", LEFT)])
    volume = found.standings[0].volume
    assert np.median(volume.draws) == pytest.approx(volume.mean, abs=0.002)
    error = 0.02 / np.sqrt(8)  # of each mean; two corners, each with the sides it moves
    assert volume.draws.std() == pytest.approx(error * np.sqrt(2 * (0.4**2 + 0.3**2)), rel=0.35)


def test_with_three_objectives_who_holds_the_front_of_all_is_told():
    three = (*PAIR, Objective(name="f3", reference=1.0))
    a, b = [(0.1, 0.9, 0.5), (0.2, 0.8, 0.5)], [(0.1, 0.9, 0.6), (0.9, 0.95, 0.9)]
    found = compare(
        [a_contestant("a", a, objectives=three), a_contestant("b", b, objectives=three)]
    )
    assert verdict(found).startswith("Of 2 points on the front of all, these hold: a 2, b 0.")
    assert found.pairs[0].difference is None
    (pair,) = json.loads(json.dumps(as_json(found), allow_nan=False))["pairs"]
    assert (pair["attains_more_often"], pair["most_often"]) == (None, None)
    assert pair["covers"] == [1.0, 0.0]
    assert found.standings[0].lost == pytest.approx(
        hypervolume(a, [1, 1, 1]) - hypervolume(b, [1, 1, 1])
    )


def test_a_single_contestant_is_compared_with_nobody():
    found = compare([a_contestant("a", LEFT, RIGHT)])
    assert (found.pairs, found.leads) == ((), ())
    assert "nothing is compared" in verdict(found)


def test_the_peak_is_the_largest_box_of_those_that_are_attained_more_often_by_most():
    a = [(0.1, 0.5), (0.5, 0.1)]
    (pair,) = compare(
        [a_contestant("a", a, [(0.5, 0.5), WORST]), a_contestant("b", [(0.6, 0.7), WORST])]
    ).pairs
    peak, none = pair.peaks
    assert none is None
    assert peak.share == 1.0  # only there do both runs of `a` get, and `b` does not
    assert (peak.low, peak.high) == ((0.5, 0.5), (1.0, 0.7))


def test_json_holds_all_of_it_and_no_number_that_is_none():
    found = compare([a_contestant("a", LEFT), a_contestant("b", RIGHT)])
    told = json.loads(json.dumps(as_json(found), allow_nan=False))
    assert [one["label"] for one in told["contestants"]] == ["a", "b"]
    assert told["contestants"][0]["hypervolume"]["low"] is None
    assert told["leads"] == [
        {"leader": "a", "objective": "f1", "between": [0.1, 0.5], "gain": pytest.approx(0.2)},
        {"leader": "b", "objective": "f1", "between": [0.5, 1.0], "gain": pytest.approx(0.19)},
    ]
    assert told["pairs"][0]["most_often"][0]["between"]["f1"] == [0.1, 0.5]
    assert told["verdict"] == verdict(found)
