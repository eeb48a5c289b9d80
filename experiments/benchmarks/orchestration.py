"""What orchestration costs: 200 short trials by `pareto-search run`, and by plain Ray Tune.

    python experiments/benchmarks/orchestration.py

- `ours`: `pareto-search run` with everything recorded: journal, reports, MLflow (SQLite), figures;
- `bare`: Ray Tune with random search, no callback, no logger: the floor;
- `glue`: Ray's OptunaSearch and MLflowLoggerCallback, with the same kind of MLflow store.

A trial sleeps, as the driver's processor does while a GPU works, and reports 10 metrics a step. All
have one core a trial, the same Ray settings and `reuse_actors`. What is measured is the whole
command, from the start of Python to its end: imports, Ray's start, trials, figures, shutdown. The
contestants take turns, so that what else the machine does meets all of them. Raw results are kept
beside this file (`orchestration.jsonl`), and a second call measures only what is missing; the
table, `orchestration.md`, is made of them.
"""

import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
import yaml
from orchestration_trial import DIMENSIONS, OBJECTIVES

HERE = Path(__file__).parent
KINDS = ("ours", "bare", "glue")
LIMIT = 1.15
"""Wall time of ours over bare Ray Tune's, at most; against the glue it is to be below 1."""

SETTINGS = {
    "0.5 s, 5 reports": {"trials": 200, "steps": 5, "step_s": 0.1},
    "0.1 s, 1 report": {"trials": 200, "steps": 1, "step_s": 0.1},
}
QUICK = {"quick": {"trials": 4, "steps": 1, "step_s": 0.01}}
Row = dict[str, Any]


def main(
    repeats: Annotated[int, typer.Option(min=1, help="Runs of each contestant.")] = 5,
    quick: Annotated[bool, typer.Option(help="Four trials each, once: does it run?")] = False,
    contestants: Annotated[str, typer.Option(help="Those to run, with commas.")] = ",".join(KINDS),
    out: Annotated[Path, typer.Option(help="Folder of table and raw results.")] = HERE,
) -> None:
    """Run what has not been run yet, print the table and write it."""
    settings, repeats = (QUICK, 1) if quick else (SETTINGS, repeats)
    raw = out / "orchestration.jsonl"
    known = [json.loads(line) for line in raw.read_text().splitlines()] if raw.exists() else []
    for row in measured(settings, repeats, known, contestants.split(",")):
        known.append(row)
        with raw.open("a") as file:
            file.write(json.dumps(row) + "\n")
    table = describe([row for row in known if row["setting"] in settings])
    (out / "orchestration.md").write_text(table)
    print(table)


def measured(
    settings: dict[str, Row],
    repeats: int,
    known: Sequence[Row],
    contestants: Sequence[str] = KINDS,
) -> Iterator[Row]:
    """A row for each run that is not among the `known`, the contestants in turns."""
    done = {(row["setting"], row["repeat"], row["kind"]) for row in known}
    for name, setting in settings.items():
        for repeat in range(repeats):
            order = [*KINDS[repeat % 3 :], *KINDS[: repeat % 3]]
            order = [kind for kind in order if kind in contestants]
            for kind in (kind for kind in order if (name, repeat, kind) not in done):
                row = {"setting": name, "repeat": repeat, "kind": kind, "load": os.getloadavg()[0]}
                yield {**row, "day": f"{datetime.now(UTC):%Y-%m-%d}", **run(kind, setting)}


def run(kind: str, setting: Row) -> Row:
    """One contestant, whole: seconds of wall. Every trial must end well."""
    with tempfile.TemporaryDirectory() as folder:
        command = make_command(kind, setting, Path(folder))
        began = time.perf_counter()
        done = subprocess.run(
            command, cwd=HERE, check=False, capture_output=True, text=True, env=environment()
        )
        wall = time.perf_counter() - began
        if done.returncode:
            raise RuntimeError(f"{kind} should end well. Found:\n{done.stderr[-3000:]}")
        ended = count_records(Path(folder)) if kind == "ours" else int(done.stdout.split()[-1])
    if ended != setting["trials"]:
        raise RuntimeError(f"All of {setting['trials']} trials should end well. Found {ended}.")
    return {"wall_s": round(wall, 2)}


