import pytest
import torch
from torch.nn.functional import interpolate

from trainables.deep_supervision import supervised_losses
from trainables.fuzzy import FuzzyLabel
from trainables.losses import shell_losses

SHAPE = (2, 3, 8, 8, 8)


def drawn(shape=SHAPE, seed=0):
    """Logits, and the losses of any logits against a soft label."""
    generator = torch.Generator().manual_seed(seed)
    target, weight = torch.rand(2, *shape, generator=generator, dtype=torch.float64)
    label = FuzzyLabel(target, 0.5 + weight / 2, target, 2 * target - 1)
    logits = torch.randn(shape, generator=generator, dtype=torch.float64)
    shells = torch.randint(2, shape, generator=generator)
    return logits, lambda z: shell_losses(z, label, shells, 2)


def test_one_output_is_the_plain_loss_to_the_bit():
    logits, losses_of = drawn()
    assert torch.equal(supervised_losses(logits, losses_of), losses_of(logits))
    assert torch.equal(supervised_losses([logits], losses_of), losses_of(logits))


def test_equal_outputs_weigh_one_together():
    logits, losses_of = drawn()
    torch.testing.assert_close(supervised_losses([logits] * 3, losses_of), losses_of(logits))


@pytest.mark.parametrize("spatial", [(8,), (8, 6), (8, 6, 4)])
def test_an_output_counts_half_of_the_finer_one_on_the_finest_grid(spatial):
    logits, losses_of = drawn((2, 3, *spatial))
    mode = {1: "linear", 2: "bilinear", 3: "trilinear"}[len(spatial)]
    coarse = interpolate(logits, scale_factor=0.5, mode=mode)
    fine = interpolate(coarse, spatial, mode=mode)
    found = supervised_losses([logits, coarse], losses_of)
    torch.testing.assert_close(found, (2 * losses_of(logits) + losses_of(fine)) / 3)


def test_every_output_is_trained():
    logits, losses_of = drawn()
    outputs = [logits.requires_grad_(), torch.zeros(2, 3, 4, 4, 4).double().requires_grad_()]
    supervised_losses(outputs, losses_of).sum().backward()
    assert all(out.grad is not None and out.grad.abs().sum() > 0 for out in outputs)


def test_flips_commute():
    """Both grids fill the same box."""
    logits, _ = drawn()
    coarse = torch.randn(2, 3, 4, 4, 4, dtype=torch.float64)
    ramp = torch.linspace(0, 1, 8, dtype=torch.float64)
    found = supervised_losses([logits, coarse], lambda z: (z * ramp).mean().view(1))
    mirrored = [logits.flip(-1), coarse.flip(-1)]
    there = supervised_losses(mirrored, lambda z: (z * ramp.flip(0)).mean().view(1))
    torch.testing.assert_close(there, found)


def test_a_lesion_of_one_voxel_teaches_a_coarse_output_that_a_lowered_label_would_not():
    target = torch.zeros(1, 1, 8, 8, 8, dtype=torch.float64)
    target[0, 0, 5, 2, 3] = 1
    assert not interpolate(target, (2, 2, 2)).any()
    label = FuzzyLabel(target, torch.ones_like(target), target, target)
    coarse = torch.zeros(1, 1, 2, 2, 2, dtype=torch.float64, requires_grad=True)
    outputs = [torch.zeros_like(target), coarse]
    _, lesion = supervised_losses(outputs, lambda z: shell_losses(z, label, target.long(), 2))
    lesion.backward()
    assert coarse.grad is not None
    assert coarse.grad.argmin() == 4  # of the eight, the one that covers the lesion
    assert coarse.grad.min() < 0


def test_a_shell_without_a_voxel_still_has_loss_zero():
    label = FuzzyLabel(*[torch.ones(1, 1, 4, 4)] * 4)
    shells = torch.zeros(1, 1, 4, 4, dtype=torch.int64)
    outputs = [torch.zeros(1, 1, 4, 4), torch.zeros(1, 1, 2, 2)]
    found = supervised_losses(outputs, lambda z: shell_losses(z, label, shells, 2))
    assert found[1] == 0 < found[0]
