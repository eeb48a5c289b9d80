"""The layout of BraTS from 2023 on, and of Pretreat-MetsToBrain-Masks.

::

    ROOT/CASE/CASE-{t1n,t1c,t2w,t2f}.nii[.gz]   the modalities
    ROOT/CASE/CASE-seg.nii[.gz]                 the label, where there is one

An id is ``BraTS-GLI-00000-000``, or of another task than GLI; its last part is the time point, so
that two cases may be of one patient. Cases may lie deeper, see `case_folders`:
``ASNR-MICCAI-BraTS2023-GLI-Challenge-TrainingData/CASE``, ``PKG - Pretreat-MetsToBrain-Masks/
Pretreat-MetsToBrain-Masks/CASE``, a folder for each site beside cases of others.
"""

from pathlib import Path

from trainables.data.cases import Case
from trainables.data.labels import LabelMap, find_label_map
from trainables.data.layouts.case_folders import case_folders, read_folder, roles_below

MODALITIES = ("t1n", "t1c", "t2w", "t2f")
WANTED = (
    "one folder per case: CASE/CASE-t1n.nii.gz, and likewise "
    "-t1c, -t2w, -t2f and, to train on, -seg"
)


def is_there(root: Path) -> bool:
    """Whether a modality of a case is below `root` under the name that this layout gives it."""
    return bool(roles_below(root) & {*MODALITIES})


def list_cases(root: Path) -> list[Case]:
    """Every case below `root`, by id, whether or not its modalities are there."""
    return [read_folder(folder, MODALITIES, "-") for folder in case_folders(root)]


def propose_labels(_root: Path) -> LabelMap:
    """The coding of BraTS 2023, which its metastases share."""
    return find_label_map("brats2023")
