import pytest

from trainables.errors import ParameterError
from trainables.spacing import check_spacing


@pytest.mark.parametrize("step", [0.0, -1.0, float("nan"), float("inf"), "1", None, True])
def test_a_step_that_is_no_length_is_refused_with_its_range_and_value(step):
    with pytest.raises(ParameterError) as caught:
        check_spacing([1.0, step], 2)
    assert str(caught.value) == (
        f"Parameter `spacing_mm` should be a finite number, above 0. Found `spacing_mm = {step}`."
    )


@pytest.mark.parametrize(("spacing", "least"), [([], 1), ([1.0] * 4, 1), ([1.0] * 2, 3)])
def test_fewer_or_more_steps_than_axes_are_refused(spacing, least):
    numbers = "3" if least == 3 else "1 to 3"
    with pytest.raises(
        ParameterError, match=rf"should have {numbers} numbers.* Found {len(spacing)}"
    ):
        check_spacing(spacing, 3, least)


def test_fewer_steps_than_axes_are_refused_only_where_all_axes_are_meant():
    check_spacing([1, 0.5, 3.0], 3, least_axes=3)
    check_spacing([0.5], 3)
    with pytest.raises(ParameterError, match="should have 3 numbers"):
        check_spacing([0.5], 3, least_axes=3)
