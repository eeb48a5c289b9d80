"""What changes of intensity promise: each does what it says, to one modality, off background."""

import math
from dataclasses import fields, replace

import numpy as np
import pytest
import torch
from scipy import ndimage, stats

from trainables.data.augmentation.config import AugmentationConfig
from trainables.data.augmentation.intensity import (
    Recolouring,
    bias_field,
    draw_recolourings,
    recolour,
)

SPACING_MM = (1.0, 0.5, 2.0)
CHANGES = {
    "bias": Recolouring(bias=(0.1,) * 19),
    "blur_mm": Recolouring(blur_mm=1.0),
    "coarseness": Recolouring(coarseness=2.0),
    "contrast": Recolouring(contrast=1.5),
    "power": Recolouring(power=2.0),
    "brightness": Recolouring(brightness=0.7),
    "noise": Recolouring(noise=0.5, noise_seed=3),
    "is_missing": Recolouring(is_missing=True),
}
EVERY = dict.fromkeys(
    ("noise", "blur", "brightness", "contrast", "gamma", "bias_field", "low_resolution"), 1.0
)


def make_image(shape=(16, 14, 12), seed=0):
    """Normalised intensities in a ball, 0 around it."""
    noise = np.random.default_rng(seed).normal(size=shape)
    away = np.linalg.norm((np.indices(shape).T - (np.array(shape) - 1) / 2), axis=-1).T
    return torch.from_numpy(np.where(away < 5.5, ndimage.gaussian_filter(noise, 0.7), 0.0)).float()


def draw(seed, modalities=4, **settings):
    generator = torch.Generator().manual_seed(seed)
    return draw_recolourings(modalities, AugmentationConfig(**settings), generator)


def test_every_change_is_tried_below():
    assert set(CHANGES) | {"noise_seed"} == {field.name for field in fields(Recolouring)}


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_changes_the_head_again_alike_and_leaves_its_background_at_0(name):
    image = make_image()
    before = image.clone()
    changed = recolour(image, CHANGES[name], SPACING_MM)
    assert torch.equal(image, before)
    assert (changed[image == 0] == 0).all()
    assert (changed - image)[image != 0].abs().mean() > 0.02
    assert torch.equal(recolour(image, CHANGES[name], SPACING_MM), changed)
    assert changed.dtype == torch.float32


def test_all_changes_together_are_finite_even_where_there_is_nothing():
    every = replace(CHANGES["noise"], bias=(0.1,) * 19, power=2.0, contrast=1.5, blur_mm=1.0)
    assert torch.equal(recolour(torch.zeros(6, 6, 6), every, SPACING_MM), torch.zeros(6, 6, 6))
    flat = torch.full((6, 6, 6), 0.3)
    assert recolour(flat, every, SPACING_MM).isfinite().all()


def test_no_change_is_no_change():
    image = make_image()
    assert torch.equal(recolour(image, Recolouring(), SPACING_MM), image)
    assert draw(0) == (Recolouring(),) * 4


def test_contrast_keeps_the_mean_and_widens_by_its_factor():
    image = make_image()
    head, changed = (
        t[image != 0] for t in (image, recolour(image, CHANGES["contrast"], SPACING_MM))
    )
    torch.testing.assert_close(changed.mean(), head.mean())
    torch.testing.assert_close(changed.std(), 1.5 * head.std())


def test_brightness_adds_and_power_bends_between_the_least_and_the_largest():
    image = make_image()
    head = image != 0
    brighter = recolour(image, CHANGES["brightness"], SPACING_MM)
    torch.testing.assert_close(brighter[head], image[head] + 0.7)
    low, high = image[head].min(), image[head].max()
    bent = recolour(image, CHANGES["power"], SPACING_MM)[head]
    torch.testing.assert_close(
        (bent - low) / (high - low), ((image[head] - low) / (high - low)) ** 2
    )


def test_noise_has_its_deviation_and_its_seed():
    image = torch.ones(40, 40, 40)
    noise = recolour(image, CHANGES["noise"], SPACING_MM) - image
    assert float(noise.std()) == pytest.approx(0.5, rel=0.02)
    assert stats.kstest(noise.flatten()[:2000], stats.norm(scale=0.5).cdf).pvalue > 1e-3
    other = recolour(image, Recolouring(noise=0.5, noise_seed=4), SPACING_MM) - image
    assert abs(np.corrcoef(noise.flatten(), other.flatten())[0, 1]) < 0.02


