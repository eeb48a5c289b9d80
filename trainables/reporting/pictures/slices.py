"""One case as what its picture needs: flat arrays, and the frame that is worth looking into."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from trainables.data.cases import Case, load_image
from trainables.data.modalities import find_modality
from trainables.errors import DataError
from trainables.reporting.pairing import Pair
from trainables.reporting.pictures.views import View, choose_view, ras_spacing, to_ras
from trainables.reporting.reading import Coding, LoadedPair, load_pair

Grey = npt.NDArray[np.float32]
Flat = npt.NDArray[np.bool_]

_WHOLE, _NEAR = "flair", "t1ce"
"""Modalities shown where they are there: oedema on the whole slice, the core near by."""
_WINDOW = (1.0, 99.5)
"""Percentiles of the head that are black and white."""
_MARGIN_MM, _LEAST_MM, _MOST_MM = 10.0, 40.0, 100.0
"""Around the lesions of a frame, and the least and the largest side of one."""


@dataclass(frozen=True, slots=True)
class Frame:
    """A square part of a slice, in mm from its lower left corner."""

    left: float
    bottom: float
    side: float


@dataclass(frozen=True, slots=True)
class CaseSlice:
    """A slice of one case, rows from the bottom.

    `whole` and `near` are images in [0, 1] (rows x columns) with their names, the masks are
    C x rows x columns, `uncertainty` is in [0, 1] or None. A pixel is `pixel_mm` wide and high.
    """

    view: View
    whole: Grey
    near: Grey
    names: tuple[str, str]
    prediction: Flat
    reference: Flat
    uncertainty: Grey | None
    pixel_mm: tuple[float, float]
    frame: Frame


def cut_case(pair: Pair, coding: Coding) -> CaseSlice:
    """The slice of `pair` that matters; see `choose_view`. A missing image is black.

    Raises:
        DataError: a file cannot be read or lies on another grid.
    """
    loaded = load_pair(pair, coding, maps=["uncertainty"])
    prediction, reference = (
        to_ras(masks, loaded.affine) for masks in (loaded.prediction, loaded.reference)
    )
    spacing_mm = ras_spacing(loaded.spacing_mm, loaded.affine)
    view = choose_view(prediction, reference, spacing_mm)
    names = shown_modalities(pair.case.modalities, len(reference))
    images = {name: _image(pair.case, name, view, loaded) for name in set(names)}
    uncertainty = loaded.uncertainty
    prediction, reference = view.cut(prediction), view.cut(reference)
    pixel_mm = view.pixel_mm(spacing_mm)
    return CaseSlice(
        view,
        images[names[0]],
        images[names[1]],
        names,
        prediction,
        reference,
        None if uncertainty is None else view.cut(to_ras(uncertainty, loaded.affine)),
        pixel_mm,
        frame_of(prediction, reference, pixel_mm),
    )


def shown_modalities(modalities: Sequence[str], num_regions: int) -> tuple[str, str]:
    """What is shown of the whole slice, and of its part near the lesions.

    Lesions of one kind are seen in one modality; those with a core need that of the core as well.

    >>> modalities = ["t1n", "t1c", "t2w", "t2f"]
    >>> shown_modalities(modalities, 3), shown_modalities(modalities, 1)
    (('t2f', 't1c'), ('t2f', 't2f'))
    """
    whole = find_modality(_WHOLE, modalities) or 0
    near = find_modality(_NEAR, modalities) if num_regions > 1 else None
    return modalities[whole], modalities[whole if near is None else near]


def frame_of(prediction: Flat, reference: Flat, pixel_mm: tuple[float, float]) -> Frame:
    """The square part of a slice to look into, of masks C x rows x columns.

    It holds every lesion with a margin, or where they lie too far apart for that, the part with
    the most disagreement, or without any the most lesion. Without a lesion it holds the slice.
    """
    lesions = np.logical_or.reduce(prediction | reference)
    if not lesions.any():
        return whole_slice(lesions.shape, pixel_mm)
    rows, columns = np.nonzero(lesions)
    ends = [
        (float(places.min() * mm), float((places.max() + 1) * mm))
        for places, mm in zip((columns, rows), pixel_mm, strict=True)
    ]
    side = max(_LEAST_MM, *(high - low + 2 * _MARGIN_MM for low, high in ends))
    if side <= _MOST_MM:
        return _square((sum(ends[0]) / 2, sum(ends[1]) / 2), side)
    apart = (prediction != reference).sum(axis=0)
    return _square(_densest(apart if apart.any() else lesions, pixel_mm), _MOST_MM)


def whole_slice(shape: Sequence[int], pixel_mm: tuple[float, float]) -> Frame:
    """The square around a slice of `shape`, rows x columns."""
    width, height = (size * mm for size, mm in zip(shape[::-1], pixel_mm, strict=True))
    return _square((width / 2, height / 2), max(width, height))


def _square(centre: tuple[float, float], side: float) -> Frame:
    return Frame(centre[0] - side / 2, centre[1] - side / 2, side)


def _densest(counts: npt.NDArray[Any], pixel_mm: tuple[float, float]) -> tuple[float, float]:
    """The middle in mm of the square of the largest side that holds the most of `counts`."""
    size = [max(1, round(_MOST_MM / mm)) for mm in pixel_mm[::-1]]
    sums = ndimage.uniform_filter(counts.astype(np.float64), size, mode="constant")
    best = np.argwhere(sums >= sums.max() * (1 - 1e-9)).mean(axis=0)  # the middle of all such
    x, y = ((place + 0.5) * mm for place, mm in zip(best[::-1], pixel_mm, strict=True))
    return float(x), float(y)


def _image(case: Case, name: str, view: View, loaded: LoadedPair) -> Grey:
    """The slice of one modality, its window spread over [0, 1]."""
    shape = loaded.reference.shape[1:]
    place = case.modalities.index(name)
    if not case.images[place].is_file():
        return np.zeros_like(view.cut(to_ras(loaded.reference[0], loaded.affine)), np.float32)
    channels = case.channels[place : place + 1]
    one = replace(case, images=(case.images[place],), modalities=(name,), channels=channels)
    volume = load_image(one).image[0].numpy()
    if volume.shape != shape:
        raise DataError(
            [f"Image {case.images[place]} should have the shape of its label, {shape}. "
             f"Found {volume.shape}."]
        )  # fmt: skip
    head = volume[volume != 0]
    low, high = np.percentile(head, _WINDOW) if head.size else (0.0, 1.0)
    picture = view.cut(to_ras(volume, loaded.affine))
    spread = np.clip((picture - low) / max(high - low, 1e-12), 0, 1)
    return np.where(picture == 0, 0, spread).astype(np.float32)
