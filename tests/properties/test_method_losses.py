"""What the losses of the shells promise: where they are least, and what their sum is."""

from fractions import Fraction
from typing import NamedTuple, get_args

import pytest
import torch
from drawn import RNGS, part_that
from hypothesis import given, settings
from hypothesis import strategies as st
from monai.losses import DiceLoss
from torch.nn.functional import binary_cross_entropy_with_logits

from trainables.balance import LossConfig, make_balance
from trainables.curriculum import shell_index
from trainables.fuzzy import FuzzyConfig, FuzzyLabel, fuzzy_label
from trainables.losses import Dice, shell_losses

CLAIM = settings(max_examples=25, deadline=None, derandomize=True)
SHAPE = (2, 2, 3, 2, 2)
DICE = st.sampled_from(get_args(Dice))


def label_of(target, weight):
    return FuzzyLabel(target=target, weight=weight, membership=target, coordinate=2 * target - 1)


class Patch(NamedTuple):
    """Predictions, soft and crisp labels, (2, 2, *spatial), float64, and the voxels' shells."""

    logits: torch.Tensor
    target: torch.Tensor
    weight: torch.Tensor
    shells: torch.Tensor
    crisp: torch.Tensor

    def label(self):
        return label_of(self.target, self.weight)

    def crisp_label(self):
        return label_of(self.crisp, torch.ones_like(self.crisp))


def draw_patch(rng):
    """In two or three dimensions; a shell may be missing, the crisp label empty or full."""
    shape = (2, 2, *[(3, 4), (3, 2, 2)][rng.integers(2)])
    held = rng.permutation(3)[: rng.choice([1, 2, 3, 3, 3])]
    arrays = (
        rng.uniform(-6, 6, shape),
        rng.uniform(0.01, 0.99, shape),
        rng.uniform(0.5, 1, shape),
        rng.choice(held, shape),
        (rng.random(shape) < rng.choice([0, 0.1, 0.5, 0.5, 0.9, 1])).astype(float),
    )
    return Patch(*map(torch.from_numpy, arrays))


PATCHES = RNGS.map(draw_patch)


@pytest.mark.parametrize(
    ("holds", "least"),
    [
        (lambda patch: len(patch.shells.unique()) == 3, 0.3),
        (lambda patch: len(patch.crisp.unique()) == 2, 0.4),
        (lambda patch: len(patch.crisp.unique()) == 1, 0.05),
        (lambda patch: patch.logits.ndim == 4, 0.15),
        (lambda patch: patch.logits.ndim == 5, 0.15),
    ],
    ids=["all shells", "both classes", "empty or full", "2-D", "3-D"],
)
def test_a_fair_part_of_the_patches_is_what_the_claims_below_are_about(holds, least):
    assert part_that(holds, PATCHES) >= least


@CLAIM
@given(patch=PATCHES, gamma=st.floats(0, 4), dice=DICE)
def test_the_loss_of_every_shell_is_least_at_the_soft_target(patch, gamma, dice):
    least = shell_losses(patch.target.logit(), patch.label(), patch.shells, 3, gamma, dice)
    there = shell_losses(patch.logits, patch.label(), patch.shells, 3, gamma, dice)
    assert (least <= there + 1e-12).all()


@CLAIM
@given(patch=PATCHES, gamma=st.floats(0, 4), dice=DICE)
def test_the_loss_of_every_shell_is_zero_at_the_soft_target(patch, gamma, dice):
    """So no shell looks unlearned for the entropy of its labels."""
    losses = shell_losses(patch.target.logit(), patch.label(), patch.shells, 3, gamma, dice)
    torch.testing.assert_close(losses, torch.zeros_like(losses), atol=1e-12, rtol=0)


@CLAIM
@given(patch=PATCHES)
def test_its_gradient_is_that_of_dice_and_the_weighted_cross_entropy(patch):
    """The entropy that is taken off is a constant."""
    logits = patch.logits.requires_grad_()
    with_entropy, without = (
        torch.autograd.grad(
            shell_losses(logits, patch.label(), patch.shells, 3, gamma).sum(), logits
        )[0]
        for gamma in (1.0, 0.0)
    )
    plain = binary_cross_entropy_with_logits(logits, patch.target, patch.weight)
    expected = torch.autograd.grad(plain, logits)[0]
    torch.testing.assert_close(with_entropy - without, expected)


@CLAIM
@given(patch=PATCHES, dice=DICE)
def test_dice_alone_is_above_zero_anywhere_else(patch, dice):
    away = (patch.logits.sigmoid() - patch.target).abs() > 1e-3
    losses = shell_losses(patch.logits, patch.label(), patch.shells, 3, 0.0, dice)
    for k in patch.shells[away].unique().tolist():
        assert losses[k] > 0


def test_descent_on_the_joined_loss_arrives_at_the_soft_target():
    generator = torch.Generator().manual_seed(0)
    target = 0.1 + 0.8 * torch.rand(SHAPE, generator=generator, dtype=torch.float64)
    shells = torch.randint(3, SHAPE, generator=generator)
    logits = torch.zeros_like(target).requires_grad_()
    balance = make_balance(LossConfig(tau=0.1), 3)
    optimiser = torch.optim.Adam([logits], lr=0.1)
    decay = torch.optim.lr_scheduler.ExponentialLR(optimiser, gamma=0.985)
    for _ in range(400):
        optimiser.zero_grad()
        losses = shell_losses(logits, label_of(target, torch.ones_like(target)), shells, 3)
        balance(losses, torch.ones(3)).backward()
        optimiser.step()
        decay.step()
    torch.testing.assert_close(logits.detach().sigmoid(), target, atol=2e-3, rtol=0)


