"""``trainables check``: what a data folder holds, and everything that is wrong with it."""

from collections import Counter
from pathlib import Path
from typing import Any

from trainables.commands.console import print_json, progress_console, results_console
from trainables.data.checks import Summary, check_cases, summarise
from trainables.data.config import DataConfig
from trainables.data.datasets import open_dataset
from trainables.data.labels import parse_coding
from trainables.errors import DataError

_NAMED = 5
"""Cases that a warning names."""


def check_data(data: Path, labels: str, as_json: bool) -> int:
    """Print facts, warnings and problems of the cases below `data`; 1 where there is a problem."""
    config = DataConfig(root=str(data), labels=parse_coding(labels))
    problems = check_cases(config)
    try:
        summary = summarise(open_dataset(config))
    except DataError:  # a file is missing or unreadable: a problem says so already
        summary = None
    warnings = [] if summary is None else _warnings(summary)
    if as_json:
        findings = {"ok": not problems, "problems": problems, "warnings": warnings}
        facts = None if summary is None else _facts(summary)
        print_json({"data": str(data), **findings, "facts": facts})
    else:
        _print_facts(data, summary, problems)
        for warning in warnings:
            progress_console().print(f"warning: {warning}", markup=False)
    return 1 if problems else 0


def _print_facts(data: Path, summary: Summary | None, problems: list[str]) -> None:
    console = results_console()
    if summary is not None:
        empty = [f"{name} in {n}" for name, n in summary.empty_regions.items() if n]
        console.print(f"data      {data}", soft_wrap=True, markup=False)
        console.print(f"cases     {summary.num_cases} ({summary.num_labelled} with a label)")
        console.print(f"voxels    {_counted(summary.shapes, 'g', summary.num_cases)}")
        console.print(f"spacing   {_counted(summary.spacings_mm, '.4g', summary.num_cases)} mm")
        console.print(f"empty     {', '.join(empty) or 'no region'}")
    if not problems:
        console.print("no problems found")
    errors = progress_console()
    for problem in problems:
        errors.print(f"problem: {problem}", markup=False)
    if problems:
        errors.print(f"{len(problems)} problem{'s' if len(problems) > 1 else ''} found")


def _warnings(summary: Summary) -> list[str]:
    """What is odd about the cases but may be right."""
    dim = summary.dim_enhancement
    if not dim:
        return []
    names = ", ".join(dim[:_NAMED]) + (", ..." if len(dim) > _NAMED else "")
    return [
        "Mean t1ce inside ET should exceed mean t1ce in TC outside ET. Found that it does not in "
        f"{len(dim)} of {summary.num_labelled} cases ({names}): "
        f"is {summary.labels.as_mapping()} what their codes mean?"
    ]


def _facts(summary: Summary) -> dict[str, Any]:
    return {
        "cases": summary.num_cases,
        "labelled": summary.num_labelled,
        "shapes": [{"shape": list(s), "cases": n} for s, n in summary.shapes.items()],
        "spacings_mm": [
            {"spacing_mm": list(s), "cases": n} for s, n in summary.spacings_mm.items()
        ],
        "empty_regions": dict(summary.empty_regions),
    }


def _counted(sizes: Counter[Any], style: str, num_cases: int) -> str:
    """Each of `sizes`, with the cases that have it where not all do."""
    texts = []
    for size, count in sizes.most_common():
        text = " x ".join(format(number, style) for number in size)
        texts.append(text if count == num_cases else f"{text} ({count})")
    return ", ".join(texts)
