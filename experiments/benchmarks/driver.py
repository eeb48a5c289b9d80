"""What the one serial part of a sweep costs: handling results, making proposals, at any size.

    nice python experiments/benchmarks/driver.py --cpu-time

Three questions, each with its bar in `driver.md`: what one result costs with a thousand before it;
how well 32 workers of one-minute trials are used when proposals take what they take; how the cost
of decisions grows up to 10 000 trials on 1 000 workers. The real ledger, searchers and journal are
driven by the simulator's virtual clock, so an hour of trials takes as long as its decisions.

Every measurement is a line of `driver.jsonl`, and those that are there are not made again.
"""

import time
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer
from driving import growth, report, results, utilisation
from driving.rows import Row, add_row, read_rows

from pareto_search.recipe.config import SearcherConfig
from pareto_search.searchers.registry import SEARCHERS

HERE = Path(__file__).parent
Measurement = tuple[dict[str, Any], Callable[[], Row]]
USE = {"nsga2": 1200, "portfolio": 640, "tpe": 640, "gp": 192}
"""Searchers whose workers are watched, each for as many trials as the default may choose it for."""


def main(
    cpu_time: Annotated[bool, typer.Option(help="For a machine with other work on it.")] = False,
    quick: Annotated[bool, typer.Option(help="Tiny, to see that it runs.")] = False,
    parts: Annotated[str, typer.Option(help="Of result, growth, use; with commas.")] = (
        "result,growth,use"
    ),
    only_tables: Annotated[bool, typer.Option(help="Measure nothing.")] = False,
    out: Annotated[Path, typer.Option(help="Folder of rows, table and figure.")] = HERE,
) -> None:
    """Measure what is missing, then make table and figure of all there is."""
    file = out / "driver.jsonl"
    stopwatch = time.process_time if cpu_time else time.perf_counter
    if not only_tables:
        for key, measure in measurements(stopwatch, quick):
            if key["part"] not in parts.split(","):
                continue
            add_row(file, {**key, "cpu": cpu_time}, measure)
    rows = read_rows(file)
    (out / "driver.md").write_text(report.describe(rows))
    if any(row["part"] == "growth" for row in rows):
        report.draw(rows, out / "driver.png")
    print(report.describe(rows))


def measurements(stopwatch: Callable[[], float], quick: bool) -> Iterable[Measurement]:
    """What is measured: the key of each row, and how it is found."""
    yield from _results(stopwatch, 30 if quick else 1000, quick)
    yield from _growth(stopwatch, (200, 20) if quick else (10_000, 1000), quick)
    yield from _use(stopwatch, quick)


def _results(stopwatch: Callable[[], float], trials: int, quick: bool) -> Iterable[Measurement]:
    chosen = SEARCHERS[:1] if quick else SEARCHERS
    for engine, kind in chosen:
        key = {"part": "result", "searcher": f"{engine} {kind}", "trials": trials}
        yield key, partial(results.ours, searcher_config(engine, kind), trials, stopwatch)
    key = {"part": "result", "searcher": "Ray's OptunaSearch, TPE", "trials": trials}
    yield key, partial(results.ray_optuna, trials, stopwatch)
    yield {"part": "result", "searcher": "(disk)", "trials": trials}, results.fsyncs


def _growth(
    stopwatch: Callable[[], float], size: tuple[int, int], quick: bool
) -> Iterable[Measurement]:
    trials, workers = size
    kinds = [("auto", "auto"), ("optuna", "random")]
    more = [("pymoo", kind) for kind in ("moead", "nsga3", "agemoea", "smsemoa")]
    for engine, kind in kinds[1:] if quick else [*kinds, *more, ("optuna", "nsga2")]:
        name = "default" if kind == "auto" else f"{engine} {kind}"
        key = {"part": "growth", "searcher": name, "trials": trials, "workers": workers}
        config = searcher_config(engine, kind)
        yield key, partial(growth.growth, config, trials, workers, stopwatch)


def _use(stopwatch: Callable[[], float], quick: bool) -> Iterable[Measurement]:
    for mode in utilisation.MODES:
        for kind, trials in {"nsga2": 64}.items() if quick else USE.items():
            key = {"part": "use", "searcher": kind, "mode": mode, "trials": trials}
            config = searcher_config("auto", kind)
            yield key, partial(utilisation.utilisation, config, mode, trials, stopwatch)


def searcher_config(engine: str, kind: str) -> SearcherConfig:
    """That searcher as a recipe has it by default."""
    aspiration = ((0.2, 0.6),) if kind == "rnsga2" else ()
    return SearcherConfig(engine=engine, kind=kind, aspiration=aspiration)


if __name__ == "__main__":
    typer.run(main)
