"""What an ensemble promises: the mean of its answers, on the voxels of the scan itself."""

import nibabel as nib
import numpy as np
import pytest
import torch
from grids import ORIENTATIONS, affine_of, spacing_of
from hypothesis import given, settings
from hypothesis import strategies as st
from scans import BRATS, Copy, blob, bundle_of
from torch import nn

from trainables.data.cases import Volume
from trainables.data.labels import LabelMap
from trainables.data.preprocessing import normalise
from trainables.ensemble import EVERY_AXIS, check_alike, num_answers, predict_volume
from trainables.errors import DataError, OutOfMemoryError, ParameterError
from trainables.inference import nest


class Noisy(nn.Module):
    """A network that mirror images do not commute with."""

    def __init__(self, seed, regions=1, modalities=1):
        super().__init__()
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            self.convolution = nn.Conv3d(modalities, regions, 3, padding=1)

    def forward(self, image):
        return 3 * self.convolution(image)


class Constant(nn.Module):
    """The same probability everywhere."""

    def __init__(self, *probabilities):
        super().__init__()
        self.logits = nn.Parameter(torch.logit(torch.tensor(probabilities)))

    def forward(self, image):
        ones = torch.ones(len(image), 1, *image.shape[2:])
        return self.logits.reshape(1, -1, 1, 1, 1) * ones


def volume_of(image, affine):
    image = torch.from_numpy(np.ascontiguousarray(image))
    return Volume("Case", image, None, spacing_of(affine), affine)


@pytest.mark.parametrize("spacing_mm", [None, (2.0, 1.5, 2.5)])
def test_in_all_48_orientations_each_voxel_gets_the_answer_to_its_own_intensity(spacing_mm):
    """The network answers with the image, so its regions are where the image is bright."""
    upright = nib.Nifti1Image(blob((22, 20, 24)), affine_of(np.eye(3), (1, 1.2, 1.5)))
    for orientation in ORIENTATIONS:
        code = nib.io_orientation(affine_of(orientation))
        stored = upright.as_reoriented(code)
        image = stored.get_fdata(dtype=np.float32)[None]
        model = bundle_of(Copy(), spacing_mm=spacing_mm)
        found = predict_volume([model], volume_of(image, stored.affine)).regions[0].numpy()
        bright = (normalise(torch.from_numpy(image.copy())) > 0)[0].numpy()
        assert found.shape == bright.shape
        if spacing_mm is None:
            assert np.array_equal(found, bright)
        else:
            assert 2 * (found & bright).sum() / (found.sum() + bright.sum()) > 0.95
            middles = [np.argwhere(mask).mean(0) for mask in (found, bright)]
            np.testing.assert_allclose(middles[0], middles[1], atol=0.25)


def test_the_answer_of_one_model_is_its_own_and_nothing_disagrees():
    volume = volume_of(blob((12, 12, 12))[None], np.eye(4))
    prediction = predict_volume([bundle_of(Constant(0.3))], volume)
    inside = volume.image[0] != 0
    assert prediction.disagreement is None
    torch.testing.assert_close(prediction.probability[0][inside], torch.full((inside.sum(),), 0.3))
    assert not prediction.probability[0][0].any()  # off the box of the foreground
    assert not prediction.uncertainty[0].any()


@settings(deadline=None, max_examples=30)
@given(st.lists(st.floats(0.01, 0.99), min_size=2, max_size=5))
def test_the_uncertainty_of_the_mean_is_that_of_the_members_and_what_they_disagree_by(answers):
    volume = volume_of(np.ones((1, 4, 4, 4), np.float32), np.eye(4))
    found = predict_volume([bundle_of(Constant(p)) for p in answers], volume)
    p = np.array(answers)
    np.testing.assert_allclose(found.probability.numpy(), p.mean(), atol=1e-5)
    np.testing.assert_allclose(found.disagreement.numpy(), 4 * p.var(), atol=1e-5)
    own = (4 * p * (1 - p)).mean()
    np.testing.assert_allclose((found.uncertainty - found.disagreement).numpy(), own, atol=1e-5)


def test_mirror_images_are_put_upright_and_averaged():
    """The mean over all mirror images commutes with mirroring, which one answer does not."""
    volume = volume_of(blob((12, 14, 10))[None], np.eye(4))
    turned = volume_of(volume.image.flip(1).numpy(), np.eye(4))
    models = [bundle_of(Noisy(0))]
    for mirror, is_symmetric in (((), False), (EVERY_AXIS, True)):
        one = predict_volume(models, volume, mirror).probability
        other = predict_volume(models, turned, mirror).probability.flip(1)
        assert torch.allclose(one, other, atol=1e-5) == is_symmetric
    assert predict_volume(models, volume, EVERY_AXIS).disagreement.max() > 0


