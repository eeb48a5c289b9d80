import json
import sys

import numpy as np
import pytest
from comparing import bent_front, write_sweep

from pareto_search.cli import main


@pytest.fixture
def say(monkeypatch, capsys, tmp_path):
    """Runs `compare` in a folder of sweeps; gives back exit code, stdout and stderr."""
    generator = np.random.default_rng(0)
    for seed in range(2):
        write_sweep(tmp_path / "results", f"tpe-{seed}", bent_front(generator), seed)
        write_sweep(tmp_path / "results", f"gp-{seed}", bent_front(generator, shift=0.05), seed)
    write_sweep(tmp_path / "results", "empty", [])
    far = {"trainable": {"data_digest": "far"}}
    write_sweep(tmp_path / "results", "far", bent_front(generator), facts=far)
    monkeypatch.chdir(tmp_path)

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["pareto-search", "compare", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        stdout, stderr = capsys.readouterr()
        return ended.value.code or 0, stdout, stderr

    return run


def test_groups_are_compared_as_tables_and_a_sentence(say):
    code, text, _ = say("tpe=tpe-*", "gp=gp-0,gp-1")
    assert code == 0
    assert "Student's t over 2 sweeps" in text
    assert "no difference is beyond luck" in text.replace("\n", " ")


def test_json_is_all_that_is_on_stdout_and_the_plot_is_written(say, tmp_path):
    code, text, message = say("tpe-0", "gp-0", "--json", "--plot", "a.svg")
    assert (code, message) == (0, "Wrote a.svg\n")
    assert [one["label"] for one in json.loads(text)["contestants"]] == ["tpe-0", "gp-0"]
    assert (tmp_path / "a.svg").exists()


@pytest.mark.parametrize(
    ("arguments", "code", "part"),
    [
        (("tpe-0",), 2, "two sweeps or more"),
        (("tpe-0", "tpe-9"), 5, "No sweep named `tpe-9`"),
        (("tpe-0", "empty"), 1, "no complete trial in `empty`"),
        (("tpe-0", "far"), 2, "same data_digest. Found none in tpe-0; far in far. --anyway"),
        (("tpe-0", "gp-0", "--plot", "a.doc"), 2, "should end in .png"),
    ],
)
def test_what_cannot_be_compared_is_refused_in_one_line(say, arguments, code, part):
    found, stdout, message = say(*arguments)
    assert (found, stdout) == (code, "")
    assert part in message
    assert len(message.splitlines()) == 1


def test_what_was_compared_anyway_is_said(say):
    code, text, _ = say("tpe-0", "far", "--anyway")
    assert code == 0
    assert "Compared anyway: All sweeps of a comparison should have the same data_digest." in text


def test_a_longer_sweep_of_the_same_trials_is_not_said_to_be_ahead(say, tmp_path):
    points = bent_front(np.random.default_rng(3), 12)
    write_sweep(tmp_path / "results", "alpha", points)
    write_sweep(tmp_path / "results", "short", points[:5])
    code, text, _ = say("alpha", "short")
    assert code == 0
    assert "alpha - short: hypervolume +0;" in text
    assert "of each sweep only the first 5 count" in text
    assert "Nobody is ahead anywhere" in text
