"""Sweeps on a test cluster: a trainable that says where it runs, and what its reports tell."""

import json
import subprocess
from itertools import pairwise

from sweeping import ZDT1, call, command, steps_of

from pareto_search.storage.directory import SweepDirectory

CODE = """
import os
import time
from pathlib import Path

import ray


def train(params, report, checkpoint):
    done = int((checkpoint / "step").read_text()) if checkpoint else 0
    node = int(ray.util.get_node_ip_address().rpartition(".")[2])
    print("GPUs", os.environ.get("CUDA_VISIBLE_DEVICES"))
    for step in range(done + 1, params["steps"] + 1):
        while "gate" in params and int(Path(params["gate"]).read_text()) < step:
            time.sleep(0.1)
        time.sleep(params.get("sleep_s", 0))
        f2 = 1 - params["x0"] ** 0.5 + params["x1"] / step
        report({"f1": params["x0"], "f2": f2, "node": node}, step,
               lambda place: (place / "step").write_text(str(step)))


train.reads = lambda params: [params["root"]] if "root" in params else []
"""
TRIALS, STEPS = 12, 4
RECIPE = {
    **ZDT1,
    "trainable": "cluster_trial:train",
    "params": {"steps": STEPS},
    "searcher": {"kind": "random"},
    "budget": {"trials": TRIALS},
    "failures": {"retries": 3},
}


def ask(cluster, folder, *arguments):
    return subprocess.run(
        command(*arguments), cwd=folder, capture_output=True, text=True, timeout=240,
        env=cluster.client, check=False,
    )  # fmt: skip


def number(node):
    """By which trials name the node of that address."""
    return int(node.rpartition(".")[2])


def nodes_of(directory):
    """The numbers of the nodes from which each trial reported, in order."""
    nodes = {}
    for line in directory.reports.read()[0]:
        nodes.setdefault(line.uid, []).append(int(line.metrics["node"]))
    return nodes


def finished_runs(uri):
    from mlflow import MlflowClient

    client = MlflowClient(uri)
    runs = client.search_runs([e.experiment_id for e in client.search_experiments()])
    return sorted(run.info.run_name for run in runs if run.info.status == "FINISHED")


def reported(directory, step):
    """How many trials have reported that step."""
    return sum(step in steps for steps in steps_of(directory).values())


def points_at(storage):
    """What was proposed, in order."""
    return [proposal.point for proposal in SweepDirectory(storage / "toy").proposals()]


def front_at(storage):
    """Points and objectives of every trial, and which are on the front, as `front --json` says."""
    told = call(storage, "front", "toy", "--storage", ".", "--json")
    keys = ("trial", "on_front", "objectives", "params")
    return [{key: row[key] for key in keys} for row in json.loads(told.stdout)]


def printed(directory):
    texts = [file.read_text() for file in directory.outputs.iterdir()]
    return {line for text in texts for line in text.splitlines() if line.startswith("GPUs")}


def overlap(directory):
    """Whether reports of two trials come in turns."""
    uids = [line.uid for line in directory.reports.read()[0]]
    changes = sum(a != b for a, b in pairwise(uids))
    return changes > len(set(uids)) - 1


def most_at_once(directory):
    """Trials that were at work at one time, by their first and last reports."""
    spans = {}
    for place, line in enumerate(directory.reports.read()[0]):
        first, _ = spans.setdefault(line.uid, (place, place))
        spans[line.uid] = (first, place)
    return max(sum(a <= at <= b for a, b in spans.values()) for at, _ in spans.values())
