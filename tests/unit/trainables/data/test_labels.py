import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from trainables.data.labels import LabelMap, find_label_map, parse_coding
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


def test_codes_that_scaling_made_inexact_are_still_those_codes() -> None:
    codes = np.array([0, 1, 2, 4], np.float32) * np.float32(0.1) / np.float32(0.1) + 5e-4
    np.testing.assert_array_equal(BRATS.to_regions(codes)[0], [False, True, True, True])
    with pytest.raises(DataError, match=r"Found 0\.002"):
        BRATS.to_regions(codes + 1.5e-3)


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


MAPS = st.dictionaries(
    st.sampled_from("ABCD"), st.sets(st.integers(1, 5), min_size=1), min_size=1
).map(LabelMap.of)


@settings(deadline=None)
@given(MAPS, st.data())
def test_regions_of_any_map_nested_or_not_come_back_from_the_label(labels, data) -> None:
    codes = data.draw(hnp.arrays(np.uint8, (2, 3, 2), elements=st.sampled_from(labels.codes)))
    regions = labels.to_regions(codes)
    label = labels.to_codes(regions)
    np.testing.assert_array_equal(labels.to_regions(label), regions)
    assert (label <= codes).all()  # of codes with the same regions, the lowest


def test_a_region_of_several_codes_alone_is_written_as_the_lowest() -> None:
    whole = LabelMap.of({"WT": {4, 1, 2}})
    np.testing.assert_array_equal(whole.to_codes(np.array([[True, False]])), [1, 0])


def test_only_regions_that_each_hold_the_next_are_nested() -> None:
    assert BRATS.is_nested
    assert find_label_map("lesion").is_nested
    assert not LabelMap.of({"liver": {1}, "tumour": {2}}).is_nested


@pytest.mark.parametrize(
    ("name", "enhancing", "core", "oedema"),
    [("brats2018", 4, 1, 2), ("brats2023", 3, 1, 2), ("mets", 3, 1, 2), ("msd_brats", 3, 2, 1)],
)
def test_codings_of_gliomas_and_metastases_say_what_each_code_is(
    name: str, enhancing: int, core: int, oedema: int
) -> None:
    regions = find_label_map(name).to_regions(np.array([0, enhancing, core, oedema]))
    expected = [[0, 1, 1, 1], [0, 1, 1, 0], [0, 1, 0, 0]]
    np.testing.assert_array_equal(regions, np.array(expected, bool))


def test_a_command_line_gives_a_name_or_regions_with_codes() -> None:
    assert find_label_map(parse_coding("mets")) == find_label_map("brats2023")
    assert find_label_map(parse_coding("WT=1,2,4; TC=1,4;ET=4")) == BRATS
    for text, part in (("WT=", "WT="), ("WT=1,x", "WT=1,x"), ("=1", "=1"), ("A=1;B", "B")):
        with pytest.raises(ParameterError, match=f"Found `{part}`"):
            parse_coding(text)
    with pytest.raises(ParameterError, match="Found WT again"):
        parse_coding("WT=1,2,4;WT=4")


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
