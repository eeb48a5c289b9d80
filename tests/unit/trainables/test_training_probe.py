"""What a run probes: patches that no searched parameter moves, parted by the evaluation's band."""

import math

import numpy as np
import pytest
import torch
from balls import SMALL, make_data, prepared, prepared_case
from scipy.ndimage import distance_transform_edt

from trainables import training
from trainables.config import load_train_config
from trainables.evaluation import EvaluationConfig, evaluate_case
from trainables.training import make_state

CPU = torch.device("cpu")
SPACING_MM = (0.9, 1.1, 1.7)
SHAPE = (24, 22, 12)


@pytest.fixture(scope="module")
def data():
    return make_data()


def make_numbered(number):
    """A case whose image tells case and voxel: number, and place in the volume from 1 on."""
    generator = torch.Generator().manual_seed(number)
    label = torch.zeros(3, *SHAPE, dtype=torch.bool)
    label[0, 3:20, 4:19, 2:10] = torch.rand(17, 15, 8, generator=generator) > 0.02
    label[1, 5:12, 6:12, 3:9] = True  # the third region stays empty
    case = prepared_case(f"numbered-{number}", torch.ones(4, *SHAPE), label, SPACING_MM)
    case.image[0] = number
    case.image[1] = torch.arange(1, 1 + math.prod(SHAPE)).view(SHAPE)
    return case


CASES = [make_numbered(number) for number in range(4)]


def make_probe(data, **params):
    return training._make_probe(load_train_config({**SMALL, **params}), data, CPU)


def distances(mask):
    """Of every voxel to the interface, mm, by scipy; without a sign."""
    if not mask.any():
        return np.full(mask.shape, np.inf)
    inside, outside = (distance_transform_edt(m, sampling=SPACING_MM) for m in (mask, ~mask))
    return inside + outside - min(SPACING_MM) / 2


def edges():
    """Widths that keeping in steps of 1/16 mm would round over a voxel's distance, up and down."""
    found = np.unique(distances(CASES[0].label[0].numpy()).round(4))
    off = np.round(found * 16) / 16 - found
    return float(found[off > 0.02][2] + 0.005), float(found[off < -0.02][2] - 0.005)


@pytest.mark.parametrize("band_mm", [0.5, 2.0, *edges(), 7.9375, 9.0, 20.0])
@pytest.mark.parametrize("size", [(8, 12, 8), (26, 24, 24)], ids=["cut", "padded"])
def test_every_voxel_is_on_the_side_that_it_is_evaluated_on(band_mm, size):
    """At any width, also beyond what kept distances tell apart, and where a case is padded."""
    settings = {"patch_size": size, "evaluation": {"band_mm": band_mm}}
    probe = make_probe(prepared(CASES), **settings, diagnostics={"probe_patches": 6})
    bands = {n: [distances(m) <= band_mm + 1e-4 for m in CASES[n].label.numpy()] for n in (0, 1)}
    seen = set()
    for image, sides in zip(probe._image, probe._sides, strict=True):
        places = image[1].long().numpy()
        (number,) = {int(n) for n in image[0][places > 0]}
        wanted = [np.append(False, band)[places] for band in bands[number]]  # 0: beyond the case
        assert np.array_equal(sides.numpy(), np.stack(wanted))
        seen.add(number)
    assert seen == {0, 1}


@pytest.mark.parametrize("band_mm", [0.5, 2.0, 5.0])
def test_an_error_on_one_side_is_scored_on_that_side_alone(band_mm):
    probe = make_probe(prepared(CASES), patch_size=(24, 22, 12), evaluation={"band_mm": band_mm})
    label, is_near = probe._label[0].numpy(), probe._sides[0].numpy()  # the whole of a case
    config = EvaluationConfig(band_mm=band_mm)
    near, far = (
        evaluate_case(label ^ wrong, label, SPACING_MM, config) for wrong in (is_near, ~is_near)
    )
    assert near["interior_error/WT"] == 0 == near["band_dice/WT"]
    assert far["interior_error/WT"] == 1 == far["band_dice/WT"]


OTHERS = [
    {"seed": 7},
    {"sampling": {"foreground": 0.1}, "batch_size": 1, "window_size": [16, 16, 16], "epochs": 9},
    {"fuzzy": {"width_mm": 4.0, "strength": 0}},
    {"curriculum": {"warmup": 0, "shells": 5}, "loss": {"kind": "upgrad", "dice": "semimetric"}},
    {"network": {"kind": "segresnet", "filters": 4, "levels": 3}},
    {"optimiser": {"learning_rate": 1.0}, "evaluation": {"tolerance_mm": 3.0}},
    {"diagnostics": {"every": 1, "probe_every": 1, "probe_radius": 0.5}},
]


def parts(probe):
    return probe._image, probe._label, probe._sides


@pytest.mark.parametrize("params", OTHERS, ids="-".join)
def test_no_searched_parameter_nor_seed_moves_what_is_probed(data, params):
    network = make_state(load_train_config(SMALL), data, CPU).network
    first, other = make_probe(data), make_probe(data, **params)
    assert all(torch.equal(a, b) for a, b in zip(parts(first), parts(other), strict=True))
    assert first.metrics(network, 0.05) == other.metrics(network, 0.05)


def test_patch_size_number_of_patches_cases_and_band_do(data):
    image, label, sides = parts(make_probe(data))
    assert parts(make_probe(data, patch_size=[8, 8, 8]))[0].shape[2:] == (8, 8, 8)
    assert len(parts(make_probe(data, diagnostics={"probe_patches": 3}))[0]) == 3
    cases = [data.train[1], data.train[0], *data.validation, *data.test]
    assert not torch.equal(parts(make_probe(prepared(cases)))[0], image)
    same_image, same_label, wider = parts(make_probe(data, evaluation={"band_mm": 3.0}))
    assert torch.equal(same_image, image)
    assert torch.equal(same_label, label)
    assert wider.sum() > sides.sum()
