"""A prediction and its reference in memory, on one grid."""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import nibabel as nib
import numpy as np
import numpy.typing as npt

from trainables.data.cases import load_regions, read_nifti, read_voxels, spacing_of
from trainables.data.labels import LabelMap
from trainables.data.one_grid import affine_shift, have_same_affine
from trainables.errors import DataError, ParameterError
from trainables.evaluation.case import Masks
from trainables.reporting.pairing import Pair
from trainables.surfaces import Spacing

MapName = Literal["probability", "uncertainty"]
MAPS: tuple[MapName, ...] = ("probability", "uncertainty")


@dataclass(frozen=True, slots=True)
class Coding:
    """What codes mean in references and in predictions: the same regions in the same order.

    Raises:
        ParameterError: the regions differ.
    """

    reference: LabelMap
    prediction: LabelMap

    def __post_init__(self) -> None:
        if self.reference.names != self.prediction.names:
            raise ParameterError(
                "Predictions should have the regions of the data, "
                f"{', '.join(self.reference.names)}. Found {', '.join(self.prediction.names)}: "
                "name them, and their codes in the predictions, by `--prediction-labels`."
            )


@dataclass(frozen=True, slots=True)
class LoadedPair:
    """Masks and probabilities C x X x Y x Z and uncertainty X x Y x Z, on the reference's grid."""

    prediction: Masks
    reference: Masks
    probability: npt.NDArray[np.float32] | None
    uncertainty: npt.NDArray[np.float32] | None
    spacing_mm: Spacing
    affine: npt.NDArray[np.float64]


def load_pair(pair: Pair, coding: Coding, maps: Collection[MapName] = MAPS) -> LoadedPair:
    """What the files of `pair` hold; an empty prediction where it has none.

    Maps that are not among `maps` are not read: probabilities are the larger part of a case.

    Raises:
        DataError: a file cannot be read, holds a value that is no code or no probability, or
            lies on another grid than the reference.
    """
    reference = load_regions(pair.reference, coding.reference).numpy()
    here = read_nifti(pair.reference)
    prediction, probability, uncertainty = np.zeros_like(reference), None, None
    if pair.predicted is not None:
        _load_on(pair.predicted.label, here, pair.reference)
        prediction = _load_prediction(pair.predicted.label, coding.prediction)
        if "probability" in maps:
            probability = _load_probability(pair.predicted.probability, pair, here, len(reference))
        if "uncertainty" in maps:
            uncertainty = _load_map(pair.predicted.uncertainty, pair, here, axes=3)
    return LoadedPair(
        prediction, reference, probability, uncertainty, spacing_of(here), here.affine
    )


def load_masks(path: Path, pair: Pair, labels: LabelMap) -> Masks:
    """Another label of the case, such as a rater's, C x X x Y x Z.

    Raises:
        DataError: it cannot be read or lies on another grid than the reference.
    """
    _load_on(path, read_nifti(pair.reference), pair.reference)
    masks: Masks = load_regions(path, labels).numpy()
    return masks


def _load_prediction(path: Path, labels: LabelMap) -> Masks:
    """The regions of a predicted label, C x X x Y x Z."""
    codes = read_voxels(read_nifti(path), path)
    problem = labels.problem(codes, f"Prediction {path}")
    if problem is not None:
        raise DataError([f"{problem} Say what its codes mean by `--prediction-labels`."])
    return labels.to_regions(codes)


def _load_probability(
    path: Path | None, pair: Pair, here: nib.Nifti1Image, num_regions: int
) -> npt.NDArray[np.float32] | None:
    """C x X x Y x Z from a file with C last."""
    voxels = _load_map(path, pair, here, axes=4)
    if voxels is None:
        return None
    if voxels.shape[3] != num_regions:
        raise DataError(
            [
                f"Probabilities {path} should have {num_regions} regions on their last axis. "
                f"Found {voxels.shape[3]}."
            ]
        )
    return np.moveaxis(voxels, 3, 0)


def _load_map(
    path: Path | None, pair: Pair, here: nib.Nifti1Image, axes: int
) -> npt.NDArray[np.float32] | None:
    """Voxels in [0, 1] of a map on the reference's grid; None where there is no file."""
    if path is None:
        return None
    voxels = read_voxels(_load_on(path, here, pair.reference, axes), path)
    low, high = float(voxels.min(initial=0)), float(voxels.max(initial=0))
    if not (low >= -1e-6 and high <= 1 + 1e-6):  # NaN fails as well
        raise DataError([f"Map {path} should hold values from 0 to 1. Found {low:g} to {high:g}."])
    return voxels


def _load_on(path: Path, here: nib.Nifti1Image, reference: Path, axes: int = 3) -> nib.Nifti1Image:
    """The header of `path`, which lies on the grid of `here`."""
    there = read_nifti(path, axes)
    if there.shape[:3] != here.shape or not have_same_affine(there.affine, here.affine):
        raise DataError(
            [
                f"File {path} should lie on the grid of {reference}. Found shape "
                f"{there.shape[:3]} and {here.shape}, and affines that differ by up to "
                f"{affine_shift(there.affine, here.affine):.3g}: bring it back to the input's "
                "grid, as a mask (nearest neighbour)."
            ]
        )
    return there
