"""How fast a network is trained: `trainables` against MONAI's own loops, side by side.

    python experiments/benchmarks/training_throughput.py

All train one network on the same phantoms with the same patches, batches, optimiser and course of
the learning rate, each in a process of its own, in turns. Told are voxels a second of training
(without validation), the time from the first line of code after the imports to a validation Dice
of `--target`, and the peak memory of the process. `trainables` runs as users run it: with fuzzy
labels, the Pareto-consistent loss, diagnostics, all metrics and a checkpoint every epoch.

    ours          trainables.segmentation:train with its defaults
    plain         MONAI's tutorial loop: CacheDataset, DataLoader, float32
    fast          MONAI's fast-training guide, autocast to bfloat16
    fast-float32  the same without autocast

The table is written to `training_throughput.md` beside this file, every run to
`training_throughput.jsonl`. The exit code is 1 where a bar is missed: at least 2 times `plain`
(3 on a GPU), no slower than either `fast`, peak memory at most `--memory-gib`.
"""

import json
import math
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import torch
import typer
from monai_loops import Task, fast, plain

from trainables.config import load_train_config
from trainables.data.datasets import open_dataset
from trainables.data.phantom import write_phantom
from trainables.data.preparing import split_units
from trainables.networks import make_network
from trainables.segmentation import train

HERE = Path(__file__).parent
KINDS = ("ours", "plain", "fast", "fast-float32")
MEMORY_GIB = 6.0
"""What one trial on 96^3 patches, batch 2, may take at its peak on a CPU, everything counted."""

Row = dict[str, Any]


def main(
    size: Annotated[int, typer.Option(help="Voxels along each edge of a phantom.")] = 128,
    patch: Annotated[int, typer.Option(help="Voxels along each edge of a patch.")] = 96,
    filters: Annotated[int, typer.Option(help="Of the UNet at full resolution.")] = 16,
    epochs: Annotated[int, typer.Option(help="Each ends with validation.")] = 8,
    steps: Annotated[int, typer.Option(help="Steps in an epoch.")] = 10,
    target: Annotated[float, typer.Option(help="Validation Dice to be reached.")] = 0.7,
    repeats: Annotated[int, typer.Option(help="Runs of each, in turns.")] = 3,
    device: Annotated[str, typer.Option(help="cpu or cuda.")] = "cpu",
    memory_gib: Annotated[float, typer.Option(help="Most that ours may take.")] = MEMORY_GIB,
    work: Annotated[
        Path | None, typer.Option(help="Folder of the phantoms; else made anew.")
    ] = None,
    out: Annotated[Path, typer.Option(help="Folder of table and rows.")] = HERE,
    only: Annotated[str, typer.Option(hidden=True)] = "",
) -> None:
    """Run all in turns, print the table and write it."""
    with tempfile.TemporaryDirectory() as made:
        root = work or Path(made)
        params = make_params(root, patch, filters, epochs, steps, device)
        if only:
            print(json.dumps(run(only, params)))
            return
        if not any(root.iterdir()):
            write_phantom(root, 8, seed=0, size=(size,) * 3, raters=1)
        rows = [
            alone(kind, sys.argv[1:], root)
            for turn in range(repeats)
            for kind in (KINDS if turn % 2 == 0 else KINDS[::-1])
        ]
    settings = f"phantoms {size}^3, patches {patch}^3, batch 2, UNet with {filters} filters, "
    settings += f"{epochs} epochs of {steps} steps, {repeats} runs each in turns"
    finish(rows, settings, target, memory_gib, device, out)


def make_params(root: Path, patch: int, filters: int, epochs: int, steps: int, device: str) -> Row:
    """The parameters of `trainables` that all follow."""
    return {
        "data": {"root": str(root), "split_seed": 5},
        "network": {"kind": "unet", "filters": filters, "levels": 4},
        "optimiser": {"learning_rate": 3e-3, "weight_decay": 0.01},
        "epochs": epochs,
        "steps_per_epoch": steps,
        "batch_size": 2,
        "patch_size": [patch] * 3,
        "device": device,
    }


