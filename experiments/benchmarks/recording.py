"""Does recording lose anything, or cost anything? Beside Ray's own join to MLflow.

    python experiments/benchmarks/recording.py

- `ours`: ledger, reports and recorder of a sweep of 1 000 trials x 50 reports x 20 metrics, whose
  trials take no time: the event loop writes reports as fast as it can, and the recorder's thread
  sends them meanwhile;
- `glue`: Ray's `MLflowLoggerCallback`, called as Tune's event loop calls it. It is some hundred
  times slower on that loop, so it gets fewer trials, and its rate is taken for all of them.

Both write to the same real `mlflow server` (SQLite, one worker), then both to an SQLite file. Rows
are counted in the database, past MLflow. Then front and hypervolume curve of 10 000 two-objective
trials, at once (a figure, `front`) and one by one (the recorder), against moocore.

Raw results are kept beside this file (`recording.jsonl`), and a second call measures only what is
missing; the table, `recording.md`, is made of them. The exit code is 1 where a bar is missed.
"""

import os
import platform
import statistics
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any

import recording_contestants as contestants
import recording_fronts as fronts
import typer
from driving.rows import Row, add_row, read_rows

HERE = Path(__file__).parent
SIZES = {"glue": (2, 50, 20), "ours": (1000, 50, 20)}
"""Trials, reports, metrics; the slow one first, while the store is small."""
QUICK_SIZES = {"glue": (2, 3, 20), "ours": (10, 5, 20)}
TRIALS = 10_000
MOST_MS = 1.0
LEAST_RATIO = 10.0
MOST_CURVE_MS = 50.0
MOST_ERROR = 1e-12

Store = Callable[[Path], AbstractContextManager[tuple[str, Path]]]
STORES: dict[str, Store] = {"server": contestants.server, "sqlite": contestants.sqlite}


def main(
    repeats: Annotated[int, typer.Option(min=1, help="Runs of each contestant.")] = 3,
    quick: Annotated[bool, typer.Option(help="Tiny, without a server: does it run?")] = False,
    stores: Annotated[str, typer.Option(help="Those to write to, with commas.")] = "server,sqlite",
    only_table: Annotated[bool, typer.Option(help="Measure nothing.")] = False,
    out: Annotated[Path, typer.Option(help="Folder of table and raw results.")] = HERE,
) -> None:
    """Measure what is missing, then make the table of all there is."""
    file = out / "recording.jsonl"
    names = ["sqlite"] if quick else stores.split(",")
    if not only_table:
        for repeat in range(1 if quick else repeats):
            for name in names:
                record(file, name, repeat, QUICK_SIZES if quick else SIZES)
        for key, measurement in curves(200 if quick else TRIALS):
            add_row(file, key, measurement)
    table, missed = describe(read_rows(file))
    (out / "recording.md").write_text(table)
    print(table)
    sys.exit(bool(missed) and not quick)


def record(file: Path, store: str, repeat: int, sizes: dict[str, contestants.Size]) -> None:
    """Both contestants on one new store, unless their rows are there."""
    keys = {
        kind: {"part": kind, "store": store, "repeat": repeat, "size": list(size)}
        for kind, size in sizes.items()
    }
    known = read_rows(file)
    if all(any(key.items() <= row.items() for row in known) for key in keys.values()):
        return
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        with STORES[store](folder / "store") as (uri, database):
            for kind, key in keys.items():
                run: Callable[..., Row] = getattr(contestants, kind)
                add_row(file, key, partial(run, uri, database, folder / kind, sizes[kind]))


def curves(count: int) -> Iterator[tuple[dict[str, Any], Callable[[], Row]]]:
    """The measurements of fronts, with their keys."""
    for kind in fronts.KINDS:
        yield {"part": "front", "kind": kind, "trials": count}, partial(fronts.measure, kind, count)


