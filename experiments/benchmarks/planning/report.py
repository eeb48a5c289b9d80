"""The plan as Markdown, from the raw rows alone."""

import math
from collections.abc import Sequence

from driving.rows import Row

from planning.measured import of
from planning.resources import SIZES, STORAGE_MB_S, Measured, Resource, resources
from planning.training import EPOCHS, METRICS

NOW = "now"
FULL = 0.7
"""Used beyond this, a resource is named as one to do something about."""

__all__ = ["SIZES", "describe"]


def describe(rows: Sequence[Row]) -> str:
    """The plan: a table a pace with the first bottleneck, what to do, and what was measured."""
    found = Measured(rows)
    plain = of(rows, "stretch", code=NOW)
    paces = sorted({row["epoch_s"] for row in plain}, reverse=True)
    ended = max((row["ended"] for row in plain), default=0)
    lines = [
        "# The plan for 1 000 workers",
        "",
        "By `experiments/benchmarks/scale_plan.py`. **Simulated**: a stretch of a sweep with "
        f"{ended} trials behind it, whose trainings of {EPOCHS} epochs (of lognormal pace) report "
        f"{len(METRICS)} metrics and save a checkpoint each epoch; the virtual clock drives the "
        "real ledger, callback, search, journal, reports (on a real disk) and recorder (over a "
        "client that counts). **Measured**: Ray Tune's loop with as many answers awaited, an "
        "MLflow server (SQLite, one worker), syncs and removals of this disk, sizes of "
        "checkpoints. **Assumed**: what is called so. Costs are processor time, so they hold on "
        "a busy machine within some tens of a per cent (`load` stands in the rows); syncs and "
        "removals are wall time of this disk, slower while others use it. A stretch lasts two "
        "minutes, in which the lateness of long flushes does not settle: whether it would is said "
        "by the row of the tracking server, which stays below 100 % where it does.",
        "",
    ]
    for pace in paces:
        lines += _pace(found, pace)
    lines += [*_totals(found), *_mends(rows), *_recommended(found), *_basis(rows)]
    return "\n".join(lines)


def _pace(found: Measured, pace: float) -> list[str]:
    rows = sorted(of(found.rows, "stretch", code=NOW, epoch_s=pace), key=lambda r: r["workers"])
    wanted = resources(found)
    heads = " | ".join(f"{row['workers']} workers" for row in rows)
    lines = [
        f"## Epochs of {pace:g} s",
        "",
        f"| asked of | capacity | source | {heads} |",
        "|---|--:|---|" + "--:|" * len(rows),
        f"| reports a second | | simulated | {_cells(rows, 'results_a_s')} |",
        f"| requests to the tracking server a second | | simulated | "
        f"{_cells(rows, 'requests_a_s')} |",
        f"| metrics a second | | simulated | {_cells(rows, 'metrics_a_s')} |",
        "| a metric is in the store after, s (a flush, by median) | | simulated "
        f"| {' | '.join(map(_late, rows))} |",
        *(_resource(one, rows) for one in wanted),
        f"| `save_every` for checkpoints of {SIZES[-1] / 1e6:.0f} MB | | within {FULL:.0%} "
        f"| {' | '.join(_save_every(row) for row in rows)} |",
        f"| **first to give way** | | | {' | '.join(_first(wanted, row) for row in rows)} |",
        "",
    ]
    named = dict.fromkeys(
        one.remedy for row in rows for one in _order(wanted, row) if one.used(row) > FULL
    )
    remedies = [
        f"- {one.name}: {one.remedy}."
        for one in wanted
        if one.remedy in named and any(one.used(row) > FULL for row in rows)
    ]
    if remedies:
        lines += [f"Used beyond {FULL:.0%} somewhere, and what to do:", "", *remedies, ""]
    return lines


def _save_every(row: Row) -> str:
    """Epochs between two checkpoints of the largest size that shared storage bears."""
    return f"{max(1, math.ceil(row['results_a_s'] * SIZES[-1] / 1e6 / (FULL * STORAGE_MB_S)))}"


def _resource(one: Resource, rows: Sequence[Row]) -> str:
    cells = [f"{one.load(row):.3g} ({one.used(row):.0%})" for row in rows]
    bold = [f"**{c}**" if one.used(r) > 1 else c for c, r in zip(cells, rows, strict=True)]
    capacity = one.unit if one.unit.startswith("of ") else f"{one.capacity:.4g} {one.unit}"
    return f"| {one.name} | {capacity} | {one.source} | {' | '.join(bold)} |"


def _order(wanted: Sequence[Resource], row: Row) -> list[Resource]:
    return sorted(wanted, key=lambda one: -one.used(row))


def _first(wanted: Sequence[Resource], row: Row) -> str:
    first, *others = _order(wanted, row)
    second = next(one for one in others if "checkpoint" not in one.name)
    text = f"{first.name} ({first.used(row):.0%})"
    return text if "checkpoint" not in first.name else f"{text}; then {second.name}"


def _cells(rows: Sequence[Row], key: str) -> str:
    return " | ".join(f"{row[key]:.4g}" for row in rows)


