"""Does the method help? Its parts one by one, and all, against plain Dice + cross-entropy.

    python experiments/ablation/first.py --shared ../shared/data

Every run is a line of `first.jsonl`, so it can be stopped and started again; `first.md` and
`first.png` are made anew from the lines at the end. The learning rate of each variant at each
length is chosen among the same ones by the validation cases of all seeds; all else is told of test
cases.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Annotated

import typer
from runs import Job, Row, Setting, job_of, read_rows, run_jobs
from summary import OBJECTIVES, Group, group_of, write_summary

HERE = Path(__file__).parent
CRISP = {"strength": 0.0, "hesitation": 0.0}
NO_CURRICULUM = {"warmup": 0.0}
CURRICULUM = {"warmup": 0.1}
"""The shortest that was tried; 0.3 did no better (experiments/LOG.md)."""

VARIANTS = {
    "plain": {"fuzzy": CRISP, "curriculum": NO_CURRICULUM, "loss": {"kind": "plain"}},
    "fuzzy": {"curriculum": NO_CURRICULUM, "loss": {"kind": "plain"}},
    "curriculum": {"fuzzy": CRISP, "curriculum": CURRICULUM, "loss": {"kind": "plain"}},
    "pareto": {"fuzzy": CRISP, "curriculum": NO_CURRICULUM},
    "fuzzy+pareto": {"curriculum": NO_CURRICULUM},
    "all": {"curriculum": CURRICULUM},
}
"""What each variant changes in the defaults of `TrainConfig`, which are those of `fuzzy+pareto`.
All have the Dice of our defaults, so that it explains no difference.
"""


@dataclass(frozen=True)
class Study:
    """Training lengths in steps, learning rates and variants on one kind of data."""

    steps: tuple[int, ...]
    rates: tuple[float, ...]
    variants: tuple[str, ...] = tuple(VARIANTS)


STUDIES = {
    "rater": Study((200, 800), (0.001, 0.003, 0.01)),
    "rough": Study((800,), (0.003,), ("plain", "fuzzy", "pareto", "fuzzy+pareto")),
    "real": Study((100, 400), (0.003, 0.01, 0.03)),
}
"""`rough` asks how much rater noise it takes, at the rate that `rater` chose for 800 steps."""

SEEDS = tuple(range(8))


def main(
    shared: Annotated[Path, typer.Option(help="Folder of the real scans.")] = (
        HERE.parents[2] / "shared" / "data"
    ),
    work: Annotated[Path, typer.Option(help="Where data are made.")] = HERE / "data",
    out: Annotated[Path, typer.Option(help="Rows (.jsonl); table and figure beside.")] = (
        HERE / "first.jsonl"
    ),
    processes: Annotated[int, typer.Option(help="Runs at a time, one thread each.")] = 2,
    quick: Annotated[bool, typer.Option(help="A few steps on phantoms: does it run?")] = False,
) -> None:
    """Run what is left to do, choose the rates, and write the summary."""
    setting = Setting(work, shared, VARIANTS)
    studies, seeds = STUDIES, SEEDS
    if quick:
        studies, seeds, out = {"rater": Study((4,), (0.003,))}, (0, 1), work / "quick.jsonl"
    elif not shared.is_dir():
        raise typer.BadParameter(f"`--shared` should be the folder of the scans. Found {shared}.")
    work.mkdir(parents=True, exist_ok=True)
    jobs = [
        Job(data, variant, steps, rate, seed)
        for seed in seeds
        for data, study in studies.items()
        for steps in study.steps
        for rate in study.rates
        for variant in study.variants
    ]
    run_jobs(jobs, setting, out, processes)
    wanted = set(jobs)
    rows = sorted(
        (row for row in read_rows(out) if job_of(row) in wanted),
        key=lambda row: (list(VARIANTS).index(row["variant"]), row["seed"]),
    )
    write_summary(rows, choose_rates(rows), out.with_suffix(".md"))
    print(out.with_suffix(".md").read_text())


def choose_rates(rows: Sequence[Row]) -> dict[Group, float]:
    """For each variant and length, the rate whose errors on validation cases are the least."""
    errors: dict[Group, dict[float, list[float]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        both = sum(row.get(name, 1.0) for name in OBJECTIVES)
        errors[group_of(row)][row["rate"]].append(both)
    return {
        group: min(tried, key=lambda rate, tried=tried: fmean(tried[rate]))
        for group, tried in errors.items()
    }


if __name__ == "__main__":
    typer.run(main)
