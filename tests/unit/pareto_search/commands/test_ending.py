"""What is printed of a sweep that has ended."""

import io
import json
import math

from rich.console import Console

from pareto_search.commands.ending import print_ending
from pareto_search.recipe.config import SweepConfig
from pareto_search.searchers.protocol import TrialState
from pareto_search.storage.directory import SweepDirectory
from pareto_search.storage.journal import Proposal, TrialRecord
from pareto_search.sweep.watching import Ending

CONFIG = SweepConfig.model_validate(
    {
        "name": "unit",
        "trainable": "some.module:train",
        "objectives": [{"name": "f1", "reference": 1.0}, {"name": "f2", "reference": 1.0}],
        "space": {"x": {"type": "float", "low": 0, "high": 1}},
        "constraints": ["memory <= 40", "time <= 9", "x <= 0.9"],
        "budget": {"trials": 3},
    }
)


def ended(tmp_path, *violations, checkpoints=()):
    directory = SweepDirectory(tmp_path / "unit")
    directory.path.mkdir(exist_ok=True)
    directory.write_json("sweep.json", json.loads(CONFIG.model_dump_json(by_alias=True)))
    for index, broken in enumerate(violations):
        proposal = Proposal(index, {"x": index / 10})
        values = {"f1": index / 10, "f2": 1 - index / 10}
        record = TrialRecord(
            proposal,
            TrialState.COMPLETE,
            values,
            violations=broken,
            checkpoint=f"c{index}" if index in checkpoints else None,
        )
        directory.journal.append(proposal)
        directory.journal.append(record)
    console = Console(file=io.StringIO(), width=120, color_system=None)
    code = print_ending(directory, Ending.DONE, console)
    return code, console.file.getvalue()


def test_each_broken_constraint_is_named_with_how_many_broke_it(tmp_path):
    code, text = ended(tmp_path, (-1.0, 0.0), (2.0, math.inf), (-1.0, 5.0))
    assert code == 0
    assert "2 complete trials break a constraint" in text
    assert "memory <= 40: broken by 1\n" in text
    assert "time <= 9: broken by 2, 1 of them without a number for it" in text
    assert "front: 1 of 3" in text


def test_a_sweep_without_a_solution_has_no_front_and_says_why(tmp_path):
    code, text = ended(tmp_path, (math.inf, 0.0))
    assert code == 1
    assert "memory <= 40: broken by 1, 1 of them without a number for it" in text


def test_of_constraints_that_nobody_broke_nothing_is_said(tmp_path):
    _, text = ended(tmp_path, (-1.0, 0.0))
    assert "broken by" not in text


def test_of_a_sweep_on_a_tracking_server_the_links_are_printed(tmp_path):
    known = {"tracking_uri": "http://me:***@server", "experiment_id": "3", "parent_run_id": "abc"}
    for uri, is_linked in [(known["tracking_uri"], True), ("sqlite:///mlflow.db", False)]:
        folder = tmp_path / str(is_linked)
        (folder / "unit").mkdir(parents=True)
        SweepDirectory(folder / "unit").write_json(
            "mlflow.json", {**known, "tracking_uri": uri, "view": "pareto-12"}
        )
        _, text = ended(folder, (-1.0, 0.0))
        assert ("server/#/experiments/3/runs/abc" in text) is is_linked
        assert ("runs?viewStateShareKey=pareto-12&" in text) is is_linked


def test_no_link_is_printed_where_the_server_recorded_nothing(tmp_path):
    (tmp_path / "unit").mkdir()
    SweepDirectory(tmp_path / "unit").write_json(
        "mlflow.json", {"tracking_uri": "http://server", "experiment_id": "", "parent_run_id": ""}
    )
    _, text = ended(tmp_path, (-1.0, 0.0))
    assert "http://server" not in text
    assert "in MLflow" not in text


def test_an_export_is_offered_only_where_the_trial_at_the_knee_left_a_checkpoint(tmp_path):
    # without a bend the middle one is picked
    three = [(-1.0, 0.0)] * 3
    for name, checkpoints, is_there, is_offered in [
        ("none", (), False, False),
        ("another", (0, 2), True, False),
        ("gone", (1,), False, False),
        ("kept", (1,), True, True),
    ]:
        for index in checkpoints if is_there else ():
            (tmp_path / name / "unit" / f"c{index}").mkdir(parents=True)
        (tmp_path / name / "unit").mkdir(parents=True, exist_ok=True)
        code, text = ended(tmp_path / name, *three, checkpoints=checkpoints)
        assert code == 0
        assert "pareto-search pick unit --storage" in text
        assert ("--knee --export model" in text) is is_offered, name
