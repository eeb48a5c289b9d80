"""Intuitionistic fuzzy labels: certain away from the interface, smooth across it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import torch
from pydantic import Field
from torch import Tensor

from trainables.complement import Complement, sugeno_target, symmetric_target, yager_target
from trainables.errors import ParameterError
from trainables.ranges import check_choice
from trainables.sections import Section
from trainables.spacing import check_spacing

Profile = Literal["smoothstep", "linear", "cosine"]


class FuzzyConfig(Section):
    """How far, how much and in which shape a label is softened."""

    width_mm: float = Field(
        default=1.5,
        ge=0,
        allow_inf_nan=False,
        description="Half-width delta of the soft band, mm; at least 0, useful from 0.5 to 4 "
        "(log). Up to half the smallest spacing the label stays crisp.",
    )
    strength: float = Field(
        default=1.0, ge=0, le=1, description="Softening f; 0 (crisp) to 1 (the whole profile)."
    )
    lesion_cap: float = Field(
        default=1.0,
        gt=0,
        le=1,
        description="Largest half-width as a part beta of the lesion's own depth; above 0 to 1, "
        "useful from 0.3. It keeps a certain core in every lesion.",
    )
    hesitation: float = Field(
        default=0.5,
        ge=0,
        le=1,
        description="Part kappa of the uncertain voxels' weight that is withheld; 0 (none) to 1. "
        "Has effect with the symmetric complement alone.",
    )
    complement: Complement = Field(
        default="symmetric",
        description="How doubt is taken off: from both sides alike, or from the background alone "
        "(sugeno, yager), which makes lesions grow.",
    )
    sugeno_lambda: float = Field(
        default=1.0,
        ge=0,
        le=10,
        description="lambda; 0 (no doubt) to 10. Has effect with the sugeno complement alone.",
    )
    yager_alpha: float = Field(
        default=0.5,
        ge=0.25,
        le=1,
        description="alpha; 0.25 to 1 (no doubt). Has effect with the yager complement alone.",
    )
    profile: Profile = Field(
        default="smoothstep", description="Shape of the transition from 0 to 1 across the band."
    )


@dataclass(frozen=True, slots=True)
class FuzzyLabel:
    """A label as the loss takes it; every tensor is (B, C, *spatial), floating.

    `target` q in [0, 1] is what the prediction should be, `weight` w in (0, 1] how much the
    voxel counts (at least 1/2 with the symmetric complement), `membership` mu in [0, 1],
    `coordinate` u in [-1, 1] the place across the band: -1 and 1 are certain, 0 is the interface.
    """

    target: Tensor
    weight: Tensor
    membership: Tensor
    coordinate: Tensor


def fuzzy_label(
    label: Tensor,
    phi: Tensor,
    depth: Tensor,
    spacing_mm: Sequence[float] | Tensor,
    config: FuzzyConfig,
    nested: bool = False,
) -> FuzzyLabel:
    """Soften a crisp label across its interface.

    With delta `width_mm`, f `strength`, beta `lesion_cap`, S `profile`, y the label, rho the
    depth and ``s_min`` the smallest spacing::

        d  = min(delta, max(beta rho, s_min / 2))        u = clip(phi / d, -1, 1)
        mu = (1 - f) y + f S(u)                          w = M + N        q = M / w

    M is the membership and N the non-membership that `complement` leaves of mu once the
    hesitation ``pi = 1 - M - N`` is taken off (see `trainables.complement`), so that
    ``-(M log p + N log(1 - p)) = w BCE(p, q)``. The cap beta leaves every component its deepest
    voxel with mu = 1. ``mu > 1/2`` exactly where y is 1, but ``q > 1/2`` there only with the
    symmetric complement: with the others lesions grow.

    Regions that are nested as labels (channel 0 the outermost) may lose it through their own
    widths. With `nested`, each u is raised to the largest of the regions inside it. The mend goes
    outwards, since lowering the inner ones would take a small lesion's certain core at the outer
    region's rim.

    Args:
        label: Crisp, boolean (B, C, *spatial).
        phi: Signed distance, (B, C, *spatial), mm, above 0 exactly where the label is; float64 is
            kept, all else becomes float32. It may require a gradient.
        depth: Component depth, (B, C, *spatial), mm.
        spacing_mm: Spacing of the spatial axes, mm: one for the batch, or a tensor (B, axes). It
            is read on the host: on the CPU, it makes nobody wait for the device.
        config: The parameters.
        nested: Whether channels are nested, outermost first (WT, TC, ET).

    Returns:
        The fuzzy label. Empty and full regions stay crisp.

    Raises:
        ParameterError: shapes or devices differ, the label is not boolean, or the spacing is not
            one number above 0 for each spatial axis.

    Source: our reading of arXiv 2601.19365, whose equations are not public; intuitionistic fuzzy
    sets after Atanassov (1986).

    >>> phi = torch.tensor([[[-1.5, -0.5, 0.5, 1.5]]])
    >>> label = fuzzy_label(phi > 0, phi, torch.full_like(phi, 1.5), [1.0], FuzzyConfig())
    >>> label.membership
    tensor([[[0.0000, 0.2593, 0.7407, 1.0000]]])
    """
    _check_inputs(label, phi, depth)
    phi = phi if phi.dtype == torch.float64 else phi.float()
    u = (phi / _local_width(depth, spacing_mm, phi, config)).clamp_(-1, 1)
    if nested:
        u = _raised_to_inner(u)
    mu = membership_profile(u, config.profile).lerp_(label.to(phi.dtype), 1 - config.strength)
    return FuzzyLabel(*_target_and_weight(mu, config), mu, u)


def _check_inputs(label: Tensor, phi: Tensor, depth: Tensor) -> None:
    found = [(tuple(tensor.shape), tensor.device.type) for tensor in (label, phi, depth)]
    if len(set(found)) > 1 or label.ndim < 3:
        raise ParameterError(
            "Parameters `label`, `phi` and `depth` should have one shape, (B, C, *spatial), and "
            f"one device. Found {found}."
        )
    if label.dtype != torch.bool:
        raise ParameterError(f"Parameter `label` should be boolean. Found {label.dtype}.")


def _local_width(
    depth: Tensor, spacing_mm: Sequence[float] | Tensor, like: Tensor, config: FuzzyConfig
) -> Tensor:
    """The half-width d at each voxel, mm, with the type and shape of `like` (B, C, *spatial).

    No centre lies nearer to the interface than half a voxel. A band that holds none gets no width
    at all, so that distances kept in coarse steps leave it crisp too.
    """
    half = _half_smallest_spacing(spacing_mm, like)
    width = (depth.to(like.dtype) * config.lesion_cap).clamp_(min=half).clamp_(max=config.width_mm)
    return width.masked_fill_(width <= half, torch.finfo(width.dtype).tiny)


def _raised_to_inner(u: Tensor) -> Tensor:
    """The coordinate u (B, C, *spatial), each channel at least that of all channels after it."""
    if u.requires_grad:  # what a gradient needs must not be overwritten
        return u.flip(1).cummax(dim=1).values.flip(1)
    for outer in range(u.shape[1] - 2, -1, -1):
        u[:, outer].clamp_(min=u[:, outer + 1])
    return u


def _half_smallest_spacing(spacing_mm: Sequence[float] | Tensor, like: Tensor) -> Tensor:
    """Half the smallest spacing, mm, (B or 1, 1, ...), beside `like` (B, C, *spatial)."""
    spacing = torch.as_tensor(spacing_mm, dtype=like.dtype, device="cpu")
    axes = like.ndim - 2
    if tuple(spacing.shape) not in ((axes,), (len(like), axes)):
        raise ParameterError(
            f"Parameter `spacing_mm` should have the shape ({axes},) or ({len(like)}, {axes}): one "
            f"number for each spatial axis. Found {tuple(spacing.shape)}."
        )
    for row in spacing.reshape(-1, axes).tolist():
        check_spacing(row, axes, least_axes=axes)
    smallest = spacing.amin(dim=-1) / 2
    return smallest.view(-1, *(1,) * (like.ndim - 1)).to(like.device, non_blocking=True)


def membership_profile(u: Tensor, profile: Profile = "smoothstep") -> Tensor:
    """The membership S(u) of the coordinate u in [-1, 1]: 0 at -1, 1/2 at 0, 1 at 1.

    smoothstep ``1/2 + 3u/4 - u³/4``, linear ``(1 + u)/2``, cosine ``(1 + sin(pi u/2))/2``. Each
    rises, has ``S(-u) = 1 - S(u)`` and reaches 0 and 1 exactly, as no logistic tail does.

    Args:
        u: Any shape, floating.
        profile: Which.

    Returns:
        S(u) in [0, 1], of the same shape and type; NaN where u is.

    Raises:
        ParameterError: the profile is unknown.

    Source: our reading of arXiv 2601.19365.

    >>> membership_profile(torch.tensor([-1.0, 0.0, 0.5, 1.0]))
    tensor([0.0000, 0.5000, 0.8438, 1.0000])
    """
    check_choice("profile", profile, get_args(Profile))
    if profile == "linear":
        return (0.5 * u).add_(0.5)
    if profile == "cosine":
        return (u * (math.pi / 2)).sin_().mul_(0.5).add_(0.5)
    return u.square().mul_(-0.25).add_(0.75).mul_(u).add_(0.5)


def _target_and_weight(mu: Tensor, config: FuzzyConfig) -> tuple[Tensor, Tensor]:
    if config.complement == "sugeno":
        return sugeno_target(mu, config.sugeno_lambda)
    if config.complement == "yager":
        return yager_target(mu, config.yager_alpha)
    return symmetric_target(mu, config.hesitation)
