"""Does the method help? Its parts one by one, and all, against plain Dice + cross-entropy.

    python experiments/ablation/first.py --shared ../shared/data

Every run is a line of `first.jsonl`, so it can be stopped and started again; `first.md` and
`first.png` are made anew from the lines at the end. The learning rate of each variant is chosen
among the same three, by validation cases, on seeds of their own and at the shorter length; the rest
is judged on test cases.
"""

from pathlib import Path
from typing import Annotated

import typer
from runs import Job, Row, Setting, job_of, read_rows, run_jobs
from summary import OBJECTIVES, write_summary

HERE = Path(__file__).parent
CRISP = {"strength": 0.0, "hesitation": 0.0}
NO_CURRICULUM = {"warmup": 0.0}
CURRICULUM = {"warmup": 0.1}
"""The shortest that was tried; 0.3 did no better (experiments/LOG.md)."""
PREFERENCE = {"boundary_preference": 2.0}

VARIANTS = {
    "monai": {
        "fuzzy": CRISP,
        "curriculum": NO_CURRICULUM,
        "loss": {"kind": "plain", "dice": "semimetric", "smoothing": 1e-5},
    },
    "plain": {"fuzzy": CRISP, "curriculum": NO_CURRICULUM, "loss": {"kind": "plain"}},
    "fuzzy": {"curriculum": NO_CURRICULUM, "loss": {"kind": "plain"}},
    "curriculum": {"fuzzy": CRISP, "curriculum": CURRICULUM, "loss": {"kind": "plain"}},
    "pareto": {"fuzzy": CRISP, "curriculum": NO_CURRICULUM},
    "fuzzy+pareto": {"curriculum": NO_CURRICULUM},
    "all": {"curriculum": CURRICULUM},
    "pareto, l=2": {"fuzzy": CRISP, "curriculum": NO_CURRICULUM, "loss": PREFERENCE},
    "fuzzy+pareto, l=2": {"curriculum": NO_CURRICULUM, "loss": PREFERENCE},
}
"""What each variant changes in the defaults of `TrainConfig`. `monai` is MONAI's DiceLoss + BCE as
they come; `plain` and all others have the Dice of our defaults, so that it explains no difference.
`fuzzy+pareto` are the defaults themselves, `l=2` gives the boundary twice the weight.
"""
ON_PHANTOMS = ("monai", "pareto, l=2", "fuzzy+pareto, l=2")

RATES = (0.003, 0.01, 0.03)
TUNING_SEEDS = (100, 101, 102, 103)
"""Two chose by noise (experiments/LOG.md)."""
SEEDS = tuple(range(8))
STEPS = {"rater": (200, 800), "real": (100, 400)}
"""Training lengths on each kind of data; rates are tuned at the first."""


def main(
    shared: Annotated[Path, typer.Option(help="Folder of the real scans.")] = (
        HERE.parents[2] / "shared" / "data"
    ),
    work: Annotated[Path, typer.Option(help="Where data are made.")] = HERE / "work",
    out: Annotated[Path, typer.Option(help="Rows (.jsonl); table and figure beside.")] = (
        HERE / "first.jsonl"
    ),
    processes: Annotated[int, typer.Option(help="Runs at a time, one thread each.")] = 2,
    quick: Annotated[bool, typer.Option(help="A few steps on phantoms: does it run?")] = False,
) -> None:
    """Tune, run, and write the summary."""
    setting = Setting(work, shared, VARIANTS)
    steps, seeds, tuning = STEPS, SEEDS, TUNING_SEEDS
    if quick:
        steps, seeds, tuning, out = {"rater": (4,)}, (0, 1), (100,), work / "quick.jsonl"
    elif not shared.is_dir():
        raise typer.BadParameter(f"`--shared` should be the folder of the scans. Found {shared}.")
    work.mkdir(parents=True, exist_ok=True)
    pairs = [(d, v) for d in steps for v in VARIANTS if d == "rater" or v not in ON_PHANTOMS]
    trials = [Job(*p, steps[p[0]][0], r, seed) for seed in tuning for p in pairs for r in RATES]
    run_jobs(trials, setting, out, processes)
    tried = [row for row in read_rows(out) if job_of(row) in set(trials)]
    rates = {pair: choose_rate(tried, pair) for pair in pairs}
    jobs = [Job(*p, length, rates[p], seed) for d in steps for seed in seeds for length in steps[d]
            for p in pairs if p[0] == d]  # fmt: skip
    run_jobs(jobs, setting, out, processes)
    wanted = set(jobs)
    final = sorted(
        (row for row in read_rows(out) if job_of(row) in wanted),
        key=lambda row: (list(VARIANTS).index(row["variant"]), row["seed"]),
    )
    write_summary(final, rates, out.with_suffix(".md"))
    print(out.with_suffix(".md").read_text())


def choose_rate(rows: list[Row], pair: tuple[str, str]) -> float:
    """The rate of data and variant with the smallest sum of both errors on validation cases."""

    def score(rate: float) -> float:
        return sum(
            row.get(name, 1.0)
            for row in rows
            for name in OBJECTIVES
            if (row["data"], row["variant"]) == pair and row["rate"] == rate
        )

    return min(RATES, key=score)


if __name__ == "__main__":
    typer.run(main)
