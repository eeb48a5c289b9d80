"""How soon a trial's first step begins: the first trial on a data set, the second, and without.

    python experiments/benchmarks/cache_start.py --data ../shared/data

Each trial is a process of its own. Its clock starts when everything is imported and stops when the
first batch is drawn and its step begins: finding and hashing files, the check, reading or preparing
the cases, the network, the first probe. Two data sets: 16 phantoms, and 8 variants of a real
glioma at full size (its volumes moved by some voxels, so that all bytes differ). The table is
written to `cache_start.md` beside this file.

`first` finds the cache empty; `second` comes after it; `other node` is a second trial that finds
neither raw files nor cache in the page cache of its machine; `memory` has no cache. A trial's
memory is what it has of its own after reading one epoch's patches, and what it shares.
"""

import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import nibabel as nib
import numpy as np
import typer

HERE = Path(__file__).parent
TRIALS = ("memory", "first", "second", "other node")
SETTLED_S = 2.1
"""Younger files are not remembered, see `trainables.data.file_digests`."""

PHANTOMS: dict[str, Any] = {"patch_size": [24, 24, 24], "batch_size": 4}
SCANS: dict[str, Any] = {"patch_size": [96, 96, 96], "batch_size": 2}
MOST_S = 2.0
"""Seconds, after imports, within which a second trial on the same data is to begin."""
PARTS = ("check", "cases", "rest", "total", "cpu")


def main(
    data: Annotated[Path, typer.Option(help="Folder of the real scans.")] = HERE.parents[1]
    / "../shared/data",
    variants: Annotated[int, typer.Option(min=3, help="Of the real scan.")] = 8,
    out: Annotated[Path, typer.Option(help="Where the table goes.")] = HERE / "cache_start.md",
    quick: Annotated[bool, typer.Option(help="A few small phantoms: does it run?")] = False,
    only: Annotated[str, typer.Option(hidden=True)] = "",
) -> None:
    """Start the trials, print the table and write it."""
    if only:
        print(json.dumps(start_trial(json.loads(only))))
        return
    rows = []
    with tempfile.TemporaryDirectory() as work:
        for name, root, params in data_sets(Path(work), data / "brats2018", variants, quick):
            time.sleep(SETTLED_S)
            rows += measure(name, root, params, Path(work) / "cache" / name)
    table = describe(rows, quick)
    out.write_text(table)
    print(table)


def data_sets(
    work: Path, scans: Path, variants: int, quick: bool
) -> list[tuple[str, Path, dict[str, Any]]]:
    """Name, folder and parameters of each data set."""
    from trainables.data.phantom import write_phantom

    count, size = (5, (32, 32, 28)) if quick else (16, (80, 80, 64))
    write_phantom(work / "phantoms", count, seed=0, size=size, spacing_mm=(1.5, 1.5, 1.5))
    found = [(f"{count} phantoms {size}", work / "phantoms", PHANTOMS)]
    if not quick and scans.is_dir():
        write_variants(scans, work / "scans", variants)
        found.append((f"{variants} gliomas (240, 240, 155)", work / "scans", SCANS))
    return found


def write_variants(scans: Path, root: Path, count: int) -> None:
    """The first case below `scans`, moved by 0, 1, 2, ... voxels."""
    nib.openers.Opener.default_compresslevel = 1
    source = next(folder for folder in sorted(scans.iterdir()) if folder.is_dir())
    for number in range(count):
        folder = root / f"{source.name}-{number}"
        folder.mkdir(parents=True)
        for file in source.glob("*.nii.gz"):
            image = nib.load(file)
            moved = np.roll(np.asarray(image.dataobj), number, axis=0)
            name = file.name.replace(source.name, folder.name)
            nib.save(nib.Nifti1Image(moved, image.affine, image.header), folder / name)


def measure(name: str, root: Path, params: dict[str, Any], cache: Path) -> list[dict[str, Any]]:
    """A row for each trial, in the order in which they come."""
    rows = []
    for trial in TRIALS:
        if trial == "other node":
            for folder in (root, cache):
                forget_pages(folder)
        folder = "memory" if trial == "memory" else str(cache)
        task = {**params, "data": {"root": str(root), "cache": folder}}
        command = [sys.executable, __file__, "--only", json.dumps(task)]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        rows.append({"data": name, "trial": trial, **json.loads(done.stdout)})
    return rows


