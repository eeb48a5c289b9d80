"""What the losses of the shells promise: where they are least, and what their sum is."""

from typing import get_args

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from monai.losses import DiceLoss
from torch.nn.functional import binary_cross_entropy_with_logits

from trainables.balance import LossConfig, make_balance
from trainables.curriculum import shell_index
from trainables.fuzzy import FuzzyConfig, FuzzyLabel, fuzzy_label
from trainables.losses import Dice, shell_losses

CLAIM = settings(max_examples=25, deadline=None, derandomize=True)
SHAPE = (2, 2, 3, 2, 2)
LOGITS = arrays(np.float64, SHAPE, elements=st.floats(-6, 6)).map(torch.from_numpy)
TARGETS = arrays(np.float64, SHAPE, elements=st.floats(0.01, 0.99)).map(torch.from_numpy)
WEIGHTS = arrays(np.float64, SHAPE, elements=st.floats(0.5, 1)).map(torch.from_numpy)
SHELLS = arrays(np.int64, SHAPE, elements=st.integers(0, 2)).map(torch.from_numpy)
CRISP = arrays(np.bool_, SHAPE).map(torch.from_numpy)
DICE = st.sampled_from(get_args(Dice))


def label_of(target, weight):
    return FuzzyLabel(target=target, weight=weight, membership=target, coordinate=2 * target - 1)


@CLAIM
@given(
    logits=LOGITS, target=TARGETS, weight=WEIGHTS, shells=SHELLS, gamma=st.floats(0, 4), dice=DICE
)
def test_the_loss_of_every_shell_is_least_at_the_soft_target(
    logits, target, weight, shells, gamma, dice
):
    label = label_of(target, weight)
    least = shell_losses(target.logit(), label, shells, 3, gamma, dice)
    assert (least <= shell_losses(logits, label, shells, 3, gamma, dice) + 1e-12).all()


@CLAIM
@given(target=TARGETS, weight=WEIGHTS, shells=SHELLS, gamma=st.floats(0, 4), dice=DICE)
def test_the_loss_of_every_shell_is_zero_at_the_soft_target(target, weight, shells, gamma, dice):
    """So no shell looks unlearned for the entropy of its labels."""
    losses = shell_losses(target.logit(), label_of(target, weight), shells, 3, gamma, dice)
    torch.testing.assert_close(losses, torch.zeros_like(losses), atol=1e-12, rtol=0)


@CLAIM
@given(logits=LOGITS, target=TARGETS, weight=WEIGHTS, shells=SHELLS)
def test_its_gradient_is_that_of_dice_and_the_weighted_cross_entropy(
    logits, target, weight, shells
):
    """The entropy that is taken off is a constant."""
    logits = logits.requires_grad_()
    label = label_of(target, weight)
    with_entropy, without = (
        torch.autograd.grad(shell_losses(logits, label, shells, 3, gamma).sum(), logits)[0]
        for gamma in (1.0, 0.0)
    )
    plain = binary_cross_entropy_with_logits(logits, target, weight)
    expected = torch.autograd.grad(plain, logits)[0]
    torch.testing.assert_close(with_entropy - without, expected)


@CLAIM
@given(logits=LOGITS, target=TARGETS, weight=WEIGHTS, shells=SHELLS, dice=DICE)
def test_dice_alone_is_above_zero_anywhere_else(logits, target, weight, shells, dice):
    away = (logits.sigmoid() - target).abs() > 1e-3
    losses = shell_losses(logits, label_of(target, weight), shells, 3, 0.0, dice)
    for k in shells[away].unique().tolist():
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
@given(logits=LOGITS, target=TARGETS, weight=WEIGHTS, shells=SHELLS, gamma=st.floats(0, 4))
def test_the_shells_partition_the_loss_of_the_whole(logits, target, weight, shells, gamma):
    label = label_of(target, weight)
    whole = shell_losses(logits, label, torch.zeros_like(shells), 1, gamma)
    torch.testing.assert_close(shell_losses(logits, label, shells, 3, gamma).sum(), whole[0])


@CLAIM
@given(
    coordinate=arrays(np.float32, SHAPE, elements=st.floats(-1, 1, width=32)),
    shells=st.sampled_from([2, 3, 5]),
)
def test_every_voxel_lies_in_exactly_one_shell_and_the_certain_ones_in_the_first(
    coordinate, shells
):
    index = shell_index(torch.from_numpy(coordinate), shells)
    assert index.min() >= 0
    assert index.max() < shells
    assert np.array_equal((index == 0).numpy(), np.abs(coordinate) == 1)


@CLAIM
@given(
    logits=LOGITS,
    crisp=CRISP,
    shells=SHELLS,
    gamma=st.floats(0, 4),
    dice=DICE,
    eps=st.floats(1e-6, 1),
)
def test_on_crisp_labels_the_shells_sum_to_monais_dice_and_cross_entropy(
    logits, crisp, shells, gamma, dice, eps
):
    target = crisp.double()
    label = label_of(target, torch.ones_like(target))
    found = shell_losses(logits, label, shells, 3, gamma, dice, eps)
    monais = DiceLoss(sigmoid=True, squared_pred=dice == "squared", smooth_nr=eps, smooth_dr=eps)
    expected = monais(logits, target) + gamma * binary_cross_entropy_with_logits(logits, target)
    torch.testing.assert_close(found.sum(), expected)


@pytest.mark.parametrize("dice", get_args(Dice))
def test_with_all_parts_off_training_is_monais_dice_and_cross_entropy_to_its_gradient(dice):
    generator = torch.Generator().manual_seed(0)
    logits = torch.randn(1, 3, 12, 12, 12, generator=generator).requires_grad_()
    phi = torch.randn(1, 3, 12, 12, 12, generator=generator) * 3
    phi = phi + 0.5 * phi.sign()
    label = fuzzy_label(phi > 0, phi, torch.full_like(phi, 8.0), [1.0] * 3, FuzzyConfig(strength=0))
    losses = shell_losses(logits, label, shell_index(label.coordinate, 2), 2, dice=dice)
    found = make_balance(LossConfig(tau=float("inf")), 2)(losses, torch.ones(2))
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
