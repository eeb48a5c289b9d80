import csv
import io
import json

import pytest
from rich.console import Console

from pareto_search.fronts.rows import front_rows, to_csv, to_json
from pareto_search.fronts.summary import summarise
from pareto_search.fronts.tables import front_table, main_keys, status_table, sweeps_table
from pareto_search.objective import Objective
from pareto_search.recipe.config import SweepConfig
from pareto_search.searchers.protocol import TrialState
from pareto_search.storage.directory import SweepDirectory
from pareto_search.storage.journal import Proposal, TrialRecord

OBJECTIVES = (
    Objective(name="interior_error", reference=1.0),
    Objective(name="dice", direction="maximize", reference=0.0),
)
RUNS = {f"t{index:04d}": f"{index}bcdef0123456789" for index in range(9)}


def trial(index, error, dice, state=TrialState.COMPLETE, baseline=False, **point):
    point = {key.replace("__", "."): value for key, value in point.items()}
    return TrialRecord(
        Proposal(index, {"fuzzy.width_mm": 0.5 + index, "epochs": 12, **point}, baseline),
        state,
        {"interior_error": error, "dice": dice} if state is TrialState.COMPLETE else {},
        {"loss": 0.5},
        step=12,
        error="RuntimeError: [bold]boom[/bold]" if state is TrialState.FAILED else None,
    )


RECORDS = [
    trial(0, 0.55, 0.5, baseline=True, loss__kind="plain"),
    trial(1, 0.123456, 0.4, loss__kind="plain"),
    trial(2, 0.2, 0.8, loss__kind="pareto_consistent", loss__tau=0.25),
    trial(3, 0.9, 0.9, loss__kind="plain"),
    trial(4, 0.95, 0.1, loss__kind="plain"),
    trial(5, 0.0, 0.0, TrialState.FAILED),
]


def shown(table, width=100):
    console = Console(width=width, file=io.StringIO(), color_system=None)
    console.print(table)
    return console.file.getvalue()


def test_rows_are_the_front_and_the_baselines_in_order_of_the_first_objective():
    rows = front_rows(RECORDS, OBJECTIVES, RUNS)

    assert [row["trial"] for row in rows] == ["t0001", "t0002", "t0000", "t0003"]
    assert [row["on_front"] for row in rows] == [True, True, False, True]
    assert [row["baseline"] for row in rows] == [False, False, True, False]
    assert [row["beats_baseline"] for row in rows] == [False, True, False, False]
    assert [row["knee"] for row in rows] == [False, True, False, False]


def test_json_holds_the_records_unrounded():
    rows = json.loads(to_json(front_rows(RECORDS, OBJECTIVES, RUNS)))

    by_name = {row["trial"]: row for row in rows}
    for record in (RECORDS[0], RECORDS[1], RECORDS[2], RECORDS[3]):
        row = by_name[record.uid]
        assert row["objectives"] == record.values
        assert row["params"] == record.proposal.point
        assert row["metrics"] == record.metrics
        assert row["run"] == RUNS[record.uid]


def test_csv_holds_the_records_unrounded_with_empty_cells_for_inactive_parameters():
    rows = list(csv.DictReader(io.StringIO(to_csv(front_rows(RECORDS, OBJECTIVES, RUNS)))))

    assert [row["trial"] for row in rows] == ["t0001", "t0002", "t0000", "t0003"]
    assert float(rows[0]["objectives.interior_error"]) == 0.123456
    assert [row["params.loss.tau"] for row in rows] == ["", "0.25", "", ""]


def test_a_metric_that_is_not_finite_is_null_in_json():
    record = TrialRecord(
        Proposal(0, {}),
        TrialState.COMPLETE,
        {"interior_error": 0.1, "dice": 0.5},
        {"hd95": float("nan"), "worst": float("inf")},
    )

    (row,) = json.loads(to_json(front_rows([record], OBJECTIVES)))

    assert row["metrics"] == {"hd95": None, "worst": None}
    assert row["run"] is None


def test_without_complete_trials_there_are_no_rows():
    rows = front_rows(RECORDS[5:], OBJECTIVES)

    assert rows == []
    assert json.loads(to_json(rows)) == []
    assert "front: 0 of 1 finished trials" in shown(front_table(RECORDS[5:], OBJECTIVES))


