"""Table and picture of the driver's costs, from the raw rows alone."""

from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl
import numpy as np

from driving.rows import Row
from pareto_search.figures.style import BASELINE, DOMINATED, FRONT, GRID, KNEE, TEXT

BAR_MS, BAR_UTILISATION = 10.0, 0.95


def describe(rows: Sequence[Row]) -> str:
    """The three tables as Markdown, each with its bar."""
    head = [
        "# What the driver costs",
        "",
        "By `experiments/benchmarks/driver.py`, on one core. Processor time leaves out what "
        "other programs of the machine take and **what the disk takes to sync a line**; wall "
        "time has both, so it says something of the driver only where the load, which stands "
        "beside each row, is below the number of cores.",
        "",
    ]
    parts = {part: [r for r in rows if r["part"] == part] for part in ("result", "use", "growth")}
    tables = [*_results(parts["result"]), *_uses(parts["use"]), *_growths(parts["growth"])]
    return "\n".join([*head, *tables])


def _results(rows: Sequence[Row]) -> list[str]:
    return [
        "## One result, with a thousand before it",
        "",
        "Report, journal and reports on disk, end of the trial, searcher told; 32 trials at "
        f"work. The bar is p99 < {BAR_MS:g} ms. Of the peer, `on_trial_complete` alone.",
        "",
        "| searcher | clock | load | p50 ms | p99 ms | max ms | |",
        "|---|---|--:|--:|--:|--:|---|",
        *[_result(row) for row in rows],
        "",
    ]


def _uses(rows: Sequence[Row]) -> list[str]:
    return [
        "## 32 workers, trials of about a minute",
        "",
        "Part of the workers' time in which they work until the last trial starts; each "
        f"proposal measured and charged to the virtual clock. The bar is {BAR_UTILISATION:.0%}"
        " for proposals made ahead, as sweeps do. By default a sweep of at most 1000 trials "
        "has, on such a space, the portfolio (of gp, TPE and NSGA-II), a larger one nsga2.",
        "",
        "| searcher | clock | trials | proposals | utilisation | ask p50 ms | ask max ms | |",
        "|---|---|--:|---|--:|--:|--:|---|",
        *[_use(row) for row in rows],
        "",
    ]


def _growths(rows: Sequence[Row]) -> list[str]:
    return [
        "## Growth",
        "",
        "Cumulated seconds of all decisions (propose, report, end), fitted to "
        "a + c (n log n)^p. The bar is p of at most 1. Medians are of the last tenth.",
        "",
        "| searcher | clock | trials | workers | p | ask p50 ms | result p50 ms | all, s | |",
        "|---|---|--:|--:|--:|--:|--:|--:|---|",
        *[_growth(row) for row in rows],
        "",
    ]


def _result(row: Row) -> str:
    if row["searcher"] == "(disk)":
        verdict = "sync of one line, always by wall time"
    else:
        verdict = _verdict(row["p99_ms"] < BAR_MS)
    return (
        f"| {row['searcher']} | {_clock(row)} "
        f"| {row.get('load', '')} | {row['p50_ms']:.2f} | {row['p99_ms']:.2f} "
        f"| {row['max_ms']:.2f} | {verdict} |"
    )


def _use(row: Row) -> str:
    is_ours = row["mode"] == "ahead"
    verdict = _verdict(row["utilisation"] >= BAR_UTILISATION) if is_ours else ""
    return (
        f"| {row['searcher']} | {_clock(row)} "
        f"| {row['trials']} | {row['mode']} | {row['utilisation']:.1%} "
        f"| {row['ask_p50_ms']:.1f} | {row['ask_max_ms']:.1f} | {verdict} |"
    )


def _growth(row: Row) -> str:
    return (
        f"| {row['searcher']} | {_clock(row)} "
        f"| {row['trials']} | {row['workers']} | {row['exponent']:.2f} "
        f"| {row['ask']['p50_ms']:.2f} | {row['result']['p50_ms']:.2f} "
        f"| {row['ask_s'][-1] + row['result_s'][-1]:.1f} | {_verdict(row['exponent'] <= 1.0)} |"
    )


def _clock(row: Row) -> str:
    return "processor" if row.get("cpu") and row["searcher"] != "(disk)" else "wall"


def _verdict(is_met: bool) -> str:
    return "met" if is_met else "**missed**"


def draw(rows: Sequence[Row], file: Path) -> None:
    """Cumulated decision seconds over trials, a line a searcher, with n log n through each end."""
    mpl.use("Agg")
    import matplotlib.pyplot as plt

    grown = [row for row in rows if row["part"] == "growth"]
    figure, ax = plt.subplots(figsize=(8, 5.5), layout="constrained")
    styles = [(color, line) for line in ("-", "--", ":") for color in (FRONT, BASELINE, KNEE, TEXT)]
    for row, (color, line) in zip(grown, styles, strict=False):
        n = np.asarray(row["n"])
        total = np.asarray(row["ask_s"]) + np.asarray(row["result_s"])
        name = f"{row['searcher']} (p = {row['exponent']:.2f})"
        ax.plot(n, total, color=color, linestyle=line, label=name)
        ax.plot(
            n, total[-1] * n * np.log(n) / (n[-1] * np.log(n[-1])), color=DOMINATED, linewidth=0.7
        )
    ax.plot([], [], color=DOMINATED, linewidth=0.7, label="n log n through the last point")
    ax.set(xscale="log", yscale="log", xlabel="trials", ylabel="seconds of all decisions")
    ax.grid(color=GRID, which="both")
    ax.legend(fontsize=8)
    figure.savefig(file, dpi=120)
    plt.close(figure)
