"""Predictions of real scans, LAS, LPS and four modalities in one file, lie on the scans' grids."""

import nibabel as nib
import numpy as np
import pytest
from scans import BRATS, LESION, Copy, bundle_of

from trainables.data.cases import Case, load_image
from trainables.data.preprocessing import normalise
from trainables.ensemble import predict_volume
from trainables.networks import NetworkConfig, make_network
from trainables.prediction_files import label_path, write_prediction
from trainables.prediction_source import Stamp

pytestmark = [pytest.mark.integration, pytest.mark.data]
SCANS = {
    "las": ("ms/patient07", "{}.nii.gz", ("flair",), ()),
    "lps": ("brats2018/TCGA-FG-6692", "TCGA-FG-6692_{}.nii.gz", ("t1ce", "flair"), ()),
    "4-d": ("msd/imagesTr", "BRATS_009.nii.gz", ("flair", "t1w", "t1gd", "t2w"), (0, 1, 2, 3)),
}


@pytest.fixture(params=SCANS)
def case(request, shared_data):
    folder, name, modalities, channels = SCANS[request.param]
    files = tuple(shared_data / folder / name.format(modality) for modality in modalities)
    count = max(1, len(channels))
    return Case("Case_1", "Case_1", files, modalities, channels=channels, num_channels=count)


def test_an_untrained_network_of_another_spacing_answers_on_the_grid_of_the_scan(case, tmp_path):
    network = make_network(NetworkConfig(filters=2, levels=2), len(case.modalities), 3)
    model = bundle_of(network, BRATS, case.modalities, spacing_mm=(2.0, 2.0, 2.0), window=64)
    codes = predicted_codes(model, load_image(case), case, tmp_path)
    assert set(np.unique(codes)) <= {0, 1, 2, 4}


def test_a_network_that_copies_the_scan_labels_the_bright_voxels_and_no_other(case, tmp_path):
    volume = load_image(case)
    model = bundle_of(Copy(), LESION, case.modalities, window=64)
    codes = predicted_codes(model, volume, case, tmp_path)
    assert set(np.unique(codes)) == {0, 7}
    bright = normalise(volume.image[:1])[0].numpy()
    clear = abs(bright) > 1e-4
    assert np.array_equal(codes[clear] == 7, bright[clear] > 0)


def predicted_codes(model, volume, case, out):
    """The label that is written for `case`, which lies where the scan does."""
    prediction = predict_volume([model], volume)
    write_prediction(prediction, case, model.labels, out, Stamp("abc"), with_probabilities=False)
    source, image = nib.load(case.images[0]), nib.load(label_path(case, out))
    assert image.shape == source.shape[:3]
    np.testing.assert_array_equal(image.affine, source.affine)
    for code in ("qform_code", "sform_code"):
        assert image.header[code] == source.header[code]
    return np.asarray(image.dataobj)
