"""What resampling promises: no fading rims, no lost lesions, nothing out of range, no shift."""

import numpy as np
import pytest
import torch
from drawn import RNGS
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage
from volumes import components, nested_masks

from trainables.data.resampling import resample, resample_image, resample_label

STEPS = st.tuples(*[st.floats(0.3, 4)] * 3)


def shape_for(volume, steps):
    return [max(1, round(n / s)) for n, s in zip(volume.shape[1:], steps, strict=True)]


def drawn(rng, *channels):
    return torch.from_numpy(rng.standard_normal((*channels, 7, 8, 6)))


@settings(deadline=None, max_examples=20)
@given(RNGS, st.tuples(*[st.floats(0.3, 1)] * 3))
def test_a_finer_grid_holds_scipys_linear_interpolation(rng, steps):
    volume = drawn(rng, 1)
    shape = shape_for(volume, steps)
    sizes, steps = np.array([volume.shape[1:], shape]), np.array(steps)
    offset = (sizes[0] - 1) / 2 - (sizes[1] - 1) / 2 * steps
    wanted = ndimage.affine_transform(
        volume[0].numpy(), steps, offset, tuple(shape), order=1, mode="nearest"
    )
    found = resample(volume, shape, steps.tolist())[0]
    np.testing.assert_allclose(found.numpy(), wanted, atol=1e-9)


def test_a_grid_twice_as_coarse_holds_the_mean_of_eight_voxels():
    volume = torch.arange(64.0, dtype=torch.float64).reshape(1, 4, 4, 4)
    wanted = torch.nn.functional.avg_pool3d(volume, 2)
    torch.testing.assert_close(resample(volume, (2, 2, 2), (2, 2, 2)), wanted)


@settings(deadline=None, max_examples=25)
@given(RNGS, STEPS)
def test_values_keep_their_range_and_constants_stay(rng, steps):
    volume = drawn(rng, 2)
    found = resample(volume, shape_for(volume, steps), steps)
    assert volume.min() - 1e-9 <= found.min() <= found.max() <= volume.max() + 1e-9
    ones = resample(torch.ones_like(volume), shape_for(volume, steps), steps)
    torch.testing.assert_close(ones, torch.ones_like(ones))


@settings(deadline=None, max_examples=20)
@given(STEPS, st.floats(-5, 5).filter(lambda v: abs(v) > 1e-3))
def test_a_head_neither_fades_at_its_rim_nor_grows(steps, value):
    """A skull-stripped head of one value, negative too, stays of that value, and 0 around it."""
    away = np.indices((24, 24, 24)) - 11.5
    head = (away**2).sum(0) < 8.5**2
    image = torch.from_numpy(np.where(head, value, 0).astype(np.float32))[None]
    shape = shape_for(image, steps)
    found = resample_image(image, shape, steps)[0].numpy()
    inside = found != 0
    np.testing.assert_allclose(found[inside], value, rtol=1e-5)
    axes = [(np.arange(n) - (n - 1) / 2) * step for n, step in zip(shape, steps, strict=True)]
    distance = np.sqrt(sum(np.square(np.meshgrid(*axes, indexing="ij"))))
    off = 0.3 + 0.1 * max(1, *steps)  # of a voxel of either grid, all around the rim
    assert (distance < 8.5 - off).sum() <= inside.sum() <= (distance < 8.5 + off).sum()
    assert not found[0].any()
    assert not found[:, :, -1].any()


def test_each_modality_has_a_background_of_its_own():
    image = torch.zeros(2, 8, 8, 8)
    image[0, 2:6, 2:6, 2:6] = 3
    found = resample_image(image, (4, 4, 4), (2, 2, 2))
    assert found.unique().tolist() == [0, 3]
    assert not found[1].any()


@settings(deadline=None, max_examples=50)
@given(nested_masks(3, dims=(3,)), STEPS)
def test_no_lesion_is_lost_and_regions_stay_nested(masks, steps):
    label = torch.from_numpy(masks)
    shape = shape_for(label, steps)
    found = resample_label(label, shape, steps)
    assert found.dtype == torch.bool
    assert list(found.shape[1:]) == shape
    assert (found[1:] <= found[:-1]).all()
    for before, after in zip(masks, found.numpy(), strict=True):
        numbers = components(before)
        for number in range(1, numbers.max() + 1):
            places = np.argwhere(numbers == number)
            middle = (np.array(before.shape) - 1) / 2, (np.array(shape) - 1) / 2
            there = np.rint((places - middle[0]) / steps + middle[1])
            there = np.clip(there, 0, np.array(shape) - 1).astype(int)
            assert after[tuple(there.T)].any()
        assert before.any() == after.any()


@pytest.mark.parametrize("step", [0.5, 0.8, 1.5, 2.0, 2.5])
def test_a_ball_keeps_its_volume_and_its_middle(step):
    away = np.indices((32, 32, 32)) - np.array([14.2, 15.7, 16.4])[:, None, None, None]
    ball = torch.from_numpy((away**2).sum(0) < 10**2)[None]
    shape = shape_for(ball, (step,) * 3)
    found = resample_label(ball, shape, (step,) * 3)[0]
    assert float(found.sum()) * step**3 == pytest.approx(float(ball.sum()), rel=0.03 * max(1, step))
    middle = (found.nonzero().double().mean(0) - (shape[0] - 1) / 2) * step + 15.5
    np.testing.assert_allclose(middle, ball[0].nonzero().double().mean(0), atol=0.1)


def test_the_same_grid_is_given_back_as_it_is():
    image, label = torch.randn(2, 4, 4, 4), torch.rand(2, 4, 4, 4) > 0.5
    assert resample_image(image, (4, 4, 4), (1, 1, 1)) is image
    assert resample_label(label, (4, 4, 4), (1, 1, 1)) is label
