import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainables.data.split import Split, split_patients
from trainables.errors import DataError, ParameterError

UNITS = st.dictionaries(st.text(min_size=1, max_size=4), st.integers(0, 30).map(str), min_size=3)
UNITS = UNITS.filter(lambda units: len(set(units.values())) >= 3)
FRACTIONS = st.sampled_from([(0.6, 0.2, 0.2), (0.8, 0.1, 0.1), (0.02, 0.49, 0.49), (0.1, 0.8, 0.1)])


@given(UNITS, st.integers(0, 9), FRACTIONS)
def test_every_unit_is_in_exactly_one_part_and_no_part_is_empty(
    units: dict[str, str], seed: int, fractions: tuple[float, float, float]
) -> None:
    split = split_patients(units, seed, fractions)
    parts = [split.train, split.validation, split.test]
    assert sorted(unit for part in parts for unit in part) == sorted(units)
    assert all(parts)


@given(UNITS, st.integers(0, 9))
def test_a_patient_is_in_one_part_only(units: dict[str, str], seed: int) -> None:
    split = split_patients(units, seed)
    train, validation, test = (
        {units[unit] for unit in part} for part in (split.train, split.validation, split.test)
    )
    assert not train & validation
    assert not train & test
    assert not validation & test


@given(UNITS, st.integers(0, 9), st.randoms(use_true_random=False))
def test_the_order_of_the_units_does_not_matter(units: dict[str, str], seed: int, random) -> None:
    items = list(units.items())
    random.shuffle(items)
    assert split_patients(dict(items), seed) == split_patients(units, seed)


def test_parts_have_the_sizes_asked_for() -> None:
    split = split_patients({str(k): str(k) for k in range(50)}, seed=1)
    assert [len(part) for part in (split.train, split.validation, split.test)] == [30, 10, 10]


def test_digest_tells_splits_apart() -> None:
    units = {str(k): str(k) for k in range(50)}
    assert split_patients(units, 1).digest == split_patients(units, 1).digest
    assert split_patients(units, 1).digest != split_patients(units, 2).digest
    assert Split(("a",), ("b",), ("c",)).digest != Split(("a", "b"), (), ("c",)).digest


def test_two_patients_are_too_few_however_many_cases_they_have() -> None:
    with pytest.raises(DataError, match=r"at least 3 patients\. Found 2: add cases"):
        split_patients({"a": "p", "b": "p", "c": "q"}, seed=0)


@pytest.mark.parametrize("fractions", [(0.6, 0.4, 0.0), (0.6, 0.2, 0.1)])
def test_fractions_should_be_positive_and_sum_to_one(
    fractions: tuple[float, float, float],
) -> None:
    with pytest.raises(ParameterError, match="above 0 and sum to 1"):
        split_patients({str(k): str(k) for k in range(5)}, 0, fractions)
