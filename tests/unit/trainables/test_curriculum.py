import pytest
import torch

from trainables.curriculum import CurriculumConfig, admission, difficulty, pace, shell_index
from trainables.errors import ParameterError


def test_the_difficulty_is_one_on_the_interface_and_zero_where_certain():
    u = torch.linspace(-1, 1, 101)
    h = difficulty(u)
    assert h[0] == h[-1] == 0
    assert h[50] == 1
    torch.testing.assert_close(h, h.flip(0))
    assert (h[:51].diff() > 0).all()


@pytest.mark.parametrize("shells", [2, 3, 5])
def test_shells_are_equal_slices_that_rise_towards_the_interface(shells):
    slices = shells - 1
    middles = torch.tensor([1 - (k - 0.5) / slices for k in range(1, shells)])
    assert shell_index(middles, shells).tolist() == list(range(1, shells))
    assert shell_index(-middles, shells).tolist() == list(range(1, shells))
    assert shell_index(torch.tensor([-1.0, 1.0]), shells).tolist() == [0, 0]
    assert shell_index(torch.tensor([0.0]), shells).tolist() == [shells - 1]


def test_the_least_uncertain_voxel_is_already_in_the_band():
    almost = torch.nextafter(torch.tensor([1.0, -1.0]), torch.tensor(0.0))
    assert shell_index(almost, 5).tolist() == [1, 1]
    assert shell_index(almost, 5).dtype == torch.int64


@pytest.mark.parametrize(
    ("kind", "middle"),
    [
        ("linear", 0.5),
        ("quadratic", 0.25),
        ("root", 0.5**0.5),
        ("exponential", 1 / (2.718281828459045**1.5 + 1)),
        ("logarithmic", None),
        ("cosine", 0.5),
        ("step", 0.0),
    ],
)
def test_each_pace_has_its_course_half_way(kind, middle):
    found = pace(0.25, CurriculumConfig(warmup=0.5, pace=kind))
    if kind == "logarithmic":  # the inverse of the exponential one
        back = pace(found * 0.5, CurriculumConfig(warmup=0.5, pace="exponential"))
        assert back == pytest.approx(0.5)
    else:
        assert found == pytest.approx(middle)


def test_the_pace_begins_at_start():
    assert pace(0.0, CurriculumConfig(warmup=0.3, start=0.4)) == pytest.approx(0.4)


def test_an_admission_by_hand_at_the_middle_of_each_shell():
    config = CurriculumConfig(shells=3, warmup=1.0, softness=0.5)
    h = difficulty(torch.tensor([0.75, 0.25])).tolist()
    expected = [1.0] + [min(1.0, max(0.0, 1 + (0.3 - value) / 0.5)) for value in h]
    assert admission(0.3, config).tolist() == pytest.approx(expected)
    assert admission(0.3, config).dtype == torch.float32


def test_shells_nearer_to_the_interface_are_never_admitted_more():
    config = CurriculumConfig(shells=5, warmup=1.0)
    for progress in (0.0, 0.2, 0.5, 0.9):
        assert (admission(progress, config).diff() <= 0).all()


@pytest.mark.parametrize("progress", [-0.1, 1.1, float("nan")])
def test_a_progress_outside_training_is_refused(progress):
    with pytest.raises(ParameterError, match=r"`progress` should be .* at least 0 and at most 1"):
        pace(progress, CurriculumConfig())


def test_fewer_than_two_shells_are_refused():
    with pytest.raises(ParameterError, match="`shells = 1`"):
        shell_index(torch.zeros(1), 1)


@pytest.mark.parametrize(
    ("field", "value"),
    [("warmup", 1.1), ("start", -0.1), ("pace", "fast"), ("shells", 4), ("softness", 0.0)],
)
def test_a_parameter_out_of_range_is_refused_by_name(field, value):
    with pytest.raises(ParameterError, match=field):
        CurriculumConfig(**{field: value})