def test_plain_soft_dice_is_not_least_at_a_soft_target():
    target = torch.tensor([[[0.6, 0.4]]], dtype=torch.float64)
    rounded = torch.tensor([[[1.0, 0.0]]], dtype=torch.float64)
    plain = DiceLoss(smooth_nr=1e-5, smooth_dr=1e-5)
    assert plain(rounded, target) < plain(target, target) - 0.05


@CLAIM
@given(patch=PATCHES, gamma=st.floats(0, 4), dice=DICE)
def test_the_shells_partition_the_loss_of_the_whole(patch, gamma, dice):
    label, shells = patch.label(), patch.shells
    whole = shell_losses(patch.logits, label, torch.zeros_like(shells), 1, gamma, dice)
    parts = shell_losses(patch.logits, label, shells, 3, gamma, dice)
    torch.testing.assert_close(parts.sum(), whole[0])
    is_held = torch.bincount(shells.flatten(), minlength=3) > 0
    assert torch.equal(parts > 0, is_held)


def draw_coordinates(rng):
    """Places across the band: certain ones, the interface, where shells meet, and any others."""
    edges = [-1, -0.75, -0.5, -0.25, 0, 0.25, 0.5, 0.75, 1]
    u = torch.from_numpy(rng.uniform(-1, 1, (3, 4, 5)).round(rng.integers(1, 9)))
    u[0] = torch.from_numpy(rng.choice(edges, (4, 5)))
    return u.float() if rng.random() < 0.5 else u


def shells_that_hold(u, shells):
    """By exact fractions: shell 0 is ``|u| = 1``, the others split ``0 <= |u| < 1`` equally."""
    away = 1 - abs(Fraction(u))
    inner = [
        k for k in range(1, shells) if Fraction(k - 1, shells - 1) < away <= Fraction(k, shells - 1)
    ]
    return [0, *inner] if away == 0 else inner


@CLAIM
@given(coordinate=RNGS.map(draw_coordinates), shells=st.sampled_from([2, 3, 5]))
def test_every_voxel_lies_in_exactly_one_shell_and_the_certain_ones_in_the_first(
    coordinate, shells
):
    index = shell_index(coordinate, shells)
    for u, found in zip(coordinate.flatten().tolist(), index.flatten().tolist(), strict=True):
        assert shells_that_hold(u, shells) == [found]


@CLAIM
@given(patch=PATCHES, gamma=st.floats(0, 4), dice=DICE, eps=st.floats(1e-6, 1))
def test_on_crisp_labels_the_shells_sum_to_monais_dice_and_cross_entropy(patch, gamma, dice, eps):
    logits, crisp = patch.logits, patch.crisp
    found = shell_losses(logits, patch.crisp_label(), patch.shells, 3, gamma, dice, eps)
    monais = DiceLoss(sigmoid=True, squared_pred=dice == "squared", smooth_nr=eps, smooth_dr=eps)
    expected = monais(logits, crisp) + gamma * binary_cross_entropy_with_logits(logits, crisp)
    torch.testing.assert_close(found.sum(), expected)


@pytest.mark.parametrize("dice", get_args(Dice))
@pytest.mark.parametrize("size", [(12, 12, 12), (40, 40)], ids=["3-D", "2-D"])
def test_with_all_parts_off_training_is_monais_dice_and_cross_entropy_to_its_gradient(dice, size):
    generator = torch.Generator().manual_seed(0)
    logits = torch.randn(1, 3, *size, generator=generator).requires_grad_()
    phi = torch.randn(1, 3, *size, generator=generator) * 3
    phi = phi + 0.5 * phi.sign()
    spacing, depth = [1.0] * len(size), torch.full_like(phi, 8.0)
    label = fuzzy_label(phi > 0, phi, depth, spacing, FuzzyConfig(strength=0))
    losses = shell_losses(logits, label, shell_index(label.coordinate, 2), 2, dice=dice)
    plain = LossConfig(tau=float("inf"), boundary_preference=1.0)
    found = make_balance(plain, 2)(losses, torch.ones(2))
    crisp = (phi > 0).float()
    expected = DiceLoss(sigmoid=True, squared_pred=dice == "squared", smooth_nr=1.0, smooth_dr=1.0)(
        logits, crisp
    )
    expected = expected + binary_cross_entropy_with_logits(logits, crisp)
    torch.testing.assert_close(found, expected)
    gradients = [torch.autograd.grad(loss, logits)[0] for loss in (found, expected)]
    torch.testing.assert_close(*gradients, atol=1e-9, rtol=1e-4)


@pytest.mark.parametrize("dice", get_args(Dice))
@pytest.mark.parametrize("gamma", [0.0, 1.0])
def test_the_gradients_of_the_shells_are_those_of_finite_differences(gamma, dice):
    generator = torch.Generator().manual_seed(3)
    target, weight = torch.rand(2, *SHAPE, generator=generator, dtype=torch.float64)
    logits = torch.randn(SHAPE, generator=generator, dtype=torch.float64).requires_grad_()
    shells = torch.randint(3, SHAPE, generator=generator)
    assert (logits.sigmoid() - target).abs().min() > 1e-4  # no kink within a difference
    label = label_of(target, weight)
    assert torch.autograd.gradcheck(
        lambda z: shell_losses(z, label, shells, 3, gamma, dice), logits, raise_exception=True
    )
