import hashlib
from collections.abc import Iterator
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
from folders import cases_of
from scipy import ndimage

from trainables.data.cases import load_case, load_regions
from trainables.data.checks import check_cases
from trainables.data.config import DataConfig
from trainables.data.labels import find_label_map
from trainables.data.layouts.brats import MODALITIES
from trainables.data.phantom import write_phantom
from trainables.data.phantom.grid import fit_head
from trainables.data.phantom.head import make_head
from trainables.data.phantom.lesions import Kind, plan_lesions
from trainables.data.phantom.raters import rate
from trainables.data.phantom.scan import make_scan
from trainables.data.phantom.tumour import make_tumour
from trainables.errors import ParameterError

SIZE = (48, 48, 48)
WT, TC, ET = range(3)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root: Path = tmp_path_factory.mktemp("phantom")
    write_phantom(root, cases=6, seed=5, size=SIZE)
    return root


def _digests(root: Path) -> dict[str, str]:
    files = sorted(root.rglob("*.nii.gz"))
    return {str(f.relative_to(root)): hashlib.sha256(f.read_bytes()).hexdigest() for f in files}


def _truths(root: Path) -> Iterator[np.ndarray]:
    for case in cases_of(root):
        assert case.truth is not None
        yield load_regions(case.truth, find_label_map("brats2018")).numpy()


def _surface_distance(mask: np.ndarray) -> np.ndarray:
    inside = ndimage.distance_transform_edt(mask)
    return np.maximum(inside, ndimage.distance_transform_edt(~mask)) - 0.5


def test_same_seed_gives_the_same_bytes_and_another_seed_does_not(tmp_path: Path) -> None:
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        write_phantom(tmp_path / name, cases=2, seed=seed, size=(24, 24, 24))
    same, again, other = (_digests(tmp_path / name) for name in "abc")
    assert same == again
    assert same.keys() == other.keys()
    assert not set(same.values()) & set(other.values())


def test_a_case_does_not_depend_on_how_many_others_are_written(
    folder: Path, tmp_path: Path
) -> None:
    write_phantom(tmp_path, cases=2, seed=5, size=SIZE, raters=2)
    whole = _digests(folder)
    assert all(whole[name] == digest for name, digest in _digests(tmp_path).items())


def test_every_case_has_all_files_and_passes_the_checks(folder: Path) -> None:
    cases = cases_of(folder)
    assert [case.case_id for case in cases] == [f"Phantom_{k:03d}" for k in range(1, 7)]
    assert all(case.label and case.truth and len(case.raters) == 4 for case in cases)
    assert check_cases(DataConfig(root=str(folder))) == []


def test_files_have_the_types_and_the_orientation_of_brats(folder: Path) -> None:
    image = nib.load(folder / "Phantom_001" / "Phantom_001_t1.nii.gz")
    label = nib.load(folder / "Phantom_001" / "Phantom_001_seg.nii.gz")
    assert (image.get_data_dtype(), label.get_data_dtype()) == (np.int16, np.uint8)
    assert nib.aff2axcodes(image.affine) == ("L", "P", "S")


def test_regions_are_nested_and_present_in_truth_and_every_rater(folder: Path) -> None:
    labels = find_label_map("brats2018")
    for case in cases_of(folder):
        for path in (case.truth, *case.raters):
            regions = load_regions(path, labels).numpy()
            assert (regions[ET] <= regions[TC]).all()
            assert (regions[TC] <= regions[WT]).all()
            assert regions[TC].sum() >= 8


def test_the_label_is_what_the_first_rater_drew(folder: Path) -> None:
    for case in cases_of(folder):
        assert case.label is not None
        assert case.label.read_bytes() == case.raters[0].read_bytes()


def test_six_cases_hold_some_without_enhancement_and_some_with_several_lesions(
    folder: Path,
) -> None:
    truths = list(_truths(folder))
    assert [bool(t[ET].any()) for t in truths] == [True, True, True, False, True, True]
    several = [ndimage.label(t[TC])[1] >= 3 for t in truths]
    assert several == [False, True, False, False, True, False]


def test_raters_disagree_mostly_near_the_true_surface(folder: Path) -> None:
    labels = find_label_map("brats2018")
    wrong, wrong_near = 0, 0
    for case, truth in zip(cases_of(folder), _truths(folder), strict=True):
        for path in case.raters:
            drawn = load_regions(path, labels).numpy()
            for region in (WT, TC):
                differs = drawn[region] != truth[region]
                wrong += differs.sum()
                wrong_near += (differs & (_surface_distance(truth[region]) <= 3)).sum()
    assert wrong > 0
    assert wrong_near / wrong > 0.8


