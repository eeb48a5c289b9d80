"""``trainables check``: what a data folder holds, and everything that is wrong with it."""

from collections import Counter
from pathlib import Path
from typing import Any

from trainables.commands.console import print_json, progress_console, results_console
from trainables.data.cases import find_cases
from trainables.data.checks import Summary, check_cases, summarise
from trainables.data.labels import find_label_map
from trainables.errors import DataError


def check_data(data: Path, labels: str, as_json: bool) -> int:
    """Print the facts and the problems of the cases below `data`; 1 where there is a problem."""
    label_map = find_label_map(labels)
    problems = check_cases(data, label_map)
    try:
        summary = summarise(find_cases(data), label_map)
    except DataError:  # a file is missing or unreadable: a problem says so already
        summary = None
    if as_json:
        facts = None if summary is None else _facts(summary)
        print_json({"data": str(data), "ok": not problems, "problems": problems, "facts": facts})
    else:
        _print_facts(data, summary, problems)
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
