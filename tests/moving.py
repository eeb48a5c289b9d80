"""A trainable that counts slowly and can move, and a cluster whose machine is replaced.

As a program: ``moving.py RECIPE`` runs a sweep on a worker node of two cores, and adds another as
soon as its trials work. Each has a name and a notice of its own.
"""

import json
import os
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

from sweeping import command

from pareto_search.execution.runtime import prepare_environment

STEPS, STEPS_A_REPORT, STEP_S = 60, 20, 0.1
NAME_VARIABLE = "RAY_CLOUD_INSTANCE_ID"
FIRST, SECOND = "node-0", "node-1"


def count(params, report, checkpoint):
    """Write each step and the machine it is done on to a log; the state is the step."""
    done = int((checkpoint / "step").read_text()) if checkpoint else 0
    for step in range(done + 1, STEPS + 1):
        time.sleep(STEP_S)
        with log_of(Path(params["folder"]), params["asks"]).open("a") as log:
            log.write(json.dumps([step, os.environ.get(NAME_VARIABLE)]) + "\n")
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


def notice_of(folder, node):
    return folder / f"notice-{node}"


def main(recipe):
    from ray.cluster_utils import Cluster

    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 0})
    try:
        _add_node(cluster, FIRST)
        Path("address").write_text(cluster.address)
        sweep = subprocess.Popen(command("run", recipe, "--address", cluster.address))
        while not all(steps_done(Path.cwd(), asks) for asks in (True, False)):
            if sweep.poll() is not None:
                break
            time.sleep(0.05)
        _add_node(cluster, SECOND)
        sys.exit(sweep.wait())
    finally:
        cluster.shutdown()


def _add_node(cluster, name):
    variables = {NAME_VARIABLE: name, "PARETO_SEARCH_NOTICE": str(notice_of(Path.cwd(), name))}
    cluster.add_node(num_cpus=2, env_vars=variables)


if __name__ == "__main__":
    prepare_environment()
    main(sys.argv[1])
