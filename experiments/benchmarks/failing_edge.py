"""The best trade-offs lie on the edge of a region where trials run out of memory.

    python experiments/benchmarks/failing_edge.py

Two problems, a trial of which fails where patch and width (so to speak) need more memory than
there is; all of the front lies on that edge, so the losses draw the search there:

- corner: three numbers in [0, 1], those with b + c < 0.6 fail (18 % of the space), the losses are
  a and b + c + (1 - a)^2;
- memory-edge: four numbers, half of the space fails (`pareto_search.simulation`).

150 trials, eight workers, any of which ends next. A search is to learn where not to go and still
find the edge: at most 15 % of its trials should fail, and its hypervolume says whether it only
kept away. The table `failing_edge.md` is written from the rows of `failing_edge.jsonl`, both
beside this file; a run that was cut off goes on where it was.
"""

import statistics
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated

import moocore
import numpy as np
import typer
from asking import OURS, Evaluate, play, resumed, searcher_of, wanted_runs

from pareto_search.searchers import SearchProblem
from pareto_search.simulation.problem import InfeasiblePointError
from pareto_search.simulation.problems.memory_edge import MemoryEdge
from pareto_search.space import Float, Point, Space

HERE = Path(__file__).parent
MOST_FAILED = 0.15
WORKERS = 8


@dataclass(frozen=True)
class Edge:
    """A problem: where, the losses at a point, the reference and the hypervolume of its front."""

    space: Space
    losses_at: Evaluate
    reference: tuple[float, ...]
    best: float


def main(
    out: Annotated[Path, typer.Option(help="Folder of the rows and the table.")] = HERE,
    seeds: Annotated[int, typer.Option(min=1, help="Runs of each searcher.")] = 5,
    trials: Annotated[int, typer.Option(min=10, help="Trials of a run.")] = 150,
    quick: Annotated[bool, typer.Option(help="Does all of it run? Few trials, no gp.")] = False,
) -> None:
    """Measure what is missing, then write the table."""
    names, seeds, trials = (OURS, seeds, trials) if not quick else (("optuna-tpe",), 1, 24)
    runs = wanted_runs(names, seeds, gp_seeds=2)
    wanted = [{"problem": problem, **run} for problem in EDGES for run in runs]
    rows = resumed(out / "failing_edge.jsonl", wanted, partial(measure, trials=trials))
    table = write(rows, trials)
    (out / "failing_edge.md").write_text(table)
    print(table)


def corner_losses(point: Point) -> tuple[float, ...] | None:
    a, b, c = (float(point[key]) for key in "abc")
    return None if b + c < 0.6 else (a, b + c + (1 - a) ** 2)


def memory_losses(point: Point) -> tuple[float, ...] | None:
    try:
        metrics = MemoryEdge().evaluate(point, 1, seed=0)
    except InfeasiblePointError:
        return None
    return metrics["f0"], metrics["f1"]


EDGES = {
    "corner": Edge(
        {key: Float(type="float", low=0, high=1) for key in "abc"},
        corner_losses,
        (1.1, 2.0),
        1.4 - 1 / 3 + 0.1 * 1.4,  # the integral of 2 - 0.6 - (1 - a)^2, the strip beyond a = 1
    ),
    "memory-edge": Edge(
        MemoryEdge().space, memory_losses, (1.1, 1.1), MemoryEdge().true_hypervolume()
    ),
}


def measure(problem: str, searcher: str, seed: int, trials: int) -> dict[str, float]:
    """Part of the trials that failed, and part of the true hypervolume that was found."""
    edge = EDGES[problem]
    asking = searcher_of(searcher, SearchProblem(edge.space, 2, reference=edge.reference), seed)
    found = [losses for _, losses in play(asking, edge.losses_at, trials, WORKERS, seed)]
    complete = np.array([losses for losses in found if losses is not None])
    volume = moocore.hypervolume(complete, ref=edge.reference) if len(complete) else 0.0
    return {
        "failed": round(1 - len(complete) / trials, 4),
        "hypervolume": round(float(volume) / edge.best, 4),
    }


def write(rows: list[dict[str, object]], trials: int) -> str:
    lines = [
        f"# Trials that fail, of {trials}, {WORKERS} at once\n",
        "Part that failed: mean (worst) of the seeds; at most 15 % is wanted. Hypervolume: part of "
        "the true front's, mean (worst). Infeasible trials of the peer are told as failed.\n",
        "| problem | searcher | seeds | failed | at most 15 % | hypervolume |",
        "|---|---|---|---|---|---|",
    ]
    for problem, name in dict.fromkeys((row["problem"], row["searcher"]) for row in rows):
        own = [row for row in rows if (row["problem"], row["searcher"]) == (problem, name)]
        failed, volume = ([float(row[key]) for row in own] for key in ("failed", "hypervolume"))
        mean = statistics.mean(failed)
        verdict = "in the mean" if mean <= MOST_FAILED else "no"
        verdict = "every seed" if max(failed) <= MOST_FAILED else verdict
        lines.append(
            f"| {problem} | {name} | {len(own)} | {mean:.1%} ({max(failed):.1%}) | {verdict} "
            f"| {statistics.mean(volume):.3f} ({min(volume):.3f}) |"
        )
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    typer.run(main)
