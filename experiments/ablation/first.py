"""Does the method help? Its parts one by one, and all, against plain Dice + cross-entropy.

    python experiments/ablation/first.py --shared ../shared/data

Every run is a line of `first.jsonl`, so it can be stopped and started again; `first.md` and
`first.png` are made anew from the lines at the end. The learning rate of each variant at each
length is chosen among the same ones by the validation cases of all seeds; all else is told of test
cases.
"""

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from runs import Job, Row, Setting, job_of, read_rows, run_jobs
from summary import OBJECTIVES, Group, write_summary

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

RATES = {"rater": (0.001, 0.003, 0.01), "real": (0.01, 0.03)}
SEEDS = tuple(range(8))
STEPS = {"rater": (200, 800), "real": (100, 400)}
"""Training lengths on each kind of data."""


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
    """Run what is left to do, choose the rates, and write the summary."""
    setting = Setting(work, shared, VARIANTS)
    steps, seeds = STEPS, SEEDS
    if quick:
        steps, seeds, out = {"rater": (4,)}, (0, 1), work / "quick.jsonl"
    elif not shared.is_dir():
        raise typer.BadParameter(f"`--shared` should be the folder of the scans. Found {shared}.")
    work.mkdir(parents=True, exist_ok=True)
    jobs = [
        Job(data, variant, length, rate, seed)
        for seed in seeds
        for data, lengths in steps.items()
        for length in lengths
        for rate in RATES[data]
        for variant in VARIANTS
        if data == "rater" or variant not in ON_PHANTOMS
    ]
    run_jobs(jobs, setting, out, processes)
    wanted = set(jobs)
    rows = [row for row in read_rows(out) if job_of(row) in wanted]
    rates = choose_rates(rows)
    chosen = sorted(
        (row for row in rows if rates[group_of(row)] == row["rate"]),
        key=lambda row: (list(VARIANTS).index(row["variant"]), row["seed"]),
    )
    write_summary(chosen, rates, out.with_suffix(".md"))
    print(out.with_suffix(".md").read_text())


def group_of(row: Row) -> Group:
    return row["data"], row["steps"], row["variant"]


def choose_rates(rows: Sequence[Row]) -> dict[Group, float]:
    """For each variant and length, the rate whose errors on validation cases sum to the least."""
    errors: dict[Group, dict[float, float]] = defaultdict(lambda: defaultdict(float))
    for row in rows:
        errors[group_of(row)][row["rate"]] += sum(row.get(name, 1.0) for name in OBJECTIVES)
    return {group: min(sums, key=sums.__getitem__) for group, sums in errors.items()}


if __name__ == "__main__":
    typer.run(main)
