"""The distance between voxel centres: one rule for all that measure in millimetres."""

from collections.abc import Sequence
from numbers import Real

from trainables.errors import ParameterError
from trainables.ranges import check_number


def check_spacing(spacing_mm: Sequence[float], num_axes: int, least_axes: int = 1) -> None:
    """Refuse a spacing that is not a finite number of mm above 0 for each axis it describes.

    Args:
        spacing_mm: Distance between voxel centres along each axis, mm.
        num_axes: Axes there are, the most that it may describe.
        least_axes: The fewest that it may describe.

    Raises:
        ParameterError: naming `spacing_mm`, its range and what was found.

    >>> check_spacing([1.0, 0.0], num_axes=3)
    Traceback (most recent call last):
    trainables.errors.ParameterError: Parameter `spacing_mm` should be a finite number, above 0. \
Found `spacing_mm = 0.0`.
    """
    if isinstance(spacing_mm, Real | str) or spacing_mm is None:
        raise ParameterError(
            "Parameter `spacing_mm` should be a sequence, one number for each spatial axis. "
            f"Found `spacing_mm = {spacing_mm!r}`."
        )
    if not least_axes <= len(spacing_mm) <= num_axes:
        numbers = f"{num_axes}" if least_axes == num_axes else f"{least_axes} to {num_axes}"
        raise ParameterError(
            f"Parameter `spacing_mm` should have {numbers} numbers, one for each spatial axis. "
            f"Found {len(spacing_mm)}."
        )
    for step in spacing_mm:
        check_number("spacing_mm", step, gt=0)
