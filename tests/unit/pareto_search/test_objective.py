"""A direction becomes a sign in one place, and nothing else changes."""

import numpy as np
import pytest
from pydantic import ValidationError

from pareto_search.objective import Objective, reference_losses, to_losses

ERROR = Objective(name="error", reference=1.0)
DICE = Objective(name="dice", direction="maximize", reference=0.25)


def test_losses_are_values_with_the_sign_of_their_direction():
    losses = to_losses([{"error": 0.5, "dice": 0.75}], [ERROR, DICE])
    np.testing.assert_array_equal(losses, [[0.5, -0.75]])


def test_better_values_have_smaller_losses_in_both_directions():
    assert ERROR.loss(0.1) < ERROR.loss(0.2)
    assert DICE.loss(0.9) < DICE.loss(0.8)


def test_a_missing_value_is_nan():
    assert np.isnan(to_losses([{"error": 0.5}], [ERROR, DICE])[0, 1])


def test_no_trials_keep_the_number_of_objectives():
    assert to_losses([], [ERROR, DICE]).shape == (0, 2)


def test_reference_has_the_signs_of_the_losses():
    np.testing.assert_array_equal(reference_losses([ERROR, DICE]), [1.0, -0.25])


@pytest.mark.parametrize("reference", [float("nan"), float("inf")])
def test_reference_is_finite(reference):
    with pytest.raises(ValidationError):
        Objective(name="error", reference=reference)
