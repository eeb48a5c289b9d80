"""Predictions of any tool in a folder, one file a case.

::

    FOLDER/CASE_seg.nii.gz, CASE-seg.nii.gz or CASE.nii.gz    label codes; .nii as well
    FOLDER/CASE_prob.nii.gz                                   X x Y x Z x C, where there is one
    FOLDER/CASE_uncertainty.nii.gz                            X x Y x Z, where there is one

What else `predict` writes beside a label, ``CASE_disagreement.nii.gz``, is passed over.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from trainables.errors import DataError

SUFFIXES = ("_seg.nii.gz", "-seg.nii.gz", "_seg.nii", "-seg.nii", ".nii.gz", ".nii")
"""Endings of a predicted label's name; the first that fits counts. The last two are nnU-Net's."""

_MAPS = ("_prob", "_uncertainty")
_NO_LABELS = (*_MAPS, "_disagreement")
_FILE_ENDINGS = (".nii.gz", ".nii")


@dataclass(frozen=True, slots=True)
class PredictedCase:
    """Files of one predicted case; the maps are None where the tool wrote none."""

    case_id: str
    label: Path
    probability: Path | None = None
    uncertainty: Path | None = None


def find_predictions(folder: Path, suffix: str | None = None) -> dict[str, PredictedCase]:
    """Every predicted case directly in `folder`, by id.

    Args:
        folder: where the files are; hidden ones are passed over.
        suffix: what follows the id in names of labels; None takes any of `SUFFIXES`.

    Raises:
        DataError: there is no such folder, nothing in it, or two labels of one case.
    """
    endings = SUFFIXES if suffix is None else (suffix,)
    if not folder.is_dir():
        raise DataError([f"Folder {folder} should exist. Found no folder of that name."])
    labels: dict[str, list[Path]] = {}
    for path in sorted(folder.iterdir()):
        case_id = _case_of(path, endings)
        if case_id:
            labels.setdefault(case_id, []).append(path)
    _check(folder, labels, endings)
    return {
        case_id: PredictedCase(case_id, paths[0], *(_map_of(folder, case_id, m) for m in _MAPS))
        for case_id, paths in labels.items()
    }


def _case_of(path: Path, endings: Sequence[str]) -> str | None:
    """The id in the name of a predicted label; None for any other file."""
    maps = tuple(f"{name}{ending}" for name in _NO_LABELS for ending in _FILE_ENDINGS)
    if path.name.startswith(".") or path.name.endswith(maps) or not path.is_file():
        return None
    ending = next((ending for ending in endings if path.name.endswith(ending)), None)
    return None if ending is None else path.name.removesuffix(ending)


def _map_of(folder: Path, case_id: str, name: str) -> Path | None:
    paths = (folder / f"{case_id}{name}{ending}" for ending in _FILE_ENDINGS)
    return next((path for path in paths if path.is_file()), None)


def _check(folder: Path, labels: dict[str, list[Path]], endings: Sequence[str]) -> None:
    if not labels:
        shown = ", ".join(f"CASE{ending}" for ending in endings)
        raise DataError(
            [f"Folder {folder} should hold predictions, files {shown}. Found none: name what "
             "follows the case in their names with --suffix."]
        )  # fmt: skip
    twice = {case_id: paths for case_id, paths in labels.items() if len(paths) > 1}
    if twice:
        raise DataError(
            [
                f"Case {case_id} should have one prediction in {folder}. "
                f"Found {', '.join(path.name for path in paths)}: choose with --suffix."
                for case_id, paths in twice.items()
            ]
        )
