"""Lesion-wise scores against a flood fill by hand, closed forms and symmetries."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from trainables.errors import ParameterError
from trainables.evaluation.lesions import lesion_numbers, lesion_scores

SHAPES = hnp.array_shapes(min_dims=3, max_dims=3, min_side=1, max_side=6)
OVERLAPS = st.sampled_from([0.0, 0.1, 0.5, 0.9])


@settings(deadline=None, max_examples=60)
@given(st.data(), OVERLAPS)
def test_scores_equal_those_of_components_filled_and_counted_by_hand(data, overlap):
    prediction, reference = draw_pair(data)
    scores = lesion_scores(prediction, reference, overlap)
    if prediction.any() and reference.any():
        assert scores["lesion_recall"] == part_by_hand(reference, prediction, overlap)
        assert scores["lesion_precision"] == part_by_hand(prediction, reference, overlap)


@settings(deadline=None, max_examples=40)
@given(st.data(), OVERLAPS)
def test_exchanging_prediction_and_reference_exchanges_precision_and_recall(data, overlap):
    a, b = draw_pair(data)
    there, back = lesion_scores(a, b, overlap), lesion_scores(b, a, overlap)
    assert there["lesion_precision"] == back["lesion_recall"]
    assert there["lesion_f1"] == pytest.approx(back["lesion_f1"])


@settings(deadline=None, max_examples=40)
@given(st.data(), OVERLAPS)
def test_flips_and_turns_change_no_lesion_score(data, overlap):
    pair = draw_pair(data)
    turned = [mask.transpose(2, 0, 1)[::-1, :, ::-1] for mask in pair]
    assert lesion_scores(*turned, overlap) == lesion_scores(*pair, overlap)


@settings(deadline=None, max_examples=40)
@given(st.data(), OVERLAPS)
def test_a_mask_finds_all_of_its_own_lesions(data, overlap):
    mask, _ = draw_pair(data)
    assert set(lesion_scores(mask, mask, overlap).values()) == {1.0}


def test_f1_is_the_harmonic_mean_of_precision_and_recall():
    reference, prediction = np.zeros((2, 20, 3, 3), dtype=bool)
    reference[[0, 4, 8, 12], 1, 1] = True  # four lesions, one of them found
    prediction[[0, 16, 18], 1, 1] = True  # three, two of them invented
    scores = lesion_scores(prediction, reference)
    assert scores["lesion_recall"] == 1 / 4
    assert scores["lesion_precision"] == 1 / 3
    assert scores["lesion_f1"] == pytest.approx(2 / (4 + 3))


def test_one_prediction_over_two_lesions_finds_both_unless_more_of_them_is_asked_for():
    reference, prediction = np.zeros((2, 20, 3, 3), dtype=bool)
    reference[2:4, 1, 1] = reference[5:11, 1, 1] = True
    prediction[2:8, 1, 1] = True
    assert lesion_scores(prediction, reference, 0.0)["lesion_recall"] == 1.0
    assert lesion_scores(prediction, reference, 0.5)["lesion_recall"] == 0.5
    assert lesion_scores(prediction, reference, 0.5)["lesion_precision"] == 1.0


def test_voxels_that_share_a_corner_are_one_lesion():
    mask = np.zeros((3, 3, 3), dtype=bool)
    mask[0, 0, 0] = mask[1, 1, 1] = True
    assert lesion_numbers(mask)[1] == 1


def test_without_a_lesion_in_either_mask_all_scores_are_one_and_in_one_of_them_zero():
    empty, one = np.zeros((2, 4, 4, 4), dtype=bool)
    one[1, 1, 1] = True
    assert set(lesion_scores(empty, empty).values()) == {1.0}
    assert set(lesion_scores(one, empty).values()) == {0.0}
    assert set(lesion_scores(empty, one).values()) == {0.0}


@pytest.mark.parametrize("overlap", [-0.1, 1.0, float("nan")])
def test_an_overlap_that_no_lesion_or_every_voxel_would_pass_is_refused(overlap):
    with pytest.raises(ParameterError, match=r"`lesion_overlap` should be at least 0 and below 1"):
        lesion_scores(*np.zeros((2, 2, 2, 2), dtype=bool), overlap)


def draw_pair(data):
    shape = data.draw(SHAPES)
    return data.draw(hnp.arrays(bool, shape)), data.draw(hnp.arrays(bool, shape))


def part_by_hand(lesions, by, overlap):
    found = [
        sum(by[voxel] for voxel in component) > overlap * len(component)
        for component in components_by_hand(lesions)
    ]
    return sum(found) / len(found)


def components_by_hand(mask):
    left = {tuple(voxel) for voxel in np.argwhere(mask).tolist()}
    while left:
        component, edge = set(), [left.pop()]
        while edge:
            voxel = edge.pop()
            component.add(voxel)
            for step in itertools.product((-1, 0, 1), repeat=3):
                near = tuple(a + b for a, b in zip(voxel, step, strict=True))
                if near in left:
                    left.remove(near)
                    edge.append(near)
        yield component
