"""Dice semimetric and cross-entropy of a soft target, split over the shells of the curriculum."""

from typing import Literal, get_args

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits

from trainables.errors import ParameterError
from trainables.fuzzy import FuzzyLabel
from trainables.ranges import check_choice, check_number, check_whole

Dice = Literal["squared", "semimetric"]
"""Soft Dice with squares in both places, or with absolute differences and sums."""


def shell_losses(
    logits: Tensor,
    label: FuzzyLabel,
    shells: Tensor,
    num_shells: int,
    gamma: float = 1.0,
    dice: Dice = "squared",
    smoothing: float = 1.0,
) -> Tensor:
    """The part ``F_k = D_k + gamma C_k`` of the loss that each shell of voxels contributes.

    With ``p = sigmoid(logits)``, q the target, w its weight and n the number of voxels, channels
    and cases together::

        D_k = mean over b, c of  sum_{x in k} w |p - q|^e / (sum_{all x} w (p^e + q^e) + s)
        C_k = sum_{b, c, x in k} w (BCE(p, q) - BCE(q, q)) / n

    with e = 2 (`squared`) or e = 1 (`semimetric`, DML1). Both parts are 0 at ``p = q`` and nowhere
    else. Soft Dice is not: at a soft target it is least elsewhere; these equal it at a crisp one.
    The squares are smooth where they are least; the semimetric has a kink there. The cross-entropy
    is counted above its own least value, the entropy of the target, which changes no gradient. A
    balance that looks at the losses themselves needs this: else a soft boundary, which keeps the
    entropy of its labels for ever, would look as if it were learned worse than the interior.

    Since both parts add up over voxels, at a crisp target with w = 1 ``sum_k F_k`` is MONAI's
    ``DiceLoss(sigmoid=True, squared_pred=(e == 2), smooth_nr=s, smooth_dr=s)`` plus gamma
    times the mean binary cross-entropy: conventional training is the sum of the shells.

    Computed in float32 (float64 if the logits are), outside autocast: half-precision sums over a
    patch overflow.

    Args:
        logits: (B, C, *spatial), unbounded.
        label: Target and weight of that shape.
        shells: int64 of that shape, each in {0, ..., K - 1}: channels have shells of their own.
        num_shells: K.
        gamma: Weight of the cross-entropy against Dice, at least 0.
        dice: Which Dice.
        smoothing: s, voxels, above 0. It decides what a patch without the region teaches: of n
            voxels predicted there the gradient is s / (n + s)², so that near 0 no voxel counts
            until the last.

    Returns:
        (K,), each at least 0 up to rounding (-1e-8 was seen in float32, of a prediction that is
        right), differentiable with respect to the logits. A shell without a voxel has loss 0.

    Raises:
        ParameterError: a parameter is out of range, shapes or devices differ, or the logits are
            not floating or the shells not int64. The shells' values are not looked at, since that
            would wait for the device: a voxel outside {0, ..., K - 1} counts in no sum, and the
            gradient, which has no value for it, fails (IndexError; a device assertion on CUDA).

    Source: arXiv 2303.16296 (DML1), arXiv 1606.04797 (squares). The split over shells is our
    reading of arXiv 2601.19365.

    >>> one = torch.ones(1, 1, 2)
    >>> label = FuzzyLabel(target=one, weight=one, membership=one, coordinate=one)
    >>> shell_losses(torch.zeros(1, 1, 2), label, torch.tensor([[[0, 1]]]), num_shells=2)
    tensor([0.4180, 0.4180])
    """
    _check_tensors(logits, label, shells)
    check_whole("num_shells", num_shells, ge=1)
    check_number("gamma", gamma, ge=0)
    check_number("smoothing", smoothing, gt=0)
    check_choice("dice", dice, get_args(Dice))
    with torch.autocast(logits.device.type, enabled=False):
        logits = logits if logits.dtype == torch.float64 else logits.float()
        target, weight = label.target.to(logits.dtype), label.weight.to(logits.dtype)
        space = tuple(range(2, logits.ndim))
        apart, sizes = _difference_and_sizes(logits.sigmoid(), target, dice)
        mass = (weight * sizes).sum(dim=space, keepdim=True) + smoothing
        divergence = binary_cross_entropy_with_logits(logits, target, reduction="none")
        divergence = divergence - (torch.special.entr(target) + torch.special.entr(1 - target))
        voxels = weight * (apart / (mass * mass.numel()) + divergence * (gamma / logits.numel()))
        sums: Tensor = _SumByShell.apply(voxels, shells, num_shells)  # type: ignore[no-untyped-call]
        return sums


def _difference_and_sizes(p: Tensor, q: Tensor, dice: Dice) -> tuple[Tensor, Tensor]:
    """What Dice sums in its numerator, and in its denominator."""
    if dice == "semimetric":
        return (p - q).abs(), p + q
    return (p - q).square(), p.square() + q.square()


class _SumByShell(torch.autograd.Function):
    """Sums (K,) of a tensor by index; the gradient is one gather, with no copy for each shell."""

    @staticmethod
    def forward(
        ctx: torch.autograd.function.FunctionCtx, voxels: Tensor, shells: Tensor, num_shells: int
    ) -> Tensor:
        """Sums in a fixed order, pairwise, so that they are repeatable and exact."""
        ctx.save_for_backward(shells)
        parts = [torch.where(shells == k, voxels, 0).sum() for k in range(num_shells)]
        return torch.stack(parts)

    @staticmethod
    def backward(
        ctx: torch.autograd.function.FunctionCtx, *gradients: Tensor
    ) -> tuple[Tensor, None, None]:
        """The gradient of a voxel is that of its shell's sum."""
        (shells,) = ctx.saved_tensors  # type: ignore[attr-defined]
        return gradients[0].index_select(0, shells.flatten()).view_as(shells), None, None


def _check_tensors(logits: Tensor, label: FuzzyLabel, shells: Tensor) -> None:
    tensors = (logits, label.target, label.weight, shells)
    found = [(tuple(tensor.shape), tensor.device.type) for tensor in tensors]
    if len(set(found)) > 1 or logits.ndim < 3:
        raise ParameterError(
            "Parameters `logits`, `label` (target, weight) and `shells` should have one shape, "
            f"(B, C, *spatial), and one device. Found {found}."
        )
    if not logits.is_floating_point() or shells.dtype != torch.int64:
        raise ParameterError(
            "Parameters `logits` and `shells` should be floating and int64. "
            f"Found {logits.dtype} and {shells.dtype}."
        )
