"""``trainables check``: what a data folder holds, and everything that is wrong with it."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from trainables.commands.console import (
    log_on_stderr,
    make_table,
    print_json,
    progress_bar,
    progress_console,
    results_console,
)
from trainables.data.case_checks import CaseFindings
from trainables.data.checks import Report, check_dataset
from trainables.data.config import DataConfig, LayoutName
from trainables.data.datasets import Dataset
from trainables.data.labels import parse_coding
from trainables.data.roots import locate
from trainables.data.summary import LesionSummary, Summary, summarise


def check_data(data: Path, labels: str, layout: LayoutName, as_json: bool) -> int:
    """Print facts, warnings and problems of the cases below `data`; 1 where there is a problem."""
    with log_on_stderr():
        config, _ = locate(DataConfig(root=str(data), labels=parse_coding(labels), layout=layout))
    report = check_dataset(config, _watch)
    summary = summarise(report)
    if as_json:
        print_json(_as_json(data, report, summary))
    else:
        _print_facts(data, report, summary)
        _print_findings(report.problems, summary.warnings)
    return 1 if report.problems else 0


def _watch(found: Iterator[CaseFindings], total: int) -> Iterator[CaseFindings]:
    with progress_bar("checking", total) as advance:
        for findings in found:
            advance(f"{findings.case_id} checked")
            yield findings


def _print_facts(data: Path, report: Report, summary: Summary) -> None:
    console = results_console()
    if report.dataset is not None:
        total = summary.num_cases
        coding = "; ".join(f"{n} {c}" for n, c in report.dataset.labels.as_mapping().items())
        lines = {
            "data": str(data),
            "cases": f"{total} ({summary.num_labelled} with a label)",
            "images": ", ".join(report.dataset.modalities),
            "voxels": _counted(summary.shapes, "g", total),
            "spacing": f"{_counted(summary.spacings_mm, '.4g', total)} mm",
            "axes": ", ".join(f"{name} ({n})" for name, n in summary.orientations.most_common()),
            "labels": coding,
            "codes": ", ".join(f"{code}: {n}" for code, n in sorted(summary.codes.items())),
        }
        for name, text in lines.items():
            console.print(f"{name:<10}{text}", soft_wrap=True, markup=False)
        console.print(_lesion_table(summary.lesions))
        _print_proposals(summary)
    if not report.problems:
        console.print("no problems found")


def _lesion_table(lesions: Sequence[LesionSummary]) -> Any:  # noqa: ANN401  rich's table
    heads = ["region", "cases", "empty", "lesions", "voxels", "range", "mm^3", "range"]
    return make_table("lesions, by 26 neighbours", heads, [_lesion_row(row) for row in lesions])


def _lesion_row(row: LesionSummary) -> list[str]:
    """Counts, then median and range of sizes in voxels and in mm^3."""
    counts = [row.region, str(row.num_cases), str(row.num_empty), str(row.num_lesions)]
    for sizes in (row.sizes_voxels, row.sizes_mm3):
        if sizes is None:
            counts += ["-", "-"]
        else:
            counts += [f"{sizes[1]:,.0f}", f"{sizes[0]:,.0f} to {sizes[2]:,.0f}"]
    return counts


def _print_proposals(summary: Summary) -> None:
    found = summary.proposals
    if found is None:
        return
    width = "" if found.width_mm is None else f", fuzzy.width_mm {found.width_mm:g}"
    spacing = ", ".join(f"{step:g}" for step in found.spacing_mm)
    text = f"data.preprocessing.spacing_mm [{spacing}], patch_size {list(found.patch_size)}{width}"
    results_console().print(f"proposed  {text}", soft_wrap=True, markup=False)


def _print_findings(problems: Sequence[str], warnings: Sequence[str]) -> None:
    console = progress_console()
    for problem in problems:
        console.print(f"problem: {problem}", markup=False)
    if problems:
        console.print(f"{len(problems)} problem{'s' if len(problems) > 1 else ''} found")
    for warning in warnings:
        console.print(f"warning: {warning}", markup=False)


def _as_json(data: Path, report: Report, summary: Summary) -> dict[str, Any]:
    head = {"data": str(data), "ok": not report.problems, "problems": report.problems}
    facts = None if report.dataset is None else _facts(report.dataset, summary)
    cases = [asdict(case) for case in report.cases]
    return {**head, "warnings": summary.warnings, "facts": facts, "cases": cases}


def _facts(dataset: Dataset, summary: Summary) -> dict[str, Any]:
    return {
        "cases": summary.num_cases,
        "labelled": summary.num_labelled,
        "modalities": dataset.modalities,
        "labels": dataset.labels.as_mapping(),
        "shapes": [{"shape": list(s), "cases": n} for s, n in summary.shapes.items()],
        "spacings_mm": [
            {"spacing_mm": list(s), "cases": n} for s, n in summary.spacings_mm.items()
        ],
        "orientations": dict(summary.orientations),
        "codes": dict(summary.codes),
        "empty_regions": {row.region: row.num_empty for row in summary.lesions},
        "lesions": [asdict(row) for row in summary.lesions],
        "proposals": None if summary.proposals is None else asdict(summary.proposals),
    }


def _counted(sizes: Counter[Any], style: str, num_cases: int) -> str:
    """Each of `sizes`, with the cases that have it where not all do."""
    texts = []
    for size, count in sizes.most_common():
        text = " x ".join(format(number, style) for number in size)
        texts.append(text if count == num_cases else f"{text} ({count})")
    return ", ".join(texts)