def test_blur_is_scipys_of_so_many_millimetres():
    image = torch.from_numpy(np.random.default_rng(0).normal(size=(24, 30, 36))).float()
    spacing_mm = (0.8, 0.6, 0.4)
    found = recolour(image, CHANGES["blur_mm"], spacing_mm).numpy()
    wanted = ndimage.gaussian_filter(image.numpy(), [1 / s for s in spacing_mm], mode="constant")
    assert np.abs(found - wanted).max() < 0.02
    assert np.abs(wanted).max() > 0.15


def test_a_bias_field_is_above_0_smooth_and_without_a_constant():
    coefficients = np.random.default_rng(0).uniform(-0.3, 0.3, 19)
    field = bias_field((20, 16, 12), coefficients, torch.zeros(1, dtype=torch.float64))
    logarithm = field.log().numpy()
    assert field.min() > 0
    for axis in range(3):
        assert np.abs(np.diff(logarithm, n=4, axis=axis)).max() < 1e-9
        assert np.abs(np.diff(logarithm, n=3, axis=axis)).max() > 1e-5
    flat = bias_field((20, 16, 12), (0.0,) * 19, torch.zeros(1))
    assert torch.equal(flat, torch.ones(20, 16, 12))
    linear = bias_field((21, 3, 3), [0.2 * (n == 9) for n in range(19)], torch.zeros(1)).log()
    torch.testing.assert_close(linear[:, 1, 1], torch.linspace(-0.2, 0.2, 21))


def test_a_low_resolution_is_that_of_larger_voxels():
    ramp = torch.linspace(1, 3, 24).view(24, 1, 1).expand(24, 24, 24)
    found = recolour(ramp, Recolouring(coarseness=3.0), SPACING_MM)
    assert (found - ramp)[3:-3].abs().max() < 0.2
    stripes = (1 + torch.arange(24) % 2).view(24, 1, 1).float().expand(24, 24, 24)
    lost = recolour(stripes, Recolouring(coarseness=2.0), SPACING_MM)
    assert lost.std() < 0.1 < stripes.std()


def test_amounts_are_drawn_over_their_whole_range_for_each_modality_by_itself():
    drawn = [one for seed in range(150) for one in draw(seed, **EVERY)]
    expected = {
        "blur_mm": stats.uniform(0, 1.0),
        "coarseness": stats.uniform(1, 1.0),
        "brightness": stats.uniform(-0.3, 0.6),
        "noise": stats.uniform(0, 0.3),
    }
    for name, distribution in expected.items():
        amounts = [getattr(one, name) for one in drawn]
        assert stats.kstest(amounts, distribution.cdf).pvalue > 1e-3
    for name, most in (("contrast", 1.4), ("power", 1.5)):
        amounts = np.log([getattr(one, name) for one in drawn]) / math.log(most)
        assert stats.kstest(amounts, stats.uniform(-1, 2).cdf).pvalue > 1e-3
    bias = np.array([one.bias for one in drawn]).ravel()
    assert stats.kstest(bias, stats.uniform(-0.2, 0.4).cdf).pvalue > 1e-3
    first, second = (np.array([one.brightness for one in drawn[n::4]]) for n in (0, 1))
    assert stats.pearsonr(first, second).pvalue > 1e-3


def test_each_modality_is_changed_as_often_as_asked_whatever_happens_to_the_others():
    settings = {"noise": 0.3, "gamma": 0.5, "modality_dropout": 0.2}
    drawn = [draw(seed, **settings) for seed in range(500)]
    noisy = np.array([[one.noise > 0 for one in row] for row in drawn])
    bent = np.array([[one.power != 1 for one in row] for row in drawn])
    assert noisy.mean(axis=0) == pytest.approx(0.3, abs=0.07)
    assert bent.mean(axis=0) == pytest.approx(0.5, abs=0.08)
    pairs = [(noisy[:, 0], noisy[:, 1]), (noisy[:, 0], bent[:, 0]), (bent[:, 2], bent[:, 3])]
    for one, other in pairs:
        assert stats.chi2_contingency(np.histogram2d(one, other, bins=2)[0]).pvalue > 1e-3


def test_modalities_drop_out_as_often_as_asked_but_never_all():
    drawn = np.array([[c.is_missing for c in draw(n, modality_dropout=0.2)] for n in range(500)])
    assert drawn.mean() == pytest.approx(0.2, abs=0.03)
    always = [draw(seed, modality_dropout=1.0) for seed in range(40)]
    assert {sum(one.is_missing for one in row) for row in always} == {3}
    assert len({tuple(one.is_missing for one in row) for row in always}) == 4
    assert draw(0, modalities=1, modality_dropout=1.0) == (Recolouring(),)
