"""One training run for each job, two at a time; every result is a line of a file that is kept."""

import json
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from functools import lru_cache
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import torch
from cases import prepare

from trainables.config import TrainConfig, load_train_config
from trainables.data.preparing import Prepared
from trainables.errors import DivergenceError
from trainables.training import train_epochs

Row = dict[str, Any]

REPORTS = 4
"""Times in a run that the network is judged and probed: the first at a quarter of training."""


@dataclass(frozen=True)
class Job:
    """One training run: all that its row of results depends on, besides the code."""

    data: str
    variant: str
    steps: int
    rate: float
    seed: int


@dataclass(frozen=True)
class Setting:
    """What all jobs share: where things lie, and the parameters of each variant."""

    work: Path
    shared: Path
    variants: Mapping[str, Mapping[str, Any]]


def run_jobs(jobs: Iterable[Job], setting: Setting, file: Path, processes: int) -> None:
    """Run the jobs that `file` has no row of yet, and append theirs."""
    done = {job_of(row) for row in read_rows(file)}
    waiting = [job for job in dict.fromkeys(jobs) if job not in done]
    print(f"{len(waiting)} of {len(done) + len(waiting)} runs to do", flush=True)
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        futures = [pool.submit(run, job, setting) for job in waiting]
        for number, future in enumerate(as_completed(futures), start=1):
            row = future.result()
            _append(file, row)
            print(f"{number}/{len(waiting)}", describe(row), flush=True)


def _append(file: Path, row: Row) -> None:
    """Write a line of its own, after a torn one too."""
    is_torn = file.exists() and file.read_bytes()[-1:] not in (b"", b"\n")
    with file.open("a") as out:
        out.write("\n" * is_torn + json.dumps(row) + "\n")


def read_rows(file: Path) -> Iterator[Row]:
    """The rows of `file`; a torn last line, of a run that was killed, is left out."""
    for line in file.read_text().splitlines() if file.exists() else []:
        try:
            yield json.loads(line)
        except json.JSONDecodeError:
            continue


def job_of(row: Row) -> Job:
    return Job(*(row[name] for name in Job.__dataclass_fields__))


def describe(row: Row) -> str:
    shown = ("interior_error", "boundary_error", "dice")
    scores = " ".join(f"{row.get(f'test/{name}', float('nan')):.3f}" for name in shown)
    return f"{row['data']} {row['variant']} {row['steps']} {row['rate']:g} {row['seed']}: {scores}"


def run(job: Job, setting: Setting) -> Row:
    """The metrics at the end of training, and what was probed at its first report (`early/...`).

    Without them where it diverged.
    """
    torch.set_num_threads(1)
    rows: list[Row] = []
    try:
        train_epochs(
            _configure(job, setting),
            _prepare(job.data, job.seed, setting.work, setting.shared),
            lambda metrics, *_: rows.append(metrics),
        )
    except DivergenceError as error:
        rows.append({"diverged": str(error)})
    early = {f"early/{name}": value for name, value in rows[0].items() if "/probe/" in name}
    return asdict(job) | early | rows[-1]


@lru_cache(maxsize=2)
def _prepare(data: str, seed: int, work: Path, shared: Path) -> Prepared:
    return prepare(data, seed, work, shared)


def _configure(job: Job, setting: Setting) -> TrainConfig:
    fixed = {
        "data": {"root": "."},
        "network": {"kind": "unet", "filters": 8, "levels": 3},
        "optimiser": {"learning_rate": job.rate},
        "epochs": REPORTS,
        "steps_per_epoch": max(1, job.steps // REPORTS),
        "batch_size": 4,
        "patch_size": [24, 24, 24],
        # 2 mm and 1 mm of a full-size head, of which these are two thirds, in voxels of 1.5 mm
        "evaluation": {"band_mm": 1.3, "tolerance_mm": 1.5},
        "diagnostics": {"probe_patches": 8, "probe_every": 1},
        "seed": job.seed,
        "device": "cpu",
    }
    return load_train_config(fixed | dict(setting.variants[job.variant]))
