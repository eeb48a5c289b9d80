import math

import pytest
import torch

from trainables.errors import ParameterError
from trainables.fuzzy import FuzzyLabel
from trainables.losses import shell_losses

SHAPE = (2, 3, 5, 4, 3)


def soft_label(shape=SHAPE, seed=0, dtype=torch.float64):
    generator = torch.Generator().manual_seed(seed)
    q, w = torch.rand(2, *shape, generator=generator, dtype=dtype)
    return FuzzyLabel(target=q, weight=0.5 + w / 2, membership=q, coordinate=2 * q - 1)


def logits_and_shells(num_shells, shape=SHAPE, seed=1, dtype=torch.float64):
    generator = torch.Generator().manual_seed(seed)
    logits = 3 * torch.randn(shape, generator=generator, dtype=dtype)
    return logits, torch.randint(num_shells, shape, generator=generator)


def by_loops(logits, label, shells, num_shells, gamma, power, eps):
    """The formula, voxel by voxel in plain Python."""
    cases, channels = logits.shape[:2]
    losses = [0.0] * num_shells
    for b in range(cases):
        for c in range(channels):
            rows = [t[b, c].flatten().tolist() for t in (logits, label.target, label.weight)]
            voxels = [
                (1 / (1 + math.exp(-z)), q, w, k)
                for z, q, w, k in zip(*rows, shells[b, c].flatten().tolist(), strict=True)
            ]
            mass = sum(w * (p**power + q**power) for p, q, w, _ in voxels) + eps
            for p, q, w, k in voxels:
                divergence = q * math.log(q / p) + (1 - q) * math.log((1 - q) / (1 - p))
                losses[k] += w * abs(p - q) ** power / mass / (cases * channels)
                losses[k] += gamma * w * divergence / logits.numel()
    return losses


@pytest.mark.parametrize("num_shells", [1, 2, 5])
@pytest.mark.parametrize(("dice", "power"), [("semimetric", 1), ("squared", 2)])
def test_it_is_the_formula_summed_voxel_by_voxel(num_shells, dice, power):
    logits, shells = logits_and_shells(num_shells)
    found = shell_losses(logits, soft_label(), shells, num_shells, 0.7, dice, smoothing=0.01)
    expected = by_loops(logits, soft_label(), shells, num_shells, 0.7, power, 0.01)
    assert found.tolist() == pytest.approx(expected, rel=1e-12)


def test_a_flat_image_has_two_spatial_axes():
    logits, shells = logits_and_shells(2, shape=(1, 2, 4, 5))
    label = soft_label((1, 2, 4, 5))
    found = shell_losses(logits, label, shells, 2)
    assert found.tolist() == pytest.approx(by_loops(logits, label, shells, 2, 1.0, 2, 1.0))


def test_a_shell_without_voxels_has_loss_zero_and_no_gradient():
    logits, _ = logits_and_shells(1)
    logits.requires_grad_()
    losses = shell_losses(logits, soft_label(), torch.zeros(SHAPE, dtype=torch.int64), 3)
    assert losses[1:].tolist() == [0.0, 0.0]
    (gradient,) = torch.autograd.grad(losses[2], logits)
    assert not gradient.any()


def test_an_empty_target_that_is_predicted_empty_costs_nothing():
    empty = torch.zeros(1, 1, 8)
    label = FuzzyLabel(empty, torch.ones_like(empty), empty, -torch.ones_like(empty))
    losses = shell_losses(empty - 100, label, torch.zeros(1, 1, 8, dtype=torch.int64), 1)
    assert losses.tolist() == [0.0]


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_it_is_computed_in_single_precision_under_autocast(dtype):
    shape = (1, 1, 64, 64, 32)
    logits = torch.full(shape, 2.0, dtype=dtype)
    one = torch.ones(shape)
    label = FuzzyLabel(one, one, one, one)
    shells = torch.zeros(shape, dtype=torch.int64)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        losses = shell_losses(logits, label, shells, 1)
    p = 1 / (1 + math.exp(-2.0))
    assert losses.dtype == torch.float32
    assert losses.item() == pytest.approx((1 - p) ** 2 / (1 + p**2) - math.log(p), rel=1e-5)


def test_double_precision_is_kept():
    logits, shells = logits_and_shells(2)
    assert shell_losses(logits, soft_label(dtype=torch.float32), shells, 2).dtype == torch.float64


def test_shapes_that_differ_are_refused_with_all_of_them():
    logits, shells = logits_and_shells(2)
    with pytest.raises(ParameterError, match=r"Found .*\(2, 3, 5, 4, 2\)"):
        shell_losses(logits, soft_label(), shells[..., :2], 2)


@pytest.mark.parametrize("shell", [-1, 2])
def test_a_voxel_beyond_the_shells_counts_in_no_sum_and_fails_the_gradient(shell):
    logits, shells = logits_and_shells(2)
    logits.requires_grad_()
    whole = shell_losses(logits, soft_label(), shells, 2)
    strayed = torch.where(shells == 1, shell, 0)
    losses = shell_losses(logits, soft_label(), strayed, 2)
    assert torch.equal(losses, torch.stack((whole[0], torch.zeros_like(whole[1]))).detach())
    with pytest.raises(IndexError):
        losses.sum().backward()


@pytest.mark.parametrize("dice", ["squared", "semimetric"])
def test_of_a_prediction_that_is_right_losses_in_single_precision_are_zero_up_to_rounding(dice):
    label = soft_label(dtype=torch.float32)
    _, shells = logits_and_shells(2)
    losses = shell_losses(label.target.logit(), label, shells, 2, dice=dice)
    assert losses.abs().max() < 1e-6
