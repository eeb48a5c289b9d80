"""What evaluation promises: bounds, empty regions, the fixed band, and its independence."""

import ast
import inspect
import itertools

import numpy as np
import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from monai.metrics.meandice import compute_dice
from scipy import ndimage

from trainables import surfaces
from trainables.evaluation import (
    METRICS,
    MISSED_MM,
    EvaluationConfig,
    calibration,
    case,
    evaluate_case,
    lesions,
    mean_metrics,
    measures,
    scores,
)

ONE_MM = (1.0, 1.0, 1.0)
SHAPES = hnp.array_shapes(min_dims=3, max_dims=3, min_side=2, max_side=7)
SPACINGS = st.sampled_from([ONE_MM, (1.0, 1.0, 3.0), (0.5, 2.0, 1.3)])


def test_a_perfect_prediction_has_no_error():
    masks = nested_balls()
    metrics = evaluate_case(masks, masks, (1.0, 1.0, 2.0))
    assert metrics["interior_error"] == metrics["boundary_error"] == metrics["hd95"] == 0.0
    assert metrics["dice"] == metrics["band_dice"] == 1.0


def test_a_cube_shifted_by_one_voxel_has_the_dice_and_distance_known_in_closed_form():
    reference = cube(8)
    metrics = evaluate_region(np.roll(reference, 1, axis=0), reference)
    assert metrics["dice"] == pytest.approx(7 / 8)
    assert metrics["hd95"] == 1.0
    assert metrics["boundary_error"] == 0.0
    assert metrics["interior_error"] == 0.0
    assert evaluate_region(np.roll(reference, 1, axis=0), reference, (1.1, 1, 1))[
        "boundary_error"
    ] == pytest.approx((64 + 16) / (8**3 - 6**3))


@settings(deadline=None, max_examples=40)
@given(st.data(), SPACINGS)
def test_boundary_error_is_the_surface_dice_counted_by_hand(data, spacing_mm):
    shape = data.draw(SHAPES)
    a, b = (data.draw(hnp.arrays(bool, shape).filter(np.any)) for _ in range(2))
    metrics = evaluate_region(a, b, spacing_mm)
    assert metrics["boundary_error"] == pytest.approx(1 - surface_dice_by_hand(a, b, spacing_mm))


@settings(deadline=None, max_examples=60)
@given(st.data(), SPACINGS)
def test_every_metric_is_finite_and_in_its_range(data, spacing_mm):
    shape = (3, *data.draw(SHAPES))
    prediction, reference = (data.draw(hnp.arrays(bool, shape)) for _ in range(2))
    metrics = evaluate_case(prediction, reference, spacing_mm)
    assert set(metrics) == {*METRICS, *(f"{m}/{r}" for m in METRICS for r in ("WT", "TC", "ET"))}
    for name, value in metrics.items():
        assert 0.0 <= value <= (MISSED_MM if name.startswith("hd95") else 1.0)


@settings(deadline=None, max_examples=30)
@given(st.data())
def test_flips_and_turns_of_the_axes_change_nothing(data):
    shape = (1, *data.draw(SHAPES))
    prediction, reference = (data.draw(hnp.arrays(bool, shape)) for _ in range(2))
    turned = [mask.transpose(0, 3, 1, 2)[:, ::-1] for mask in (prediction, reference)]
    before = evaluate_case(prediction, reference, (1.0, 2.0, 3.0), regions=["WT"])
    assert before == pytest.approx(evaluate_case(*turned, (3.0, 1.0, 2.0), regions=["WT"]))


@settings(deadline=None, max_examples=40)
@given(st.data())
def test_dice_is_that_of_monai(data):
    shape = (3, *data.draw(SHAPES))
    a, b = (data.draw(hnp.arrays(bool, shape)) for _ in range(2))
    wanted = compute_dice(torch.from_numpy(a)[None], torch.from_numpy(b)[None]).nan_to_num(1.0)[0]
    metrics = evaluate_case(a, b, ONE_MM)
    for region, one, other, value in zip(("WT", "TC", "ET"), a, b, wanted.tolist(), strict=True):
        if other.any() or not one.any():  # MONAI has no value for an invented region
            assert metrics[f"dice/{region}"] == pytest.approx(value)


def test_surface_and_overlap_metrics_treat_prediction_and_reference_alike():
    a, b = ball((10, 10, 10), 6), ball((11, 12, 10), 5)
    there, back = evaluate_region(a, b), evaluate_region(b, a)
    for name in ("boundary_error", "dice", "hd95"):
        assert there[name] == pytest.approx(back[name])
    assert there["interior_error"] != back["interior_error"]  # the band is the reference's


def test_an_empty_reference_scores_one_for_an_empty_prediction_and_zero_for_any_other():
    empty, one_voxel = np.zeros((12, 12, 12), dtype=bool), np.zeros((12, 12, 12), dtype=bool)
    one_voxel[5, 5, 5] = True
    right = evaluate_region(empty, empty)
    assert [right[name] for name in METRICS] == [0.0, 0.0, 1.0, 1.0, 0.0]
    invented = evaluate_region(one_voxel, empty)
    assert invented["interior_error"] == invented["boundary_error"] == 1.0
    assert invented["dice"] == 0.0
    assert invented["hd95"] == MISSED_MM


def test_a_missed_region_gets_the_penalty_and_stays_in_the_mean():
    reference = nested_balls()
    prediction = reference.copy()
    prediction[2] = False
    metrics = evaluate_case(prediction, reference, ONE_MM)
    assert metrics["hd95/ET"] == MISSED_MM
    assert metrics["hd95"] == pytest.approx(MISSED_MM / 3)
    assert metrics["interior_error"] == metrics["boundary_error"] == pytest.approx(1 / 3)


