import math

from hypothesis import given
from hypothesis import strategies as st

from pareto_search.figures.sheets.spans import log_ticks, objective_scale, span
from pareto_search.objective import Objective

VALUES = st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=30)


@given(VALUES, VALUES, st.sampled_from(["minimize", "maximize"]))
def test_whatever_is_needed_is_in_view(needed, others, direction):
    objective = Objective(name="f", direction=direction, reference=0.0)
    scale = objective_scale(objective, needed, [*needed, *others])
    assert scale.low < scale.high
    assert all(scale.low <= value <= scale.high for value in needed)


def test_a_few_bad_values_are_left_outside_in_either_direction():
    many = [0.1 + at / 1000 for at in range(40)]
    falling = Objective(name="f", reference=1.0)
    rising = Objective(name="f", direction="maximize", reference=-1.0)
    assert objective_scale(falling, many[:5], [*many, 9.0]).high < 1
    assert objective_scale(rising, [-v for v in many[:5]], [*(-v for v in many), -9.0]).low > -1


def test_values_that_are_not_finite_are_passed_over():
    objective = Objective(name="f", reference=1.0)
    scale = objective_scale(objective, [0.2], [0.2, math.nan, math.inf])
    assert scale.low < 0.2 < scale.high < 2


@given(VALUES)
def test_a_span_holds_every_value_and_has_a_width(values):
    low, high = span(values)
    assert low < min(values) <= max(values) < high


@given(st.floats(1e-6, 1e3), st.floats(3.0, 1e9))
def test_ticks_of_a_logarithmic_axis_are_few_round_and_in_view(low, factor):
    ticks = log_ticks(low, low * factor)
    assert 1 <= len(ticks) <= 7
    assert all(low <= tick <= low * factor for tick in ticks)
    assert all(f"{tick:.0e}"[0] in "125" for tick in ticks)
