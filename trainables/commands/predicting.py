"""``trainables predict``: trained networks on new scans."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import typer

from trainables.bundle import Bundle, load_bundle
from trainables.commands.case_folders import collect_cases, complete_cases
from trainables.commands.console import Advance, progress_bar, progress_console
from trainables.commands.exit_codes import INTERRUPTED
from trainables.commands.out_folder import check_out_folder
from trainables.compute.device import find_device, set_up_process
from trainables.data.case_files import scan_digest
from trainables.data.cases import Case, load_image
from trainables.data.layouts import AUTO
from trainables.ensemble import EVERY_AXIS, check_alike, num_answers, predict_volume
from trainables.errors import DataError, ParameterError
from trainables.prediction_files import (
    found_stamp,
    has_probabilities,
    label_path,
    write_prediction,
)
from trainables.prediction_source import Source, Stamp, write_source


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked for: the cases of `folders` by `models`, below `out`."""

    folders: tuple[Path, ...]
    models: tuple[Path, ...]
    out: Path
    layout: str = AUTO
    mirror: bool = False
    device: Literal["auto", "cpu", "cuda"] = "auto"
    overwrite: bool = False
    with_probabilities: bool = True
    batch_size: int = 1


def predict_folders(request: Request) -> int:
    """Predict every case that is not yet below ``request.out``; print each label's path.

    A case that cannot be read is reported, and the others go on.

    Returns:
        The exit code: 1 if there was such a case, else 0.

    Raises:
        DataError: a folder holds no case, or ids of cases cannot be used.
        ParameterError: a model is none, comes twice or does not fit the others, the device is not
            there, `out` cannot be written to, or holds predictions of other models and may not be
            overwritten.
        OutOfMemoryError: not even one window fits.
        typer.Exit: it was interrupted; what is written stays.
    """
    check_out_folder(request.out)
    listed = collect_cases(request.folders, request.layout)
    device = find_device(request.device)
    models = [load_bundle(folder) for folder in request.models]
    check_alike(models)
    cases, problems = complete_cases(listed, models[0].modalities)
    source = _source(models, request)
    waiting = _waiting(cases, source, request)
    request.out.mkdir(parents=True, exist_ok=True)
    write_source(source, request.out)
    set_up_process(models[0].config.compute, device)
    for model in models:
        model.network.to(device)
    for problem in problems:
        _report(problem)
    failed = _predict_all(waiting, models, source, request)
    for case in cases:
        if case.case_id not in failed:
            print(label_path(case, request.out))  # noqa: T201  stdout is where results go
    return 1 if problems or failed else 0


def _source(models: Sequence[Bundle], request: Request) -> Source:
    if len({model.digest for model in models}) < len(models):
        raise ParameterError(
            "Option `--model` should name each model once. Found one twice among "
            f"{', '.join(map(str, request.models))}: it would count twice."
        )
    named = zip(models, request.models, strict=True)
    return Source(
        models=tuple((model.digest, str(folder.absolute())) for model, folder in named),
        mirror=tuple(EVERY_AXIS) if request.mirror else (),
        labels=models[0].labels,
    )


def _waiting(cases: Sequence[Case], source: Source, request: Request) -> list[Case]:
    """The cases that are yet to be predicted."""
    if request.overwrite:
        return list(cases)
    stamps = {case.case_id: found_stamp(case, request.out) for case in cases}
    found = {name: stamp.models for name, stamp in stamps.items() if stamp is not None}
    foreign = [name for name, models in found.items() if models != source.digest]
    if foreign:
        raise ParameterError(
            f"Folder {request.out} should hold predictions of these models and options only "
            f"({source.digest}). Found {len(foreign)} of others, such as {foreign[0]} "
            f"({found[foreign[0]] or 'it does not say which'}): name another folder by --out, or "
            "replace them by --overwrite."
        )
    waiting = [case for case in cases if not _is_done(case, stamps[case.case_id], request)]
    done = len(cases) - len(waiting)
    if done:
        progress_console().print(f"{done} of {len(cases)} cases are there")
    if again := len(found) - done:
        progress_console().print(
            f"{again} of {len(cases)} cases are predicted again: their scans changed, or they have "
            "no probabilities yet"
        )
    return waiting


def _is_done(case: Case, stamp: Stamp | None, request: Request) -> bool:
    """Whether all that is asked for of `case` is there, of the scan as it is now."""
    if stamp is None or (request.with_probabilities and not has_probabilities(case, request.out)):
        return False
    return stamp.scan in ("", scan_digest(case))  # earlier versions did not say


def _predict_all(
    waiting: Sequence[Case], models: Sequence[Bundle], source: Source, request: Request
) -> set[str]:
    """Predict and write each case; the ids of those that could not be read."""
    failed, began = set(), time.perf_counter()
    try:
        with progress_bar("predicting", len(waiting)) as advance:
            for number, case in enumerate(waiting, start=1):
                since = time.perf_counter()
                try:
                    _predict(case, models, source, request, advance)
                    line, part = f"{time.perf_counter() - since:.1f} s", 0.0
                except DataError as error:
                    failed.add(case.case_id)
                    line, part = f"failed: {error}", 1.0
                left = (time.perf_counter() - began) / number * (len(waiting) - number)
                advance(f"{case.case_id}  {line}{_left(left)}", part)
    except KeyboardInterrupt:
        progress_console().print("interrupted; the same command carries on with the other cases")
        raise typer.Exit(INTERRUPTED) from None
    return failed


def _predict(
    case: Case, models: Sequence[Bundle], source: Source, request: Request, advance: Advance
) -> None:
    part = 1 / num_answers(models, source.mirror)
    scan = scan_digest(case)  # before it is read: a scan that changes meanwhile is seen next time
    prediction = predict_volume(
        models, load_image(case), source.mirror, request.batch_size, lambda: advance("", part)
    )
    labels, out, stamp = models[0].labels, request.out, Stamp(source.digest, scan)
    write_prediction(prediction, case, labels, out, stamp, request.with_probabilities)


def _left(seconds: float) -> str:
    """How long the rest takes, in words; nothing where there is none."""
    if seconds <= 0:
        return ""
    if seconds < 90:
        return f", {seconds:.0f} s left"
    return f", {seconds / 60:.0f} min left"


def _report(problem: str) -> None:
    progress_console().print(f"error: {problem}", markup=False)
