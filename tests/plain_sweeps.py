"""Sweeps by Ray Tune, OptunaSearch and MLflowLoggerCallback alone; prints what became of them.

python plain_sweeps.py ends FOLDER: how sweeps end: a silent trial, a reason to stop
python plain_sweeps.py begin FOLDER: a sweep, to be killed; each report is a line in FOLDER/lines
python plain_sweeps.py restore FOLDER: that sweep, restored
"""

import json
import sys
import time
from pathlib import Path

import ray
from plain_glue import make_search
from ray import tune
from ray.air.integrations.mlflow import MLflowLoggerCallback
from ray.tune.schedulers import AsyncHyperBandScheduler

FOLDER = Path(sys.argv[-1])


def train(config):
    """Four reports, 0.15 s apart."""
    name = tune.get_context().get_trial_name()
    for step in range(1, 5):
        time.sleep(0.15)
        with (FOLDER / "lines").open("a") as file:
            file.write(f"{name} {step}\n")
        tune.report({"f1": config["x0"], "f2": config["x1"], "step": step})


def silent(config):
    """Reports one metric that nobody asked for, and no objective."""
    tune.report({"seconds": config["x0"], "minutes": 0.0})


class Enough(tune.Stopper):
    """Ends a sweep, as a time budget does, once three trials have made their last report."""

    def __call__(self, trial_id, result):  # noqa: ARG002  Tune's signature
        return False

    def stop_all(self):
        text = (FOLDER / "lines").read_text() if (FOLDER / "lines").exists() else ""
        return sum(line.endswith(" 4") for line in text.splitlines()) >= 3


def make_tuner(name, trainable, search, trials, stop=None, **settings):
    callback = MLflowLoggerCallback(tracking_uri=f"sqlite:///{FOLDER}/mlflow.db")
    callback.experiment_name = "glue"
    return tune.Tuner(
        tune.with_resources(trainable, {"cpu": 1}),
        tune_config=tune.TuneConfig(
            search_alg=search, num_samples=trials, reuse_actors=True, **settings
        ),
        run_config=tune.RunConfig(
            name=name,
            storage_path=str(FOLDER / "ray"),
            callbacks=[callback],
            stop=stop,
            verbose=0,
        ),
    )


def outcome(call):
    """What `call` raised, by name, or None."""
    try:
        call()
    except Exception as error:  # noqa: BLE001  whatever it is, it is what is asked about
        return type(error).__name__
    return None


def ends():
    found = {"silent": outcome(make_tuner("silent", silent, make_search(), 2).fit)}
    search, asha = make_search(), AsyncHyperBandScheduler(metric="f1", mode="min", time_attr="step")
    results = make_tuner("late", train, search, 500, stop=Enough(), scheduler=asha).fit()
    found["states"] = [trial.state.name for trial in search._ot_study.trials]
    found["several"] = outcome(lambda: results.get_best_result(["f1", "f2"], ["min", "min"]))
    (state,) = (FOLDER / "ray" / "late").glob("experiment_state-*.json")
    found["rungs"] = sum(map(len, (rung for _, rung in asha._brackets[0]._rungs)))
    found["saved"] = sorted(json.loads(state.read_text())["runner_data"])
    text = state.read_text()
    state.write_text(text[: len(text) // 2])  # the machine went down while it was written
    restored = tune.Tuner.restore(str(state.parent), train).fit()
    found["kept"] = len({r.path for r in results} & {r.path for r in restored})
    return found


def main(mode):
    ray.init(address="local", include_dashboard=False, log_to_driver=False, num_cpus=2)
    if mode == "ends":
        sys.stdout.write(json.dumps(ends()))
    elif mode == "begin":
        make_tuner("killed", train, make_search(), 6).fit()
    else:
        tune.Tuner.restore(str(FOLDER / "ray" / "killed"), train).fit()
    ray.shutdown()


if __name__ == "__main__":
    main(sys.argv[1])
