import pytest

from pareto_search.figures.sheets.regions import MAX_PARTS, parts, region_sheet
from pareto_search.fronts.front import complete_trials, dominates, front_of
from pareto_search.objective import Objective
from pareto_search.searchers.protocol import TrialState
from pareto_search.storage.journal import Proposal, TrialRecord

PAIR = (Objective(name="f1", reference=1.0),
        Objective(name="dice", direction="maximize", reference=0.0))  # fmt: skip


def ended(index, f1, dice, **metrics):
    return TrialRecord(Proposal(index, {}), TrialState.COMPLETE, {"f1": f1, "dice": dice}, metrics)


def test_parts_are_what_both_first_objectives_are_reported_for(material):
    complete = complete_trials(material.records, material.objectives)
    assert parts(complete, material.objectives) == ["WT", "TC"]


def test_the_dotted_front_of_a_part_is_what_nothing_dominates_there(material):
    complete = complete_trials(material.records, material.objectives)
    for panel in region_sheet(material.records, material.objectives).panels:
        part = panel.title.partition(" ")[0]
        rows = [
            (r.metrics[f"interior_error/{part}"], r.metrics[f"boundary_error/{part}"])
            for r in complete
        ]
        own = sorted(row for row in rows if not any(dominates(other, row) for other in rows))
        stairs = panel.series[0]
        assert stairs.mode == "steps"
        assert list(zip(stairs.x, stairs.y, strict=True)) == own


def test_the_filled_points_are_those_of_the_front_of_the_whole_sweep(material):
    members = {m.uid for m in front_of(material.records, material.objectives).members}
    for panel in region_sheet(material.records, material.objectives).panels:
        series = {one.look.label: one for one in panel.series}
        assert set(series["front of the sweep"].names) | {"t0000"} >= members


def test_a_trial_best_in_one_part_alone_is_counted_as_off_the_sweeps_front():
    records = [
        ended(0, 0.1, 0.9, **{"f1/a": 0.5, "dice/a": 0.5}),
        ended(1, 0.2, 0.8, **{"f1/a": 0.1, "dice/a": 0.9}),
    ]
    (panel,) = region_sheet(records, PAIR).panels
    assert panel.title == "a (0 of 1 on the sweep's front)"
    assert (panel.series[0].x, panel.series[0].y) == ((0.1,), (0.9,))


def test_more_parts_than_fit_are_counted():
    metrics = {f"{name}/{at}": 0.5 for at in range(MAX_PARTS + 1) for name in ("f1", "dice")}
    sheet = region_sheet([ended(0, 0.1, 0.9, **metrics)], PAIR)
    assert len(sheet.panels) == MAX_PARTS
    assert sheet.note == "1 more part is left out"


@pytest.mark.parametrize("metrics", [{}, {"f1/a": 0.5}, {"dice/a": 0.5, "f1/b": 0.5}])
def test_without_a_part_of_both_objectives_the_sheet_says_what_is_missing(metrics):
    sheet = region_sheet([ended(0, 0.1, 0.9, **metrics)], PAIR)
    assert (sheet.panels, sheet.note) == ((), "No trial reports f1/PART and dice/PART.")
