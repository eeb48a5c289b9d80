"""Smooth shifts of space: a cubic B-spline through random control points."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from scipy.interpolate import BSpline
from torch import Tensor


@dataclass(frozen=True, slots=True)
class Elastic:
    """Control points `spacing_mm` apart, shifted along each axis by up to `shift_mm`, evenly."""

    seed: int
    spacing_mm: float
    shift_mm: float

    def shifts(self, axes: Sequence[Tensor]) -> Tensor:
        """The shift u, mm, (3, X, Y, Z), at places along `axes` (X,), (Y,), (Z,), mm.

        No shift is larger than those of the control points.
        """
        return self._combined(axes, slope=None)

    def slopes(self, axes: Sequence[Tensor]) -> Tensor:
        """The derivatives du_k / dx_l, (3, 3, X, Y, Z), k first, at places along `axes`."""
        return torch.stack([self._combined(axes, slope) for slope in range(3)], dim=1)

    def _combined(self, axes: Sequence[Tensor], slope: int | None) -> Tensor:
        bases = [_basis(x, self.spacing_mm, axis == slope) for axis, x in enumerate(axes)]
        generator = torch.Generator().manual_seed(self.seed)
        counts = [basis.shape[1] for basis in bases]
        drawn = torch.rand(3, *counts, generator=generator, dtype=torch.float64)
        return combined(((2 * drawn - 1) * self.shift_mm).to(bases[0]), bases)


def combined(coefficients: Tensor, bases: Sequence[Tensor]) -> Tensor:
    """The sum of products of basis functions, (K, X, Y, Z), of coefficients (K, A, B, C).

    `bases` are what the functions along each axis are at each place: (X, A), (Y, B), (Z, C).
    """
    for axis, basis in enumerate(bases, start=1):
        coefficients = torch.tensordot(coefficients, basis, dims=([axis], [1])).movedim(-1, axis)
    return coefficients


def _basis(places: Tensor, spacing_mm: float, is_slope: bool) -> Tensor:
    """What each control point has to say, or the slope of that, at each of `places` (N,), mm."""
    x = places.cpu().numpy().astype(np.float64)
    half = max(float(np.abs(x).max()), spacing_mm / 2)
    count = int(np.ceil(2 * half / spacing_mm))
    knots = (np.arange(count + 7) - 3 - count / 2) * spacing_mm
    spline = BSpline(knots, np.eye(count + 3), 3)
    return torch.from_numpy((spline.derivative() if is_slope else spline)(x)).to(places)
