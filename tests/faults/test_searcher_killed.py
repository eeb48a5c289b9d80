"""The searcher's process dies in the middle of a sweep: nothing is lost, and nothing is changed."""

import os
import signal
import subprocess

import pytest
from sweeping import ZDT1, record_counts, start, wait_for, write_recipe

from pareto_search.searchers import make_searcher, problem_of
from pareto_search.storage.directory import SweepDirectory
from pareto_search.storage.journal import Proposal
from pareto_search.trials.outcomes import outcome_of
from pareto_search.trials.replay import events_of

pytestmark = pytest.mark.integration
SWEEP = {
    **ZDT1,
    "trainable": "trainables.toy:zdt2",
    "params": {"epochs": 2, "sleep_s": 0.1},
    "searcher": {"kind": "nsga2", "population": 4},
    "budget": {"trials": 12},
}


def searcher_of(driver):
    """The number of the process in which the searcher of `driver` lives."""
    asked = ["pgrep", "-P", str(driver.pid), "-f", "searchers.serving"]
    found = subprocess.run(asked, capture_output=True, text=True, check=False).stdout.split()
    return int(found[0]) if found else None


def proposed_anew(directory):
    """What a searcher that never dies proposes, told the same story in the same order."""
    config = directory.config()
    searcher = make_searcher(config.searcher, problem_of(config), config.seeds.sweep)
    points = {}
    for event in events_of(directory.journal.read()):
        if not isinstance(event, Proposal):
            index = event.proposal.index
            searcher.tell(index, outcome_of([event], config.objectives))
        elif event.baseline:
            searcher.adopt(event.index, event.point)
        else:
            points[event.index] = searcher.ask(event.index)
    return points


def test_a_killed_searcher_is_started_again_and_proposes_what_it_would_have(tmp_path):
    directory = SweepDirectory(tmp_path / "results" / "toy")
    process = start(tmp_path, "run", write_recipe(tmp_path, SWEEP))
    killed = []
    for finished in (2, 6):
        wait_for(lambda n=finished: len(directory.records()) >= n, timeout=120)
        wait_for(lambda: searcher_of(process) not in (None, *killed), timeout=60)
        killed.append(searcher_of(process))
        os.kill(killed[-1], signal.SIGKILL)
    _, stderr = process.communicate(timeout=120)
    assert process.returncode == 0, stderr
    assert record_counts(directory) == {f"t{i:04d}": 1 for i in range(12)}
    points = {p.index: dict(p.point) for p in directory.proposals() if not p.baseline}
    assert points == proposed_anew(directory)
