"""What files of predictions promise: the input's grid and its codes, whole or not at all."""

import nibabel as nib
import numpy as np
import pytest
from grids import affine_of
from scans import BRATS, LESION, Copy, blob, bundle_of, case_of, write_scan

from trainables.data.cases import load_image
from trainables.ensemble import predict_volume
from trainables.prediction_files import found_stamp, label_path, write_prediction
from trainables.prediction_source import Stamp

LPS = affine_of(np.diag([-1, -1, 1]), (1, 1.5, 2), (10, -20, 30), (4, 0, 7))
MODALITIES = ("t1", "t1ce", "t2", "flair")
FROM = Stamp("0123456789abcdef", "fedcba9876543210")


@pytest.fixture
def case(tmp_path):
    return case_of(write_scan(tmp_path / "flair.nii.gz", blob((11, 9, 7)), LPS, 2, 1))


def predict(case, labels=LESION, **options):
    model = bundle_of(Copy(len(labels.names)), labels, case.modalities)
    return predict_volume([model], load_image(case), **options)


def test_files_lie_on_the_grid_of_the_input_with_the_types_promised(case, tmp_path):
    prediction = predict(case, mirror=(1,))
    write_prediction(prediction, case, LESION, tmp_path, FROM)
    source = nib.load(case.images[0])
    floats = dict.fromkeys(("uncertainty", "disagreement"), (np.float32, ()))
    for name, (kind, channels) in {
        "seg": (np.uint8, ()),
        "prob": (np.float32, (1,)),
        **floats,
    }.items():
        image = nib.load(tmp_path / f"Case_1_{name}.nii.gz")
        assert image.shape == source.shape + channels
        assert image.get_data_dtype() == kind
        assert_same_grid(image, source)
        assert image.header["cal_max"] == 0
    codes = np.asarray(nib.load(label_path(case, tmp_path)).dataobj)
    assert set(np.unique(codes)) == {0, 7}
    assert np.array_equal(codes == 7, prediction.regions[0].numpy())
    probability = np.asarray(nib.load(tmp_path / "Case_1_prob.nii.gz").dataobj)
    np.testing.assert_array_equal(probability[..., 0], prediction.probability[0].numpy())


def assert_same_grid(image, source):
    np.testing.assert_array_equal(image.affine, source.affine)
    for name in ("qform", "sform"):
        one, other = (getattr(i, f"get_{name}")(coded=True) for i in (image, source))
        assert one[1] == other[1] == source.header[f"{name}_code"]
        if one[0] is not None:
            np.testing.assert_array_equal(one[0], other[0])
    assert image.header.get_zooms()[:3] == source.header.get_zooms()[:3]
    assert image.header.get_xyzt_units() == source.header.get_xyzt_units()


@pytest.mark.parametrize("codes", [(0, 2), (1, 0), (2, 1), (0, 0)])
def test_the_codes_of_both_forms_are_the_input_s(tmp_path, codes):
    case = case_of(write_scan(tmp_path / "flair.nii.gz", blob((6, 5, 4)), LPS, *codes))
    write_prediction(predict(case), case, LESION, tmp_path, FROM)
    image, source = nib.load(label_path(case, tmp_path)), nib.load(case.images[0])
    assert (image.header["qform_code"], image.header["sform_code"]) == codes
    assert_same_grid(image, source)


def test_of_a_file_that_holds_all_modalities_the_three_axes_of_space_are_kept(tmp_path):
    rng = np.random.default_rng(0)
    voxels = blob((9, 8, 7))[..., None] * rng.uniform(1, 2, 4).astype(np.float32)
    path = write_scan(tmp_path / "all.nii.gz", voxels, LPS, 0, 2)
    case = case_of(path, MODALITIES, channels=(3, 2, 1, 0))
    write_prediction(predict(case, BRATS), case, BRATS, tmp_path, FROM)
    source = nib.load(path)
    for name, channels in {"seg": (), "prob": (3,)}.items():
        image = nib.load(tmp_path / f"Case_1_{name}.nii.gz")
        assert image.shape == (9, 8, 7, *channels)
        assert_same_grid(image, source)
    assert set(np.unique(nib.load(label_path(case, tmp_path)).dataobj)) <= {0, 1, 2, 4}


def test_probabilities_are_left_out_where_nobody_wants_them_and_earlier_ones_go(case, tmp_path):
    write_prediction(predict(case), case, LESION, tmp_path, FROM)
    write_prediction(predict(case), case, LESION, tmp_path, FROM, with_probabilities=False)
    names = {path.name for path in tmp_path.glob("Case_1_*")}
    assert names == {"Case_1_seg.nii.gz", "Case_1_uncertainty.nii.gz"}


def test_a_prediction_says_from_which_models_and_scan_it_is(case, tmp_path):
    assert found_stamp(case, tmp_path) is None
    write_prediction(predict(case), case, LESION, tmp_path, FROM)
    assert found_stamp(case, tmp_path) == FROM
    write_scan(label_path(case, tmp_path), np.zeros((2, 2, 2), np.uint8), LPS)
    assert found_stamp(case, tmp_path) == Stamp()
    label_path(case, tmp_path).write_bytes(b"torn")
    assert found_stamp(case, tmp_path) is None


def test_a_case_counts_as_done_only_after_its_last_file(case, tmp_path, monkeypatch):
    prediction = predict(case)
    write_prediction(prediction, case, LESION, tmp_path, FROM)
    monkeypatch.setattr(nib, "save", fail)
    with pytest.raises(OSError, match="disk full"):
        write_prediction(prediction, case, LESION, tmp_path, FROM)
    assert found_stamp(case, tmp_path) is None
    assert not list(tmp_path.glob(".*"))


def fail(_image, path):
    path.write_bytes(b"half")
    raise OSError("disk full")
