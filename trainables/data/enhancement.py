"""Whether what a label calls enhancing does enhance: the sign of a mistaken label coding."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt


def has_dim_enhancement(
    t1ce: npt.NDArray[np.float32], regions: npt.NDArray[np.bool_], names: Sequence[str]
) -> bool:
    """Whether mean t1ce inside ET does not exceed mean t1ce in TC outside ET.

    Gadolinium makes the enhancing tumour the brightest part of the core on t1ce, so a dim one
    hints at label codes that mean something else. False where it cannot be told: one of the two
    sets is empty, `names` lack ET or TC, or image and label differ in shape.

    Args:
        t1ce: X x Y x Z.
        regions: C x X x Y x Z.
        names: of the C channels.
    """
    if not {"ET", "TC"} <= set(names) or t1ce.shape != regions.shape[1:]:
        return False
    core, enhancing = (regions[names.index(name)] for name in ("TC", "ET"))
    rest = core & ~enhancing
    if not (enhancing.any() and rest.any()):
        return False
    with np.errstate(invalid="ignore"):  # infinities, which are a problem of their own
        return bool(t1ce[enhancing].mean() <= t1ce[rest].mean())
