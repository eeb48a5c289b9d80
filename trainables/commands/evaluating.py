"""``trainables evaluate``: predictions of any tool against the labels of a data folder."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from trainables.commands.console import log_on_stderr, progress_bar, progress_console
from trainables.commands.evaluation_results import Output, Result, print_result, write_result
from trainables.commands.out_folder import check_out_folder
from trainables.data.config import DataConfig, LayoutName
from trainables.data.datasets import Dataset, list_dataset
from trainables.data.labels import LabelMap, find_label_map, parse_coding
from trainables.data.roots import local_root
from trainables.errors import DataError
from trainables.evaluation import EvaluationConfig
from trainables.evaluation.measures import Rows, as_missed
from trainables.reporting.codings import find_prediction_labels
from trainables.reporting.comparison import compare
from trainables.reporting.pairing import Against, Missing, Pair, Pairing, pair_cases
from trainables.reporting.predictions import find_predictions
from trainables.reporting.raters import RaterReport, report_raters
from trainables.reporting.reading import Coding
from trainables.reporting.scoring import Yardstick, for_each_pair, score_pair
from trainables.reporting.summary import keys_of

_NAMED = 5
"""Cases that a message names."""


@dataclass(frozen=True, slots=True)
class Request:
    """What the command line asks for; each field is the option of its name."""

    predictions: Path
    data: Path
    against: Against
    labels: str
    layout: LayoutName
    prediction_labels: str | None
    suffix: str | None
    missing: Missing
    versus: Path | None
    raters: bool
    config: EvaluationConfig
    lesion_overlap: float
    workers: int | None
    out: Path | None
    pictures: Path | None
    output: Output


def evaluate_predictions(request: Request) -> None:
    """Score the predictions, compare and draw what is asked for, and print the result.

    Raises:
        DataError: nothing is predicted, a prediction has no case or no reference, lies on
            another grid than it, or no case has the raters or the second prediction asked for.
        ParameterError: an option is out of range, or a folder cannot be written to.
    """
    folders = [folder for folder in (request.out, request.pictures) if folder is not None]
    for folder in folders:
        check_out_folder(folder)
    labels = parse_coding(request.labels)
    with log_on_stderr():
        root = local_root(request.data)
    dataset = list_dataset(DataConfig(root=str(root), labels=labels, layout=request.layout))
    pairing = _pair(request.predictions, request, dataset)
    yardstick = _yardstick(request.predictions, pairing, request, dataset.labels)
    _say_missing(pairing, request.missing)
    other = _pair(request.versus, request, dataset) if request.versus is not None else None
    rows = _score(pairing.pairs, yardstick, request.workers, "evaluating")
    result = Result(
        names=_names(request),
        regions=dataset.labels.names,
        rows=rows,
        missing=pairing.missing,
        missing_are_worst=request.missing == "worst",
    )
    if other is not None and request.versus is not None:
        result = _compare(result, request.versus, other, request, dataset.labels)
    if request.raters:
        result = result.with_raters(_raters(pairing.pairs, yardstick, request.workers))
    print_result(result, request.output)
    if request.out is not None:
        write_result(result, request.out)
    _draw(request, pairing.pairs, rows, yardstick.coding)


def _yardstick(folder: Path, pairing: Pairing, request: Request, labels: LabelMap) -> Yardstick:
    """How the predictions of `folder` are scored, whose codes may be others than the data's."""
    if request.prediction_labels is not None:
        theirs = find_label_map(parse_coding(request.prediction_labels))
    else:
        found = (pair.predicted for pair in pairing.pairs.values())
        theirs = find_prediction_labels((one.label for one in found if one is not None), labels)
        if theirs != labels:
            progress_console().print(
                f"codes in {folder} are read as {theirs.as_mapping()}, those of the model that "
                f"predicted them; in the data they are {labels.as_mapping()}", markup=False,
            )  # fmt: skip
    return Yardstick(Coding(labels, theirs), request.config, request.lesion_overlap)


def _pair(folder: Path, request: Request, dataset: Dataset) -> Pairing:
    found = find_predictions(folder, request.suffix)
    return pair_cases(found, dataset, request.against, request.missing)


def _say_missing(pairing: Pairing, missing: Missing) -> None:
    absent = pairing.missing
    if absent:
        total = len(pairing.pairs) + (len(absent) if missing == "skip" else 0)
        fate = "left out" if missing == "skip" else "given the worst of every measure"
        progress_console().print(
            f"{len(absent)} of {total} cases have no prediction: {fate} ({_listed(absent)})",
            markup=False,
        )


def _score(
    pairs: Mapping[str, Pair], yardstick: Yardstick, workers: int | None, label: str
) -> Rows:
    work = partial(score_pair, yardstick=yardstick)
    with progress_bar(label, len(pairs)) as advance:
        rows = for_each_pair(work, pairs, workers, lambda i: advance(f"{i} evaluated"))
    missed = [case_id for case_id, pair in pairs.items() if pair.predicted is None]
    return rows | {case_id: as_missed(rows[case_id], keys_of(rows)) for case_id in missed}


def _compare(
    result: Result, versus: Path, pairing: Pairing, request: Request, labels: LabelMap
) -> Result:
    """`result` with a second model, over the cases that both predict."""
    yardstick = _yardstick(versus, pairing, request, labels)
    common = result.rows.keys() & pairing.pairs.keys()
    if not common:
        raise DataError(
            [f"Folders {request.predictions} and {versus} should predict a case in common. "
             "Found none."]
        )  # fmt: skip
    alone = sorted(result.rows.keys() ^ pairing.pairs.keys())
    if alone:
        progress_console().print(
            f"predicted by one model only, so not compared: {_listed(alone)}", markup=False
        )
    pairs = {case_id: pair for case_id, pair in pairing.pairs.items() if case_id in common}
    other = _score(pairs, yardstick, request.workers, "evaluating the other")
    return result.with_other(other, compare(result.rows, other, result.regions))


def _raters(
    pairs: Mapping[str, Pair], yardstick: Yardstick, workers: int | None
) -> dict[str, RaterReport]:
    work = partial(report_raters, coding=yardstick.coding, config=yardstick.config)
    with progress_bar("comparing with raters", len(pairs)) as advance:
        found = for_each_pair(work, pairs, workers, lambda i: advance(f"{i} and its raters"))
    reports = {case_id: report for case_id, report in found.items() if report is not None}
    if not reports:
        raise DataError(
            ["Option `--raters` needs cases that two raters or more have labelled. Found none: "
             "put their labels into CASE/raters/."]
        )  # fmt: skip
    return reports


def _draw(request: Request, pairs: Mapping[str, Pair], rows: Rows, coding: Coding) -> None:
    folder = request.pictures or (request.out and request.out / "pictures")
    if folder is None:
        return
    from trainables.reporting.pictures.album import draw_album  # matplotlib takes a second

    with progress_bar("drawing", len(pairs)) as advance:
        sheet = draw_album(pairs, rows, coding, folder, advance)
    progress_console().print(f"pictures of {len(pairs)} cases in {folder}; {sheet.name} has the "
                             "worst and the median", markup=False)  # fmt: skip


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:_NAMED]) + (f" and {n} more" if (n := len(names) - _NAMED) > 0 else "")


def _names(request: Request) -> tuple[str, str]:
    """What the two models are called: their folders, as far as that tells them apart."""
    first, second = request.predictions, request.versus or Path("other")
    if first.name and first.name != second.name:
        return first.name, second.name
    return str(first), str(second)
