"""From tissue to images: contrast of four sequences, bias field, noise."""

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from trainables.data.phantom.fields import smooth_field
from trainables.data.phantom.grid import Array, Grid
from trainables.data.phantom.head import Head
from trainables.data.phantom.tumour import Tumour

_TISSUES = ("fluid", "grey", "white", "vessel", "oedema", "necrosis", "solid", "enhancing")
_CONTRAST: dict[str, tuple[float, ...]] = {
    "t1": (110, 245, 315, 290, 232, 165, 205, 230),
    "t1ce": (130, 310, 360, 590, 300, 205, 265, 570),
    "t2": (790, 400, 305, 170, 540, 690, 600, 480),
    "flair": (45, 232, 195, 150, 375, 235, 385, 320),
}
"""Signal of pure tissue, in the order of `_TISSUES`; like the scans of BraTS 2018."""
MODALITIES = tuple(_CONTRAST)
_NOISE = 7.0
"""Standard deviation of the noise in each channel of the receiver, in the same unit."""
_BIAS = 0.09
"""Standard deviation of the logarithm of the bias field."""


def make_scan(
    grid: Grid, head: Head, tumour: Tumour, rng: np.random.Generator
) -> dict[str, npt.NDArray[np.int16]]:
    """The images of one patient by modality, each X x Y x Z and 0 outside the head."""
    parts = _parts(grid, head, tumour, rng)
    images = {}
    for modality, signals in _CONTRAST.items():
        image = np.zeros(grid.shape, np.float32)
        for part, signal in zip(parts, signals, strict=True):
            image += part * np.float32(signal * np.exp(rng.normal(0, 0.03)))
        image *= np.exp(np.float32(_BIAS) * smooth_field(grid, 75 * grid.scale, rng))
        image = _receive(image * np.float32(np.exp(rng.normal(0, 0.12))), rng)
        images[modality] = np.where(head.mask, np.maximum(np.rint(image), 1), 0).astype(np.int16)
    return images


def _parts(grid: Grid, head: Head, tumour: Tumour, rng: np.random.Generator) -> list[Array]:
    """What each voxel holds of each tissue, in the order of `_TISSUES`."""
    whole, core, enhancing = _memberships(tumour)
    oedema = (whole - core) * (1 - np.float32(0.8) * head.fluid)
    oedema *= np.float32(0.8) + np.float32(0.1) * smooth_field(grid, 7 * grid.scale, rng)
    healthy = np.maximum(1 - core - oedema, 0)
    tissue = healthy * (1 - head.vessel)
    texture = 1 + np.float32(0.025) * smooth_field(grid, max(4 * grid.scale, 2), rng)
    uptake = 1 + np.float32(0.12) * smooth_field(grid, max(5 * grid.scale, 2), rng)
    dead = core - enhancing
    is_solid = not bool((tumour.distance_mm[2] > 0).any())
    return [
        tissue * head.fluid,
        tissue * head.grey * texture,
        tissue * head.white * texture,
        healthy * head.vessel,
        oedema,
        np.zeros_like(dead) if is_solid else dead * texture,
        dead * uptake if is_solid else np.zeros_like(dead),
        enhancing * uptake,
    ]


def _memberships(tumour: Tumour) -> list[Array]:
    """WT, TC, ET as parts in [0, 1]: one half on the true surface, blending over its edge."""
    found: list[Array] = []
    for distance, edge in zip(tumour.distance_mm, tumour.edge_mm, strict=True):
        # distances to a voxelised surface step by a voxel: smoothing brings back its slope
        u = np.clip(ndimage.gaussian_filter(distance, 0.6) / edge, -1, 1)
        part = np.float32(0.5) + np.float32(0.75) * u - np.float32(0.25) * u**3
        found.append(np.minimum(part, found[-1]) if found else part)
    return found


def _receive(image: Array, rng: np.random.Generator) -> Array:
    """The magnitude of a complex signal with Gaussian noise in both channels: Rician noise."""
    real = image + np.float32(_NOISE) * rng.standard_normal(image.shape, dtype=np.float32)
    imaginary = np.float32(_NOISE) * rng.standard_normal(image.shape, dtype=np.float32)
    magnitude: Array = np.hypot(real, imaginary)
    return magnitude
