"""Changes of the intensities of one modality, as scanners and protocols make them.

Whatever is exactly 0 is background, and stays so.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import interpolate

from trainables.data.augmentation.config import AugmentationConfig
from trainables.data.augmentation.elastic import combined
from trainables.data.chance import below, between, factor, happens, seed

_DEGREE = 3
_TERMS = tuple(t for t in product(range(_DEGREE + 1), repeat=3) if 0 < sum(t) <= _DEGREE)
"""Degrees along X, Y, Z of the terms of a bias field; a constant would be no field."""


@dataclass(frozen=True, slots=True)
class Recolouring:
    """What happens to one modality, in this order; the defaults are nothing at all.

    `bias` the coefficients of the field's logarithm, `blur_mm` a standard deviation, `coarseness`
    the factor of voxel edges, `contrast` about the mean, `power`, `brightness` added, then noise
    of the standard deviation `noise` from `noise_seed`.
    """

    bias: tuple[float, ...] = ()
    blur_mm: float = 0.0
    coarseness: float = 1.0
    contrast: float = 1.0
    power: float = 1.0
    brightness: float = 0.0
    noise: float = 0.0
    noise_seed: int = 0
    is_missing: bool = False


def draw_recolourings(
    modalities: int, config: AugmentationConfig, generator: torch.Generator
) -> tuple[Recolouring, ...]:
    """What happens to each modality, each by itself; one of them is never missing."""
    is_missing = [happens(config.modality_dropout, generator) for _ in range(modalities)]
    if all(is_missing):
        is_missing[below(modalities, generator)] = False
    return tuple(_draw_one(config, generator, missing) for missing in is_missing)


def recolour(image: Tensor, change: Recolouring, spacing_mm: Sequence[float]) -> Tensor:
    """A modality `image` (X, Y, Z), floating, changed; 0 where it was 0.

    The field, contrast and power work between the least and the largest intensity that is not 0,
    as if the least were no signal. Noise is drawn on the image's device: the same on the same
    kind of device.
    """
    if change.is_missing:
        return torch.zeros_like(image)
    if change == Recolouring():
        return image
    mask = image != 0
    changed = _distort(image, mask, change)
    changed = _coarsen(_blur(changed, change.blur_mm, spacing_mm), change.coarseness)
    changed = _regrade(changed, mask, change)
    if change.noise:
        generator = torch.Generator(image.device).manual_seed(change.noise_seed)
        noise = torch.randn(image.shape, generator=generator, device=image.device)
        changed = changed + change.noise * noise
    return torch.where(mask, changed, 0)


def _draw_one(
    config: AugmentationConfig, generator: torch.Generator, is_missing: bool
) -> Recolouring:
    def drawn(probability: float, low: float, high: float, otherwise: float = 0.0) -> float:
        is_drawn = happens(probability, generator)
        return between(low, high, generator) if is_drawn else otherwise

    def scaled(probability: float, most: float) -> float:
        return factor(most, generator) if happens(probability, generator) else 1.0

    strength = config.bias_strength if happens(config.bias_field, generator) else 0.0
    shift = config.brightness_shift
    return Recolouring(
        bias=tuple(between(-strength, strength, generator) for _ in _TERMS) if strength else (),
        blur_mm=drawn(config.blur, 0.0, config.blur_mm),
        coarseness=drawn(config.low_resolution, 1.0, config.low_resolution_factor, 1.0),
        contrast=scaled(config.contrast, config.contrast_factor),
        brightness=drawn(config.brightness, -shift, shift),
        power=scaled(config.gamma, config.gamma_power),
        noise=drawn(config.noise, 0.0, config.noise_deviation),
        noise_seed=seed(generator) if config.noise else 0,
        is_missing=is_missing,
    )


def _distort(image: Tensor, mask: Tensor, change: Recolouring) -> Tensor:
    """The image times its bias field."""
    if not change.bias:
        return image
    low, _ = _range(image, mask)
    return (image - low) * bias_field(image.shape, change.bias, image) + low


def bias_field(shape: Sequence[int], coefficients: Sequence[float], like: Tensor) -> Tensor:
    """The factors (X, Y, Z), all above 0: their logarithm is a polynomial over [-1, 1] cubed."""
    table = np.zeros((_DEGREE + 1,) * 3)
    table[tuple(np.transpose(_TERMS))] = coefficients
    bases = [
        like.new_tensor(np.polynomial.legendre.legvander(np.linspace(-1, 1, n), _DEGREE))
        for n in shape
    ]
    return combined(like.new_tensor(table)[None], bases)[0].exp()


def _blur(image: Tensor, deviation_mm: float, spacing_mm: Sequence[float]) -> Tensor:
    if not deviation_mm:
        return image
    # Lazily: the import of monai takes seconds.
    from monai.networks.layers.simplelayers import GaussianFilter

    blur = GaussianFilter(3, [deviation_mm / step for step in spacing_mm]).to(image.device)
    blurred: Tensor = blur(image[None, None])[0, 0]
    return blurred


def _coarsen(image: Tensor, coarseness: float) -> Tensor:
    """The image as voxels `coarseness` times as long would show it."""
    small = [max(1, round(n / coarseness)) for n in image.shape]
    if small == list(image.shape):
        return image
    coarse = interpolate(image[None, None], size=small, mode="nearest-exact")
    return interpolate(coarse, size=image.shape, mode="trilinear")[0, 0]


def _regrade(image: Tensor, mask: Tensor, change: Recolouring) -> Tensor:
    """Contrast, power and brightness."""
    if change.contrast != 1:
        mean = (image * mask).sum() / mask.sum()
        image = (image - mean) * change.contrast + mean
    if change.power != 1:
        low, high = _range(image, mask)
        span = high - low
        image = ((image - low) / span.clamp(min=1e-8)).clamp(0, 1) ** change.power * span + low
    return image + change.brightness


def _range(image: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
    """The least and largest intensity where `mask` is; without any voxel of it, not finite."""
    low = torch.where(mask, image, torch.inf).amin()
    return low, torch.where(mask, image, -torch.inf).amax()
