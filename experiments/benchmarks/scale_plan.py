"""The plan for a thousand workers: what each resource is asked for, has, and which gives way first.

    nice python experiments/benchmarks/scale_plan.py

Real searcher, ledger, callback, journal, reports and recorder are driven by the simulator's clock
with 100 to 3 000 workers, whose trainings report 31 metrics every 60 s, and every 5 s. What they
ask for is set against what this machine was measured to give: a real `mlflow server`, Ray Tune's
own loop, a disk. Of the shared storage a capacity is assumed, and said so.

Every measurement is a line of `scale_plan.jsonl`, and those that are there are not made again;
`scale_plan.md` is made of them. `--code` names other code that is measured for comparison, such
as an older commit's on PYTHONPATH.
"""

import tempfile
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer
from driving.results import fsyncs
from driving.rows import Row, add_row, read_rows
from planning import checkpoints, report
from planning.measured import sending_s
from planning.stretch import Case, stretch
from planning.training import EPOCHS, Training
from planning.whole import whole

from pareto_search.recipe.config import SearcherConfig

HERE = Path(__file__).parent
WORKERS = (1000, 3000, 100, 300)
"""The most telling first."""
EPOCHS_S = (60.0, 5.0)
TRIALS, ENDED = 10_000, 9_000
FLUSH_S = 2.0
"""The recorder's own flush interval."""
REPEATS = 3
"""Of what a busy machine makes slower: the least is taken."""
NOW = "now"
Measurement = tuple[dict[str, Any], Callable[[], Row]]


def main(
    quick: Annotated[bool, typer.Option(help="Tiny, without servers: does it run?")] = False,
    parts: Annotated[str, typer.Option(help="Those to measure, with commas.")] = (
        "disk,drop,checkpoint,server,tune,whole,stretch,mended"
    ),
    only_tables: Annotated[bool, typer.Option(help="Measure nothing.")] = False,
    code: Annotated[str, typer.Option(help="What the measured code is called.")] = NOW,
    out: Annotated[Path, typer.Option(help="Folder of rows and table.")] = HERE,
) -> None:
    """Measure what is missing, then make the table of all there is."""
    file = out / "scale_plan.jsonl"
    if not only_tables:
        for part in parts.split(","):
            make = {"server": servers}.get(part, partial(_made, part))
            make(file, quick, code)
    text = report.describe(read_rows(file))
    (out / "scale_plan.md").write_text(text)
    print(text)


def _made(part: str, file: Path, quick: bool, code: str) -> None:
    """Add the rows of one part."""
    kinds: Mapping[str, Callable[..., Iterable[Measurement]]] = {
        "disk": disk,
        "drop": drops,
        "checkpoint": sizes,
        "tune": loops,
        "whole": wholes,
        "stretch": partial(stretches, file, code),
        "mended": partial(mended, file, code),
    }
    for key, measure in kinds[part](quick):
        add_row(file, {"part": part, **key}, measure)


def disk(_quick: bool) -> Iterable[Measurement]:
    """How long this disk takes to sync a line."""
    yield {}, fsyncs


def drops(quick: bool) -> Iterable[Measurement]:
    """How long it takes to drop a checkpoint."""
    for size in (1_000_000,) if quick else report.SIZES:
        yield {"bytes": size}, partial(checkpoints.dropping, size)


def sizes(quick: bool) -> Iterable[Measurement]:
    """How large the checkpoints of this repository's trainable are."""
    for kind in () if quick else checkpoints.NETWORKS:
        yield {"network": kind}, partial(checkpoints.size_of, kind)


def loops(quick: bool) -> Iterable[Measurement]:
    """What Ray Tune's own loop costs a result."""
    from planning.tune_loop import loop_cost

    for repeat in range(0 if quick else REPEATS):
        for workers in WORKERS:
            yield {"workers": workers, "repeat": repeat}, partial(loop_cost, workers, 1000)


def wholes(quick: bool) -> Iterable[Measurement]:
    """Whole sweeps of ten thousand trials, which report a tenth as often as those planned for."""
    trials, reports = (40, 5) if quick else (TRIALS, EPOCHS // 10)
    for workers in (8,) if quick else WORKERS:
        key = {"workers": workers, "trials": trials, "reports": reports}
        problem = Training(60.0 * EPOCHS / reports, reports)
        searcher = SearcherConfig(engine="optuna", kind="random") if quick else SearcherConfig()
        yield key, partial(whole, workers, trials, problem, searcher)


def stretches(file: Path, code: str, quick: bool) -> Iterable[Measurement]:
    """Stretches of long sweeps, for each number of workers and each pace."""
    times = sending_s(read_rows(file))
    chosen = WORKERS if code == NOW else (1000,)
    for workers in (8, 16) if quick else chosen:
        for epoch_s in (5.0,) if quick else EPOCHS_S:
            yield _stretch(workers, epoch_s, times, code, quick)


def mended(file: Path, code: str, quick: bool) -> Iterable[Measurement]:
    """The harsh pace with what the plan recommends: fewer reports, or a larger flush interval."""
    times = sending_s(read_rows(file))
    for change in ({"every": 5}, {"interval_s": 10.0}):
        for workers in (8,) if quick else (1000, 3000):
            yield _stretch(workers, 5.0, times, code, quick, change)


def _stretch(
    workers: int,
    epoch_s: float,
    times: tuple[float, float],
    code: str,
    quick: bool,
    change: Mapping[str, Any] | None = None,
) -> Measurement:
    ended, seconds = (20, 5.0) if quick else (ENDED, 120.0)
    how = {"every": 1, "interval_s": FLUSH_S, **(change or {})}
    key = {"workers": workers, "epoch_s": epoch_s, "ended": ended, "code": code, **how}
    return key, partial(stretch, Case(workers, epoch_s, ended, seconds, *times, **how))


def servers(file: Path, quick: bool, _code: str) -> None:
    """What a real `mlflow server` over SQLite takes; one is started where a row is missing."""
    from planning import tracking_server

    keys = [
        {"part": "server", "reports": reports, "clients": clients, "repeat": repeat}
        for repeat in range(REPEATS)
        for reports, clients in tracking_server.SETTINGS
    ]
    missing = [k for k in keys if not any(k.items() <= row.items() for row in read_rows(file))]
    if quick or not missing:
        return
    from recording_contestants import server

    with tempfile.TemporaryDirectory() as folder, server(Path(folder) / "store") as (uri, _):
        for key in missing:
            measure = partial(tracking_server.batches, uri, key["reports"], key["clients"])
            add_row(file, key, measure)


if __name__ == "__main__":
    typer.run(main)
