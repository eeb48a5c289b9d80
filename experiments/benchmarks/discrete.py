"""A space of 144 points, eight workers: is any point proposed twice before all were?

    python experiments/benchmarks/discrete.py

Six widths, four kinds and six depths; 144 trials would evaluate all of them. Counted are the
proposals among the first 144 that were proposed before; then, over 72 more, how much more often
the most repeated point was proposed than the least: 1 where repeats are shared out evenly. The
table `discrete.md` is written from the rows of `discrete.jsonl`, both beside this file; a run that
was cut off goes on where it was.
"""

import statistics
from collections import Counter
from pathlib import Path
from typing import Annotated

import typer
from asking import OURS, play, resumed, searcher_of, wanted_runs

from pareto_search.searchers import SearchProblem
from pareto_search.space import Choice, Int, Point, digest

HERE = Path(__file__).parent
SPACE = {
    "width": Int(type="int", low=1, high=6),
    "kind": Choice(type="choice", values=("a", "b", "c", "d")),
    "depth": Int(type="int", low=1, high=6),
}
POINTS = 144
WORKERS = 8


def main(
    out: Annotated[Path, typer.Option(help="Folder of the rows and the table.")] = HERE,
    seeds: Annotated[int, typer.Option(min=1, help="Runs of each searcher.")] = 3,
    quick: Annotated[bool, typer.Option(help="Does all of it run? Two searchers.")] = False,
) -> None:
    """Measure what is missing, then write the table."""
    names, seeds = (OURS, seeds) if not quick else (("optuna-random",), 1)
    wanted = wanted_runs(names, seeds, gp_seeds=1)
    table = write(resumed(out / "discrete.jsonl", wanted, measure))
    (out / "discrete.md").write_text(table)
    print(table)


def losses_at(point: Point) -> tuple[float, ...]:
    """Two losses that disagree about width, with the kinds apart and depth best in the middle."""
    width, depth = (int(point[key]) for key in ("width", "depth"))
    common = 0.3 * "abcd".index(str(point["kind"])) + abs(depth - 3) / 3
    return width / 6 + common, (7 - width) / 6 + common


def measure(searcher: str, seed: int) -> dict[str, int]:
    """Repeats among the first 144 proposals, and the unevenness of all 216."""
    asking = searcher_of(searcher, SearchProblem(SPACE, 2), seed)
    trials = POINTS + POINTS // 2
    asked = [digest(point) for point, _ in play(asking, losses_at, trials, WORKERS, seed)]
    counts = Counter(asked)
    least = min(counts.values()) if len(counts) == POINTS else 0
    return {
        "repeats": POINTS - len(set(asked[:POINTS])),
        "unevenness": max(counts.values()) - least,
    }


def write(rows: list[dict[str, object]]) -> str:
    lines = [
        f"# {POINTS} points, {WORKERS} workers\n",
        f"Repeats among the first {POINTS} proposals: mean (worst) of the seeds; none is wanted. "
        "Unevenness after 216: proposals of the commonest point less those of the rarest.\n",
        "| searcher | seeds | repeats | part | unevenness |",
        "|---|---|---|---|---|",
    ]
    for name in dict.fromkeys(row["searcher"] for row in rows):
        own = [row for row in rows if row["searcher"] == name]
        repeats, uneven = ([int(row[key]) for row in own] for key in ("repeats", "unevenness"))
        mean = statistics.mean(repeats)
        lines.append(
            f"| {name} | {len(own)} | {mean:.1f} ({max(repeats)}) | {mean / POINTS:.0%} "
            f"| {max(uneven)} |"
        )
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    typer.run(main)