def test_raters_agree_on_most_of_the_lesion_and_never_fully(folder: Path) -> None:
    labels = find_label_map("brats2018")
    for case, truth in zip(cases_of(folder), _truths(folder), strict=True):
        for path in case.raters:
            drawn = load_regions(path, labels).numpy()[WT]
            dice = 2 * (drawn & truth[WT]).sum() / (drawn.sum() + truth[WT].sum())
            assert 0.6 < dice < 1


def test_raters_disagree_more_where_the_edge_is_soft() -> None:
    grid, _, tumour = _glioma((80, 80, 80))
    drawn = np.stack([rate(grid, tumour, 0.0, np.random.default_rng(k))[WT] for k in range(8)])
    shell = np.abs(tumour.distance_mm[WT]) < 2
    spread = drawn.astype(float).std(0)[shell]
    edge = tumour.edge_mm[WT][shell]
    low, high = np.quantile(edge, [0.25, 0.75])
    assert spread[edge >= high].mean() > 1.2 * spread[edge <= low].mean()


def test_sharpness_varies_along_the_boundary() -> None:
    _, _, tumour = _glioma((80, 80, 80))
    on_surface = np.abs(tumour.distance_mm[WT]) < 1
    low, high = np.quantile(tumour.edge_mm[WT][on_surface], [0.1, 0.9])
    assert high > 2 * low


def test_the_image_blends_over_a_longer_way_where_the_edge_is_soft() -> None:
    grid, head, tumour = _glioma((120, 120, 120))
    flair = make_scan(grid, head, tumour, np.random.default_rng(0))["flair"].astype(float)
    slope = ndimage.gaussian_gradient_magnitude(flair, 0.7)
    # away from the core and in white matter, so that only this one edge is seen
    alone = (
        (np.abs(tumour.distance_mm[WT]) < 1) & (tumour.distance_mm[TC] < -4) & (head.white > 0.9)
    )
    edge = tumour.edge_mm[WT][alone]
    low, high = np.quantile(edge, [0.25, 0.75])
    assert np.median(slope[alone][edge <= low]) > 1.2 * np.median(slope[alone][edge >= high])


@pytest.mark.parametrize("name", ["truth", "seg"])
def test_enhancing_tumour_is_brighter_in_t1ce_than_the_rest_of_the_core(
    folder: Path, name: str
) -> None:
    for case in cases_of(folder):
        code = nib.load(case.images[0].parent / f"{case.case_id}_{name}.nii.gz").get_fdata()
        t1ce = nib.load(case.images[MODALITIES.index("t1ce")]).get_fdata()
        if (code == 4).any():
            assert t1ce[code == 4].mean() > t1ce[code == 1].mean()


def test_oedema_is_brighter_than_the_healthy_head_in_t2_and_flair(folder: Path) -> None:
    for case, truth in zip(cases_of(folder), _truths(folder), strict=True):
        image = load_case(case, find_label_map("brats2018")).image.numpy()
        healthy = (image[0] > 0) & ~truth[WT]
        for channel in (MODALITIES.index("t2"), MODALITIES.index("flair")):
            oedema = image[channel][truth[WT] & ~truth[TC]]
            assert np.median(oedema) > np.median(image[channel][healthy])


def test_background_is_zero_and_the_same_in_all_modalities(folder: Path) -> None:
    for case in cases_of(folder):
        head = [nib.load(path).get_fdata() != 0 for path in case.images]
        assert all((h == head[0]).all() for h in head)
        assert 0.15 < head[0].mean() < 0.6
        assert not head[0][0].any()


def test_tissue_parts_sum_to_one_inside_the_head() -> None:
    grid, _ = fit_head((40, 48, 40), (1.0, 1.0, 1.0))
    head = make_head(grid, [], np.random.default_rng(0))
    total = head.fluid + head.grey + head.white
    np.testing.assert_allclose(total[head.mask], 1, atol=1e-5)
    assert total[~head.mask].max() == 0
    assert min(part[head.mask].mean() for part in (head.fluid, head.grey, head.white)) > 0.05


