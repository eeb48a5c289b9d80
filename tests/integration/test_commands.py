"""What each command prints and writes, on one finished sweep."""

import csv
import io
import json
import sys

import pytest
import yaml
from PIL import Image
from sweeping import ZDT1, call, write_recipe

from pareto_search.cli import main
from pareto_search.fronts.front import front_of
from pareto_search.recipe.loading import load_recipe
from pareto_search.storage.directory import SweepDirectory

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A finished sweep whose trials keep checkpoints."""
    folder = tmp_path_factory.mktemp("finished")
    recipe = write_recipe(
        folder, ZDT1, trainable="trainables.toy:zdt2", params={"epochs": 1}, budget={"trials": 8}
    )
    ended = call(folder, "run", recipe)
    assert ended.returncode == 0, ended.stderr
    return SweepDirectory(folder / "results" / "toy")


@pytest.fixture
def say(monkeypatch, capsys, finished):
    """Runs a command in the folder of the sweep; gives back exit code, stdout and stderr."""
    monkeypatch.chdir(finished.storage.parent)

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["pareto-search", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        stdout, stderr = capsys.readouterr()
        return ended.value.code or 0, stdout, stderr

    return run


def members(directory):
    return front_of(directory.records(), directory.config().objectives).members


def test_list_and_status_say_that_it_is_done(say):
    code, text, _ = say("list")
    assert (code, "toy" in text, "done" in text) == (0, True, True)
    code, text, _ = say("status", "toy")
    assert (code, "8 of 8" in text) == (0, True)


def test_an_empty_storage_says_so_and_names_the_flag(say, tmp_path):
    code, text, _ = say("list", "--storage", tmp_path)
    assert code == 0
    assert "No sweep under" in text
    assert "--storage" in text


def test_front_as_table_json_and_csv_hold_the_same_trials(say, finished):
    uids = [member.uid for member in members(finished)]
    table = say("front", "toy")[1]
    rows = json.loads(say("front", "toy", "--json")[1])
    cells = list(csv.DictReader(io.StringIO(say("front", "toy", "--csv")[1])))
    assert all(uid in table for uid in uids)
    assert [row["trial"] for row in rows if row["on_front"]] == uids
    assert [cell["trial"] for cell in cells] == [row["trial"] for row in rows]
    assert [float(cell["objectives.f1"]) for cell in cells] == [r["objectives"]["f1"] for r in rows]


def test_front_draws_a_picture_by_its_suffix(say, tmp_path):
    assert say("front", "toy", "--plot", tmp_path / "a.png")[0] == 0
    with Image.open(tmp_path / "a.png") as picture:
        assert picture.size == (1200, 800)
    assert say("front", "toy", "--plot", tmp_path / "a.html")[0] == 0
    assert "plotly" in (tmp_path / "a.html").read_text()
    code, _, message = say("front", "toy", "--plot", tmp_path / "a.doc")
    assert (code, ".png" in message) == (2, True)


def test_pick_says_why_and_exports_the_checkpoint_with_its_story(say, finished, tmp_path):
    code, text, _ = say("pick", "toy", "--prefer", "f1=1,f2=0", "--export", tmp_path / "model")
    assert code == 0
    best = members(finished)[0]
    assert best.uid in text
    story = json.loads((tmp_path / "model" / "pick.json").read_text())
    assert story["trial"] == best.uid
    again, _, message = say("pick", "toy", "--knee", "--export", tmp_path / "model")
    assert (again, "--overwrite" in message) == (2, True)


def test_pick_as_json_is_one_row_with_the_reason(say, finished):
    (row,) = json.loads(say("pick", "toy", "--json")[1])
    assert row["trial"] in {member.uid for member in members(finished)}
    assert row["reason"].startswith("Trial")


@pytest.mark.parametrize(
    ("flags", "code", "part"),
    [
        (("--where", "f1<=-5"), 1, "f1 lies between"),
        (("--where", "f9<=1"), 2, "f9"),
        (("--prefer", "f1=1,f9=1"), 2, "f9"),
        (("--prefer", "f1=-1,f2=1"), 2, "at least 0"),
    ],
)
def test_pick_refuses_what_it_cannot_do(say, flags, code, part):
    found, stdout, message = say("pick", "toy", *flags)
    assert (found, stdout) == (code, "")
    assert part in message


def test_sync_records_all_again_in_another_store(say, tmp_path):
    store = f"sqlite:///{tmp_path / 'other.db'}"
    code, text, message = say("sync", "toy", "--tracking-uri", store)
    assert code == 0, message
    assert "is recorded" in text


def test_an_unreachable_server_is_exit_code_4(say):
    code, _, message = say("sync", "toy", "--tracking-uri", "http://127.0.0.1:1")
    assert code == 4
    assert "http://127.0.0.1:1" in message


def test_init_writes_a_recipe_that_loads_and_never_replaces_a_file(say, tmp_path):
    recipe = tmp_path / "mine.yaml"
    assert say("init", recipe)[0] == 0
    assert load_recipe(recipe).budget.trials > 0
    assert json.loads((tmp_path / "recipe.schema.json").read_text())["title"] == "Recipe of a sweep"
    assert say("init", recipe)[0] == 2


def test_validate_and_dry_run_check_all_and_start_nothing(say, tmp_path):
    recipe = tmp_path / "new.yaml"
    recipe.write_text(yaml.safe_dump({**ZDT1, "name": "new", "storage": str(tmp_path / "r")}))
    assert "is valid" in say("validate", recipe)[1]
    assert "is valid" in say("run", recipe, "--dry-run")[1]
    assert not (tmp_path / "r").exists()
    assert json.loads(say("schema")[1])["title"] == "Recipe of a sweep"


def test_an_unexpected_error_is_one_line_and_exit_code_1_unless_debug(say, monkeypatch):
    def broken(*_):
        raise ZeroDivisionError("odd")

    monkeypatch.setattr("pareto_search.commands.looking.show_status", broken)
    code, _, message = say("status", "toy")
    assert code == 1
    assert "unexpected ZeroDivisionError: odd" in message
    assert "Traceback" not in message
    with pytest.raises(ZeroDivisionError):
        say("--debug", "status", "toy")


def test_one_damaged_sweep_does_not_hide_the_others(say, finished):
    damaged = finished.storage / "damaged"
    damaged.mkdir()
    (damaged / "sweep.json").write_text("{")
    code, text, message = say("list")
    assert code == 0
    assert "toy" in text
    assert "passed over" in message
    assert say("status", "damaged")[0] == 1


def test_json_and_csv_exclude_each_other(say):
    assert say("front", "toy", "--json", "--csv")[0] == 2
