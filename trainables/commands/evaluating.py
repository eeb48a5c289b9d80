"""``trainables evaluate``: predicted labels against the labels of a data folder."""

import csv
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import numpy as np

from trainables.commands.console import (
    make_table,
    print_json,
    progress_bar,
    progress_console,
    results_console,
)
from trainables.data.cases import Case, load_regions, read_nifti, spacing_of
from trainables.data.config import DataConfig
from trainables.data.datasets import Dataset, list_dataset
from trainables.data.labels import LabelMap, parse_coding
from trainables.errors import DataError
from trainables.evaluation import EvaluationConfig, evaluate_case, mean_metrics

Against = Literal["seg", "truth"]
Output = Literal["table", "csv", "json"]
Rows = Mapping[str, Mapping[str, float]]

_SUFFIX = "_seg.nii.gz"
_AFFINE_TOLERANCE_MM = 1e-3


def evaluate_predictions(
    predictions: Path,
    data: Path,
    against: Against,
    labels: str,
    config: EvaluationConfig,
    output: Output,
) -> None:
    """Print the metrics of every ``CASE_seg.nii.gz`` of `predictions`, and their means.

    Raises:
        DataError: nothing is predicted, a prediction has no case or no label to be compared
            with, or lies on another grid than that label.
    """
    found = _find_predictions(predictions)
    dataset = list_dataset(DataConfig(root=str(data), labels=parse_coding(labels)))
    label_map = dataset.labels
    pairs = _find_pairs(found, dataset, data, against)
    rows = {}
    with progress_bar("evaluating", len(pairs)) as advance:
        for case_id, (predicted, wanted) in pairs.items():
            rows[case_id] = _evaluate_pair(predicted, wanted, label_map, config)
            advance(f"{case_id} evaluated")
    _print_rows(rows, label_map, output)


def _find_predictions(predictions: Path) -> dict[str, Path]:
    """The predicted labels below `predictions`, by the ids of their cases."""
    found = {p.name.removesuffix(_SUFFIX): p for p in sorted(predictions.glob(f"[!.]*{_SUFFIX}"))}
    if not found:
        raise DataError([f"Folder {predictions} should hold files CASE{_SUFFIX}. Found none."])
    return found


def _find_pairs(
    found: Mapping[str, Path], dataset: Dataset, data: Path, against: Against
) -> dict[str, tuple[Path, Path]]:
    """Prediction and label of each predicted case, by id."""
    cases = {case.case_id: case for case in dataset.cases}
    wanted = {case_id: _label_of(cases.get(case_id), against) for case_id in found}
    lonely = [case_id for case_id, path in wanted.items() if path is None]
    if lonely:
        what = "label" if against == "seg" else "truth"
        raise DataError(
            [
                f"Prediction {found[i]} should have a case {i} with a {what} below {data}. "
                "Found none."
                for i in lonely
            ]
        )
    rest = len(cases.keys() - found.keys())
    if rest:
        progress_console().print(f"{rest} of {len(cases)} cases have no prediction: left out")
    return {i: (found[i], path) for i, path in wanted.items() if path is not None}


def _label_of(case: Case | None, against: Against) -> Path | None:
    if case is None:
        return None
    return case.label if against == "seg" else case.truth


def _evaluate_pair(
    predicted: Path, wanted: Path, labels: LabelMap, config: EvaluationConfig
) -> dict[str, float]:
    there, here = read_nifti(predicted), read_nifti(wanted)
    is_same = there.shape == here.shape and np.allclose(
        there.affine, here.affine, atol=_AFFINE_TOLERANCE_MM
    )
    if not is_same:
        raise DataError(
            [
                f"Prediction {predicted} should lie on the grid of {wanted}. Found "
                f"shape {there.shape} and {here.shape}, or affines that differ."
            ]
        )
    masks = [load_regions(path, labels).numpy() for path in (predicted, wanted)]
    return evaluate_case(masks[0], masks[1], spacing_of(here), config, labels.names)


def _print_rows(rows: Rows, labels: LabelMap, output: Output) -> None:
    mean = mean_metrics(list(rows.values()))
    if output == "json":
        print_json({"cases": rows, "mean": mean})
    elif output == "csv":
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(["case", *mean])
        writer.writerows([case_id, *row.values()] for case_id, row in rows.items())
    else:
        _print_table(rows, mean, labels)


def _print_table(rows: Rows, mean: Mapping[str, float], labels: LabelMap) -> None:
    shown = ["interior_error", "boundary_error", *(f"dice/{n}" for n in labels.names), "hd95"]
    heads = ["case", "interior error", "boundary error", *(f"Dice {n}" for n in labels.names)]
    lines = [
        [case_id, *(_text(name, row[name]) for name in shown)]
        for case_id, row in [*rows.items(), ("mean", mean)]
    ]
    title = f"{len(rows)} case{'s' if len(rows) > 1 else ''}"
    table = make_table(title, [*heads, "HD95 mm"], lines[:-1])
    table.add_section()
    table.add_row(*lines[-1], style="bold")
    results_console().print(table)


def _text(name: str, value: float) -> str:
    return f"{value:.1f}" if name == "hd95" else f"{value:.4f}"
