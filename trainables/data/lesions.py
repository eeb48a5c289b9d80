"""Lesions of a region one by one: how many there are, and how large."""

import numpy as np
import numpy.typing as npt
import torch
from scipy import ndimage

from trainables.boxes import tight_box


def lesion_sizes(region: npt.NDArray[np.bool_]) -> tuple[int, ...]:
    """Voxels of each lesion of `region` (X x Y x Z), the smallest first.

    Voxels that share a face, an edge or a corner are of one lesion (26 neighbours).

    >>> region = np.zeros((4, 4, 4), bool)
    >>> region[0, 0, 0] = region[1, 1, 1] = region[3, 3, 0] = True
    >>> lesion_sizes(region)
    (1, 2)
    """
    box = tight_box(torch.from_numpy(region))
    if box is None:
        return ()
    numbers, _ = ndimage.label(region[box], structure=np.ones((3, 3, 3), bool))
    return tuple(sorted(np.bincount(numbers.ravel())[1:].tolist()))