def describe(rows: Sequence[Row]) -> tuple[str, list[str]]:
    """The table, and which bars are missed."""
    verdicts = [*judge_recording(rows), *judge_fronts(rows)]
    missed = [text for text, is_kept in verdicts if not is_kept]
    lines = [
        "# Recording: what is lost, what it costs",
        "",
        f"{datetime.now(UTC):%Y-%m-%d}, {platform.machine()}, {os.cpu_count()} cores, MLflow "
        f"{version('mlflow')}, Ray {version('ray')}, moocore {version('moocore')}. Medians of the "
        "runs; `load` is the machine's before and during them, this benchmark included.",
        "",
        *_recording_table(rows),
        "",
        "`reports/s`: from the first report to the last row in the store. The glue's rate was "
        "measured on the trials named and holds for any number of them, as every report waits for "
        "its own requests.",
        "",
        *_fronts_table(rows),
        "",
        *(f"- {text}: {'met' if is_kept else '**missed**'}" for text, is_kept in verdicts),
    ]
    return "\n".join(lines) + "\n", missed


def judge_recording(rows: Sequence[Row]) -> list[tuple[str, bool]]:
    """Each bar of recording with whether it is kept, store by store."""
    verdicts = []
    for store in dict.fromkeys(row["store"] for row in rows if "store" in row):
        ours, glue = (of(rows, kind, store) for kind in ("ours", "glue"))
        if not ours or not glue:
            continue
        lost, cost = max(row["lost"] for row in ours), middle(ours, "mean_ms")
        ratio = middle(ours, "reports_a_s") / middle(glue, "reports_a_s")
        verdicts += [
            (f"{store}: rows lost {lost}", lost == 0),
            (f"{store}: {cost:.3f} ms a report on the event loop", cost <= MOST_MS),
            (f"{store}: {ratio:.0f}x the reports/s of the glue", ratio >= LEAST_RATIO),
        ]
    return verdicts


def judge_fronts(rows: Sequence[Row]) -> list[tuple[str, bool]]:
    """Each bar of fronts with whether it is kept."""
    verdicts = []
    for row in (row for row in rows if row["part"] == "front"):
        is_kept = row["at_once_ms"] < MOST_CURVE_MS and row["error"] <= MOST_ERROR
        text = f"{row['trials']} trials, {row['kind']}: {row['at_once_ms']:.0f} ms"
        verdicts.append((f"{text}, error {row['error']:.1g}", is_kept))
    return verdicts


def _recording_table(rows: Sequence[Row]) -> list[str]:
    lines = [
        "| store | contestant | runs | trials x reports x metrics | rows lost | ms a report, mean "
        "| p50 | p99 | most | reports/s | whole, s | load |",
        "|---|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    keys = {(row["store"], row["part"], tuple(row["size"])): 0 for row in rows if "store" in row}
    for store, kind, size in keys:
        found = [row for row in of(rows, kind, store) if tuple(row["size"]) == size]
        lines.append(
            f"| {store} | {kind} | {len(found)} | {' x '.join(map(str, size))} "
            f"| {max(row['lost'] for row in found)} | {middle(found, 'mean_ms'):.3f} | "
            + " | ".join(
                f"{statistics.median(row['report'][key] for row in found):.3g}"
                for key in ("p50_ms", "p99_ms", "max_ms")
            )
            + f" | {middle(found, 'reports_a_s'):.0f} | {middle(found, 'took_s'):.0f} "
            f"| {middle(found, 'load'):.1f} |"
        )
    return lines


def _fronts_table(rows: Sequence[Row]) -> list[str]:
    lines = [
        "| trials | on the front | front and curve at once, ms (least) | one by one, ms "
        "| largest error against moocore | load |",
        "|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {row['trials']} {row['kind']} | {row['front']} | {row['at_once_ms']:.1f} "
        f"({row['at_once_least_ms']:.1f}) | {row['one_by_one_ms']:.0f} | {row['error']:.1g} "
        f"| {row['load']:.1f} |"
        for row in rows
        if row["part"] == "front"
    ]
    return lines


def of(rows: Sequence[Row], kind: str, store: str) -> list[Row]:
    """The rows of one contestant on one store."""
    return [row for row in rows if row["part"] == kind and row.get("store") == store]


def middle(rows: Sequence[Row], key: str) -> float:
    """The median of one number."""
    return statistics.median(row[key] for row in rows)


if __name__ == "__main__":
    typer.run(main)
