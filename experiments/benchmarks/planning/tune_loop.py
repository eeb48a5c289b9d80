"""What Ray Tune's own loop costs a result, with as many trials at work as are planned for.

Each turn of Tune's loop asks Ray which of all workers' answers is there, and handles one. Two
trials really report as fast as they can; the answers of the other workers are awaited too, but
never come. Nothing of ours takes part: no ledger, no callback, no searcher, no logger.
"""

import os
import random
import tempfile
import time
from typing import Any

from driving.rows import Row

from planning.training import METRICS

REAL = 2
WARM = 50
"""Results before the first that is measured."""


def loop_cost(workers: int, results: int) -> Row:
    """Milliseconds of the loop's thread a result; `wall_ms` needs the cores that workers use too.

    Processor time of the thread, since the machine's two cores run the trials and Ray as well.
    """
    import ray
    from ray import tune
    from ray.tune.schedulers import FIFOScheduler

    _prepare()
    ray.init(address="local", num_cpus=REAL, include_dashboard=False, log_to_driver=False)
    try:
        stamps = _stamps()
        idle = _idle_actor(workers)
        futures = [idle.wait.remote() for _ in range(workers - REAL)]

        class Waiting(FIFOScheduler):
            """Starts trials in turn, and has the loop wait for the idle workers too."""

            def on_trial_add(self, tune_controller: Any, trial: Any) -> None:  # noqa: ARG002
                events = tune_controller._actor_manager._actor_task_events
                events.track_futures(futures)

            def choose_trial_to_run(self, tune_controller: Any) -> None:
                """None in particular, as ours."""

        with tempfile.TemporaryDirectory() as folder:
            tune.Tuner(
                tune.with_resources(_report, {"cpu": 1}),
                param_space={"steps": results // REAL},
                tune_config=tune.TuneConfig(num_samples=REAL, scheduler=Waiting()),
                run_config=tune.RunConfig(storage_path=folder, callbacks=[stamps], verbose=0),
            ).fit()
    finally:
        ray.shutdown()
    return _costs(stamps.times)


def _prepare() -> None:
    from pareto_search.execution.runtime import prepare_environment

    prepare_environment()
    random.seed(0)
    os.environ["TUNE_DISABLE_AUTO_CALLBACK_LOGGERS"] = "1"


def _report(config: dict[str, Any]) -> None:
    from ray import tune

    for step in range(config["steps"]):
        tune.report({"step": step, "metrics": dict.fromkeys(METRICS, 0.5 + step)})


def _idle_actor(workers: int) -> Any:
    import asyncio

    import ray

    class Idle:
        async def wait(self) -> None:
            await asyncio.Event().wait()

    return ray.remote(Idle).options(num_cpus=0, max_concurrency=workers + 1).remote()


def _stamps() -> Any:
    """A callback. Held: thread and wall time at each result."""
    from ray import tune

    class Stamps(tune.Callback):
        times: list[tuple[float, float]] = []  # noqa: RUF012  one run

        def on_trial_result(self, *_: object, **__: object) -> None:
            self.times.append((time.thread_time(), time.perf_counter()))

    return Stamps()


def _costs(times: list[tuple[float, float]]) -> Row:
    (cpu, wall), (cpu_end, wall_end) = times[WARM], times[-1]
    count = len(times) - 1 - WARM
    return {
        "results": count,
        "thread_ms": round(1e3 * (cpu_end - cpu) / count, 4),
        "wall_ms": round(1e3 * (wall_end - wall) / count, 4),
    }
