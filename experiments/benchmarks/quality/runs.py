"""Runs: one method on one problem, with some workers and a seed; each a line of raw results."""

import json
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from pareto_search.fronts.front import is_on_front
from pareto_search.objective import reference_losses, to_losses
from pareto_search.recipe.config import SearcherConfig
from pareto_search.simulation.setting import Setting
from pareto_search.simulation.sweep import Simulated, config_of, simulate
from quality.methods import PEERS, most_trials, searcher_config
from quality.peers.environments import python_of
from quality.peers.talking import Peer, PeerSearcher
from quality.problems import make_problem

Row = dict[str, Any]
Key = tuple[str, str, int, int]
DIGITS = 4


@dataclass(frozen=True)
class Work:
    """What is still to run of one method on one problem: a run for each of `seeds`."""

    method: str
    problem: str
    workers: int
    seeds: tuple[int, ...]
    trials: int
    lcbench: Path | None = None


def run_all(works: Sequence[Work], folder: Path | None, processes: int, file: Path) -> None:
    """Run `works` in `processes` processes and append each run to `file` as soon as it ended.

    A peer that fails is told of, and its other runs are left out.
    """
    for name in {PEERS[work.method].environment for work in works if work.method in PEERS}:
        python_of(name, folder)  # before they are needed by several processes
    with ProcessPoolExecutor(processes) as pool, file.open("a") as out:
        due = {pool.submit(run, work, folder): work for work in works}
        for done in as_completed(due):
            for row in done.result():
                out.write(json.dumps(row, separators=(",", ":")) + "\n")
                out.flush()
                print(due[done].method, row["problem"], row["workers"], row["seed"], flush=True)


def run(work: Work, folder: Path | None) -> list[Row]:
    """The rows of `work`, one a seed."""
    peer = PEERS.get(work.method)
    process = Peer(python_of(peer.environment, folder), peer.loop) if peer else nullcontext()
    with process:
        return list(_rows(work, process if isinstance(process, Peer) else None))


def read_rows(file: Path) -> list[Row]:
    """Every run that is in `file`."""
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


def key_of(row: Row) -> Key:
    """What a run is known by."""
    return row["method"], row["problem"], row["workers"], row["seed"]


def _rows(work: Work, peer: Peer | None) -> Iterator[Row]:
    problem = make_problem(work.problem, work.lcbench)
    trials = most_trials(work.method, work.trials)
    for seed in work.seeds:
        began = time.perf_counter()
        if peer is None:
            config = config_of(problem, searcher_config(work.method, problem), trials, seed)
            searcher = None
        else:
            config = config_of(problem, SearcherConfig(kind="random"), trials, seed)
            options = dict(PEERS[work.method].options)
            searcher = PeerSearcher(peer, problem, seed, options)
        setting = Setting(work.workers, seed)
        simulated = simulate(problem, config, setting, searcher=searcher)
        yield {
            "method": work.method,
            "problem": work.problem,
            "workers": work.workers,
            "seed": seed,
            "trials": trials,
            "reference": reference_losses(problem.objectives).tolist(),
            "makespan_s": round(simulated.trace.makespan_s),
            "asks_s": round(sum(simulated.trace.ask_s), 2),
            "took_s": round(time.perf_counter() - began, 1),
            "improvements": improvements(simulated),
        }


def improvements(simulated: Simulated) -> list[list[float]]:
    """The trials that were nondominated when they ended, in that order: all that hypervolume needs.

    Each as how many had ended with it, virtual seconds, and its losses.
    """
    records = simulated.trace.records
    losses = to_losses([record.values for record in records], simulated.config.objectives)
    found: list[list[float]] = []
    archive = np.empty((0, losses.shape[1]))
    for n, (record, row) in enumerate(zip(records, losses, strict=True), start=1):
        if not np.isfinite(row).all() or (archive <= row).all(axis=1).any():
            continue
        archive = np.vstack([archive, row])
        archive = archive[is_on_front(archive)]
        rounded = [float(f"{value:.{DIGITS}g}") for value in row]
        found.append([n, round(record.ended_at), *rounded])
    return found