def test_spacing_is_written_and_the_head_fills_an_anisotropic_field(tmp_path: Path) -> None:
    write_phantom(tmp_path, cases=1, seed=0, size=(48, 48, 16), spacing_mm=(1.0, 1.0, 3.0))
    image = nib.load(tmp_path / "Phantom_001" / "Phantom_001_t1.nii.gz")
    extent = [np.ptp(axis) + 1 for axis in np.nonzero(image.get_fdata())]
    assert image.header.get_zooms() == (1.0, 1.0, 3.0)
    assert extent[1] > 0.75 * 48
    assert extent[2] > 0.6 * 16


@pytest.mark.parametrize(
    ("size", "spacing_mm"),
    [
        ((1024, 16, 16), (1.0, 1.0, 1.0)),
        ((512, 16, 16), (0.1, 3.2, 3.2)),
        ((16, 16, 16), (20.0, 20.0, 20.0)),
        ((16, 16, 16), (0.1, 0.1, 0.1)),
    ],
)
def test_the_most_oblong_scans_allowed_hold_a_head(
    tmp_path: Path, size: tuple[int, int, int], spacing_mm: tuple[float, float, float]
) -> None:
    (case,) = write_phantom(tmp_path, 1, seed=0, size=size, spacing_mm=spacing_mm, raters=1)
    for modality in ("t1", "t1ce", "t2", "flair"):
        voxels = nib.load(case / f"{case.name}_{modality}.nii.gz").get_fdata()
        assert all(np.ptp(axis) >= 6 for axis in np.nonzero(voxels))


def test_a_case_of_the_same_name_is_replaced_whole_and_nothing_else(tmp_path: Path) -> None:
    write_phantom(tmp_path, 2, seed=0, size=(16, 16, 16), raters=3)
    other = (tmp_path / "Phantom_002" / "Phantom_002_t1.nii.gz").read_bytes()
    (tmp_path / "notes.txt").write_text("mine")
    (case,) = write_phantom(tmp_path, 1, seed=0, size=(16, 16, 16), raters=1)
    assert [path.name for path in (case / "raters").iterdir()] == ["rater-1.nii.gz"]
    assert (tmp_path / "Phantom_002" / "Phantom_002_t1.nii.gz").read_bytes() == other
    assert (tmp_path / "notes.txt").read_text() == "mine"


def test_progress_is_told_after_each_case(tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    write_phantom(
        tmp_path, 2, seed=0, size=(16, 16, 16), raters=1, progress=lambda k, n: seen.append((k, n))
    )
    assert seen == [(1, 2), (2, 2)]


@pytest.mark.parametrize(
    ("arguments", "finding"),
    [
        ({"cases": 0}, "`cases = 0`"),
        ({"seed": -1}, "`seed = -1`"),
        ({"raters": 0}, "`raters = 0`"),
        ({"size": (15, 64, 64)}, r"from 16 to 1024 voxels\. Found `size = \(15, 64, 64\)`"),
        ({"size": (16, 16, 1025)}, r"from 16 to 1024 voxels\. Found `size = \(16, 16, 1025\)`"),
        ({"size": (1024, 1024, 33)}, r"at most 33554432 voxels\. Found .* makes 34603008\."),
        ({"spacing_mm": (1.0, 0.0, 1.0)}, r"0\.1 to 20\.0 mm\. Found `spacing_mm = \(1.0, 0.0, 1"),
        ({"spacing_mm": (1e9, 1.0, 1.0)}, r"0\.1 to 20\.0 mm\. Found `spacing_mm = \(1000000000"),
        ({"size": (64, 64, 64), "spacing_mm": (1.0, 20.0, 1.0)}, r"head of 8 .* make 3\.5 along"),
        ({"spacing_mm": (1.0, 1.0, float("nan"))}, r"Found `spacing_mm = \(1.0, 1.0, nan\)`"),
    ],
)
def test_a_number_out_of_range_is_named(
    tmp_path: Path, arguments: dict[str, object], finding: str
) -> None:
    with pytest.raises(ParameterError, match=finding):
        write_phantom(tmp_path, **({"cases": 1, "seed": 0} | arguments))  # type: ignore[arg-type]


def _glioma(size: tuple[int, int, int]):
    rng = np.random.default_rng(3)
    grid, _ = fit_head(size, (1.0, 1.0, 1.0))
    lesions = plan_lesions(Kind.GLIOMA, grid, rng)
    head = make_head(grid, lesions, rng)
    return grid, head, make_tumour(grid, head, lesions, rng)
