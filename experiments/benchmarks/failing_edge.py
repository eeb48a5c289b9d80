"""The best trade-offs lie on the edge of a region where trials run out of memory.

    python experiments/benchmarks/failing_edge.py

Three numbers in [0, 1]; a trial with b + c < 0.6 (18 % of the space) fails, as one does whose patch
and width need more memory than there is, and the losses a and b + c + (1 - a)^2 draw the search
there: all of the front has b + c = 0.6. 150 trials, four workers, any of which ends next. A search
is to learn where not to go and still find the edge: at most 15 % of its trials should fail, and its
hypervolume says whether it only kept away. The table `failing_edge.md` is written from the rows of
`failing_edge.jsonl`, both beside this file; a run that was cut off goes on where it was.
"""

import statistics
from pathlib import Path
from typing import Annotated

import moocore
import numpy as np
import typer
from asking import OURS, play, resumed, searcher_of, wanted_runs

from pareto_search.searchers import SearchProblem
from pareto_search.space import Float, Point

HERE = Path(__file__).parent
SPACE = {key: Float(type="float", low=0, high=1) for key in "abc"}
LIMIT = 0.6
REFERENCE = (1.1, 2.0)
BEST = 1.4 - 1 / 3 + 0.1 * 1.4
"""Hypervolume of the front: the integral of 2 - 0.6 - (1 - a)^2, and the strip beyond a = 1."""
MOST_FAILED = 0.15
WORKERS = 4


def main(
    out: Annotated[Path, typer.Option(help="Folder of the rows and the table.")] = HERE,
    seeds: Annotated[int, typer.Option(min=1, help="Runs of each searcher.")] = 5,
    trials: Annotated[int, typer.Option(min=10, help="Trials of a run.")] = 150,
    quick: Annotated[bool, typer.Option(help="Does all of it run? Few trials, no gp.")] = False,
) -> None:
    """Measure what is missing, then write the table."""
    names, seeds, trials = (OURS, seeds, trials) if not quick else (("optuna-tpe",), 2, 30)
    wanted = wanted_runs(names, seeds)
    rows = resumed(
        out / "failing_edge.jsonl", wanted, lambda name, seed: measure(name, seed, trials)
    )
    table = write(rows, trials)
    (out / "failing_edge.md").write_text(table)
    print(table)


def losses_at(point: Point) -> tuple[float, ...] | None:
    a, b, c = (float(point[key]) for key in "abc")
    return None if b + c < LIMIT else (a, b + c + (1 - a) ** 2)


def measure(name: str, seed: int, trials: int) -> dict[str, float]:
    """Part of the trials that failed, and part of the true hypervolume that was found."""
    searcher = searcher_of(name, SearchProblem(SPACE, 2, reference=REFERENCE), seed)
    found = [losses for _, losses in play(searcher, losses_at, trials, WORKERS, seed)]
    complete = np.array([losses for losses in found if losses is not None])
    volume = moocore.hypervolume(complete, ref=REFERENCE) / BEST if len(complete) else 0.0
    return {"failed": 1 - len(complete) / trials, "hypervolume": round(float(volume), 4)}


def write(rows: list[dict[str, object]], trials: int) -> str:
    lines = [
        f"# Trials that fail, of {trials}, {WORKERS} at once\n",
        "Part that failed: mean (worst) of the seeds; at most 15 % is wanted. Hypervolume: part of "
        "the true front's, mean (worst). Infeasible trials of the peer are told as failed.\n",
        "| searcher | seeds | failed | at most 15 % | hypervolume |",
        "|---|---|---|---|---|",
    ]
    for name in dict.fromkeys(row["searcher"] for row in rows):
        own = [row for row in rows if row["searcher"] == name]
        failed, volume = ([float(row[key]) for row in own] for key in ("failed", "hypervolume"))
        mean = statistics.mean(failed)
        verdict = "in the mean" if mean <= MOST_FAILED else "no"
        verdict = "every seed" if max(failed) <= MOST_FAILED else verdict
        lines.append(
            f"| {name} | {len(own)} | {mean:.1%} ({max(failed):.1%}) | {verdict} "
            f"| {statistics.mean(volume):.3f} ({min(volume):.3f}) |"
        )
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    typer.run(main)