def run(kind: str, params: Row) -> Row:
    """One contestant in this process: its speed, curve of validation Dice, and peak memory.

    The first epoch warms up (compilation, autotuning, first touch of memory) and has no part in
    the speed; it has in the curve.
    """
    with Utilisation(params["device"]) as watch:
        row = run_ours(params) if kind == "ours" else run_peer(kind, params)
    voxels = params["steps_per_epoch"] * params["batch_size"] * math.prod(params["patch_size"])
    speed = voxels / statistics.median(row["training_s"][1:])
    peak = peak_gib(params["device"])
    return {"kind": kind, "speed": speed, **row, "peak_gib": peak, "utilisation": watch.mean}


def run_ours(params: Row) -> Row:
    """The trainable as the search calls it, with a checkpoint at every report."""
    began, curve, seconds = time.perf_counter(), [], []

    def report(metrics: Row, _step: int, save: Any = None) -> None:
        with tempfile.TemporaryDirectory() as folder:
            save(Path(folder))
        curve.append((time.perf_counter() - began, metrics["dice"]))
        seconds.append(metrics["seconds/training"])

    train(params, report)
    return {"curve": curve, "training_s": seconds}


def run_peer(kind: str, params: Row) -> Row:
    """A loop of MONAI on the cases that `trainables` would train and validate on."""
    config = load_train_config(params)
    root = Path(config.data.root)
    split = split_units(open_dataset(config.data).cases, config.data)
    torch.manual_seed(config.seed)
    device = torch.device(config.device)
    task = Task(
        network=make_network(config.network, 4, 3).to(device),
        train=tuple(root / name for name in split.train),
        validation=tuple(root / name for name in split.validation),
        patch=config.patch_size[0],
        batch=config.batch_size,
        steps=config.steps_per_epoch,
        learning_rate=config.optimiser.learning_rate,
        total_steps=config.epochs * config.steps_per_epoch,
        device=device,
        workers=min(4, os.cpu_count() or 1),
    )
    began, curve, seconds = time.perf_counter(), [], []
    kinds = {
        "plain": plain,
        "fast": partial(fast, precision=torch.bfloat16),
        "fast-float32": partial(fast, precision=torch.float32),
    }
    loop = kinds[kind](task)
    for _ in range(config.epochs):
        since = time.perf_counter()
        loop.epoch()
        if device.type == "cuda":
            torch.cuda.synchronize()
        seconds.append(time.perf_counter() - since)
        dice = loop.judge()
        curve.append((time.perf_counter() - began, dice))
    return {"curve": curve, "training_s": seconds}


class Utilisation:
    """How busy the GPU was while the block ran, as its driver tells it twice a second."""

    def __init__(self, device: str) -> None:
        """Watch `device`; a CPU is not watched."""
        self._is_watched = device == "cuda"
        self._ended = threading.Event()
        self._samples: list[float] = []
        self._thread = threading.Thread(target=self._watch, daemon=True)

    @property
    def mean(self) -> float | None:
        """Percent; None where nothing was watched."""
        return statistics.fmean(self._samples) if self._samples else None

    def __enter__(self) -> "Utilisation":
        if self._is_watched:
            self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        if self._is_watched:
            self._thread.join()

    def _watch(self) -> None:
        query = ["nvidia-smi", "--query-gpu=utilization.gpu", "--format=csv,noheader,nounits"]
        while not self._ended.wait(0.5):
            done = subprocess.run(query, check=True, capture_output=True, text=True)
            self._samples.append(float(done.stdout.split()[0]))


def peak_gib(device: str) -> float:
    """Most memory so far: of the GPU, or of this process and what it started."""
    if device == "cuda":
        return torch.cuda.max_memory_allocated() / 2**30
    users = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return max(resource.getrusage(user).ru_maxrss for user in users) / 2**20


