"""A whole sweep under the virtual clock: what it decides, writes and syncs to a real disk."""

import tempfile
import time
from collections import Counter
from pathlib import Path

from driving.rows import Row, quantiles

from pareto_search.recipe.config import SearcherConfig
from pareto_search.searchers.problem import problem_of
from pareto_search.searchers.registry import make_searcher
from pareto_search.simulation.asking import VirtualAsker
from pareto_search.simulation.clock import VirtualClock
from pareto_search.simulation.running import run_simulation
from pareto_search.simulation.setting import Setting
from pareto_search.simulation.trace import Trace
from pareto_search.storage.directory import SweepDirectory
from pareto_search.trials.ledger import Ledger
from planning.training import Training


def whole(workers: int, trials: int, problem: Training, searcher: SearcherConfig) -> Row:
    """`trials` trainings on `workers` workers, with `searcher`, journal and reports.

    Rates are of the stretch in which all workers work: from the first report to the last start.
    Processor time, so what the disk takes to sync is not in it. Epochs of another length make the
    very same decisions, at another pace.
    """
    config = problem.config(trials, searcher)
    asked = make_searcher(config.searcher, problem_of(config), 0)
    clock, setting = VirtualClock(), Setting(workers, stopwatch=time.process_time)
    asker = VirtualAsker(asked, clock, setting)
    with tempfile.TemporaryDirectory() as folder:
        ledger = Ledger(SweepDirectory(Path(folder)), config, asker, clock=clock)
        trace = run_simulation(ledger, asker, problem)
        sizes = {file.name: file.stat().st_size for file in Path(folder).iterdir()}
        syncs = sum(1 for _ in (Path(folder) / "journal.jsonl").open("rb"))
    return {
        "searcher": config.searcher.kind,
        "virtual_s": round(trace.makespan_s),
        "utilisation": round(trace.utilisation(trace.last_start_s), 4),
        "journal_bytes": sizes["journal.jsonl"],
        "reports_bytes": sizes["reports.jsonl"],
        "syncs": syncs,
        **_rates(trace),
        "ask": quantiles(trace.ask_s),
        "ask_s": round(sum(trace.ask_s), 2),
        "propose": quantiles(trace.propose_s),
        "result": quantiles(trace.result_s),
    }


def _rates(trace: Trace) -> Row:
    """Events a virtual second, while every worker works."""
    start = min(event.time_s for event in trace.events if event.kind.value == "report")
    end = max(trace.last_start_s, start + 1.0)
    count = Counter(event.kind.value for event in trace.events if start <= event.time_s <= end)
    return {f"{kind}s_a_s": round(count[kind] / (end - start), 4) for kind in sorted(count)}
