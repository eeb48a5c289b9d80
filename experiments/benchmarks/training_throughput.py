"""How fast a network is trained: `trainables` against MONAI's own loops, side by side.

    python experiments/benchmarks/training_throughput.py

All train one network on the same phantoms with the same patches, batches, optimiser and course of
the learning rate, each in a process of its own, in turns. `speed`: voxels a second of training
(without validation) on 96^3 patches, and the peak memory of the process. `dice` and, of a larger
network on larger patches, `dice-larger`: seconds from the first line of code after the imports,
reading of files and validation included, to a validation Dice. The former is over in seconds, a
third of which is the start: trainables prepares all cases for itself and for other trials, and
over a second goes to what torch imports with a first optimiser. `trainables` runs as users run it:
with fuzzy labels, the Pareto-consistent loss, diagnostics, all metrics and a checkpoint every
epoch.

    ours          trainables.segmentation:train with its defaults, and nothing in its cache
    plain         MONAI's tutorial loop: CacheDataset, DataLoader, float32
    fast          MONAI's fast-training guide, autocast to bfloat16
    fast-float32  the same without autocast

The table is written to `training_throughput.md` beside this file, every run to
`training_throughput.jsonl`; for those that `--settings` leaves out the rows there count. The exit
code is 1 where a bar is missed: at least 2 times `plain` (3 on a GPU), no slower than either
`fast`, peak memory at most `--memory-gib`, a GPU busy for 90 %.
"""

import json
import math
import platform
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import torch
import typer

from trainables.data.phantom import write_phantom

HERE = Path(__file__).parent
Row = dict[str, Any]
KINDS = ("ours", "plain", "fast", "fast-float32")
MEMORY_GIB = 4.0
"""What one trial on 96^3 patches, batch 2, may take at its peak on a CPU, everything counted."""


@dataclass(frozen=True)
class Setting:
    """Voxels along the edges of phantoms and patches, filters of the UNet, length of training,
    and how many phantoms there are, a fifth of them to judge.

    `target` is the validation Dice whose time is told; None where speed and memory are.
    """

    size: int
    patch: int
    filters: int
    epochs: int
    steps: int
    target: float | None = None
    cases: int = 8


SETTINGS = {
    "speed": Setting(size=128, patch=96, filters=16, epochs=3, steps=4),
    "dice": Setting(size=80, patch=48, filters=8, epochs=8, steps=20, target=0.7, cases=16),
    "dice-larger": Setting(
        size=96, patch=64, filters=16, epochs=4, steps=25, target=0.75, cases=16
    ),
}
QUICK = {"speed": Setting(size=32, patch=16, filters=4, epochs=2, steps=2)}
LARGE = {  # a GPU would be done with the others before it is warm
    "speed": Setting(size=160, patch=96, filters=32, epochs=4, steps=50),
    "dice": Setting(size=128, patch=96, filters=16, epochs=20, steps=25, target=0.75, cases=16),
}


def main(
    repeats: Annotated[int, typer.Option(help="Runs of each, in turns.")] = 3,
    device: Annotated[str, typer.Option(help="cpu or cuda.")] = "cpu",
    quick: Annotated[bool, typer.Option(help="Tiny, to see that it runs: bars are moot.")] = False,
    memory_gib: Annotated[float, typer.Option(help="Most that ours may take.")] = MEMORY_GIB,
    settings: Annotated[str, typer.Option(help="Those to run, with commas.")] = "",
    out: Annotated[Path, typer.Option(help="Folder of table and rows.")] = HERE,
    only: Annotated[str, typer.Option(hidden=True)] = "",
) -> None:
    """Run all in turns, print the table and write it."""
    if only:
        from throughput_runs import run  # with MONAI in it, which takes seconds

        print(json.dumps(run(**json.loads(only))))
        return
    known = QUICK if quick else LARGE if device == "cuda" else SETTINGS
    chosen = settings.split(",") if settings else [*known]
    if unknown := sorted({*chosen} - {*known}):
        raise typer.BadParameter(f"should name {', '.join(known)}. Found {', '.join(unknown)}.")
    file = out / "training_throughput.jsonl"
    rows = [] if quick or not file.exists() else list(map(json.loads, file.open()))
    for name in chosen:
        found = list(run_all(name, known[name], repeats, device))
        rows = [row for row in rows if row["setting"] != name] + found
        file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    ran = {row["setting"] for row in rows}
    table, missed = describe(rows, {k: v for k, v in known.items() if k in ran}, memory_gib, device)
    (out / "training_throughput.md").write_text(table)
    print(table)
    if missed and not quick:
        raise typer.Exit(1)


