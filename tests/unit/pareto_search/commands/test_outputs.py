"""`logs` shows what trials printed, from the sweep's directory alone."""

import pytest
from recording import HandSweep

from pareto_search.commands import outputs
from pareto_search.commands.outputs import show_outputs
from pareto_search.errors import RecipeError, SweepNotFoundError
from pareto_search.storage.lock import writing


@pytest.fixture
def sweep(tmp_path):
    """A sweep of two trials, the first of which printed twelve lines and the second failed."""
    sweep = HandSweep(tmp_path)
    sweep.trial(0)
    sweep.trial(1)
    place = sweep.directory.path
    for name in ("outputs", "failures"):
        (place / name).mkdir(exist_ok=True)
    (place / "outputs" / "t0000.txt").write_text("".join(f"epoch {i}\n" for i in range(12)))
    (place / "outputs" / "t0001.txt").write_text("started")
    (place / "failures" / "t0001.txt").write_text("Traceback ...\nValueError: too big\n")
    return sweep


def show(sweep, trial=None, follow=False):
    return show_outputs(sweep.directory.storage, "toy", trial, follow)


def test_the_last_lines_of_every_trial_are_shown_and_why_it_failed(sweep, capsys):
    assert show(sweep) == 0
    text = capsys.readouterr().out
    assert text.startswith("==> t0000, the last lines <==\nepoch 2\nepoch 3\n")
    assert "epoch 1\n" not in text
    assert "==> t0001 <==\nstarted\n" in text
    assert text.endswith("==> t0001 failed: ValueError: too big\n")


def test_all_of_one_trial_is_shown_with_its_traceback(sweep, capsys):
    assert show(sweep, "t0000") == 0
    assert capsys.readouterr().out == "".join(f"epoch {i}\n" for i in range(12))
    assert show(sweep, "t0001") == 0
    assert capsys.readouterr().out == (
        "started==> t0001 failed <==\nTraceback ...\nValueError: too big\n"
    )


def test_new_lines_are_followed_behind_their_trials_name_until_nobody_runs_it(
    sweep, capsys, monkeypatch
):
    file = sweep.directory.path / "outputs" / "t0000.txt"
    printed = ["epoch 12\nep", "och 13\n"]

    def work(seconds):
        assert seconds == outputs._GLANCE_S
        with file.open("a") as stream:
            stream.write(printed.pop(0))

    monkeypatch.setattr(outputs.time, "sleep", work)
    monkeypatch.setattr(outputs, "is_running", lambda _: bool(printed))
    assert show(sweep, follow=True) == 0
    text = capsys.readouterr().out
    assert "\n\nt0000 | epoch 12\nt0000 | epoch 13\n==> t0001 failed" in text


def test_a_trial_that_has_ended_is_not_waited_for(sweep):
    with writing(sweep.directory):
        assert show(sweep, "t0000", follow=True) == 0


def test_a_trial_that_never_began_is_refused_with_the_nearest_that_did(sweep):
    with pytest.raises(RecipeError, match=r"t0000 to t0001 have begun\. Did you mean `t0001`\?"):
        show(sweep, "t001")


def test_a_sweep_that_is_not_there_is_told(tmp_path):
    with pytest.raises(SweepNotFoundError):
        show_outputs(tmp_path, "toy", None, False)