def make_command(kind: str, setting: Row, folder: Path) -> list[str]:
    """What runs `kind`; ours gets a recipe in `folder`."""
    if kind != "ours":
        peers = str(HERE / "orchestration_peers.py")
        return [sys.executable, peers, kind, json.dumps(setting), str(folder)]
    recipe = {
        "name": "sweep",
        "trainable": "orchestration_trial:train",
        "objectives": [{"name": name, "reference": 10.0} for name in OBJECTIVES],
        "params": {"steps": setting["steps"], "step_s": setting["step_s"]},
        "space": {
            f"x{place}": {"type": "float", "low": 0.0, "high": 1.0} for place in range(DIMENSIONS)
        },
        "searcher": {"kind": "tpe"},
        "budget": {"trials": setting["trials"]},
        "storage": str(folder),
    }
    file = folder / "recipe.yaml"
    file.write_text(yaml.safe_dump(recipe))
    return [sys.executable, "-m", "pareto_search", "run", str(file)]


def environment() -> dict[str, str]:
    """The user's, without a tracking server that would be somebody else's to slow down."""
    return {key: value for key, value in os.environ.items() if key != "MLFLOW_TRACKING_URI"}


def count_records(folder: Path) -> int:
    """Trials of the sweep in `folder` that are complete."""
    lines = (folder / "sweep" / "journal.jsonl").read_text().splitlines()
    return sum(json.loads(line).get("state") == "complete" for line in lines)


def describe(rows: Sequence[Row]) -> str:
    """The table, with which bars are kept."""
    load = statistics.median(row["load"] for row in rows)
    versions = f"{platform.machine()}, {os.cpu_count()} cores, load {load:.0f} before a run"
    lines = [
        "# Wall time of 200 short trials, s",
        "",
        f"{versions}. Whole commands, starts included; median [least, most] of runs in turns.",
        "",
        "| trial | contestant | runs | wall s | x bare | measured |",
        "|---|---|---|---|---|---|",
    ]
    verdicts = []
    for setting in dict.fromkeys(row["setting"] for row in rows):
        found = {kind: values_of(rows, setting, kind, "wall_s") for kind in KINDS}
        walls = {kind: values for kind, values in found.items() if values}
        for kind in walls:
            ratio = statistics.median(walls[kind]) / statistics.median(walls["bare"])
            days = ", ".join(dict.fromkeys(values_of(rows, setting, kind, "day")))
            lines.append(
                f"| {setting} | {kind} | {len(walls[kind])} | {spread(walls[kind])} "
                f"| {ratio:.2f} | {days} |"
            )
        if len(walls) == len(KINDS):
            verdicts += judge(setting, {kind: statistics.median(walls[kind]) for kind in KINDS})
    return "\n".join([*lines, "", *verdicts]) + "\n"


def judge(setting: str, walls: dict[str, float]) -> list[str]:
    """Whether each bar is kept, by the medians."""
    floor, glue = walls["ours"] / walls["bare"], walls["ours"] / walls["glue"]
    return [
        f"- {setting}: {floor:.2f} of bare Ray Tune "
        f"(bar {LIMIT}: {'kept' if floor <= LIMIT else 'MISSED'}); "
        f"{glue:.2f} of the glue (bar 1: {'kept' if glue < 1 else 'MISSED'})."
    ]


def values_of(rows: Sequence[Row], setting: str, kind: str, key: str) -> list[Any]:
    """What was measured of one contestant."""
    return [row[key] for row in rows if (row["setting"], row["kind"]) == (setting, kind)]


def spread(values: Sequence[float]) -> str:
    """Median, least and most."""
    return f"{statistics.median(values):.1f} [{min(values):.1f}, {max(values):.1f}]"


if __name__ == "__main__":
    typer.run(main)
