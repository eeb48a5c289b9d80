"""Runs to compare, in memory and on disk, for the tests of comparisons, figures and commands."""

import json
from itertools import count

import numpy as np

from pareto_search.comparison.contestants import Contestant, Run
from pareto_search.objective import Objective
from pareto_search.recipe.config import SweepConfig
from pareto_search.searchers.protocol import TrialState
from pareto_search.storage.directory import SweepDirectory
from pareto_search.storage.journal import Proposal, TrialRecord

PAIR = (Objective(name="f1", reference=1.0), Objective(name="f2", reference=1.0))
RECIPE = {
    "trainable": "trainables.toy:zdt1",
    "space": {"x": {"type": "float", "low": 0, "high": 1}},
    "budget": {"trials": 40},
}


def config_of(name, objectives=PAIR, **changes):
    listed = [objective.model_dump() for objective in objectives]
    return SweepConfig.model_validate({**RECIPE, "name": name, "objectives": listed, **changes})


def records_of(points, objectives=PAIR, repeats=1):
    """A complete trial for each row of values; `repeats` rows after each other share a point."""
    records = []
    for index, values in enumerate(points):
        point = {"x": index // repeats / 1000}
        proposal = Proposal(index, point, proposed_at=100.0 + index, repeat=index % repeats)
        named = {o.name: float(v) for o, v in zip(objectives, values, strict=True)}
        records.append(
            TrialRecord(
                proposal, TrialState.COMPLETE, named, elapsed_s=30.0, ended_at=130.0 + index
            )
        )
    return records


def a_run(name, points, seed=0, objectives=PAIR, repeats=1, facts=None, **changes):
    seeds = {"sweep": seed, "repeats": repeats}
    config = config_of(name, objectives, seeds=seeds, **changes)
    return Run(name, config, facts or {}, tuple(records_of(points, objectives, repeats)))


def a_contestant(label, *runs_of_points, objectives=PAIR, **changes):
    """One run, of a seed of its own, for each of the lists of points."""
    runs = [
        a_run(f"{label}-{seed}", points, seed, objectives, **changes)
        for seed, points in zip(count(), runs_of_points, strict=False)
    ]
    return Contestant(label, tuple(runs))


def bent_front(generator, count=8, shift=0.0, noise=0.02):
    """Points near the circle around (1, 1) that touches both axes, moved away by `shift`."""
    angle = np.sort(generator.uniform(0, np.pi / 2, count))
    along = 1 - 0.9 * np.column_stack([np.cos(angle), np.sin(angle)])
    return along + shift + generator.normal(0, noise, along.shape)


def write_sweep(storage, name, points, seed=0, facts=None, objectives=PAIR, repeats=1, **changes):
    """A finished sweep on disk, whose trials ended with these values."""
    directory = SweepDirectory(storage / name)
    directory.path.mkdir(parents=True)
    seeds = {"sweep": seed, "repeats": repeats}
    budget = {"trials": max(len(points), 1)}
    config = config_of(name, objectives, **{"seeds": seeds, "budget": budget, **changes})
    directory.write_json("sweep.json", json.loads(config.model_dump_json(by_alias=True)))
    directory.write_json("facts.json", facts or {})
    for record in records_of(points, objectives, repeats):
        directory.journal.append(record.proposal)
        directory.journal.append(record)
    return directory
