import io

import numpy as np
import pytest
from comparing import a_contestant, bent_front
from rich.console import Console

from pareto_search.comparison.comparing import compare
from pareto_search.comparison.saying import verdict
from pareto_search.comparison.tables import print_comparison


def shown(comparison, width=100):
    console = Console(width=width, file=io.StringIO(), color_system=None)
    print_comparison(comparison, console)
    return console.file.getvalue()


@pytest.fixture(scope="module")
def comparison():
    generator = np.random.default_rng(0)
    runs = {label: [bent_front(generator, shift=s) for _ in range(5)] for label, s in
            (("portfolio", 0.0), ("random", 0.05))}  # fmt: skip
    contestants = [a_contestant(label, *points) for label, points in runs.items()]
    return compare(contestants, notes=["Compared anyway: [bold]something[/bold]."])


def test_each_contestant_is_a_line_with_its_interval_and_its_part_of_the_front_of_all(comparison):
    (line,) = [line for line in shown(comparison).splitlines() if line.strip().startswith("portf")
               and "over" not in line and ":" not in line and "is ahead" not in line]  # fmt: skip
    one = comparison.standings[0]
    cells = line.split()
    assert cells[:4] == ["portfolio", "5", "8", _span([len(f) for f in one.fronts])[0]]
    assert f"{one.volume.mean:.4g} {one.volume.low:.4g} to {one.volume.high:.4g}" in " ".join(cells)
    assert cells[-3:] == [str(one.held), f"{one.lost:.3g}", "20m"]


def test_what_is_said_ends_with_the_sentence_and_fits_a_terminal(comparison):
    text = shown(comparison)
    assert text.strip().endswith(verdict(comparison))
    assert max(len(line) for line in text.splitlines() if "is ahead" not in line) <= 100
    assert "Student's t over 5 sweeps" in text
    assert "Compared anyway: [bold]something[/bold]." in text
    assert "what differs: nothing but the seed" in text


def test_both_directions_of_a_pair_are_told(comparison):
    text = shown(comparison)
    (pair,) = comparison.pairs
    for side, who in enumerate(("portfolio over random", "random over portfolio")):
        (line,) = [line for line in text.splitlines() if line.strip().startswith(who)]
        assert f" {pair.covers[side]:.0%} " in line
        assert f" {pair.more[side]:.1%} " in line


def test_one_sweep_each_has_no_interval_and_other_budgets_have_a_column_of_their_own():
    front = [(0.2, 0.6), (0.6, 0.2)]
    text = shown(compare([a_contestant("a", front), a_contestant("b", front[:1])]))
    assert "one sweep each: no interval" in text
    assert "after 1 trial each" in text
    assert "of all" in text
    assert "no test: one sweep alone tells nothing of luck" in text


def test_with_other_budgets_the_first_volume_is_of_equal_trials_and_the_column_for_all_comes_last():
    found = compare(
        [a_contestant("a", [(0.2, 0.6)] * 2), a_contestant("b", [(0.5, 0.5), (0, 0)] * 2)]
    )
    (line,) = [line for line in shown(found).splitlines() if line.split()[:2] == ["b", "1"]]
    assert line.split()[2:6] == ["4", "1", "1", "-"]  # trials, front, hypervolume, no interval
    assert shown(found).strip().endswith(verdict(found))


def test_one_contestant_has_no_pair_to_show():
    front = [(0.2, 0.6), (0.6, 0.2)]
    text = shown(compare([a_contestant("a", front, front[:1])]))
    assert "against each other" not in text
    assert "nothing is compared" in text


def _span(counts):
    low, high = min(counts), max(counts)
    return (str(low),) if low == high else (str(low), "to", str(high))
