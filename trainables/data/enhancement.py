"""Whether what a label calls enhancing does enhance: the sign of a mistaken label coding."""

from collections.abc import Sequence

import numpy as np
import torch

from trainables.data.cases import Case, load_image
from trainables.data.modalities import find_modality, select_modalities


def has_dim_enhancement(case: Case, regions: torch.Tensor, names: Sequence[str]) -> bool:
    """Whether mean t1ce inside ET does not exceed mean t1ce in TC outside ET.

    Gadolinium makes the enhancing tumour the brightest part of the core on t1ce, so a dim one
    hints at label codes that mean something else. False where it cannot be told: one of the two
    sets is empty, `names` lack ET or TC, the case has no t1ce, or image and label differ in shape.

    Args:
        case: whose t1ce is read, by whichever of its names.
        regions: bool, C x X x Y x Z.
        names: of the C channels.

    Raises:
        DataError: the t1ce cannot be read.
    """
    has_t1ce = find_modality("t1ce", case.modalities) is not None
    if not has_t1ce or not {"ET", "TC"} <= set(names):
        return False
    core, enhancing = (regions[names.index(name)].numpy() for name in ("TC", "ET"))
    rest = core & ~enhancing
    if not (enhancing.any() and rest.any()):
        return False
    voxels = load_image(select_modalities(case, ["t1ce"])).image[0].numpy()
    if voxels.shape != core.shape:
        return False
    with np.errstate(invalid="ignore"):  # infinities, which are a problem of their own
        return bool(voxels[enhancing].mean() <= voxels[rest].mean())
