import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from trainables.complement import sugeno_target, symmetric_target, yager_target

CLAIM = settings(max_examples=40, deadline=None, derandomize=True)
MEMBERSHIPS = torch.linspace(0, 1, 101, dtype=torch.float64)
EVERY = [
    lambda mu: symmetric_target(mu, 0.7),
    lambda mu: sugeno_target(mu, 1.0),
    lambda mu: yager_target(mu, 0.5),
]
every_complement = pytest.mark.parametrize(
    "complement", EVERY, ids=["symmetric", "sugeno", "yager"]
)


@CLAIM
@given(mu=st.floats(0.01, 0.99), p=st.floats(0.01, 0.99), kappa=st.floats(0, 1))
def test_membership_and_non_membership_are_a_weighted_cross_entropy(mu, p, kappa):
    pi = kappa * 2 * mu * (1 - mu)
    q, w = (float(t) for t in symmetric_target(torch.tensor(mu, dtype=torch.float64), kappa))
    wanted = -((mu - pi / 2) * math.log(p) + (1 - mu - pi / 2) * math.log(1 - p))
    found = -w * (q * math.log(p) + (1 - q) * math.log(1 - p))
    assert found == pytest.approx(wanted)


@pytest.mark.parametrize(
    ("complement", "against"),
    [
        (sugeno_target, lambda mu, x: (1 - mu) / (1 + x * mu)),
        (yager_target, lambda mu, x: (1 - mu**x) ** (1 / x)),
    ],
)
@pytest.mark.parametrize("parameter", [0.25, 0.5, 1.0])
def test_the_asymmetric_complements_doubt_the_background_alone(complement, against, parameter):
    q, w = complement(MEMBERSHIPS, parameter)
    torch.testing.assert_close(q * w, MEMBERSHIPS)
    torch.testing.assert_close((1 - q) * w, against(MEMBERSHIPS, parameter))


@every_complement
def test_certain_voxels_keep_their_label_and_their_whole_weight(complement):
    q, w = complement(torch.tensor([0.0, 1.0]))
    assert q.tolist() == [0.0, 1.0]
    assert w.tolist() == [1.0, 1.0]


@every_complement
def test_the_target_rises_with_the_membership_and_the_weight_is_a_part(complement):
    """So nested memberships stay nested targets, whatever the complement."""
    q, w = complement(MEMBERSHIPS)
    assert (q.diff() > 0).all()
    assert (w > 0).all()
    assert (w <= 1 + 1e-12).all()


def test_without_doubt_the_target_is_the_membership():
    for q, w in (
        symmetric_target(MEMBERSHIPS, 0.0),
        sugeno_target(MEMBERSHIPS, 0.0),
        yager_target(MEMBERSHIPS, 1.0),
    ):
        torch.testing.assert_close(q, MEMBERSHIPS)
        torch.testing.assert_close(w, torch.ones_like(w))


def test_only_the_symmetric_complement_keeps_the_interface_where_it_is():
    """At mu = 1/2 Sugeno's (lambda = 1) is at 0.60, Yager's (alpha = 1/2) at 0.85: lesions grow."""
    half = torch.tensor(0.5, dtype=torch.float64)
    targets = [float(complement(half)[0]) for complement in EVERY]
    assert targets == pytest.approx([0.5, 0.6, 0.8535533905932737])


@CLAIM
@given(strength=st.floats(0.01, 10), power=st.floats(0.25, 1))
def test_the_membership_from_which_on_a_target_is_inside_is_a_closed_form(strength, power):
    for complement, parameter, turn in (
        (sugeno_target, strength, (math.sqrt(1 + strength) - 1) / strength),
        (yager_target, power, 2 ** (-1 / power)),
    ):
        q, _ = complement(torch.tensor([turn - 1e-6, turn + 1e-6]).double(), parameter)
        assert q[0] < 0.5 < q[1]


def test_the_asymmetric_complements_turn_background_voxels_into_lesion():
    """A voxel outside (mu < 1/2) whose target says inside: property 2 of METHOD does not hold."""
    outside = torch.tensor(0.45)
    assert float(symmetric_target(outside, 1.0)[0]) < 0.5
    assert float(sugeno_target(outside, 1.0)[0]) > 0.5
    assert float(yager_target(outside, 0.5)[0]) > 0.5
