"""The tables of `evaluate`: cases, two models, raters."""

from collections.abc import Mapping, Sequence

from trainables.commands.console import make_table, results_console
from trainables.evaluation.measures import CALIBRATION, Rows, measure_of
from trainables.reporting.comparison import Difference, verdict
from trainables.reporting.raters import RaterSummary
from trainables.reporting.summary import lacks_probabilities, summarise

_TITLES = {
    "interior_error": "interior",
    "boundary_error": "boundary",
    "hd95": "HD95 mm",
    "lesion_f1": "lesion F1",
    "volume_similarity": "volume sim.",
    "band_ece": "band ECE",
}
"""Heads of the columns that are not Dice of a region."""


def print_cases(rows: Rows, regions: Sequence[str]) -> None:
    """A line a case, then mean, median and worst of each column."""
    summary = summarise(rows)
    keys = [key for key in _columns(regions) if key in summary.mean]
    heads = ["case", *(_TITLES.get(key) or key.replace("dice/", "Dice ") for key in keys)]
    title = f"{len(rows)} case{'s' if len(rows) > 1 else ''}"
    lines = [[case_id, *(_text(key, row) for key in keys)] for case_id, row in rows.items()]
    table = make_table(title, heads, lines)
    table.add_section()
    for name in ("mean", "median", "worst"):
        values = getattr(summary, name)
        style = "bold" if name == "mean" else None
        table.add_row(name, *(_text(key, values) for key in keys), style=style)
    console = results_console()
    console.print(table)
    console.print("interior and boundary are errors; all measures: --csv, --json", style="dim")
    lacking = lacks_probabilities(rows)
    if lacking:
        count = summary.counts[CALIBRATION[0]]
        console.print(f"calibration is that of {count} cases; the others have no probabilities")


def print_comparison(differences: Sequence[Difference], a: str, b: str) -> None:
    """How the two models differ, and one sentence on who is better."""
    lines = [_difference(difference) for difference in differences]
    heads = ["measure", "A - B", "95 %", "wins", "ties", "losses", "p", "p Holm", "better"]
    console = results_console()
    console.print(make_table(f"A = {a}, B = {b}", heads, lines))
    count = max(difference.num_cases for difference in differences)
    if count < 20:
        console.print(f"{count} cases: the bootstrap intervals are rough, rather too narrow")
    print_verdict(differences, a, b)
    console.print(
        "p Holm is corrected for the other measures of the same region.",
        style="dim",
        soft_wrap=True,
    )


def print_verdict(differences: Sequence[Difference], a: str, b: str) -> None:
    """One sentence on who is better."""
    results_console().print(verdict(differences, a, b), soft_wrap=True, markup=False)


def print_raters(summary: RaterSummary) -> None:
    """Agreement with each rater, of the raters with each other, and the worth of uncertainty."""
    lines = [
        *([f"with {name}", *_agreement(found)] for name, found in summary.with_each.items()),
        ["with the raters, mean", *_agreement(summary.with_all)],
        ["raters with each other", *_agreement(summary.among)],
    ]
    cases = f"{summary.num_cases} case{'s' if summary.num_cases > 1 else ''}"
    console = results_console()
    console.print(make_table(f"Raters, {cases}", ["agreement", "Dice", "NSD"], lines))
    console.print(
        f"In {summary.num_below} of {cases} the prediction agrees less with the raters than they "
        "do with each other.", soft_wrap=True,
    )  # fmt: skip
    if summary.spearman is not None and summary.auroc is not None:
        console.print(
            "Uncertainty against their disagreement near the boundary: rank correlation "
            f"{summary.spearman:.3f} (0 is none), AUROC {summary.auroc:.3f} (0.5 is chance).",
            soft_wrap=True,
        )
    if summary.brier is not None:
        console.print(
            f"Probability against their mean vote there: Brier {summary.brier:.4f}, "
            f"calibration error {summary.ece:.4f}.", soft_wrap=True,
        )  # fmt: skip


def _columns(regions: Sequence[str]) -> list[str]:
    dice = [f"dice/{region}" for region in regions]
    first, rest = list(_TITLES)[:2], list(_TITLES)[2:]
    return [*first, *dice, *rest]


def _difference(difference: Difference) -> list[str]:
    measure, _, region = difference.key.partition("/")
    digits = 2 if measure_of(measure).unit else 4
    interval = difference.interval
    return [
        f"{measure} {region}".strip(),
        f"{difference.mean:+.{digits}f}",
        "-" if interval is None else f"{interval[0]:+.{digits}f} to {interval[1]:+.{digits}f}",
        *(str(n) for n in (difference.wins, difference.ties, difference.losses)),
        f"{difference.p:.3g}",
        f"{difference.p_holm:.3g}",
        "-" if difference.winner == "neither" else difference.winner,
    ]


def _agreement(found: Mapping[str, float]) -> list[str]:
    return [f"{found['dice']:.4f}", f"{found['nsd']:.4f}"]


def _text(key: str, row: Mapping[str, float]) -> str:
    if key not in row:
        return "-"
    return f"{row[key]:.1f}" if measure_of(key).unit else f"{row[key]:.4f}"
