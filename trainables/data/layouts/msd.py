"""The layout of the Medical Segmentation Decathlon.

::

    ROOT/dataset.json               channels, label codes and the list of the cases
    ROOT/imagesTr/CASE.nii.gz       all modalities of a case, along the last axis where several
    ROOT/labelsTr/CASE.nii.gz       its label
    ROOT/imagesTs/CASE.nii.gz       cases without a label

`ROOT` means the cases to train on, ``ROOT/imagesTs`` those without a label.
"""

from pathlib import Path
from typing import Any

from trainables.data.cases import Case
from trainables.data.labels import LabelMap, find_label_map
from trainables.data.layouts import nnunet
from trainables.data.layouts.case_folders import stem_of
from trainables.data.layouts.dataset_json import (
    NAME,
    channel_names,
    has_description,
    home_of,
    read_description,
)
from trainables.data.layouts.patients import patient_of
from trainables.errors import DataError

WANTED = "a dataset.json of the Medical Segmentation Decathlon beside imagesTr and labelsTr"


def is_there(root: Path) -> bool:
    """Whether `root` is described by a ``dataset.json`` that is not one of nnU-Net."""
    return has_description(root) and not nnunet.is_there(root)


def list_cases(root: Path) -> list[Case]:
    """The cases that the description lists, by id, whether or not their files are there.

    Raises:
        DataError: the description cannot be used.
    """
    home, part = home_of(root)
    modalities = channel_names(root, "modality")
    channels = tuple(range(len(modalities))) if len(modalities) > 1 else ()
    cases = []
    for image, label in _listed(root, part):
        name = stem_of(Path(image))
        labelled = home / label if label else None
        images = (home / image,) * len(modalities)
        cases.append(
            Case(
                name,
                patient_of(name),
                images,
                modalities,
                labelled,
                channels=channels,
                num_channels=len(modalities),
            )
        )
    return sorted(cases, key=lambda case: case.case_id)


def propose_labels(root: Path) -> LabelMap:
    """Nested regions for the codes of Task 1; else each code as a region of its own.

    Raises:
        DataError: the description cannot be used.
    """
    labels = read_description(root).get("labels")
    if not isinstance(labels, dict) or not all(str(code).isdecimal() for code in labels):
        raise DataError(
            [
                f"Key `labels` of {home_of(root)[0] / NAME} should name the codes, as in "
                f'{{"0": "background", "1": "lesion"}}. Found {labels}.'
            ]
        )
    names = {int(code): str(name) for code, name in labels.items() if int(code)}
    if "enhancing" in names.get(3, "") and "edema" in names.get(1, ""):
        return find_label_map("msd_brats")
    return LabelMap.of({name: [code] for code, name in sorted(names.items())})


def _listed(root: Path, part: str) -> list[tuple[str, str | None]]:
    """Image and label of each case in the list of that part, below the data set's folder."""
    key = {"Tr": "training", "Ts": "test"}[part]
    entries = read_description(root).get(key)
    read = [_entry(entry) for entry in entries] if isinstance(entries, list) else [None]
    kept = [entry for entry in read if entry is not None]
    if not kept or len(kept) < len(read):
        raise DataError(
            [
                f"Key `{key}` of {home_of(root)[0] / NAME} should list cases, as in "
                '{"image": "./imagesTr/A.nii.gz", "label": "./labelsTr/A.nii.gz"}. '
                f"Found {'none' if not entries else 'something else'}."
            ]
        )
    return [(i, la) for i, la in kept if not Path(i).name.startswith(".")]


def _entry(entry: Any) -> tuple[str, str | None] | None:  # noqa: ANN401  whatever JSON holds
    if isinstance(entry, str):
        return entry, None
    if not isinstance(entry, dict):
        return None
    image, label = entry.get("image"), entry.get("label")
    if isinstance(image, str) and isinstance(label, str | None):
        return image, label
    return None
