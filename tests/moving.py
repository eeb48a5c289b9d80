"""A trainable that counts slowly and can move, and says where it did each step."""

import json
import os
import time
from functools import partial
from pathlib import Path

STEPS, STEPS_A_REPORT, WAITS_AT = 60, 20, 25
STEP_S = 0.02
NOTICE_VARIABLE = "PARETO_SEARCH_NOTICE"
NAME_VARIABLE = "RAY_CLOUD_INSTANCE_ID"
"""By which KubeRay names a machine."""


def count(params, report, checkpoint):
    """Write each step and the machine it is done on to a log; the state is the step."""
    done = int((checkpoint / "step").read_text()) if checkpoint else 0
    for step in range(done + 1, STEPS + 1):
        time.sleep(STEP_S)
        with log_of(Path(params["folder"]), params["asks"]).open("a") as log:
            log.write(json.dumps([step, os.environ.get(NAME_VARIABLE)]) + "\n")
        while step == WAITS_AT and not Path(os.environ[NOTICE_VARIABLE]).exists():
            time.sleep(STEP_S)  # until the machine is about to vanish, however slow all else is
        save = partial(_save, step)
        if step % STEPS_A_REPORT == 0:
            report({"f1": 1.0, "f2": 1 - step / STEPS}, step // STEPS_A_REPORT, save)
        elif params["asks"] and report.leaving():
            report.leave(save)


def _save(step, folder):
    (folder / "step").write_text(str(step))


def log_of(folder, asks):
    return folder / f"steps-{asks}.log"


def steps_done(folder, asks):
    """Each step that was done, with its machine, in order."""
    log = log_of(folder, asks)
    return [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []
