"""Asynchronous steady state against pymoo's own, run by hand: who finds more in as many trials?

    python experiments/benchmarks/steady_state.py

`hand` is pymoo's algorithm as it comes, with `n_offsprings=1`, asked and told in turn: one trial at
a time. `ours` is the searcher of a recipe, with the same population and the same seeds, on 1, 8 and
32 simulated workers that hand trials in out of order (durations are lognormal). MOEA/D of pymoo
always goes child by child. Each run is judged by the hypervolume of its first 100 and 300 trials,
as a part of the whole front's.

The table is written to `steady_state.md` beside this file, every run to `steady_state.jsonl`, from
which a later call goes on. The exit code is 1 where the bar is missed: on DTLZ2 and WFG4, 300
trials one by one, no algorithm significantly worse than pymoo's own.
"""

import json
import os
import statistics
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from itertools import count, product
from pathlib import Path
from typing import Annotated

import moocore
import numpy as np
import numpy.typing as npt
import typer
from pymoo.algorithms.moo.age import AGEMOEA
from pymoo.algorithms.moo.moead import MOEAD
from pymoo.algorithms.moo.nsga2 import NSGA2
from pymoo.algorithms.moo.nsga3 import NSGA3
from pymoo.algorithms.moo.sms import SMSEMOA
from pymoo.core.algorithm import Algorithm
from pymoo.core.population import Population
from pymoo.util.ref_dirs import get_reference_directions
from scipy.stats import wilcoxon

from pareto_search.recipe.config import SearcherConfig
from pareto_search.searchers import SearchProblem, make_searcher
from pareto_search.searchers.protocol import Outcome, TrialState
from pareto_search.simulation.clock import VirtualClock
from pareto_search.simulation.problems.analytic import AnalyticProblem, make_analytic
from pareto_search.simulation.problems.true_fronts import true_hypervolume

HERE = Path(__file__).parent
KINDS = ("nsga2", "nsga3", "agemoea", "smsemoa", "moead")
PROBLEMS = ("zdt1", "zdt3", "dtlz2", "wfg4")
BARS = ("dtlz2", "wfg4")
WORKERS = (1, 8, 32)
TRIALS = 300
"""Of a run, which is judged after a third of them and at its end."""
LEVEL = 0.05
"""Of a difference that is called significant, after Holm's correction over a table's rows."""

Losses = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Run:
    """One run: `workers` of ours, 0 where pymoo is run by hand."""

    kind: str
    problem: str
    workers: int
    seed: int
    population: int
    trials: int = TRIALS

    @property
    def marks(self) -> tuple[int, int]:
        """After how many trials it is judged."""
        return self.trials // 3, self.trials


def main(
    seeds: Annotated[int, typer.Option(help="Runs of each.")] = 20,
    population: Annotated[int, typer.Option(help="Trials of a population.")] = 16,
    jobs: Annotated[int, typer.Option(help="Processes.")] = 2,
    quick: Annotated[bool, typer.Option(help="Few and short: bars are moot.")] = False,
    table_only: Annotated[bool, typer.Option(help="Of the runs there are: no new ones.")] = False,
    out: Annotated[Path, typer.Option(help="Folder of table and rows.")] = HERE,
) -> None:
    """Do the runs that are missing, write the table, and judge it."""
    kinds, problems = (KINDS[:1], BARS) if quick else (KINDS, PROBLEMS)
    wanted = [
        Run(kind, problem, workers, seed, population, 30 if quick else TRIALS)
        for seed in range(2 if quick else seeds)
        for kind, problem, workers in product(kinds, problems, (0, *WORKERS))
    ]
    file = out / "steady_state.jsonl"
    found = known_of(file, wanted) if table_only else fill(file, wanted, jobs)
    table, missed = describe(found)
    (out / "steady_state.md").write_text(table)
    print(table)
    for line in missed:
        print(f"Missed: {line}")
    sys.exit(bool(missed) and not quick)


def fill(file: Path, wanted: Sequence[Run], jobs: int) -> dict[Run, list[float]]:
    """The results of `wanted`, from `file` as far as they are there; the others are added to it."""
    known = known_of(file, wanted)
    missing = [run for run in wanted if run not in known]
    with file.open("a") as stream, ProcessPoolExecutor(jobs) as pool:
        for run, parts in zip(missing, pool.map(measure, missing, chunksize=4), strict=True):
            known[run] = parts
            stream.write(json.dumps({"run": asdict(run), "parts": parts}) + "\n")
            stream.flush()
    return known


def known_of(file: Path, wanted: Sequence[Run]) -> dict[Run, list[float]]:
    """The results of `wanted` that are in `file`."""
    lines = file.read_text().splitlines() if file.exists() else []
    found = {Run(**row["run"]): row["parts"] for row in map(json.loads, lines)}
    return {run: found[run] for run in wanted if run in found}


def measure(run: Run) -> list[float]:
    """The part of the front's hypervolume that the first trials of a run have, at its marks."""
    problem = make_analytic(run.problem)
    losses = by_hand(run, problem) if run.workers == 0 else by_us(run, problem)
    return [round(part_of_front(losses[:n], problem), 5) for n in run.marks]