def test_the_table_shows_four_digits_marks_and_short_run_names():
    lines = shown(front_table(RECORDS, OBJECTIVES, RUNS)).splitlines()

    (first,) = [line for line in lines if "t0001" in line]
    assert first.split() == ["t0001", "0.1235", "0.4", "1.5", "plain", "-", "1bcdef01"]
    (second,) = [line for line in lines if "t0002" in line]
    assert second.split()[-3:] == ["2bcdef01", "+", "knee"]
    (baseline,) = [line for line in lines if "t0000" in line]
    assert baseline.split()[-2:] == ["dominated", "baseline"]


def test_the_table_shows_maximised_objectives_in_their_own_direction():
    text = shown(front_table(RECORDS, OBJECTIVES))

    assert "dice ↑" in text
    assert "error ↓" in text
    assert "-0.8" not in text


def test_every_row_of_the_table_is_one_line_of_at_most_100_columns():
    text = shown(front_table(RECORDS, OBJECTIVES, RUNS))

    assert max(len(line) for line in text.splitlines()) <= 100
    rows = [line.split()[0] for line in text.splitlines() if line.strip().startswith("t0")]
    assert rows == ["t0001", "t0002", "t0000", "t0003"]
    assert "…" not in " ".join(line for line in text.splitlines() if "plain" in line)


def test_only_parameters_that_vary_are_shown_unless_asked_for():
    assert main_keys(front_rows(RECORDS, OBJECTIVES)) == [
        "fuzzy.width_mm", "loss.kind", "loss.tau",
    ]  # fmt: skip
    assert "epochs" in shown(front_table(RECORDS, OBJECTIVES, keys=["epochs"]))


@pytest.fixture
def sweep(tmp_path):
    directory = SweepDirectory(tmp_path / "probe")
    directory.path.mkdir()
    config = SweepConfig.model_validate(
        {
            "name": "probe",
            "trainable": "nowhere:train",
            "objectives": [objective.model_dump() for objective in OBJECTIVES],
            "space": {"x": {"type": "float", "low": 0, "high": 1}},
            "budget": {"trials": 8},
        }
    )
    directory.write_json("sweep.json", config.model_dump(mode="json", by_alias=True))
    directory.write_json("facts.json", {"started_at": "2026-11-23T10:00:00Z"})
    for record in RECORDS:
        directory.journal.append(record.proposal)
        directory.journal.append(record)
    directory.journal.append(Proposal(6, {}))
    directory.reports.append("t0006", 1, {"dice": 0.1})
    directory.reports.append("t0006", 2, {"dice": 0.2})
    return directory


def test_a_summary_counts_trials_by_state_and_finds_the_best_of_each_objective(sweep):
    summary = summarise(sweep)

    assert (summary.finished, summary.complete, summary.failed, summary.open) == (6, 5, 1, 1)
    assert summary.front == 3
    assert summary.best == {"interior_error": (0.123456, "t0001"), "dice": (0.9, "t0003")}
    assert summary.last_steps == {"t0006": 2}
    assert json.loads(json.dumps(summary.as_json()))["best"]["dice"]["trial"] == "t0003"


def test_the_hypervolume_of_a_summary_is_that_of_the_front_up_to_the_recipes_reference(sweep):
    by_hand = (1 - 0.9) * 0.9 + (0.9 - 0.2) * 0.8 + (0.2 - 0.123456) * 0.4

    assert summarise(sweep).hypervolume == pytest.approx(by_hand)


def test_a_sweep_that_has_just_begun_can_be_summarised(sweep):
    (sweep.path / "journal.jsonl").unlink()

    summary = summarise(sweep)

    assert (summary.finished, summary.front, summary.hypervolume, summary.best) == (0, 0, 0.0, {})
    assert "0 of 8" in shown(status_table(summary))


def test_tables_of_sweeps_show_progress_and_errors_literally(sweep):
    summary = summarise(sweep)

    assert "6/8" in shown(sweeps_table([summary]))
    text = shown(status_table(summary))
    assert "1 (t0006 at step 2)" in text
    assert "RuntimeError: [bold]boom[/bold]" in text
