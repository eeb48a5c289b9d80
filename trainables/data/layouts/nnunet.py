"""The layout of nnU-Net's raw data, version 2, and version 1 of it.

::

    ROOT/dataset.json                        channels and labels, regions where there are any
    ROOT/imagesTr/CASE_0000.nii.gz, _0001    a file for each channel
    ROOT/labelsTr/CASE.nii.gz                the label
    ROOT/imagesTs/CASE_0000.nii.gz, _0001    further cases; labels in labelsTs, where there are any

`ROOT` means the cases to train on, ``ROOT/imagesTs`` the others. A ``dataset`` in the description
(version 2.2 on) names the files of each case itself.
"""

import re
from pathlib import Path

from trainables.data.cases import Case
from trainables.data.labels import LabelMap
from trainables.data.layouts.case_folders import SUFFIXES, stem_of
from trainables.data.layouts.dataset_json import (
    NAME,
    Description,
    channel_names,
    has_description,
    home_of,
    read_description,
)
from trainables.data.layouts.patients import patient_of
from trainables.errors import DataError

WANTED = "imagesTr/CASE_0000.nii.gz, labelsTr/CASE.nii.gz and dataset.json, as nnU-Net takes them"
_CHANNEL = re.compile(r"(.+)_(\d{4})")


def is_there(root: Path) -> bool:
    """Whether images below `root` are numbered by channel, or its description is nnU-Net's."""
    home, part = home_of(root)
    try:
        description = read_description(root) if has_description(root) else {}
    except DataError:  # a broken one is told by whichever layout the folder has
        description = {}
    if "channel_names" in description or _lists_files(home, description):
        return "channel_names" in description
    return any(_CHANNEL.fullmatch(stem_of(path)) for path in _files(home / f"images{part}"))


def list_cases(root: Path) -> list[Case]:
    """The cases of which there is any file, by id, whether or not all of them are there.

    Raises:
        DataError: the description cannot be used, or counts other cases than there are.
    """
    home, part = home_of(root)
    description = read_description(root)
    modalities = _modalities(root, description)
    ending = _ending(root, description)
    if "dataset" in description:
        return _described(home, description, modalities)
    labels = {stem_of(path): path for path in _files(home / f"labels{part}")}
    found = [_CHANNEL.fullmatch(stem_of(path)) for path in _files(home / f"images{part}")]
    cases = []
    for name in sorted({match[1] for match in found if match} | labels.keys()):
        stems = [f"{name}_{number:04d}" for number in range(len(modalities))]
        images = tuple(home / f"images{part}" / f"{stem}{ending}" for stem in stems)
        cases.append(Case(name, patient_of(name), images, modalities, labels.get(name)))
    _require_count(root, description, cases, part)
    return cases


def propose_labels(root: Path) -> LabelMap:
    """The regions of the description, in its order; a single code is a region of its own.

    Raises:
        DataError: the description has none, or leaves voxels out by ``ignore``.
    """
    labels = read_description(root).get("labels")
    if not isinstance(labels, dict) or not labels:
        raise DataError([_labels_rule(root, labels)])
    if all(str(key).isdecimal() for key in labels):  # version 1: codes to names
        labels = {str(name): int(code) for code, name in labels.items()}
    if "ignore" in labels:
        raise DataError(
            [
                f"Labels of {root} should give every voxel a meaning. Found `ignore` in {NAME}: "
                "voxels that nobody labelled cannot be trained on here."
            ]
        )
    wide = {n: list(c) if isinstance(c, list) else [c] for n, c in labels.items()}
    regions = {name: codes for name, codes in wide.items() if codes != [0]}
    if not regions or not all(type(c) is int for codes in regions.values() for c in codes):
        raise DataError([_labels_rule(root, labels)])
    return LabelMap.of(regions)


def _lists_files(home: Path, description: Description) -> bool:
    """Whether the listed images are there by the names of the list: so it is in the Decathlon."""
    listed = description.get("training")
    first = listed[0] if isinstance(listed, list) and listed else None
    return isinstance(first, dict) and (home / str(first.get("image"))).is_file()


def _files(folder: Path) -> list[Path]:
    """The image files of `folder`; those that macOS adds, ``._NAME``, are passed over."""
    return [path for suffix in SUFFIXES for path in folder.glob(f"[!.]*{suffix}")]


def _modalities(root: Path, description: Description) -> tuple[str, ...]:
    return channel_names(root, "channel_names" if "channel_names" in description else "modality")


def _ending(root: Path, description: Description) -> str:
    ending = str(description.get("file_ending", ".nii.gz"))
    if ending not in SUFFIXES:
        raise DataError(
            [
                f"Key `file_ending` of {home_of(root)[0] / NAME} should be .nii.gz or .nii. Found "
                f"{ending}: convert the files to NIfTI."
            ]
        )
    return ending


def _described(home: Path, description: Description, modalities: tuple[str, ...]) -> list[Case]:
    """The cases whose files the description names."""
    named = description["dataset"]
    if not isinstance(named, dict) or not named:
        raise DataError([f"Key `dataset` of {home / NAME} should name cases. Found {named}."])
    cases, problems = [], []
    for name, files in sorted(named.items()):
        images, label = _paths(files)
        if len(images) == len(modalities):
            paths = tuple(home / path for path in images)
            where = None if label is None else home / label
            cases.append(Case(name, patient_of(name), paths, modalities, where))
        else:
            problems.append(
                f"Case {name} of {home / NAME} should have {len(modalities)} images, "
                f"{', '.join(modalities)}. Found {len(images)}."
            )
    if problems:
        raise DataError(problems)
    return cases


def _paths(files: object) -> tuple[list[str], str | None]:
    """Images and label of a case, as far as they are told by names."""
    told = files if isinstance(files, dict) else {}
    images, label = told.get("images"), told.get("label")
    names = [name for name in images if isinstance(name, str)] if isinstance(images, list) else []
    return names, label if isinstance(label, str) else None


def _require_count(root: Path, description: Description, cases: list[Case], part: str) -> None:
    count = description.get("numTraining")
    if part == "Tr" and count is not None and str(count) != str(len(cases)):
        raise DataError(
            [
                f"Data folder {root} should hold as many cases as `numTraining` of its {NAME} "
                f"says, {count}. Found {len(cases)}: add the files that are missing, or correct "
                "the number."
            ]
        )


def _labels_rule(root: Path, labels: object) -> str:
    return (
        f"Key `labels` of {home_of(root)[0] / NAME} should give codes to regions, as in "
        f'{{"background": 0, "WT": [1, 2, 3], "ET": 3}}. Found {labels}.'
    )
