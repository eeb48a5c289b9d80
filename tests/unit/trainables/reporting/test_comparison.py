"""What a comparison says of two models, and what it does not dare to say."""

import numpy as np
import pytest

from trainables.evaluation.measures import COMPARED, MEASURES
from trainables.reporting.comparison import compare, least_cases, verdict

REGIONS = ("WT", "ET")


def test_a_model_compared_with_itself_ties_in_every_case():
    rows = draw_rows(12)
    for difference in compare(rows, rows, REGIONS):
        assert (difference.wins, difference.ties, difference.losses) == (0, 12, 0)
        assert difference.mean == 0.0
        assert difference.interval == (0.0, 0.0)
        assert difference.p == difference.p_holm == 1.0
    assert verdict(compare(rows, rows, REGIONS)).startswith("Neither is shown to be better")


def test_exchanging_the_models_exchanges_wins_and_signs():
    a, b = draw_rows(10, seed=1), draw_rows(10, seed=2)
    for there, back in zip(compare(a, b, REGIONS), compare(b, a, REGIONS), strict=True):
        assert there.key == back.key
        assert there.mean == pytest.approx(-back.mean)
        assert (there.wins, there.losses) == (back.losses, back.wins)
        assert there.p_holm == pytest.approx(back.p_holm)
        assert {"A": "B", "B": "A"}.get(there.winner, "neither") == back.winner


def test_a_model_that_is_better_everywhere_wins_on_the_good_side_of_each_measure():
    a = draw_rows(20)
    b = shift(a, 0.05)
    for difference in compare(a, b, REGIONS):
        assert difference.winner == "A"
        assert difference.wins == 20
        is_up = MEASURES[difference.key.partition("/")[0]].better == "higher"
        assert difference.mean == pytest.approx(0.05 if is_up else -0.05)
    said = verdict(compare(a, b, REGIONS), "new", "old")
    assert said.startswith("new is better in interior error, boundary error,")
    assert "over 20 cases" in said
    assert "old is better" not in said


def test_the_sentence_names_both_sides_of_a_trade_off_and_counts_what_is_left():
    a = draw_rows(20)
    b = {i: dict(row) for i, row in a.items()}
    for row in b.values():
        row["interior_error"] += 0.1
        row["boundary_error"] -= 0.1
    said = verdict(compare(a, b, REGIONS), "new", "old")
    assert "new is better in interior error, and old is better in boundary error over" in said
    assert "the other 6 of 8 measures do not tell them apart" in said


@pytest.mark.parametrize("count", [1, 5, least_cases(len(COMPARED)) - 1])
def test_too_few_cases_give_no_winner_and_say_how_many_it_takes(count):
    a = draw_rows(count)
    differences = compare(a, shift(a, 0.1), REGIONS)
    assert {d.winner for d in differences} == {"neither"}
    said = verdict(differences)
    assert said.startswith(f"Too few cases to tell: with {count} of them")
    assert said.endswith(f"it takes {least_cases(len(COMPARED))}.")


def test_as_many_cases_as_it_takes_do_give_a_winner():
    a = draw_rows(least_cases(len(COMPARED)))
    assert {d.winner for d in compare(a, shift(a, 0.1), REGIONS)} == {"A"}


def test_two_models_that_differ_by_chance_are_hardly_ever_told_apart():
    told = sum(
        difference.winner != "neither"
        for seed in range(0, 40, 2)
        for difference in compare(draw_rows(12, seed), draw_rows(12, seed + 1), ())
    )
    assert told <= 3  # at level 0.05 about one of twenty comparisons has a false winner


def test_correction_is_made_over_the_measures_of_one_region():
    a, b = draw_rows(15, seed=5), draw_rows(15, seed=6)
    both = {d.key: d.p_holm for d in compare(a, b, REGIONS)}
    alone = {d.key: d.p_holm for d in compare(a, b, ())}
    assert both.items() >= alone.items()


def test_only_cases_in_both_count_and_calibration_only_where_both_have_it():
    a, b = draw_rows(9), draw_rows(9)
    del a["case-0"], b["case-1"]
    del b["case-2"]["band_brier"]
    counts = {d.key: d.num_cases for d in compare(a, b, ())}
    assert counts["dice"] == 7
    assert counts["band_brier"] == 6


def test_one_outlier_against_all_ranks_is_no_winner():
    a = draw_rows(20)
    b = shift(a, 0.01)
    b["case-0"]["dice"] = a["case-0"]["dice"] + 9.0  # the mean now says B, the ranks A
    (dice,) = (d for d in compare(a, b, ()) if d.key == "dice")
    assert dice.p_holm < 0.05
    assert dice.winner == "neither"


def test_nothing_is_tested_twice_in_other_words_and_each_has_a_better_side():
    keys = [d.key for d in compare(draw_rows(3), draw_rows(3), ())]
    assert keys == list(COMPARED)
    assert "nsd" not in keys
    assert all(MEASURES[key].better != "none" for key in keys)


def test_models_without_a_common_case_are_refused():
    with pytest.raises(ValueError, match="at least one case"):
        compare({"a": {"dice": 1.0}}, {"b": {"dice": 1.0}}, ())


def draw_rows(count, seed=0):
    rng = np.random.default_rng(seed)
    keys = [f"{name}{end}" for end in ("", "/WT", "/ET") for name in MEASURES]
    return {f"case-{n}": dict(zip(keys, rng.random(len(keys)), strict=True)) for n in range(count)}


def shift(rows, by):
    """Every measure worse by the same."""
    return {
        case_id: {
            key: value - by if MEASURES[key.partition("/")[0]].better == "higher" else value + by
            for key, value in row.items()
        }
        for case_id, row in rows.items()
    }