def test_a_lesion_without_an_interior_is_judged_by_its_boundary_alone():
    tiny, far = ball((10, 10, 10), 2), np.zeros((20, 20, 20), dtype=bool)
    missed = evaluate_region(np.zeros_like(tiny), tiny)
    assert (missed["interior_error"], missed["boundary_error"]) == (0.0, 1.0)
    far[0, 0, 0] = True
    assert evaluate_region(tiny | far, tiny)["interior_error"] == 1.0


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 2**31))
def test_interior_and_band_see_only_their_own_voxels(seed):
    reference = ball((10, 10, 10), 7)
    depth_mm = np.abs(np.sqrt(((np.indices(reference.shape) - 10) ** 2).sum(0)) - 7)
    noise = np.random.default_rng(seed).random(reference.shape) < 0.3
    before = evaluate_region(reference, reference)
    near = evaluate_region(reference ^ (noise & (depth_mm < 1.0)), reference)
    away = evaluate_region(reference ^ (noise & (depth_mm > 3.5)), reference)
    assert near["interior_error"] == before["interior_error"] == 0.0
    assert near["band_dice"] < 1.0
    assert away["band_dice"] == before["band_dice"] == 1.0
    assert away["interior_error"] > 0.0


@settings(deadline=None, max_examples=30)
@given(st.data(), SPACINGS)
def test_the_band_is_that_of_scipys_distance_transform(data, spacing_mm):
    shape = data.draw(SHAPES)
    prediction, reference = (data.draw(hnp.arrays(bool, shape).filter(np.any)) for _ in range(2))
    assume(not reference.all())
    both = [ndimage.distance_transform_edt(m, spacing_mm) for m in (reference, ~reference)]
    band = np.maximum(*both) - min(spacing_mm) / 2 <= 2.0 + 1e-4
    inner = [mask & ~band for mask in (prediction, reference)]
    size = inner[0].sum() + inner[1].sum()
    wanted = 1 - 2 * (inner[0] & inner[1]).sum() / size if size else 0.0
    metrics = evaluate_region(prediction, reference, spacing_mm)
    assert metrics["interior_error"] == pytest.approx(wanted)


def test_a_wider_band_takes_more_voxels_from_the_interior():
    reference = ball((10, 10, 10), 7)
    prediction = reference & ~ball((10, 10, 10), 4)
    narrow, wide = (
        evaluate_region(prediction, reference, config=EvaluationConfig(band_mm=width))
        for width in (1.0, 4.0)
    )
    assert 0.0 < narrow["interior_error"] < wide["interior_error"]


def test_evaluation_cannot_see_a_searched_parameter():
    assert set(EvaluationConfig.model_fields) == {"band_mm", "tolerance_mm"}
    allowed = {f"trainables.{name}" for name in ("distance", "errors", "sections", "surfaces")}
    modules = (calibration, case, lesions, measures, scores)
    allowed |= {module.__name__ for module in modules}
    for module in (*modules, surfaces):
        nodes = ast.walk(ast.parse(inspect.getsource(module)))
        ours = {node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module}
        assert {name for name in ours if name.startswith("trainables")} <= allowed


def test_mean_metrics_is_the_mean_of_every_key_over_cases():
    rows = [{"dice": 1.0, "hd95": 4.0}, {"dice": 0.0, "hd95": 2.0}]
    assert mean_metrics(rows) == {"dice": 0.5, "hd95": 3.0}
    with pytest.raises(ValueError, match="at least one case"):
        mean_metrics([])


@pytest.mark.parametrize(
    ("prediction", "reference", "regions"),
    [
        ((3, 4, 4, 4), (3, 4, 4, 5), "abc"),
        ((4, 4, 4), (4, 4, 4), "abcd"),
        ((2, 4, 4, 4),) * 2 + ("a",),
    ],
)
def test_shapes_and_names_that_do_not_fit_are_refused(prediction, reference, regions):
    masks = [np.zeros(shape, dtype=bool) for shape in (prediction, reference)]
    with pytest.raises(ValueError, match=r"should .* Found"):
        evaluate_case(*masks, ONE_MM, regions=list(regions))


def evaluate_region(prediction, reference, spacing_mm=ONE_MM, config=None):
    return evaluate_case(prediction[None], reference[None], spacing_mm, config, ["WT"])


def surface_dice_by_hand(a, b, spacing_mm):
    def edge(mask):
        padded = np.pad(mask, 1)
        steps = [s * np.eye(3, dtype=int)[k] for s, k in itertools.product((-1, 1), range(3))]
        return [v for v in np.argwhere(mask) if not all(padded[tuple(v + 1 + s)] for s in steps)]

    edges = edge(a), edge(b)
    near = sum(
        min(np.linalg.norm((x - y) * spacing_mm) for y in others) <= 1.0 + 1e-9
        for points, others in (edges, edges[::-1])
        for x in points
    )
    return near / (len(edges[0]) + len(edges[1]))


def ball(centre, radius):
    grid = np.indices((20, 20, 20)) - np.reshape(centre, (3, 1, 1, 1))
    return (grid**2).sum(0) < radius**2


def cube(side):
    mask = np.zeros((20, 20, 20), dtype=bool)
    mask[5 : 5 + side, 5 : 5 + side, 5 : 5 + side] = True
    return mask


def nested_balls():
    return np.stack([ball((10, 10, 10), radius) for radius in (8, 6, 4)])
