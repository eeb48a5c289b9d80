"""Does the method help? Its parts one by one, and all, against plain Dice + cross-entropy.

    python experiments/ablation/first.py --shared ../shared/data

Every run is a line of `first.jsonl`, so it can be stopped and started again; `first.md` and
`first.png` are made anew from the lines at the end. The learning rate of each variant is chosen
among the same three, by validation cases, on seeds of their own; the rest is judged on test cases.
"""

from pathlib import Path
from typing import Annotated

import typer
from runs import Job, Row, Setting, read_rows, run_jobs
from summary import OBJECTIVES, write_summary

HERE = Path(__file__).parent
CRISP = {"strength": 0.0, "hesitation": 0.0}
NO_CURRICULUM = {"warmup": 0.0}

VARIANTS = {
    "plain": {"fuzzy": CRISP, "curriculum": NO_CURRICULUM, "loss": {"kind": "plain"}},
    "fuzzy": {"curriculum": NO_CURRICULUM, "loss": {"kind": "plain"}},
    "curriculum": {"fuzzy": CRISP, "loss": {"kind": "plain"}},
    "pareto": {"fuzzy": CRISP, "curriculum": NO_CURRICULUM},
    "all": {},
}
"""What each variant changes in the defaults of `TrainConfig`."""

RATES = (0.003, 0.01, 0.03)
TUNING_SEEDS = (100, 101)
SEEDS = tuple(range(8))
STEPS = (250, 1000)
DATA = ("rater", "real")


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
    data, steps, seeds, tuning = DATA, STEPS, SEEDS, TUNING_SEEDS
    if quick:
        data, steps, seeds, tuning = ("rater",), (2,), (0, 1), (100,)
    elif not shared.is_dir():
        raise typer.BadParameter(f"`--shared` should be the folder of the scans. Found {shared}.")
    work.mkdir(parents=True, exist_ok=True)
    cells = [(d, v, s) for d in data for s in steps for v in VARIANTS]
    run_jobs(
        (Job(*cell, rate, seed) for seed in tuning for cell in cells for rate in RATES),
        setting, out, processes,
    )  # fmt: skip
    rates = {cell: choose_rate(list(read_rows(out)), cell, tuning) for cell in cells}
    run_jobs(
        (Job(*cell, rates[cell], seed) for seed in seeds for cell in cells),
        setting, out, processes,
    )  # fmt: skip
    final = [
        row
        for cell in cells
        for row in read_rows(out)
        if (row["data"], row["variant"], row["steps"]) == cell
        and row["seed"] in seeds
        and row["rate"] == rates[cell]
    ]
    write_summary(final, rates, out.with_suffix(".md"))
    print(out.with_suffix(".md").read_text())


def choose_rate(rows: list[Row], cell: tuple[str, str, int], seeds: tuple[int, ...]) -> float:
    """The rate with the smallest sum of both errors on the validation cases of `seeds`."""

    def score(rate: float) -> float:
        return sum(
            row.get(name, 1.0)
            for row in rows
            for name in OBJECTIVES
            if (row["data"], row["variant"], row["steps"]) == cell
            and row["rate"] == rate
            and row["seed"] in seeds
        )

    return min(RATES, key=score)


if __name__ == "__main__":
    typer.run(main)
