"""Predictions on disk: NIfTI files that lie exactly where the input lies.

::

    OUT/CASE_prob.nii.gz           float32, X x Y x Z x C: probability of each region
    OUT/CASE_uncertainty.nii.gz    float32, X x Y x Z in [0, 1]
    OUT/CASE_disagreement.nii.gz   float32, X x Y x Z in [0, 1]; of several answers only
    OUT/CASE_seg.nii.gz            uint8, X x Y x Z: label codes

Each file appears whole or not at all, and the label last: where it is, the case is done. Each
says in its header's description from which models and which scan it is, by a `Stamp`.
"""

from pathlib import Path

import nibabel as nib
import numpy as np
import numpy.typing as npt

from trainables.data.cases import Case, read_header
from trainables.data.labels import LabelMap
from trainables.errors import DataError
from trainables.inference import Prediction
from trainables.prediction_source import Stamp, read_stamp

Voxels = npt.NDArray[np.float32] | npt.NDArray[np.uint8]


def write_prediction(
    prediction: Prediction,
    case: Case,
    labels: LabelMap,
    out: Path,
    stamp: Stamp,
    with_probabilities: bool = True,
) -> None:
    """Write the files of `case` below `out`, which exists; those of an earlier prediction go first.

    `stamp` says from which models and which scan it is.
    """
    maps: dict[str, Voxels] = {"uncertainty": prediction.uncertainty.numpy()}
    if prediction.disagreement is not None:
        maps["disagreement"] = prediction.disagreement.numpy()
    if with_probabilities:
        maps["prob"] = np.moveaxis(prediction.probability.numpy(), 0, -1)
    maps["seg"] = labels.to_codes(prediction.regions.numpy())  # the last that is written
    for name in ("seg", "uncertainty", "disagreement", "prob"):
        _path(case, out, name).unlink(missing_ok=True)
    like = read_header(case, case.images[0])
    for name, voxels in maps.items():
        _write(voxels, like, _path(case, out, name), stamp)


def label_path(case: Case, out: Path) -> Path:
    """Where the predicted label of `case` lies below `out`."""
    return _path(case, out, "seg")


def found_stamp(case: Case, out: Path) -> Stamp | None:
    """What the prediction of `case` below `out` is from; None where there is none to be read."""
    path = label_path(case, out)
    try:
        return read_stamp(path) if path.is_file() else None
    except DataError:
        return None


def has_probabilities(case: Case, out: Path) -> bool:
    """Whether the probabilities of `case` are below `out`."""
    return _path(case, out, "prob").is_file()


def _path(case: Case, out: Path, name: str) -> Path:
    return out / f"{case.case_id}_{name}.nii.gz"


def _write(voxels: Voxels, like: nib.Nifti1Image, path: Path, stamp: Stamp) -> None:
    """Write `voxels` to `path` in the geometry of `like`: affine, both its codes, and units."""
    header = like.header.copy()  # type: ignore[no-untyped-call]
    header.set_data_dtype(voxels.dtype)
    header.set_data_shape(voxels.shape)
    header["pixdim"][4:] = 1
    header["cal_min"] = header["cal_max"] = 0  # the input's window would show a label as black
    header["intent_code"], header["intent_name"], header["aux_file"] = 0, b"", b""
    header["descrip"] = stamp.text()
    header.extensions.clear()
    image = nib.Nifti1Image(voxels, like.affine, header)  # type: ignore[no-untyped-call]
    new = path.with_name(f".{path.name.removesuffix('.nii.gz')}.new.nii.gz")
    try:
        nib.save(image, new)
        new.replace(path)
    finally:
        new.unlink(missing_ok=True)
