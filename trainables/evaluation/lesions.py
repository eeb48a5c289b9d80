"""How many lesions were found, and how many of those found are there."""

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from trainables.errors import ParameterError
from trainables.surfaces import Mask, bounding_box

_CORNERS = np.ones((3, 3, 3), dtype=bool)
"""Neighbours of a voxel: all 26 that share a face, an edge or a corner."""


def lesion_scores(prediction: Mask, reference: Mask, overlap: float = 0.0) -> dict[str, float]:
    """Lesion-wise precision, recall and F1 of one region, X x Y x Z; all in [0, 1].

    A lesion is a 26-connected component. A reference lesion is *found* where more than the part
    `overlap` of its voxels is predicted, a predicted lesion is *right* where more than that part
    of it lies in the reference; at 0 one common voxel is enough. Neither has to match one
    partner: one prediction over two reference lesions finds both, as two pieces of one lesion
    are both right. With R reference and P predicted lesions::

        recall = found / R    precision = right / P    F1 = 2 precision recall / their sum

    Exchanging prediction and reference exchanges precision and recall. Where neither mask holds
    a lesion all three are 1; where only one does, 0.

    Raises:
        ParameterError: `overlap` is outside [0, 1).

    Source: at 0 the lesion true and false positive rates of Carass et al., Longitudinal multiple
    sclerosis lesion segmentation, NeuroImage 148 (2017); the F1 of Commowick et al., Scientific
    Reports 8:13650 (2018), with their rule of overlap made simpler. BraTS 2023 dilates first.

    >>> reference, prediction = np.zeros((2, 9, 1, 1), dtype=bool)
    >>> reference[[0, 4]] = prediction[[0, 2, 8]] = True
    >>> lesion_scores(prediction, reference)["lesion_recall"]
    0.5
    """
    if not 0 <= overlap < 1:
        raise ParameterError(
            "Parameter `lesion_overlap` should be at least 0 and below 1. "
            f"Found `lesion_overlap = {overlap}`."
        )
    recall, precision = 1.0, 1.0
    if prediction.any() or reference.any():
        box = bounding_box(prediction | reference)
        recall = _covered(reference[box], prediction[box], overlap)
        precision = _covered(prediction[box], reference[box], overlap)
    both = precision + recall
    f1 = 2 * precision * recall / both if both else 0.0
    return {"lesion_precision": precision, "lesion_recall": recall, "lesion_f1": f1}


def lesion_numbers(mask: Mask) -> tuple[npt.NDArray[np.int32], int]:
    """The number of the lesion that each voxel belongs to, from 1, 0 off all; and how many."""
    numbers, count = ndimage.label(mask, structure=_CORNERS)
    return numbers, int(count)


def _covered(lesions: Mask, by: Mask, overlap: float) -> float:
    """The part of the lesions of which more than `overlap` lies in `by`; 0 where there is none."""
    numbers, count = lesion_numbers(lesions)
    if not count:
        return 0.0
    sizes = np.bincount(numbers.ravel(), minlength=count + 1)[1:]
    common = np.bincount(numbers[by], minlength=count + 1)[1:]
    return float(np.mean(common > overlap * sizes))