def test_mirror_images_of_a_network_that_sees_one_voxel_agree():
    volume = volume_of(blob((12, 14, 10))[None], np.eye(4))
    plain, mirrored = (predict_volume([bundle_of(Copy())], volume, m) for m in ((), (1, 3)))
    torch.testing.assert_close(plain.probability, mirrored.probability)
    torch.testing.assert_close(mirrored.disagreement, torch.zeros(12, 14, 10))


def test_models_trained_in_different_spacings_agree_on_the_scan_s_own_grid():
    volume = volume_of(blob((20, 22, 24))[None], np.eye(4))
    models = [bundle_of(Constant(0.2)), bundle_of(Constant(0.6), spacing_mm=(2.0, 2.0, 2.0))]
    found = predict_volume(models, volume).probability[0]
    middle = (slice(5, 15),) * 3
    torch.testing.assert_close(found[middle], torch.full((10, 10, 10), 0.4))


def test_nested_regions_are_nested_in_the_mean_and_others_are_left_alone():
    volume = volume_of(np.ones((1, 6, 6, 6), np.float32) + blob((6, 6, 6)), np.eye(4))
    networks = [Noisy(seed, regions=3) for seed in range(3)]
    nested = predict_volume([bundle_of(n, labels=BRATS) for n in networks], volume).probability
    assert (nested[:-1] >= nested[1:]).all()
    apart = LabelMap.of({"oedema": {2}, "core": {1}, "enhancing": {4}})
    free = predict_volume([bundle_of(n, labels=apart) for n in networks], volume).probability
    assert (free[:-1] < free[1:]).any()
    assert not torch.equal(nest(free), free)


def test_every_answer_is_told_and_counted_before():
    models, told = [bundle_of(Copy())] * 3, []
    volume = volume_of(blob((6, 6, 6))[None], np.eye(4))
    predict_volume(models, volume, (1, 2), on_answer=lambda: told.append(1))
    assert len(told) == num_answers(models, (1, 2)) == 12


def test_a_network_is_run_in_the_precision_it_was_trained_in_and_answers_in_float32():
    volume = volume_of(blob((12, 12, 12))[None], np.eye(4))
    network = Noisy(0)
    full = predict_volume([bundle_of(network)], volume).probability
    half = predict_volume([bundle_of(network, precision="bfloat16")], volume).probability
    assert half.dtype == torch.float32
    assert 0 < (half - full).abs().max() < 0.02


def test_a_window_that_does_not_fit_is_an_error_with_a_way_out():
    volume = volume_of(blob((6, 6, 6))[None], np.eye(4))
    with pytest.raises(OutOfMemoryError, match=r"One window should fit .*another device"):
        predict_volume([bundle_of(Hungry())], volume)


class Hungry(Copy):
    def forward(self, _image):
        raise torch.OutOfMemoryError("out of memory")


def test_an_accelerator_says_what_the_processor_says(cuda):
    volume = volume_of(blob((20, 18, 22))[None], np.eye(4))
    answers = []
    for device in ("cpu", cuda):
        models = [bundle_of(Noisy(seed).to(device)) for seed in range(2)]
        answers.append(predict_volume(models, volume, EVERY_AXIS, batch_size=3))
    torch.testing.assert_close(answers[0].probability, answers[1].probability, atol=0.01, rtol=0)
    torch.testing.assert_close(answers[0].disagreement, answers[1].disagreement, atol=0.01, rtol=0)


@pytest.mark.parametrize(
    ("other", "message"),
    [
        ({"modalities": ("t1",)}, "share their modalities"),
        ({"labels": BRATS}, "share their labels"),
    ],
)
def test_models_that_do_not_fit_together_are_refused(other, message):
    with pytest.raises(ParameterError, match=message):
        check_alike([bundle_of(Copy()), bundle_of(Copy(), **other)])


def test_a_scan_with_voxels_that_are_no_numbers_is_refused_instead_of_predicted_empty():
    image = blob((6, 6, 6))[None]
    image[0, 3, 3, 3] = np.nan
    with pytest.raises(DataError, match="Case Case should have finite voxels"):
        predict_volume([bundle_of(Copy())], volume_of(image, np.eye(4)))


def test_no_model_at_all_is_refused():
    with pytest.raises(ParameterError, match="at least one model"):
        check_alike([])
