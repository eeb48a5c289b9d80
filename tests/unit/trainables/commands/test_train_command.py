"""What ``trainables train`` prints and leaves, and how it ends, around a trainable of no work."""

import json
import logging
import warnings

import pytest

from trainables.errors import DivergenceError


@pytest.fixture
def fake_train(monkeypatch):
    """A trainable of three epochs that does what `on_epoch` does after each."""
    from trainables.commands import training

    class Train:
        started_from, on_epoch = None, staticmethod(lambda _: None)

        def check(self, _):
            return []

        def export(self, checkpoint, _, out):
            (out / "weights").write_text((checkpoint / "epoch").read_text())

        def __call__(self, params, report, checkpoint):
            assert params["optimiser"]["learning_rate"] == 1e-3
            done = int((checkpoint / "epoch").read_text()) if checkpoint else 0
            self.started_from = done
            for epoch in range(done + 1, 4):
                self.on_epoch(epoch)
                metrics = {"interior_error": 1 / epoch, "dice/WT": 0.5, "hd95": float("nan")}
                report(metrics, epoch, lambda p, e=epoch: (p / "epoch").write_text(str(e)))

    train = Train()
    monkeypatch.setattr(training, "train", train)
    return train


@pytest.mark.usefixtures("fake_train")
def test_train_prints_the_last_epoch_and_leaves_metrics_checkpoint_and_model(run, params, tmp_path):
    done = run("train", params, "--out", tmp_path / "run", "--json")
    assert done.code == 0
    result = json.loads(done.out)
    assert (result["epoch"], result["metrics"]["hd95"]) == (3, None)
    assert (tmp_path / "run" / "model" / "weights").read_text() == "3"
    assert len((tmp_path / "run" / "metrics.jsonl").read_text().splitlines()) == 3
    assert [line for line in done.err.splitlines() if line.startswith("epoch 2/3")]


def test_train_says_what_is_logged_while_it_works_and_not_afterwards(
    run, params, tmp_path, fake_train
):
    logger = logging.getLogger("trainables.data.anything")
    fake_train.on_epoch = lambda now: logger.info("prepared %d of [3] cases", now)
    done = run("train", params, "--out", tmp_path / "run")
    said = [line for line in done.err.splitlines() if line.startswith("prepared")]
    assert said == [f"prepared {n} of [3] cases" for n in (1, 2, 3)]
    assert not logger.isEnabledFor(logging.INFO)


@pytest.mark.filterwarnings("default")
def test_a_warning_is_one_plain_line_and_its_place_is_for_debugging(
    run, params, tmp_path, fake_train
):
    fake_train.on_epoch = lambda now: warnings.warn(f"cases [{now}] cannot\nbe kept", stacklevel=1)
    shown = warnings.showwarning
    done = run("train", params, "--out", tmp_path / "run")
    assert [line for line in done.err.splitlines() if "kept" in line] == [
        f"warning: cases [{epoch}] cannot be kept" for epoch in (1, 2, 3)
    ]
    assert __file__ not in done.err
    assert warnings.showwarning is shown


@pytest.mark.parametrize("epoch", [1, 3])
def test_train_is_interrupted_with_130_and_the_command_it_prints_carries_on(
    run, params, tmp_path, fake_train, epoch
):
    def interrupt(now):
        if now == epoch:
            raise KeyboardInterrupt

    fake_train.on_epoch = interrupt
    arguments = ("train", params, "--set", "seed=3", "--out", tmp_path / "run")
    done = run(*arguments)
    assert (done.code, done.out) == (130, "")
    assert ("nothing was saved" in done.err) == (epoch == 1)
    if epoch == 3:
        assert " ".join(["trainables", *map(str, arguments)]) in done.err
    fake_train.on_epoch = lambda _: None
    assert run(*arguments).code == 0
    assert fake_train.started_from == epoch - 1


def test_train_starts_anew_when_asked(run, params, tmp_path, fake_train):
    run("train", params, "--out", tmp_path / "run")
    assert run("train", params, "--out", tmp_path / "run", "--no-resume").code == 0
    assert fake_train.started_from == 0


def test_train_that_diverges_ends_with_1(run, params, tmp_path, fake_train):
    def diverge(epoch):
        raise DivergenceError(f"Loss should be finite. Found nan in epoch {epoch}.")

    fake_train.on_epoch = diverge
    done = run("train", params, "--out", tmp_path / "run")
    assert (done.code, done.err) == (1, "error: Loss should be finite. Found nan in epoch 1.\n")


def test_train_refuses_unknown_parameters_with_the_nearest_known(run, params, tmp_path):
    done = run("train", params, "--set", "fuzzy.widht_mm=2", "--out", tmp_path / "run")
    assert done.code == 2
    assert "`fuzzy.width_mm`" in done.err
    assert "Traceback" not in done.err
    assert not (tmp_path / "run").exists()


def test_train_refuses_data_it_cannot_use_before_it_starts(run, params, tmp_path):
    done = run("train", params, "--set", f"data.root={tmp_path / 'no'}", "--out", tmp_path / "run")
    assert done.code == 2
    assert "Found no folder of that name" in done.err
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("option", ["--resume", "--no-resume"])
def test_a_second_training_into_the_same_folder_is_refused_and_the_first_goes_on(
    run, params, tmp_path, fake_train, option
):
    second = []

    def start_another(now):
        if now == 2:
            second.append(run("train", params, option, "--out", tmp_path / "run"))

    fake_train.on_epoch = start_another
    assert run("train", params, "--out", tmp_path / "run").code == 0
    (refused,) = second
    assert refused.code == 2
    assert "should have one training at a time" in refused.err
    assert (tmp_path / "run" / "model" / "weights").read_text() == "3"
    assert len((tmp_path / "run" / "metrics.jsonl").read_text().splitlines()) == 3
