"""Mean, median and worst over cases, with measures that some cases lack."""

import pytest

from trainables.reporting.summary import lacks_probabilities, summarise, worst_first

ROWS = {
    "a": {"dice": 0.9, "hd95": 3.0, "band_brier": 0.1},
    "b": {"dice": 0.2, "hd95": 9.0},
    "c": {"dice": 0.7, "hd95": 1.0, "band_brier": 0.3},
}


def test_each_statistic_is_over_the_cases_that_have_the_measure():
    summary = summarise(ROWS)
    assert summary.mean == pytest.approx({"dice": 0.6, "hd95": 13 / 3, "band_brier": 0.2})
    assert summary.median == pytest.approx({"dice": 0.7, "hd95": 3.0, "band_brier": 0.2})
    assert summary.counts == {"dice": 3, "hd95": 3, "band_brier": 2}
    assert lacks_probabilities(ROWS) == ["b"]
    assert lacks_probabilities({"b": ROWS["b"]}) == []


def test_the_worst_is_the_lowest_dice_and_the_highest_distance():
    assert summarise(ROWS).worst == {"dice": 0.2, "hd95": 9.0, "band_brier": 0.3}
    assert worst_first(ROWS, "dice") == ["b", "c", "a"]
    assert worst_first(ROWS, "hd95") == ["b", "a", "c"]
