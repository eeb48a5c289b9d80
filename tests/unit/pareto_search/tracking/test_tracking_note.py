"""The note of a sweep: readable, and never too long for a tag."""

from pareto_search.fronts.front import front_of
from pareto_search.objective import Objective
from pareto_search.searchers.protocol import TrialState
from pareto_search.storage.journal import Proposal, TrialRecord
from pareto_search.tracking.note import (
    MAX_LENGTH,
    MAX_ROWS,
    front_rows,
    make_note,
    make_opening_note,
)
from pareto_search.tracking.pages import Pages

OBJECTIVES = (Objective(name="f1", reference=1.0), Objective(name="f2", reference=1.0))
NO_PAGES = Pages()


def make_records(num, **point):
    return [
        TrialRecord(
            Proposal(i, {"x": i, **point}),
            TrialState.COMPLETE,
            {"f1": i / num, "f2": 1 - i / num},
        )
        for i in range(num)
    ]


def note_of(records, artifacts=(), pages=NO_PAGES):
    return make_note("toy", front_of(records, OBJECTIVES), records, artifacts, pages)


def test_it_names_trials_artifacts_and_the_next_commands():
    stopped = [TrialRecord(Proposal(i, {}), TrialState.STOPPED) for i in range(2, 5)]
    note = note_of([*make_records(2, **{"loss.kind": "a|b"}), *stopped], ["figures/front.png"])
    assert note.startswith(
        "5 trials ended (2 complete, 3 stopped); **2 are on the front** of f1 (mini"
    )
    assert "| trial | f1 | f2 | x |" in note
    assert "| t0001 | 0.5 | 0.5 | 1 |" in note
    assert "`figures/front.png`" in note
    assert "pareto-search pick toy --knee" in note


def test_the_table_has_the_first_parameters_that_vary_by_short_names():
    points = [{f"loss.p{k}": f"{i}|{k}" for k in range(9)} | {"loss.kind": "x"} for i in range(2)]
    records = [
        TrialRecord(Proposal(i, point), TrialState.COMPLETE, {"f1": i, "f2": 1 - i})
        for i, point in enumerate(points)
    ]
    note = note_of(records)
    assert "| trial | f1 | f2 | p0 | p1 | p2 | p3 | p4 |\n" in note
    assert "| t0001 | 1 | 0 | 1\\|0 | 1\\|1 |" in note


def test_a_long_front_is_cut_and_says_so():
    note = note_of(make_records(50))
    assert note.count("| t00") == MAX_ROWS
    assert f"and {50 - MAX_ROWS} more." in note


def test_it_is_never_longer_than_a_tag():
    wide = [
        TrialRecord(
            Proposal(i, {f"p{k}": f"{i}" + "v" * 90 for k in range(9)}),
            TrialState.COMPLETE,
            {"f1": i / 50, "f2": 1 - i / 50},
        )
        for i in range(50)
    ]
    assert MAX_LENGTH - 600 < len(note_of(wide)) <= MAX_LENGTH
    assert len(note_of(make_records(1), ["f" * 6000])) <= MAX_LENGTH


def test_an_empty_front_has_no_table():
    note = note_of([TrialRecord(Proposal(0, {}), TrialState.FAILED)])
    assert "1 trials ended (1 failed); **0 are on the front**" in note
    assert "| trial" not in note


def test_inactive_keys_are_empty():
    records = [
        TrialRecord(Proposal(0, {"a": 1}), TrialState.COMPLETE, {"f1": 0.0, "f2": 1.0}),
        TrialRecord(Proposal(1, {"b": 2}), TrialState.COMPLETE, {"f1": 1.0, "f2": 0.0}),
    ]
    columns, rows = front_rows(front_of(records, OBJECTIVES))
    assert columns == ["trial", "f1", "f2", "a", "b"]
    assert rows == [["t0000", 0.0, 1.0, 1, None], ["t0001", 1.0, 0.0, None, 2]]


def test_its_first_line_links_to_the_pages_there_are():
    pages = Pages(view="#/view", plot="#/plot")
    for note in (note_of(make_records(2), pages=pages), make_opening_note(pages)):
        first = "[Trials as coloured points](#/view) · [The front by itself](#/plot)"
        assert note.splitlines()[0] == first
    assert "Colours: front blue" in note_of(make_records(2), pages=pages)
    assert "](" not in note_of(make_records(2)) + make_opening_note(NO_PAGES)


def test_it_says_how_many_trials_mlflow_draws_where_it_does_not_draw_all():
    pages = Pages(view="#/view")
    assert "Load more" not in note_of(make_records(100), pages=pages)
    assert "draws the 100 best trials; *Load more*" in note_of(make_records(101), pages=pages)
