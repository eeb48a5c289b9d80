import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from trainables.data.labels import LabelMap, find_label_map
from trainables.errors import DataError, ParameterError

BRATS = find_label_map("brats2018")
LABELS = hnp.arrays(np.uint8, (3, 4, 2), elements=st.sampled_from([0, 1, 2, 4]))


@given(LABELS)
def test_regions_become_the_label_they_came_from(codes: np.ndarray) -> None:
    np.testing.assert_array_equal(BRATS.to_codes(BRATS.to_regions(codes)), codes)


@given(LABELS)
def test_regions_are_nested(codes: np.ndarray) -> None:
    whole, core, enhancing = BRATS.to_regions(codes)
    assert (enhancing <= core).all()
    assert (core <= whole).all()


@given(hnp.arrays(np.bool_, (3, 2, 3, 2)))
def test_any_masks_become_a_label_of_known_codes(masks: np.ndarray) -> None:
    assert np.isin(BRATS.to_codes(masks), BRATS.codes).all()
    assert ((BRATS.to_codes(masks) > 0) == masks.any(0)).all()


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.float32, np.float64])
def test_the_type_of_a_label_does_not_matter(dtype: type) -> None:
    codes = np.array([0, 1, 2, 4]).astype(dtype)
    expected = [[0, 1, 1, 1], [0, 1, 0, 1], [0, 0, 0, 1]]
    np.testing.assert_array_equal(BRATS.to_regions(codes), np.array(expected, bool))


@pytest.mark.parametrize(
    ("values", "found"),
    [([0, 3], "3"), ([0, -1], "-1"), ([1.5, 1], "1.5"), ([np.nan, 4], "nan"), ([260, 4], "260")],
)
def test_a_foreign_value_is_named_with_file_and_codes(values: list[float], found: str) -> None:
    with pytest.raises(DataError) as error:
        BRATS.to_regions(np.array(values), "Label a_seg.nii")
    assert str(error.value) == (
        f"Label a_seg.nii should hold only the codes [0, 1, 2, 4]. Found {found}."
    )


def test_regions_without_a_code_of_their_own_cannot_become_a_label() -> None:
    labels = LabelMap.of({"outer": {1, 2, 3}, "inner": {3}})
    with pytest.raises(ParameterError, match=r"Region `outer` .* Found \[1, 2\]"):
        labels.to_codes(np.zeros((2, 1, 1, 1), bool))


@pytest.mark.parametrize(
    ("regions", "finding"),
    [({}, "Found none"), ({"WT": set()}, r"Found \[\]"), ({"WT": {0, 1}}, r"Found \[0, 1\]")],
)
def test_a_map_without_usable_codes_is_refused(regions: dict[str, set[int]], finding: str) -> None:
    with pytest.raises(ParameterError, match=finding):
        LabelMap.of(regions)


def test_an_unknown_coding_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ParameterError, match=r"one of \['brats2018', .*\. Found `labels = brats`"):
        find_label_map("brats")
