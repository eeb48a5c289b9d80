"""What MLflow would call answers as `predict_volume` does, in any orientation and spacing."""

import json

import nibabel as nib
import numpy as np
import pytest
import torch
from grids import ORIENTATIONS, affine_of, spacing_of
from safetensors.torch import save_file
from scans import BRATS, Copy, blob, bundle_of

from trainables.bundle import write_bundle
from trainables.checkpoint import WEIGHTS, save_channels
from trainables.config import load_train_config
from trainables.data.cases import Volume
from trainables.data.labels import find_label_map
from trainables.ensemble import predict_volume
from trainables.errors import ParameterError
from trainables.networks import make_network
from trainables.segmentation import train
from trainables.serving import ServedModel, _load_pyfunc, describe_serving
from trainables.serving import affine_of as served_affine

MODALITIES = ("t1", "t1ce", "t2", "flair")


@pytest.mark.parametrize("spacing_mm", [None, (2.0, 1.5, 2.5)])
def test_axes_and_spacing_say_all_that_an_upright_scans_affine_says(spacing_mm):
    """Against the affine of the file itself, for ten of the 48 ways to store a scan."""
    model = bundle_of(Copy(), spacing_mm=spacing_mm)
    upright = nib.Nifti1Image(blob((10, 12, 9)), affine_of(np.eye(3), (1, 1.2, 1.5)))
    for orientation in ORIENTATIONS[::5]:
        stored = upright.as_reoriented(nib.io_orientation(affine_of(orientation)))
        image = np.ascontiguousarray(stored.get_fdata(dtype=np.float32)[None])
        spacing = spacing_of(stored.affine)
        volume = Volume("Case", torch.from_numpy(image), None, spacing, stored.affine)
        axes = "".join(nib.aff2axcodes(stored.affine))
        found = ServedModel(model).predict(image, {"axes": axes, "spacing_mm": list(spacing)})
        assert np.array_equal(found, predict_volume([model], volume).probability.numpy())


@pytest.mark.parametrize("axes", ["RAS", "LPS", "SPR", "ail", "IRA"])
def test_the_affine_is_the_one_that_nibabel_reads_those_axes_from(axes):
    affine = served_affine(axes, [1.0, 2.0, 3.0])
    assert "".join(nib.aff2axcodes(affine)) == axes.upper()
    assert nib.affines.voxel_sizes(affine).tolist() == [1.0, 2.0, 3.0]


def test_labels_are_the_codes_of_the_regions():
    model = bundle_of(Copy(3, 5.0), BRATS, modalities=("t1", "t1ce", "flair"))
    image = np.stack([blob((12, 12, 12)), blob((12, 12, 12), 0.1), blob((12, 12, 12), 0.05)])
    probability = ServedModel(model).predict(image)
    codes = ServedModel(model).predict(image, {"output": "labels"})
    assert (probability.dtype, probability.shape) == (np.float32, (3, 12, 12, 12))
    assert (codes.dtype, codes.shape) == (np.uint8, (12, 12, 12))
    assert np.array_equal(codes, BRATS.to_codes(probability > 0.5))
    assert len(np.unique(codes)) > 1


@pytest.mark.parametrize(
    ("shape", "params", "message"),
    [
        ((1, 8, 8, 8), {"axes": "RAR"}, "`axes = RAR`"),
        ((1, 8, 8, 8), {"axes": "RA"}, "should be three letters"),
        ((1, 8, 8, 8), {"axes": "RASX"}, "should be three letters"),
        ((1, 8, 8, 8), {"spacing_mm": [1.0, 0.0, 1.0]}, "above 0"),
        ((1, 8, 8, 8), {"output": "mask"}, "probability, labels"),
        ((2, 8, 8, 8), {}, "shape 1 x X x Y x Z, for the modalities flair. Found 2 x 8 x 8 x 8"),
        ((8, 8, 8), {}, "Found 8 x 8 x 8"),
    ],
)
def test_what_cannot_be_predicted_is_refused_with_the_rule(shape, params, message):
    with pytest.raises(ParameterError, match=message):
        ServedModel(bundle_of(Copy())).predict(np.ones(shape, np.float32), params)


@pytest.fixture
def bundle(tmp_path):
    config = load_train_config({"data": {"root": "x"}, "network": {"filters": 2, "levels": 2},
                                "patch_size": [8, 8, 8]})  # fmt: skip
    save_file(make_network(config.network, 4, 3).state_dict(), tmp_path / WEIGHTS)
    save_channels(tmp_path, MODALITIES, find_label_map("brats2018"))
    write_bundle(tmp_path, config, tmp_path / "bundle")
    return tmp_path / "bundle"


def test_the_trainable_says_how_its_bundle_is_loaded_and_called(bundle):
    described = train.serving(bundle)
    assert described == describe_serving(bundle)
    assert json.loads(json.dumps(described)) == described
    assert described["loader"] == "trainables.serving"
    assert described["inputs"] == {"dtype": "float32", "shape": [4, -1, -1, -1]}
    assert described["outputs"]["shape"] == [3, -1, -1, -1]
    assert described["metadata"]["modalities"] == list(MODALITIES)
    assert described["metadata"]["labels"] == {"WT": [1, 2, 4], "TC": [1, 4], "ET": [4]}
    assert any(line.startswith("torch==") and "+" not in line for line in described["requirements"])


def test_the_loader_that_it_names_loads_it(bundle):
    image = np.stack([blob((9, 8, 7))] * 4)
    found = _load_pyfunc(str(bundle)).predict(image, {"output": "labels"})
    assert found.shape == (9, 8, 7)


def test_a_folder_that_is_no_bundle_cannot_be_served(tmp_path):
    with pytest.raises(ParameterError, match=r"Found no params\.json"):
        train.serving(tmp_path)
