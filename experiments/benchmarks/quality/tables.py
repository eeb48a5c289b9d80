"""Tables of search quality, rebuilt from the raw rows alone."""

from collections.abc import Iterator, Sequence

import numpy as np

from quality.bars import judged, losing
from quality.methods import DEFAULT, PEERS, our_methods
from quality.problems import PROBLEMS
from quality.runs import Row
from quality.statistics import compare, values

EVALUATIONS = (50, 100, 300)


def describe(rows: Sequence[Row]) -> str:
    """Everything as Markdown: what was run, the bars, then a section for each number of workers."""
    lines = [
        "# Search quality",
        "",
        "Hypervolume of the front found, as a part of the true front's, up to a reference point "
        "1.1 times the worst value of the true front (LCBench: as a part of what all runs found "
        "together). Mean ± standard deviation over seeds, the "
        "number of seeds in brackets where it is not that of the column's most. Trials take a "
        "minute in the median (lognormal, sigma 0.3) of a virtual clock; proposals take none.",
        "`default` is what `kind: auto` chooses for a budget of so many trials (the smallest that "
        "was run); `ours-*` are the searchers by name; the others are peers in their own "
        "environments (`quality/methods.py`).",
    ]
    for workers in sorted({row["workers"] for row in rows}):
        lines += ["", f"## {workers} workers", "", *(f"- {line}" for line in judged(rows, workers))]
        for evaluations in EVALUATIONS:
            cells = values(rows, workers, evaluations)
            if cells:
                lines += ["", f"### After {evaluations} evaluations", "", *table(cells), ""]
                lines += against(cells)
    return "\n".join([*lines, "", *asking(rows), ""])


def table(cells: dict[tuple[str, str], dict[int, float]]) -> Iterator[str]:
    """Methods down, problems across."""
    problems = [name for name in PROBLEMS if any(problem == name for problem, _ in cells)]
    most = max(len(cell) for cell in cells.values())
    yield f"| method | {' | '.join(problems)} |"
    yield f"|{'---|' * (len(problems) + 1)}"
    for method in [*our_methods(), *PEERS]:
        found = [cells.get((problem, method), {}) for problem in problems]
        if any(found):
            yield f"| {method} | {' | '.join(_cell(cell, most) for cell in found)} |"


def against(cells: dict[tuple[str, str], dict[int, float]]) -> Iterator[str]:
    """The default against each peer: how often better, tied and worse, and where worse."""
    comparisons = compare(cells, DEFAULT, list(PEERS))
    if not comparisons:
        return
    yield "| default against | better | tied | worse |"
    yield "|---|---|---|---|"
    for peer in PEERS:
        verdicts = [c.verdict for c in comparisons if c.peer == peer]
        if verdicts:
            counts = (str(verdicts.count(word)) for word in ("better", "tied", "worse"))
            yield f"| {peer} | {' | '.join(counts)} |"
    lost = losing(comparisons)
    yield ""
    yield f"Lost: {'; '.join(lost) if lost else 'none'}."


def asking(rows: Sequence[Row]) -> Iterator[str]:
    """How long a proposal took, over all runs: the machine was not idle, so only roughly."""
    yield "## Seconds a proposal, mean over whole runs (roughly: the machine was shared)"
    yield ""
    yield "| method | runs | trials | seconds |"
    yield "|---|---|---|---|"
    for method in [*our_methods(), *PEERS]:
        mine = [row for row in rows if row["method"] == method]
        for trials in sorted({row["trials"] for row in mine}):
            asked = [row["asks_s"] / trials for row in mine if row["trials"] == trials]
            yield f"| {method} | {len(asked)} | {trials} | {np.mean(asked):.3f} |"


def _cell(found: dict[int, float], most: int) -> str:
    if not found:
        return ""
    numbers = np.asarray(list(found.values()))
    count = f" ({len(numbers)})" if len(numbers) < most else ""
    return f"{numbers.mean():.3f} ± {numbers.std(ddof=1) if len(numbers) > 1 else 0:.3f}{count}"
