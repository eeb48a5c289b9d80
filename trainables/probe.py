"""Gradients of the plain loss on the same few training patches, so that methods compare.

The loss is always the conventional one: crisp labels, Dice + cross-entropy, every voxel counted
once. Interior and boundary are told apart by the evaluation's own band, a fixed distance to the
reference's interface. So no searched parameter moves what is measured, only the network does.
"""

import math

import torch
from torch import Tensor, nn
from torch.func import functional_call

from trainables.conflict import conflict_cosine, stationarity_gap
from trainables.errors import ParameterError
from trainables.evaluation import is_boundary
from trainables.fuzzy import FuzzyLabel
from trainables.losses import shell_losses
from trainables.modes import evaluating
from trainables.ranges import check_number

NOISE_LIMIT = 100.0
"""The largest relative noise that is told apart: it stands for this and all above."""


class Probe:
    """Fixed patches of P cases; holds them, crisp, with the side of the band each voxel is on."""

    def __init__(self, image: Tensor, label: Tensor, phi: Tensor, band_mm: float) -> None:
        """Measure on P patches.

        Args:
            image: (P, M, X, Y, Z), P at least 2.
            label: bool (P, C, X, Y, Z).
            phi: Signed distance of `label` in its whole volume, that shape, mm: what is told apart
                should reach beyond `band_mm`, see `trainables.evaluation.band_distance`.
            band_mm: Half-width of the boundary band, mm.

        Raises:
            ParameterError: there are fewer than 2 patches, or the band is below 0.
        """
        check_number("band_mm", band_mm, ge=0)
        if len(image) < 2:
            raise ParameterError(
                "Parameter `image` should hold at least 2 patches, to tell noise. "
                f"Found P = {len(image)}."
            )
        self._image, self._label = image, label
        self._sides = is_boundary(phi, band_mm)

    def metrics(self, network: nn.Module, radius: float) -> dict[str, float]:
        """What the loss around the network's weights looks like.

        With g_ik the gradient of the part k (interior, boundary) of the loss of patch i with
        respect to all weights, ``G_k`` its mean over the P patches:

        - ``conflict_cosine`` and ``gap`` of G_interior and G_boundary, see `trainables.conflict`,
        - ``noise/SIDE``: relative gradient noise ``tr Cov(g_k) / |E g_k|²`` of one patch, from the
          unbiased ``S = sum_i |g_ik - G_k|² / (P - 1)`` and ``|G_k|² - S / P``. Where noise drowns
          the gradient the latter is about 0 or less: then, and above it, `NOISE_LIMIT`. The
          variance alone would mean nothing, since a loss can be scaled,
        - ``sharpness``: ``L(theta + rho g / |g|) - L(theta)``, g = G_interior + G_boundary and
          rho `radius`, the rise of the mean loss L one short step uphill.

        A side without a gradient has noise, cosine and gap 0; what is not finite is left out. The
        network predicts as in evaluation mode and is left as it was: weights, buffers, gradients,
        modes and generators.

        Raises:
            ParameterError: the radius is below 0.

        Source: our reading of arXiv 2601.19365; noise after arXiv 1812.06162 (appendix A),
        sharpness after arXiv 2010.01412.
        """
        check_number("radius", radius, ge=0)
        with evaluating(network):
            found = self._measure(network, radius)
        return {name: value for name, value in found.items() if math.isfinite(value)}

    def _measure(self, network: nn.Module, radius: float) -> dict[str, float]:
        weights = [p for p in network.parameters() if p.requires_grad]
        before, means, squares = self._gradients(network, weights)
        count = len(self._image)
        sizes = means.square().sum(dim=1)
        spread = (squares / count - sizes).clamp(min=0) * (count / (count - 1))
        gramian = means @ means.T
        noise = _relative_noise(spread, sizes - spread / count)
        uphill = means.sum(0)
        after = self._loss_at(network, uphill * (radius / uphill.norm().clamp(min=1e-30)))
        found = {
            "conflict_cosine": conflict_cosine(gramian),
            "gap": stationarity_gap(gramian),
            "noise/interior": noise[0],
            "noise/boundary": noise[1],
            "sharpness": after - before,
        }
        return {name: float(value) for name, value in found.items()}

    def _gradients(
        self, network: nn.Module, weights: list[nn.Parameter]
    ) -> tuple[Tensor, Tensor, Tensor]:
        """The mean loss, the mean gradients (2, W), and the sums of the squared norms (2,)."""
        count = len(self._image)
        total = sum(w.numel() for w in weights)
        means = self._image.new_zeros(2, total)
        squares, before = self._image.new_zeros(2), self._image.new_zeros(())
        for number in range(count):
            losses = self._losses(network(self._image[number : number + 1]), number)
            before += losses.detach().sum() / count
            for side in range(2):
                gradient = _gradient(losses[side], weights, is_last=side == 1)
                squares[side] += gradient.square().sum()
                means[side] += gradient / count
        return before, means, squares

    @torch.no_grad()
    def _loss_at(self, network: nn.Module, step: Tensor) -> Tensor:
        """The mean loss where the weights are moved by `step` (W,)."""
        moved, start = {}, 0
        for name, weight in network.named_parameters():
            if weight.requires_grad:
                part = step[start : start + weight.numel()].view_as(weight)
                moved[name] = weight + part
                start += weight.numel()
        losses = []
        for number in range(len(self._image)):
            logits = functional_call(network, moved, (self._image[number : number + 1],))
            losses.append(self._losses(logits, number).sum())
        return torch.stack(losses).mean()

    def _losses(self, logits: Tensor, number: int) -> Tensor:
        """The plain loss of one patch, split into (interior, boundary)."""
        target = self._label[number : number + 1].to(logits.dtype)
        crisp = FuzzyLabel(target, torch.ones_like(target), target, target)
        return shell_losses(logits, crisp, self._sides[number : number + 1].long(), num_shells=2)


def _gradient(loss: Tensor, weights: list[nn.Parameter], is_last: bool) -> Tensor:
    """The gradient of `loss` by all `weights`, (W,); 0 for those that only training uses."""
    parts = torch.autograd.grad(loss, weights, retain_graph=not is_last, allow_unused=True)
    known = zip(parts, weights, strict=True)
    return torch.cat([(torch.zeros_like(w) if g is None else g).flatten() for g, w in known])


def _relative_noise(variance: Tensor, signal: Tensor) -> Tensor:
    """``variance / signal`` up to `NOISE_LIMIT`; 0 without any variance."""
    least = (variance / NOISE_LIMIT).clamp(min=torch.finfo(variance.dtype).tiny)
    return variance / torch.maximum(signal, least)