def by_hand(run: Run, problem: AnalyticProblem) -> Losses:
    """Losses of pymoo's own steady state in the order of its trials; N x M."""
    algorithm = make_algorithm(run.kind, run.population)
    algorithm.setup(problem.pymoo, seed=run.seed, verbose=False)
    found: list[Losses] = []
    while len(found) < run.trials:
        children = Population.create(*np.atleast_1d(algorithm.ask()))
        for child in children:
            child.F = problem.pymoo.evaluate(child.X)
            child.evaluated.add("F")
            found.append(child.F)
        algorithm.tell(infills=children if len(children) > 1 else children[0])
    return np.array(found)


def make_algorithm(kind: str, population: int) -> Algorithm:
    """pymoo's algorithm with its own operators; two objectives."""
    directions = get_reference_directions("das-dennis", 2, n_partitions=population - 1)
    if kind == "moead":
        return MOEAD(directions, n_neighbors=min(20, population))
    if kind == "nsga3":
        return NSGA3(directions, n_offsprings=1)
    made = {"nsga2": NSGA2, "agemoea": AGEMOEA, "smsemoa": SMSEMOA}[kind]
    return made(pop_size=population, n_offsprings=1)


def by_us(run: Run, problem: AnalyticProblem) -> Losses:
    """Losses of ours in the order in which trials end on the simulated workers; N x M."""
    config = SearcherConfig(engine="pymoo", kind=run.kind, population=run.population)
    stated = SearchProblem(problem.space, 2, reference=problem.reference)
    searcher = make_searcher(config, stated, run.seed)
    clock, found = VirtualClock(), []

    def start(index: int) -> None:
        point = searcher.ask(index)
        losses = tuple(problem.evaluate(point, 1, seed=0).values())
        seconds = problem.duration_s(point, 1, seed=run.seed * 1000 + index)
        clock.at(clock.now + seconds, lambda _: end(index, losses))

    def end(index: int, losses: tuple[float, ...]) -> None:
        searcher.tell(index, Outcome(TrialState.COMPLETE, losses))
        found.append(losses)
        start(next(indices))

    indices = count()
    for _ in range(run.workers):
        start(next(indices))
    while len(found) < run.trials:
        clock.advance()
    return np.array(found)


def part_of_front(losses: Losses, problem: AnalyticProblem) -> float:
    """Hypervolume of `losses` (N x 2) over that of the problem's true front."""
    found = moocore.hypervolume(losses, ref=np.array(problem.reference))
    return float(found) / true_hypervolume(problem)


def describe(found: dict[Run, list[float]]) -> tuple[str, list[str]]:
    """The table, and what misses the bar."""
    rows = list(_compared(found))
    verdicts = _holm([p for *_, p in rows])
    lines = [
        "| algorithm | problem | trials | seeds | pymoo by hand | ours, workers | mean ± sd "
        "| difference | p | |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    missed = []
    for (kind, problem, trials, workers, hand, ours, p), holds in zip(rows, verdicts, strict=True):
        gap = statistics.mean(ours) - statistics.mean(hand)
        verdict = ("better" if gap > 0 else "worse") if holds else "level"
        lines.append(
            f"| {kind} | {problem} | {trials} | {len(hand)} | {_spread(hand)} | {workers} "
            f"| {_spread(ours)} | {gap:+.3f} | {p:.3f} | {verdict} |"
        )
        is_bar = problem in BARS and trials == TRIALS and workers == 1
        if is_bar and verdict == "worse":
            missed.append(f"{kind} on {problem}: {gap:+.3f}")
    return _head(found) + "\n".join(lines) + "\n", missed


def _head(found: dict[Run, list[float]]) -> str:
    population = next(iter(found)).population
    return (
        "# Steady state: ours against pymoo's, by hand\n\n"
        f"{datetime.now(UTC):%Y-%m-%d}, pymoo {version('pymoo')}, population {population}. "
        "Hypervolume as a part of the front's, mean ± standard deviation. p: "
        "Wilcoxon's signed ranks over the seeds, two-sided; better and worse hold at "
        f"{LEVEL:.0%} after Holm's correction over the whole table. By hand every trial knows all "
        "before it; on 8 or 32 workers it cannot.\n\n"
    )


Row = tuple[str, str, int, int, list[float], list[float], float]


def _compared(found: dict[Run, list[float]]) -> Iterator[Row]:
    kinds, problems = ({getattr(run, key): 0 for run in found} for key in ("kind", "problem"))
    marks = next(iter(found)).marks
    for kind, problem, place, workers in product(kinds, problems, range(len(marks)), WORKERS):
        hand, ours = (
            {r.seed: v[place] for r, v in found.items() if (r.kind, r.problem, r.workers) == key}
            for key in ((kind, problem, 0), (kind, problem, workers))
        )
        seeds = sorted(hand.keys() & ours.keys())
        if len(seeds) > 1:
            pairs = [hand[seed] for seed in seeds], [ours[seed] for seed in seeds]
            p = float(wilcoxon(*pairs).pvalue) if pairs[0] != pairs[1] else 1.0
            yield kind, problem, marks[place], workers, *pairs, p


def _holm(p_values: Sequence[float]) -> list[bool]:
    """Which of the hypotheses are rejected: Holm (1979), "A simple sequentially rejective...".

    The smallest p is held against the level over all of them, the next against one fewer.
    """
    order = np.argsort(p_values, kind="stable")
    rejected = [False] * len(p_values)
    for place, k in enumerate(order):
        if p_values[k] > LEVEL / (len(p_values) - place):
            break
        rejected[k] = True
    return rejected


def _spread(values: Sequence[float]) -> str:
    return f"{statistics.mean(values):.3f} ± {statistics.stdev(values):.3f}"


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    typer.run(main)
