"""Predictions on disk: NIfTI files that lie exactly where the input lies.

::

    OUT/CASE_prob.nii.gz           float32, X x Y x Z x C: probability of each region
    OUT/CASE_uncertainty.nii.gz    float32, X x Y x Z in [0, 1]
    OUT/CASE_seg.nii.gz            uint8, X x Y x Z: label codes

Each file appears whole or not at all, and the label last: where it is, the case is done.
"""

from pathlib import Path

import nibabel as nib
import numpy as np
import numpy.typing as npt

from trainables.data.cases import Case, read_nifti
from trainables.data.labels import LabelMap
from trainables.inference import Prediction


def write_prediction(prediction: Prediction, case: Case, labels: LabelMap, out: Path) -> None:
    """Write the three files of `case` below `out`, which exists; an earlier label goes first."""
    label_path(case, out).unlink(missing_ok=True)
    like = read_nifti(case.images[0])
    probability = np.moveaxis(prediction.probability.numpy(), 0, -1)
    _write(probability, like, out / f"{case.case_id}_prob.nii.gz")
    _write(prediction.uncertainty.numpy(), like, out / f"{case.case_id}_uncertainty.nii.gz")
    codes = labels.to_codes(prediction.regions.numpy())
    _write(codes, like, label_path(case, out))


def is_written(case: Case, out: Path) -> bool:
    """Whether the prediction of `case` lies complete below `out`."""
    return label_path(case, out).is_file()


def label_path(case: Case, out: Path) -> Path:
    """Where the predicted label of `case` lies below `out`."""
    return out / f"{case.case_id}_seg.nii.gz"


def _write(
    voxels: npt.NDArray[np.float32] | npt.NDArray[np.uint8], like: nib.Nifti1Image, path: Path
) -> None:
    """Write `voxels` to `path` in the geometry of `like`: affine, its codes, and units."""
    header = like.header.copy()  # type: ignore[no-untyped-call]
    header.set_data_dtype(voxels.dtype)
    header["cal_min"] = header["cal_max"] = 0  # the input's window would show a label as black
    header["descrip"] = b""
    image = nib.Nifti1Image(voxels, like.affine, header)  # type: ignore[no-untyped-call]
    new = path.with_name(f".{path.name.removesuffix('.nii.gz')}.new.nii.gz")
    try:
        nib.save(image, new)
        new.replace(path)
    finally:
        new.unlink(missing_ok=True)
