"""The layout of BraTS 2018 to 2021, and of the phantoms.

::

    ROOT/CASE/CASE_{t1,t1ce,t2,flair}.nii[.gz]   the modalities
    ROOT/CASE/CASE_seg.nii[.gz]                  the label, where there is one
    ROOT/CASE/CASE_truth.nii[.gz]                latent truth, phantoms only
    ROOT/CASE/raters/*.nii[.gz]                  further labels of the same case

Cases may lie one folder deeper, in ``ROOT/HGG`` and ``ROOT/LGG``. Folders whose name begins with
a dot or an underscore are passed over.
"""

import re
from pathlib import Path

from trainables.data.cases import Case
from trainables.data.labels import LabelMap, find_label_map
from trainables.errors import DataError

MODALITIES = ("t1", "t1ce", "t2", "flair")
WANTED = (
    "one folder per case, as in BraTS: CASE/CASE_t1.nii.gz, and likewise _t1ce, _t2, _flair and, "
    "to train on, _seg"
)
_GRADES = ("HGG", "LGG")
_SUFFIXES = (".nii.gz", ".nii")


def is_there(root: Path) -> bool:
    """Whether a file of a case is below `root` under the name that this layout gives it."""
    return any(_has_files(_read_folder(folder)) for folder in _case_folders(root))


def list_cases(root: Path) -> list[Case]:
    """Every case below `root`, by id, whether or not its modalities are there.

    Raises:
        DataError: there is nothing in the layout above, or an id comes twice.
    """
    folders = sorted(_case_folders(root), key=lambda folder: folder.name)
    names = [folder.name for folder in folders]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise DataError([f"Case {name} should be there once. Found it twice." for name in twice])
    return [_read_folder(folder) for folder in folders]


def propose_labels(_root: Path) -> LabelMap:
    """The coding of BraTS 2018 to 2021."""
    return find_label_map("brats2018")


def patient_of(case_id: str) -> str:
    """The patient a case belongs to: its id, less the time point that BraTS 2017 to 2019 add.

    >>> patient_of("Brats18_TCIA01_131_1"), patient_of("BraTS2021_00002")
    ('Brats18_TCIA01_131', 'BraTS2021_00002')
    """
    return re.sub(r"^(Brats1[789]_.+)_\d+$", r"\1", case_id, flags=re.IGNORECASE)


def _case_folders(root: Path) -> list[Path]:
    tops = [path for path in root.iterdir() if path.is_dir() and path.name[0] not in "._"]
    nested = [
        path
        for top in tops
        if top.name in _GRADES
        for path in top.iterdir()
        if path.is_dir() and path.name[0] not in "._"
    ]
    return [top for top in tops if top.name not in _GRADES] + nested


def _read_folder(folder: Path) -> Case:
    name = folder.name
    images = tuple(
        _find(folder, f"{name}_{modality}") or folder / f"{name}_{modality}.nii.gz"
        for modality in MODALITIES
    )
    raters = [p for p in (folder / "raters").glob("*") if p.name.endswith(_SUFFIXES)]
    return Case(
        name,
        patient_of(name),
        images,
        MODALITIES,
        _find(folder, f"{name}_seg"),
        _find(folder, f"{name}_truth"),
        tuple(sorted(raters, key=_natural)),
    )


def _has_files(case: Case) -> bool:
    """Whether a file of `case` is there under the name that the layout gives it."""
    return bool(case.label or case.truth) or any(path.is_file() for path in case.images)


def _find(folder: Path, stem: str) -> Path | None:
    paths = (folder / f"{stem}{suffix}" for suffix in _SUFFIXES)
    return next((path for path in paths if path.is_file()), None)


def _natural(path: Path) -> list[tuple[int, str]]:
    """A key that sorts rater-10 after rater-2."""
    return [
        (int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", path.name)
    ]
