"""The layout of BraTS 2018 to 2021, and of the phantoms.

::

    ROOT/CASE/CASE_{t1,t1ce,t2,flair}.nii[.gz]   the modalities
    ROOT/CASE/CASE_seg.nii[.gz]                  the label, where there is one
    ROOT/CASE/CASE_truth.nii[.gz]                latent truth, phantoms only
    ROOT/CASE/raters/*.nii[.gz]                  further labels of the same case

Cases may lie deeper, as in ``ROOT/HGG`` and ``ROOT/LGG``; see `case_folders`.
"""

from pathlib import Path

from trainables.data.cases import Case
from trainables.data.labels import LabelMap, find_label_map
from trainables.data.layouts import brats2023
from trainables.data.layouts.case_folders import case_folders, read_folder, roles_below

MODALITIES = ("t1", "t1ce", "t2", "flair")
WANTED = (
    "one folder per case: CASE/CASE_t1.nii.gz, and likewise "
    "_t1ce, _t2, _flair and, to train on, _seg"
)


def is_there(root: Path) -> bool:
    """Whether a file of a case is below `root` under the name that this layout gives it."""
    roles = roles_below(root)
    return bool(roles & {*MODALITIES, "seg", "truth"}) and not roles & {*brats2023.MODALITIES}


def list_cases(root: Path) -> list[Case]:
    """Every case below `root`, by id, whether or not its modalities are there."""
    return [read_folder(folder, MODALITIES, "_") for folder in case_folders(root)]


def propose_labels(_root: Path) -> LabelMap:
    """The coding of BraTS 2018 to 2021."""
    return find_label_map("brats2018")
