"""What `evaluate` found: as tables, as CSV, as JSON, and as files."""

import csv
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal, TextIO

from trainables.commands.console import finite_json, print_json, progress_console
from trainables.commands.evaluation_tables import (
    print_cases,
    print_comparison,
    print_raters,
    print_verdict,
)
from trainables.evaluation.measures import Rows
from trainables.reporting.comparison import Difference, verdict
from trainables.reporting.raters import RaterReport, summarise_raters
from trainables.reporting.summary import keys_of, summarise

Output = Literal["table", "csv", "json"]


@dataclass(frozen=True, slots=True)
class Result:
    """Scores by case, and what was asked for besides; the rest is empty or None."""

    names: tuple[str, str]
    regions: Sequence[str]
    rows: Rows
    missing: Sequence[str]
    missing_are_worst: bool
    other: Rows | None = None
    differences: Sequence[Difference] = ()
    raters: Mapping[str, RaterReport] | None = None

    def with_other(self, rows: Rows, differences: Sequence[Difference]) -> "Result":
        """The same with a second model's scores and how the two differ."""
        return replace(self, other=rows, differences=differences)

    def with_raters(self, reports: Mapping[str, RaterReport]) -> "Result":
        """The same with what raters say."""
        return replace(self, raters=reports)


def print_result(result: Result, output: Output) -> None:
    """Print `result` to stdout in the form asked for."""
    if output == "json":
        print_json(to_json(result))
    elif output == "csv":
        _write_rows(result.rows, sys.stdout)
        if result.other is not None:
            progress_console().print(verdict(result.differences, *result.names), markup=False)
    else:
        if result.other is not None:  # before the tables, which are long, and below them again
            print_verdict(result.differences, *result.names)
        print_cases(result.rows, result.regions)
        if result.other is not None:
            print_comparison(result.differences, *result.names)
        if result.raters is not None:
            print_raters(summarise_raters(list(result.raters.values())))


def write_result(result: Result, folder: Path) -> None:
    """Write ``metrics.csv``, ``summary.json`` and, of a second model, ``versus.csv``."""
    folder.mkdir(parents=True, exist_ok=True)
    tables = {"metrics.csv": result.rows, "versus.csv": result.other}
    for name, rows in tables.items():
        if rows is not None:
            with (folder / name).open("w", encoding="utf-8", newline="") as file:
                _write_rows(rows, file)
    text = json.dumps(finite_json(to_json(result)), indent=2)
    (folder / "summary.json").write_text(text + "\n", encoding="utf-8")


def to_json(result: Result) -> dict[str, Any]:
    """Everything in `result` as plain values."""
    summary = summarise(result.rows)
    content: dict[str, Any] = {
        "cases": result.rows,
        **asdict(summary),
        "missing": list(result.missing),
        "missing_are_worst": result.missing_are_worst,
    }
    if result.other is not None:
        content["versus"] = {
            "models": dict(zip("AB", result.names, strict=True)),
            "cases": result.other,
            "differences": [asdict(difference) for difference in result.differences],
            "verdict": verdict(result.differences, *result.names),
        }
    if result.raters is not None:
        content["raters"] = {
            "cases": {case_id: asdict(report) for case_id, report in result.raters.items()},
            **asdict(summarise_raters(list(result.raters.values()))),
        }
    return content


def _write_rows(rows: Rows, file: TextIO) -> None:
    """One line a case; what a case does not have stays empty."""
    writer = csv.DictWriter(file, ["case", *keys_of(rows)], restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows({"case": case_id, **row} for case_id, row in rows.items())
