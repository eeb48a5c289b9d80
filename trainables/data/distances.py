"""Signed distances and component depths of a label, as they are kept: one byte each."""

from collections.abc import Sequence

from torch import Tensor

from trainables.compact import LIMIT_MM, to_steps
from trainables.components import component_depth
from trainables.distance import signed_distance


def compact_distances(label: Tensor, spacing_mm: Sequence[float]) -> tuple[Tensor, Tensor]:
    """Signed distance and component depth of the regions of `label`, in steps of 1/16 mm.

    Args:
        label: bool (C, *spatial), the whole volume.
        spacing_mm: Spacing of the spatial axes, mm.

    Returns:
        Two int8 tensors of the label's shape, see `trainables.compact`.
    """
    phi = signed_distance(label, spacing_mm, LIMIT_MM)
    depth = component_depth(label, phi, spacing_mm, LIMIT_MM)
    return to_steps(phi), to_steps(depth)
