"""What inference promises: one answer for every patching, nested regions, the input's grid."""

import nibabel as nib
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from torch import nn

from trainables.data.cases import Case, load_image
from trainables.data.labels import LABEL_MAPS
from trainables.inference import (
    nest,
    predict_image,
    predict_logits,
    to_prediction,
    uncertainty_map,
)
from trainables.prediction_files import is_written, label_path, write_prediction

PROBABILITIES = hnp.arrays(
    np.float32,
    st.tuples(st.integers(1, 4), *[st.integers(1, 4)] * 3),
    elements=st.floats(0, 1, width=32),
)


class Voxelwise(nn.Module):
    """Logits from one voxel alone, so that patches cannot matter."""

    def __init__(self):
        super().__init__()
        self.convolution = nn.Conv3d(4, 3, 1)
        self.dropout = nn.Dropout(0.5)

    def forward(self, image):
        assert not torch.is_grad_enabled()
        return self.dropout(self.convolution(image))


@pytest.mark.parametrize("shape", [(8, 8, 8), (20, 9, 13), (5, 17, 8), (3, 4, 5)])
def test_sliding_windows_give_what_one_pass_over_the_whole_image_gives(shape):
    torch.manual_seed(0)
    network, image = Voxelwise().eval(), torch.randn(4, *shape)
    with torch.no_grad():
        whole = network(image[None])[0]
    torch.testing.assert_close(predict_logits(network, image, (8, 8, 8)), whole)


@pytest.mark.parametrize("is_training", [True, False])
def test_the_network_is_evaluated_and_left_in_its_mode(is_training):
    network, image = Voxelwise().train(is_training), torch.randn(4, 6, 6, 6)
    first, second = (predict_logits(network, image, (8, 8, 8)) for _ in range(2))
    assert torch.equal(first, second)  # no dropout
    assert not first.requires_grad
    assert network.training is is_training


@given(PROBABILITIES)
def test_nesting_raises_an_outer_region_to_what_lies_inside_and_no_further(array):
    probability = torch.from_numpy(array)
    nested = nest(probability)
    assert (nested[:-1] >= nested[1:]).all()
    assert (nested >= probability).all()
    for c in range(len(array)):
        assert torch.equal(nested[c], probability[c:].amax(0))
    assert torch.equal(nest(nested), nested)


@given(PROBABILITIES)
def test_uncertainty_is_in_unit_range_and_zero_exactly_where_all_is_decided(array):
    uncertainty = uncertainty_map(torch.from_numpy(array))
    assert ((uncertainty >= 0) & (uncertainty <= 1)).all()
    decided = np.isin(array, (0, 1)).all(0)
    assert (uncertainty.numpy()[decided] == 0).all()
    assert uncertainty_map(torch.full((3, 1, 1, 1), 0.5)) == 1.0


@settings(max_examples=30, deadline=None)
@given(hnp.arrays(np.float32, (3, 3, 2, 2), elements=st.floats(-9, 9, width=32)))
def test_label_codes_regions_and_probabilities_say_the_same(logits):
    prediction = to_prediction(torch.from_numpy(logits))
    labels = LABEL_MAPS["brats2018"]
    regions = prediction.regions.numpy()
    assert np.array_equal(labels.to_regions(labels.to_codes(regions)), regions)
    assert torch.equal(prediction.regions, prediction.probability > 0.5)


def test_the_prediction_of_a_cropped_image_is_put_back_where_it_was():
    torch.manual_seed(1)
    network, image = Voxelwise(), torch.zeros(4, 12, 10, 9)
    image[:, 3:9, 2:8, 1:7] = torch.randn(4, 6, 6, 6) + 5
    whole = predict_image(network, image, (8, 8, 8))
    alone = predict_image(network, image[:, 3:9, 2:8, 1:7], (8, 8, 8))
    torch.testing.assert_close(whole.probability[:, 3:9, 2:8, 1:7], alone.probability)
    outside = torch.ones(12, 10, 9, dtype=torch.bool)
    outside[3:9, 2:8, 1:7] = False
    assert not whole.regions[:, outside].any()
    assert not whole.uncertainty[outside].any()


def test_files_lie_on_the_grid_of_the_input_with_the_types_promised(tmp_path):
    case = write_case(tmp_path)
    prediction = predict_image(Voxelwise(), load_image(case).image, (8, 8, 8))
    write_prediction(prediction, case, LABEL_MAPS["brats2018"], tmp_path)
    source = nib.load(case.images[0])
    wanted = {"seg": (np.uint8, ()), "prob": (np.float32, (3,)), "uncertainty": (np.float32, ())}
    for name, (kind, channels) in wanted.items():
        image = nib.load(tmp_path / f"Case_1_{name}.nii.gz")
        assert image.shape == source.shape + channels
        assert image.get_data_dtype() == kind
        np.testing.assert_array_equal(image.affine, source.affine)
        assert image.header["sform_code"] == source.header["sform_code"]
        assert image.header["cal_max"] == 0
        assert image.header.get_zooms()[:3] == source.header.get_zooms()
    codes = np.asarray(nib.load(label_path(case, tmp_path)).dataobj)
    assert np.array_equal(codes, LABEL_MAPS["brats2018"].to_codes(prediction.regions.numpy()))
    np.testing.assert_array_equal(
        np.asarray(nib.load(tmp_path / "Case_1_prob.nii.gz").dataobj)[..., 1],
        prediction.probability[1].numpy(),
    )


def test_a_case_counts_as_done_only_after_its_last_file(tmp_path, monkeypatch):
    case = write_case(tmp_path)
    prediction = predict_image(Voxelwise(), load_image(case).image, (8, 8, 8))
    labels = LABEL_MAPS["brats2018"]
    write_prediction(prediction, case, labels, tmp_path)
    assert is_written(case, tmp_path)
    monkeypatch.setattr(nib, "save", fail)
    with pytest.raises(OSError, match="disk full"):
        write_prediction(prediction, case, labels, tmp_path)
    assert not is_written(case, tmp_path)
    assert not list(tmp_path.glob(".*"))


def fail(_image, path):
    path.write_bytes(b"half")
    raise OSError("disk full")


def write_case(folder):
    """A case in LPS orientation, off the origin, with an anisotropic grid and a display window."""
    rng = np.random.default_rng(0)
    affine = np.diag([-1.0, -1.5, 2.0, 1.0])
    affine[:3, 3] = (10, -20, 30)
    paths = [folder / f"Case_1_{name}.nii.gz" for name in ("t1", "t1ce", "t2", "flair")]
    for path in paths:
        voxels = np.zeros((11, 9, 7), dtype=np.int16)
        voxels[2:9, 1:8, 1:6] = rng.integers(1, 4000, (7, 7, 5))
        image = nib.Nifti1Image(voxels, affine)
        image.header["cal_max"] = 4000
        nib.save(image, path)
    return Case("Case_1", "Case_1", tuple(paths), ("t1", "t1ce", "t2", "flair"))