def alone(kind: str, arguments: list[str], root: Path) -> Row:
    """The row of a process that runs `kind` and nothing else."""
    command = [sys.executable, __file__, *arguments, "--work", str(root), "--only", kind]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    row: Row = json.loads(done.stdout.splitlines()[-1])
    print(f"{kind}: {row['speed']:.3g} voxels/s, Dice {row['curve'][-1][1]:.3f}", file=sys.stderr)
    return row


def finish(
    rows: list[Row], settings: str, target: float, memory_gib: float, device: str, out: Path
) -> None:
    """Write rows and table; exit with 1 where a bar is missed."""
    table, missed = describe(rows, settings, target, memory_gib, device)
    (out / "training_throughput.jsonl").write_text("".join(json.dumps(r) + "\n" for r in rows))
    (out / "training_throughput.md").write_text(table)
    print(table)
    if missed:
        raise typer.Exit(1)


def describe(
    rows: list[Row], settings: str, target: float, memory_gib: float, device: str
) -> tuple[str, list[str]]:
    """The table, and a sentence for each bar that is missed."""
    speed = {kind: statistics.median(values(rows, kind, "speed")) for kind in KINDS}
    heads = ["loop", "voxels/s", "least", "most", "ours is", f"s to Dice {target:g}"]
    heads += ["last Dice", "peak GiB", *(["GPU %"] if device == "cuda" else [])]
    lines = [
        "# Training throughput against MONAI's own loops",
        "",
        f"{datetime.now(UTC):%Y-%m-%d}, {machine(device)}, torch {torch.__version__}. {settings}.",
        "",
        f"| {' | '.join(heads)} |",
        f"|{'---|' * len(heads)}",
    ]
    lines += [row_of(rows, kind, speed, target, device) for kind in KINDS]
    missed = list(shortfalls(rows, speed, memory_gib, device))
    lines += ["", *(missed or ["Every bar is met."]), ""]
    return "\n".join(lines), missed


def row_of(rows: list[Row], kind: str, speed: Row, target: float, device: str) -> str:
    speeds = values(rows, kind, "speed")
    times = [seconds_to(curve, target) for curve in values(rows, kind, "curve")]
    reached = [time for time in times if time is not None]
    took = f"{statistics.median(reached):.0f}" if len(reached) == len(times) else "not reached"
    last = statistics.median(curve[-1][1] for curve in values(rows, kind, "curve"))
    peak = max(values(rows, kind, "peak_gib"))
    cells = [kind, f"{speed[kind]:.3g}", f"{min(speeds):.3g}", f"{max(speeds):.3g}"]
    cells += [f"x{speed['ours'] / speed[kind]:.2f}", took, f"{last:.3f}", f"{peak:.2f}"]
    if device == "cuda":
        cells.append(f"{statistics.median(values(rows, kind, 'utilisation')):.0f}")
    return f"| {' | '.join(cells)} |"


def shortfalls(rows: list[Row], speed: Row, memory_gib: float, device: str) -> Any:
    """Which bars are missed."""
    wanted = 3 if device == "cuda" else 2
    if speed["ours"] < wanted * speed["plain"]:
        yield f"Missed: x{speed['ours'] / speed['plain']:.2f} of plain, wanted x{wanted}."
    for kind in ("fast", "fast-float32"):
        if speed["ours"] < speed[kind]:
            yield f"Missed: x{speed['ours'] / speed[kind]:.2f} of {kind}, wanted x1."
    peak = max(values(rows, "ours", "peak_gib"))
    if peak > memory_gib:
        yield f"Missed: a peak of {peak:.2f} GiB, wanted at most {memory_gib:g}."


def values(rows: list[Row], kind: str, key: str) -> list[Any]:
    return [row[key] for row in rows if row["kind"] == kind]


def seconds_to(curve: list[tuple[float, float]], target: float) -> float | None:
    """When the curve of (seconds, Dice) first reaches `target`."""
    return next((second for second, dice in curve if dice >= target), None)


def machine(device: str) -> str:
    if device == "cuda":
        return torch.cuda.get_device_name()
    return f"{platform.machine()}, {torch.get_num_threads()} threads"


if __name__ == "__main__":
    typer.run(main)