def start_trial(params: dict[str, Any]) -> dict[str, float]:
    """Seconds until the first step of a run with `params` begins, by parts, and MiB of memory."""
    from trainables import training
    from trainables.config import load_train_config
    from trainables.data import passed_checks, preparing
    from trainables.segmentation import train

    params = {"device": "cpu", "threads": 1, "network": {"filters": 8, "levels": 3}, **params}
    config = load_train_config(params)
    network = training.make_network(config.network, 4, 3)  # imports what it is made of, as does
    training.make_optimiser(config.optimiser, network.parameters())  # an optimiser
    print(f"imported {passed_checks.__name__}", file=sys.stderr)
    began, worked = time.perf_counter(), time.process_time()
    problems = train.check(params)
    checked = time.perf_counter()
    if problems:
        raise SystemExit("\n".join(problems))
    prepared = preparing.prepare_cases(config.data)  # which training is given again, at once
    read = time.perf_counter()
    begun = first_step(training, lambda: train(params, lambda *_: None))
    worked = time.process_time() - worked
    draw_epoch(prepared, config)
    seconds = {"check": checked - began, "cases": read - checked, "rest": begun - read}
    return {**seconds, "total": begun - began, "cpu": worked, **memory_mib()}


def first_step(training: Any, run: Callable[[], None]) -> float:
    """When the first step of `run` begins; nothing of it is run after that."""

    class BegunError(Exception):
        pass

    def step(*_: object) -> None:
        raise BegunError

    before, training.train_step = training.train_step, step
    try:
        run()
    except BegunError:
        return time.perf_counter()
    finally:
        training.train_step = before
    raise RuntimeError("A run should have a step. Found none.")


def draw_epoch(prepared: Any, config: Any) -> None:
    """Read the patches of an epoch, as training does."""
    from trainables.data.patches import PatchSampler

    sampler = PatchSampler(
        prepared.train, config.patch_size, config.batch_size, config.sampling, config.seed
    )
    for _ in range(config.steps_per_epoch):
        sampler.draw()


def memory_mib() -> dict[str, float]:
    """Of this process: its own, and mapped from files that others may map as well."""
    lines = Path("/proc/self/status").read_text().splitlines()
    sizes = {line.split(":")[0]: line.split()[1] for line in lines if line.endswith(" kB")}
    return {"own": int(sizes["RssAnon"]) / 1024, "shared": int(sizes["RssFile"]) / 1024}


def forget_pages(folder: Path) -> None:
    """Ask the kernel to drop what it holds of the files below `folder`, as after a reboot."""
    for file in folder.rglob("*"):
        if file.is_file():
            descriptor = os.open(file, os.O_RDONLY)
            os.fsync(descriptor)
            os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
            os.close(descriptor)


def describe(rows: list[dict[str, Any]], quick: bool) -> str:
    import torch

    lines = [
        "# Seconds until a trial's first step begins",
        "",
        f"{datetime.now(UTC):%Y-%m-%d}, {platform.machine()}, {os.cpu_count()} cores, torch "
        f"{torch.__version__}, load {os.getloadavg()[0]:.0f}. After imports; MiB after the "
        "patches of an epoch were drawn.",
        "",
        "| data | trial | check | cases | rest | total s | CPU s | own MiB | shared MiB |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        seconds = " | ".join(f"{row[part]:.2f}" for part in PARTS)
        memory = f"{row['own']:.0f} | {row['shared']:.0f}"
        lines.append(f"| {row['data']} | {row['trial']} | {seconds} | {memory} |")
    if quick:
        lines += ["", "The quick mode says nothing of speed."]
    else:
        lines += ["", *verdicts(rows)]
    return "\n".join([*lines, ""])


def verdicts(rows: list[dict[str, Any]]) -> list[str]:
    """Whether the second trial on each data set begins in less than `MOST_S`."""
    return [
        f"- {'met' if row['total'] < MOST_S else 'MISSED'}: second trial on {row['data']} in under "
        f"{MOST_S:g} s. Found {row['total']:.2f} s."
        for row in rows
        if row["trial"] == "second"
    ]


if __name__ == "__main__":
    typer.run(main)
