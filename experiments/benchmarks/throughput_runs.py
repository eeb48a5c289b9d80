"""The contestants of `training_throughput.py`, each to be run in a process of its own."""

import math
import os
import resource
import statistics
import subprocess
import tempfile
import threading
import time
from functools import partial
from pathlib import Path
from typing import Any

import torch
from monai_loops import Task, fast, plain

from trainables.config import load_train_config
from trainables.data.datasets import open_dataset
from trainables.data.preparing import split_units
from trainables.networks import unet
from trainables.segmentation import train

Row = dict[str, Any]


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
        network=unet.build(config.network, 4, 3).to(device),  # MONAI's, none of it replaced
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