def run_all(name: str, setting: Setting, repeats: int, device: str) -> Iterator[Row]:
    """Every contestant in turn, on phantoms made for it."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        write_phantom(root / "cases", setting.cases, seed=0, size=(setting.size,) * 3, raters=1)
        for turn in range(repeats):
            for kind in KINDS if turn % 2 == 0 else KINDS[::-1]:
                cache = root / f"cache-{turn}"
                params = make_params(setting, root / "cases", cache, device)
                yield {"setting": name, **alone(kind, params)}


def make_params(setting: Setting, root: Path, cache: Path, device: str) -> Row:
    """The parameters of `trainables` that all follow."""
    return {
        "data": {"root": str(root), "cache": str(cache), "split_seed": 5},
        "network": {"kind": "unet", "filters": setting.filters, "levels": 4},
        "optimiser": {"learning_rate": 3e-3, "weight_decay": 0.01},
        "epochs": setting.epochs,
        "steps_per_epoch": setting.steps,
        "batch_size": 2,
        "patch_size": [setting.patch] * 3,
        "device": device,
    }


def alone(kind: str, params: Row) -> Row:
    """The row of a process that runs `kind` and nothing else."""
    arguments = json.dumps({"kind": kind, "params": params})
    command = [sys.executable, __file__, "--only", arguments]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    row: Row = json.loads(done.stdout.splitlines()[-1])
    print(f"{kind}: {row['speed']:.3g} voxels/s, Dice {row['curve'][-1][1]:.3f}", file=sys.stderr)
    return row


def describe(
    rows: list[Row], settings: dict[str, Setting], memory_gib: float, device: str
) -> tuple[str, list[str]]:
    """The table of each setting, and a sentence for each bar that is missed."""
    lines = [
        "# Training throughput against MONAI's own loops",
        "",
        f"{datetime.now(UTC):%Y-%m-%d}, {machine(device)}, torch {torch.__version__}. UNet, batch "
        "2; medians of runs in turns, and their range.",
    ]
    missed = []
    for name, setting in settings.items():
        mine = [row for row in rows if row["setting"] == name]
        facts = ", ".join(f"{key} {value}" for key, value in asdict(setting).items())
        facts += f"; {len(mine) // len(KINDS)} runs of each"
        lines += ["", f"## {name}", "", f"{facts}.", "", *table_of(mine, setting.target)]
        missed += [f"{name}: {text}" for text in shortfalls(mine, setting.target, device)]
    peak = max(row["peak_gib"] for row in rows if row["kind"] == "ours")
    if peak > memory_gib:
        missed.append(f"ours takes {peak:.2f} GiB, wanted at most {memory_gib:g}.")
    lines += [
        "",
        *(f"Missed: {text}" for text in missed),
        *([] if missed else ["Every bar is met."]),
    ]
    return "\n".join([*lines, ""]), missed


def table_of(rows: list[Row], target: float | None) -> Iterator[str]:
    unit = "voxels/s" if target is None else f"s to Dice {target:g}"
    heads = ["loop", unit, "least", "most", "ours is", "last Dice", "peak GiB", "GPU busy"]
    yield f"| {' | '.join(heads)} |"
    yield f"|{'---|' * len(heads)}"
    for kind in KINDS:
        mine = [row for row in rows if row["kind"] == kind]
        found = measured(mine, target)
        last = statistics.median(row["curve"][-1][1] for row in mine)
        busy = mine[0]["utilisation"]
        cells = [kind, *(number(f(found)) for f in (statistics.median, min, max))]
        cells += [f"x{advantage(rows, kind, target):.2f}", f"{last:.3f}"]
        cells += [f"{max(row['peak_gib'] for row in mine):.2f}", f"{busy:.0f} %" if busy else ""]
        yield f"| {' | '.join(cells)} |"


def shortfalls(rows: list[Row], target: float | None, device: str) -> Iterator[str]:
    """Which bars are missed."""
    bars = {"plain": 3 if device == "cuda" else 2, "fast": 1, "fast-float32": 1}
    for kind, bar in bars.items():
        found = advantage(rows, kind, target)
        if not found >= bar:
            yield f"x{found:.2f} of {kind}, wanted x{bar}."
    busy = [row["utilisation"] for row in rows if row["kind"] == "ours"]
    if device == "cuda" and target is None and statistics.median(busy) < 90:
        yield f"a GPU busy for {statistics.median(busy):.0f} %, wanted 90."


def advantage(rows: list[Row], kind: str, target: float | None) -> float:
    """How many times as fast as `kind` ours is; infinite where `kind` never got there."""
    ours, theirs = (
        statistics.median(measured([row for row in rows if row["kind"] == k], target))
        for k in ("ours", kind)
    )
    if target is None:
        return ours / theirs
    return theirs / ours if math.isfinite(ours) else 0.0


def measured(rows: list[Row], target: float | None) -> list[float]:
    """Voxels a second of each row; or when its curve of (s, Dice) reached `target`, else inf."""
    if target is None:
        return [row["speed"] for row in rows]
    return [
        next((second for second, dice in row["curve"] if dice >= target), math.inf) for row in rows
    ]


def number(value: float) -> str:
    return f"{value:.3g}" if value < 1000 else f"{value:,.0f}"


def machine(device: str) -> str:
    if device == "cuda":
        return torch.cuda.get_device_name()
    return f"{platform.machine()}, {torch.get_num_threads()} threads"


if __name__ == "__main__":
    typer.run(main)
