"""A run's folder keeps its promises through every place where the process can be killed."""

import json

import pytest

from trainables.commands.run_folder import RunFolder, replaced_folder
from trainables.errors import ParameterError


def save_text(text):
    return lambda folder: (folder / "state").write_text(text)


def test_metrics_are_kept_in_order_and_the_checkpoint_is_that_of_the_last_epoch(tmp_path):
    folder = started(tmp_path)
    for epoch in (1, 2, 3):
        folder.record({"loss": 1 / epoch}, epoch, save_text(str(epoch)))
    assert folder.rows() == [{"epoch": e, "loss": 1 / e} for e in (1, 2, 3)]
    assert (folder.checkpoint() / "state").read_text() == "3"
    assert {path.name for path in folder.path.iterdir()} == {
        "params.json",
        "metrics.jsonl",
        "checkpoint",
    }


def test_an_epoch_that_is_trained_again_after_a_kill_replaces_its_line(tmp_path):
    folder = started(tmp_path)
    for epoch, loss in ((1, 0.5), (2, 0.4), (2, 0.3)):
        folder.record({"loss": loss}, epoch, None)
    assert folder.rows() == [{"epoch": 1, "loss": 0.5}, {"epoch": 2, "loss": 0.3}]


def test_a_torn_last_line_is_passed_over(tmp_path):
    folder = started(tmp_path)
    folder.record({"loss": 0.5}, 1, None)
    with (folder.path / "metrics.jsonl").open("a") as file:
        file.write('{"epoch": 2, "lo')
    assert folder.rows() == [{"epoch": 1, "loss": 0.5}]


def test_a_save_that_fails_leaves_the_checkpoint_before_it(tmp_path):
    folder = started(tmp_path)
    folder.record({}, 1, save_text("1"))

    def fail(place):
        (place / "state").write_text("half")
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        folder.record({}, 2, fail)
    assert (folder.checkpoint() / "state").read_text() == "1"
    folder.record({}, 2, save_text("2"))
    assert (folder.checkpoint() / "state").read_text() == "2"


def test_a_kill_between_the_two_renames_leaves_the_old_checkpoint_to_be_found(tmp_path):
    folder = started(tmp_path)
    folder.record({}, 1, save_text("1"))
    (folder.path / "checkpoint").rename(folder.path / "checkpoint.old")
    assert (folder.checkpoint() / "state").read_text() == "1"
    folder.record({}, 2, save_text("2"))
    assert (folder.checkpoint() / "state").read_text() == "2"
    assert not (folder.path / "checkpoint.old").exists()


def test_resuming_hands_over_the_checkpoint_and_starting_anew_forgets_everything(tmp_path):
    folder = started(tmp_path)
    folder.record({"loss": 0.5}, 1, save_text("1"))
    assert RunFolder(folder.path).begin({"seed": 0}, resume=True) == folder.path / "checkpoint"
    assert RunFolder(folder.path).begin({"seed": 0}, resume=False) is None
    assert folder.rows() == []
    assert folder.checkpoint() is None


def test_a_run_is_not_carried_on_with_other_parameters(tmp_path):
    folder = started(tmp_path)
    folder.record({}, 1, save_text("1"))
    with pytest.raises(ParameterError, match="--no-resume"):
        folder.begin({"seed": 1}, resume=True)
    assert json.loads((folder.path / "params.json").read_text()) == {"seed": 0}


def test_a_kill_between_a_line_and_its_checkpoint_leaves_the_epoch_of_the_checkpoint(tmp_path):
    folder = started(tmp_path)
    assert folder.saved_epoch() == 0
    folder.record({}, 1, save_text("1"))

    def end(_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        folder.record({}, 2, end)
    assert len(folder.rows()) == 2
    assert RunFolder(folder.path).saved_epoch() == 1


@pytest.mark.parametrize("resume", [True, False])
def test_a_second_training_is_refused_while_the_first_holds_the_folder(tmp_path, resume):
    place = tmp_path / "run"
    with RunFolder(place).held():
        with pytest.raises(ParameterError, match="one training at a time"), RunFolder(place).held():
            pass
        assert RunFolder(place).begin({"seed": 0}, resume) is None  # the lock is no other file
    with RunFolder(place).held():
        pass


def test_holding_a_folder_of_something_else_leaves_nothing_in_it(tmp_path):
    (tmp_path / "model").mkdir()
    with pytest.raises(ParameterError, match="Found other files"), RunFolder(tmp_path).held():
        pass
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


@pytest.mark.parametrize("resume", [True, False])
def test_a_folder_of_something_else_is_not_touched(tmp_path, resume):
    (tmp_path / "model").mkdir()
    with pytest.raises(ParameterError, match="Found other files"):
        RunFolder(tmp_path).begin({}, resume)
    assert (tmp_path / "model").is_dir()


def test_a_replaced_folder_is_whole_or_as_it_was(tmp_path):
    with replaced_folder(tmp_path / "model") as new:
        (new / "weights").write_text("first")
    with pytest.raises(ValueError, match="no"), replaced_folder(tmp_path / "model") as new:
        raise ValueError("no")
    assert (tmp_path / "model" / "weights").read_text() == "first"


def started(path):
    folder = RunFolder(path / "run")
    assert folder.begin({"seed": 0}, resume=True) is None
    return folder
