"""The peers of `orchestration.py`, each run as a process of its own, as a user's script would be.

python orchestration_peers.py KIND SETTING(JSON) FOLDER
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

from orchestration_trial import DIMENSIONS, OBJECTIVES, train


def main(kind: str, setting: dict[str, Any], folder: Path) -> None:
    """Run every trial of `setting` below `folder`; prints how many ended well."""
    if kind == "bare":
        os.environ["TUNE_DISABLE_AUTO_CALLBACK_LOGGERS"] = "1"
    os.environ |= {"RAY_AIR_NEW_OUTPUT": "0", "RAY_USAGE_STATS_ENABLED": "0"}
    import ray
    from ray import tune

    ray.init(address="local", include_dashboard=False, log_to_driver=False, logging_level="ERROR")
    sizes = {"steps": setting["steps"], "step_s": setting["step_s"]}

    def trial(config: dict[str, Any]) -> None:
        train({**config, **sizes}, lambda metrics, step: tune.report({**metrics, "step": step}))

    space = {f"x{place}": tune.uniform(0.0, 1.0) for place in range(DIMENSIONS)}
    results = tune.Tuner(
        tune.with_resources(trial, {"cpu": 1}),
        param_space=space,
        tune_config=tune.TuneConfig(
            num_samples=setting["trials"],
            reuse_actors=True,
            search_alg=optuna_search() if kind == "glue" else None,
        ),
        run_config=tune.RunConfig(
            storage_path=str(folder),
            callbacks=[mlflow_callback(folder)] if kind == "glue" else [],
            verbose=0,
        ),
    ).fit()
    print(len(results) - results.num_errors)
    ray.shutdown()


def optuna_search() -> Any:
    """Ray's own join to Optuna: TPE for both objectives."""
    from ray.tune.search.optuna import OptunaSearch

    return OptunaSearch(metric=list(OBJECTIVES), mode=["min"] * len(OBJECTIVES))


def mlflow_callback(folder: Path) -> Any:
    """Ray's own join to MLflow, with a store of the same kind as ours."""
    from ray.air.integrations.mlflow import MLflowLoggerCallback

    uri = f"sqlite:///{folder}/mlflow.db"
    return MLflowLoggerCallback(tracking_uri=uri, experiment_name="orchestration")


if __name__ == "__main__":
    main(sys.argv[1], json.loads(sys.argv[2]), Path(sys.argv[3]))
