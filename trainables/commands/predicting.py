"""``trainables predict``: a trained network on new scans."""

import time
from collections.abc import Sequence
from pathlib import Path

import torch
import typer

from trainables.bundle import load_bundle
from trainables.commands.console import progress_bar, progress_console
from trainables.commands.out_folder import check_out_folder
from trainables.data.cases import Case, load_image, missing_files
from trainables.data.config import DataConfig
from trainables.data.datasets import list_dataset
from trainables.data.modalities import select_modalities
from trainables.errors import DataError
from trainables.inference import predict_image
from trainables.prediction_files import is_written, label_path, write_prediction

INTERRUPTED = 130
"""Exit code of a run that was ended by Ctrl-C."""


def predict_folders(folders: Sequence[Path], model: Path, out: Path, overwrite: bool) -> None:
    """Predict every case of `folders` that is not yet below `out`; print each label's path.

    Raises:
        DataError: a folder holds no case, or a case lacks a modality or cannot be read.
        ParameterError: `model` is no exported model, or `out` cannot be written to.
        typer.Exit: it was interrupted; what is written stays.
    """
    check_out_folder(out)
    found = collect_cases(folders)
    bundle = load_bundle(model)
    cases = [select_modalities(case, bundle.modalities) for case in found]
    network, config, labels = bundle.network, bundle.config, bundle.labels
    network.to("cuda" if torch.cuda.is_available() else "cpu")
    out.mkdir(parents=True, exist_ok=True)
    waiting = [case for case in cases if overwrite or not is_written(case, out)]
    if len(waiting) < len(cases):
        progress_console().print(f"{len(cases) - len(waiting)} of {len(cases)} cases are there")
    try:
        with progress_bar("predicting", len(waiting)) as advance:
            for case in waiting:
                since = time.perf_counter()
                image = load_image(case).image
                prediction = predict_image(network, image, config.window, config.window_overlap)
                write_prediction(prediction, case, labels, out)
                advance(f"{case.case_id}  {time.perf_counter() - since:.1f} s")
    except KeyboardInterrupt:
        progress_console().print("interrupted; the same command carries on with the other cases")
        raise typer.Exit(INTERRUPTED) from None
    for case in cases:
        print(label_path(case, out))  # noqa: T201  stdout is where results go


def collect_cases(folders: Sequence[Path]) -> list[Case]:
    """The cases of `folders`, each the folder of one case or of many, in order and once each.

    Raises:
        DataError: a folder holds no case, a modality is missing, or two cases share an id; all
            findings at once.
    """
    found: dict[str, Case] = {}
    problems = []
    for folder in folders:
        for case in _cases_of(folder.resolve()):
            problems += missing_files(case, [case])
            if found.setdefault(case.case_id, case) != case:
                problems.append(f"Case {case.case_id} should be there once. Found it twice.")
    if problems:
        raise DataError(problems)
    return list(found.values())


def _cases_of(folder: Path) -> list[Case]:
    is_case = any(folder.glob(f"{folder.name}[_-]*.nii*"))
    root = folder.parent if is_case else folder
    dataset = list_dataset(DataConfig(root=str(root)))
    if not is_case:
        return list(dataset.cases)
    cases = [case for case in dataset.cases if case.case_id == folder.name]
    if not cases:
        raise DataError(
            [f"Folder {folder} should not begin with a dot or an underscore. Found that it does."]
        )
    return cases