def _late(row: Row) -> str:
    late = f"{row['cycle']['p50_ms'] / 1e3:.1f}"
    falling = row["falling_a_s"]
    is_falling = falling > 0.05 * row["results_a_s"]
    return f"{late}, {falling:.0f} reports later each second" if is_falling else late


def _totals(found: Measured) -> list[str]:
    rows = sorted(of(found.rows, "whole"), key=lambda row: row["workers"])
    if not rows:
        return []
    lines = [
        "## A whole sweep",
        "",
        "Simulated with the default searcher on a real disk; each trial reports "
        f"{rows[0]['reports']} times, and bytes of reports are scaled to {EPOCHS}. Days are of "
        "60 s an epoch. Result: the last report and the end of a trial, with the searcher told.",
        "",
        "| workers | trials | days | workers used | journal MB | reports MB | syncs | proposals: "
        "p50 / p99 / most ms | results: p50 / p99 / most ms |",
        "|--:|--:|--:|--:|--:|--:|--:|--:|--:|",
    ]
    for row in rows:
        scale = EPOCHS / row["reports"]
        lines.append(
            f"| {row['workers']} | {row['trials']} | {row['virtual_s'] / 86400:.2f} "
            f"| {row['utilisation']:.1%} | {row['journal_bytes'] / 1e6:.1f} "
            f"| {row['reports_bytes'] * scale / 1e6:.0f} | {row['syncs']} "
            f"| {_three(row['propose'])} | {_three(row['result'])} |"
        )
    kept = ", ".join(
        f"{2 * rows[0]['trials'] * size / 1e12:.2g} TB of {size / 1e6:.0f} MB each"
        for size in SIZES
    )
    return [
        *lines, "",
        f"Two checkpoints are kept of each trial, also of those that have ended: {kept}.", "",
    ]  # fmt: skip


def _three(quantiles: Row) -> str:
    return " / ".join(f"{quantiles[key]:.2f}" for key in ("p50_ms", "p99_ms", "max_ms"))


def _mends(rows: Sequence[Row]) -> list[str]:
    """Other code beside what is now, for the same case."""
    others = [row for row in of(rows, "stretch") if row["code"] != NOW]
    if not others:
        return []
    lines = [
        "## What the plan mended",
        "",
        "The same stretch with the code of an earlier commit. A flush shares the loop's "
        "interpreter, and until it is through the loop gets at most every second slice of it.",
        "",
        "| workers | epoch s | code | event of the loop, mean ms | loop, of a core | flush p50 / "
        "most ms of processor | recorder, of a core | a metric is late by, s |",
        "|--:|--:|---|--:|--:|--:|--:|--:|",
    ]
    for row in others:
        key = {name: row[name] for name in ("workers", "epoch_s", "ended", "every", "interval_s")}
        for one in (row, *of(rows, "stretch", code=NOW, **key)):
            flush = one["flush_cpu"]
            lines.append(
                f"| {one['workers']} | {one['epoch_s']:g} | {one['code']} "
                f"| {one['event_mean_ms']:.3f} | {one['loop_share']:.1%} "
                f"| {flush['p50_ms']:.0f} / {flush['max_ms']:.0f} "
                f"| {one['recorder_share']:.1%} | {_late(one)} |"
            )
    return [*lines, ""]


def _recommended(found: Measured) -> list[str]:
    rows = of(found.rows, "mended", code=NOW)
    if not rows:
        return []
    loop, interpreter, tracking, *_ = resources(found)
    lines = [
        "## What helps at 5 s an epoch",
        "",
        "| workers | a report each | flush every | reports a second | requests a second | loop "
        "| interpreter | recorder | a metric is late by, s |",
        "|--:|--:|--:|--:|--:|--:|--:|--:|--:|",
    ]
    lines += [
        f"| {row['workers']} | {row['every']} epochs | {row['interval_s']:g} s "
        f"| {row['results_a_s']:.0f} | {row['requests_a_s']:.0f} | {loop.used(row):.0%} "
        f"| {interpreter.used(row):.0%} | {tracking.used(row):.0%} | {_late(row)} |"
        for row in rows
    ]
    return [*lines, ""]


def _basis(rows: Sequence[Row]) -> list[str]:
    lines = ["## What it rests on", ""]
    lines += [
        f"- Checkpoint of `network.kind: {row['network']}` by default: {row['bytes'] / 1e6:.1f} MB "
        f"in {row['files']} files, {row['metrics']} metrics a report (measured)."
        for row in of(rows, "checkpoint")
    ]
    lines += [
        f"- MLflow server: batches of {row['reports'] * len(METRICS)} metrics, {row['clients']} "
        f"at once: {row['server_ms']:.1f} ms of its processor and {row['client_ms']:.1f} of the "
        f"recorder's each, {row['batches_a_s']:g} a second at load {row['load']:g}."
        for row in of(rows, "server")
    ]
    lines += [
        f"- Ray Tune alone, {row['workers']} answers awaited: {row['thread_ms']:.2f} ms of the "
        f"loop's thread a result, so {1e3 / row['thread_ms']:.0f} results a second (load "
        f"{row['load']:g})."
        for row in sorted(of(rows, "tune"), key=lambda row: row["workers"])
    ]
    return [*lines, ""]
