"""Sweeps made up in an instant, to draw and report: conditional parameters, stops, failures."""

import json
from dataclasses import asdict

import numpy as np

from pareto_search.recipe.config import SweepConfig
from pareto_search.searchers.protocol import TrialState
from pareto_search.storage.directory import SweepDirectory
from pareto_search.storage.journal import Proposal, Session, TrialRecord

BEGAN = 1_700_000_000.0
HOSTILE = "<script>alert('x')</script>"
RECIPE = {
    "name": "made-up",
    "trainable": "some.module:train",
    "objectives": [
        {"name": "interior_error", "reference": 1.0},
        {"name": "boundary_error", "reference": 1.0},
    ],
    "params": {"data": {"root": "somewhere"}, "source": "https://me:hunter2@server/x"},
    "space": {
        "warmup": {"type": "float", "low": 0.0, "high": 1.0},
        "width_mm": {"type": "float", "low": 0.5, "high": 4.0, "log": True},
        "depth": {"type": "int", "low": 2, "high": 5},
        "loss.kind": {"type": "choice", "values": ["plain", "consistent", HOSTILE]},
        "loss.tau": {
            "type": "float", "low": 0.1, "high": 10.0, "log": True,
            "when": {"loss.kind": "consistent"},
        },
    },
    "constraints": ["peak_gib <= 9"],
    "budget": {"trials": 1000, "wall_time": "2h"},
}  # fmt: skip


def make_sweep(folder, trials=60, steps=5, seed=0, **changes):
    """A sweep in `folder` whose first trial is the baseline.

    `warmup` decides the trade-off and `width_mm` how good both objectives are, nothing else
    matters. Every 9th trial fails, every 5th is stopped after 2 steps, every 13th breaks a
    constraint; each complete one reports the parts WT and TC.
    """
    directory = SweepDirectory(folder / "made-up")
    directory.path.mkdir(parents=True)
    config = SweepConfig.model_validate(RECIPE | changes)
    directory.write_json("sweep.json", json.loads(config.model_dump_json(by_alias=True)))
    directory.write_json("facts.json", FACTS)
    generator = np.random.default_rng(seed)
    records = [_record(index, generator, steps) for index in range(trials)]
    runs = {record.uid: f"{record.proposal.index:032x}" for record in records}
    server = {"tracking_uri": "http://127.0.0.1:5000", "experiment_id": "7", "runs": runs}
    directory.write_json("mlflow.json", server)
    entries = [("session", Session(BEGAN)), *(("proposal", r.proposal) for r in records)]
    entries += [("record", record) for record in records]
    lines = [json.dumps({"kind": kind, **asdict(entry)}) for kind, entry in entries]
    (directory.path / "journal.jsonl").write_text("\n".join(lines) + "\n")
    reports = [json.dumps(line) for record in records for line in _reports(record, steps)]
    (directory.path / "reports.jsonl").write_text("\n".join(reports) + "\n")
    return directory


FACTS = {
    "started_at": "2026-11-01T10:00:00Z",
    "command": ["pareto-search", "run", "made-up.yaml"],
    "cwd": "/somewhere",
    "git_commit": "a" * 40,
    "git_dirty": True,
    "packages": {"ray": "2.60.0", "torch": "2.13.0"},
    "platform": "Linux",
    "python": "3.11.7",
    "trainable": {"data_digest": "4d42f7", "n_train": 8},
}


def _record(index, generator, steps):
    is_baseline = index == 0
    point = {
        "warmup": 0.0 if is_baseline else float(generator.random()),
        "width_mm": float(0.5 * 8 ** generator.random()),
        "depth": int(generator.integers(2, 6)),
        "loss.kind": RECIPE["space"]["loss.kind"]["values"][index % 3],
    }
    if point["loss.kind"] == "consistent":
        point["loss.tau"] = float(0.1 * 100 ** generator.random())
    proposal = Proposal(index, point, is_baseline, BEGAN + 30 * index, known=index)
    fields = {"elapsed_s": 60.0, "ended_at": BEGAN + 30 * index + 60, "violations": (-1.0,)}
    if index % 9 == 8:
        error = f"RuntimeError: {HOSTILE} at index {index} of https://me:hunter2@server\nTraceback"
        return TrialRecord(proposal, TrialState.FAILED, error=error, infeasible=index % 2 == 0,
                           elapsed_s=5.0, ended_at=fields["ended_at"])  # fmt: skip
    if index % 5 == 4:
        values = _values(point, 2, steps)
        return TrialRecord(proposal, TrialState.STOPPED, values, step=2, elapsed_s=20.0,
                           ended_at=fields["ended_at"])  # fmt: skip
    if index % 13 == 12:
        fields["violations"] = (float("inf") if index % 2 else 3.0,)
    values = _values(point, steps, steps)
    return TrialRecord(proposal, TrialState.COMPLETE, values, _parts(values), steps, **fields)


def _values(point, step, steps):
    excess = 0.3 * (np.log(point["width_mm"] / 1.4)) ** 2 + 0.5 * (1 - step / steps)
    return {
        "interior_error": float(0.1 + 0.3 * point["warmup"] ** 2 + excess),
        "boundary_error": float(0.2 + 0.3 * (1 - point["warmup"]) ** 2 + excess),
    }


def _parts(values):
    metrics = {"peak_gib": 5.0, "interior_error/alone": 0.5}
    for part, factor in (("WT", 0.5), ("TC", 1.2)):
        metrics |= {f"{name}/{part}": value * factor for name, value in values.items()}
    return metrics


def _reports(record, steps):
    for step in range(1, max(record.step, 0) + 1):
        values = _values(record.proposal.point, step, steps)
        yield {
            "uid": record.uid, "step": step, "metrics": values | _parts(values),
            "checkpoint": None, "time": BEGAN + 30 * record.proposal.index + step,
        }  # fmt: skip
