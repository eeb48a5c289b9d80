"""What MGDA, UPGrad and CAGrad promise, against torchjd and closed forms."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from torchjd.aggregation import CAGradWeighting, MGDAWeighting, UPGradWeighting
from torchjd.linalg import QuadprogProjector

from trainables.balance import LossConfig, make_balance
from trainables.balance.cagrad import cagrad_weights
from trainables.balance.mgda import mgda_weights
from trainables.balance.root import RIDGE, gramian_root
from trainables.balance.upgrad import upgrad_weights
from trainables.errors import ParameterError
from trainables.gramian import gradient_gramian

CLAIM = settings(max_examples=30, deadline=None, derandomize=True)
EXACT = QuadprogProjector(norm_eps=1e-12, reg_eps=1e-12)


@st.composite
def gradients(draw, low=1, high=5):
    """K gradients of five numbers: any, some of them parallel or opposed, some small, some 0."""
    values = st.floats(-1, 1).map(lambda x: round(x, 3))
    count = draw(st.integers(low, high))
    rows = draw(arrays(np.float64, (count, 5), elements=values))
    if draw(st.booleans()):
        rows = rows[draw(arrays(np.int64, count, elements=st.integers(0, count - 1)))]
    rows = rows * draw(arrays(np.float64, (count, 1), elements=st.sampled_from([1, -1, 1e-4, 0])))
    size = np.linalg.norm(rows)
    return rows / size if size > 1e-6 else np.eye(count, 5)


def firm(gramian):
    """What the solvers solve for: rounding tells no smaller gradient."""
    return gramian + RIDGE * np.diag(np.diag(gramian))


def ones(jacobian):
    return np.ones(len(jacobian))


METHODS = {
    "mgda": mgda_weights,
    "upgrad": lambda gramian: upgrad_weights(gramian, ones(gramian)),
    "cagrad": lambda gramian: cagrad_weights(gramian, ones(gramian), 0.5),
}


@CLAIM
@given(jacobian=gradients())
def test_the_root_has_the_inner_products_whatever_the_sizes(jacobian):
    gramian = jacobian @ jacobian.T
    root, sizes = gramian_root(gramian), np.sqrt(np.diag(gramian))
    error = np.abs(root.T @ root - firm(gramian))
    assert (error <= 1e-12 * np.outer(sizes, sizes) + 1e-300).all()


@CLAIM
@given(jacobian=gradients(2, 2))
def test_mgda_of_two_is_the_closed_form(jacobian):
    (ii, ib), (_, bb) = firm(jacobian @ jacobian.T)
    apart = ii + bb - 2 * ib
    expected = np.clip((bb - ib) / apart, 0, 1)
    assert mgda_weights(jacobian @ jacobian.T)[0] == pytest.approx(expected, abs=1e-9 / apart)


@CLAIM
@given(jacobian=gradients())
def test_mgda_is_torchjds_direction(jacobian):
    """As far as its Frank-Wolfe steps, which slow down, come; never longer than theirs."""
    gramian = jacobian @ jacobian.T
    steps = MGDAWeighting(epsilon=1e-12, max_iters=300)
    theirs = steps(torch.from_numpy(gramian)).numpy() @ jacobian
    found = mgda_weights(gramian) @ jacobian
    assert found @ found <= theirs @ theirs + RIDGE
    np.testing.assert_allclose(found, theirs, atol=0.05)


@CLAIM
@given(jacobian=gradients())
def test_mgda_gives_the_shortest_convex_combination(jacobian):
    """Its direction serves every loss by its own length squared, which only that one does."""
    gramian = firm(jacobian @ jacobian.T)
    weights = mgda_weights(jacobian @ jacobian.T)
    assert weights.min() >= 0
    assert weights.sum() == pytest.approx(1)
    assert (gramian @ weights >= weights @ gramian @ weights - 1e-9).all()


def test_equal_gradients_share_mgdas_weight():
    np.testing.assert_allclose(mgda_weights(np.full((4, 4), 0.25)), 0.25)


@CLAIM
@given(jacobian=gradients(2, 2))
def test_upgrad_of_two_is_half_of_pcgrad(jacobian):
    first, second = jacobian
    expected = np.zeros(5)
    for mine, other in ((first, second), (second, first)):
        along = mine @ other
        expected += mine - (min(along, 0) / (other @ other) * other if other.any() else 0)
    found = METHODS["upgrad"](jacobian @ jacobian.T) @ jacobian
    np.testing.assert_allclose(found, expected / 2, atol=2 * RIDGE)


@CLAIM
@given(jacobian=gradients(), preference=st.sampled_from([0.25, 1.0, 4.0]))
def test_upgrad_is_torchjds_direction(jacobian, preference):
    """To it, a gradient's size is a preference; torchjd's own ridge would drown the small ones."""
    wanted = np.array([1.0] + [preference] * (len(jacobian) - 1))
    found = upgrad_weights(jacobian @ jacobian.T, wanted) @ jacobian
    sizes = np.linalg.norm(jacobian, axis=1)
    units = jacobian / np.where(sizes > 0, sizes, 1)[:, None]
    oracle = UPGradWeighting(torch.from_numpy(wanted * sizes / len(sizes)), projector=EXACT)
    theirs = oracle(torch.from_numpy(firm(units @ units.T))).numpy() @ units
    np.testing.assert_allclose(found, theirs, atol=1e-7)


@CLAIM
@given(jacobian=gradients(), caution=st.sampled_from([0.0, 0.3, 0.9]))
def test_cagrad_is_torchjds_direction_or_serves_the_worst_loss_better(jacobian, caution):
    gramian = torch.from_numpy(jacobian @ jacobian.T)
    found = cagrad_weights(gramian.numpy(), ones(jacobian), caution) @ jacobian
    mean = jacobian.mean(0)
    assert np.linalg.norm(found - mean) <= caution * np.linalg.norm(mean) + 1e-9
    theirs = CAGradWeighting(c=caution, norm_eps=1e-8)(gramian).numpy() @ jacobian
    assert (jacobian @ found).min() >= (jacobian @ theirs).min() - RIDGE**0.5


@CLAIM
@given(jacobian=gradients())
def test_cagrad_without_caution_is_the_mean_gradient(jacobian):
    weights = cagrad_weights(jacobian @ jacobian.T, ones(jacobian), 0.0)
    np.testing.assert_array_equal(weights, ones(jacobian) / len(jacobian))


@CLAIM
@given(jacobian=gradients())
def test_mgda_and_upgrad_conflict_with_no_gradient(jacobian):
    gramian = jacobian @ jacobian.T
    for kind in ("mgda", "upgrad"):
        weights = METHODS[kind](gramian)
        assert (gramian @ weights >= -RIDGE * weights * np.diag(gramian) - 1e-9).all()


@CLAIM
@given(jacobian=gradients(), kind=st.sampled_from(sorted(METHODS)))
def test_every_direction_is_a_non_negative_combination(jacobian, kind):
    weights = METHODS[kind](jacobian @ jacobian.T)
    assert np.isfinite(weights).all()
    assert weights.min() >= 0


@pytest.mark.parametrize("kind", sorted(METHODS))
@pytest.mark.parametrize("noise", [0.0, 1e-8, -1e-8])
def test_rounding_makes_no_weight_explode(kind, noise):
    """Three gradients nearly in one line, one against two, as float32 would tell them."""
    signs = np.array([1.0, -1.0, 1.0])
    gramian = (np.outer(signs, signs) + noise * np.arange(9).reshape(3, 3) % 5e-8) / 3
    weights = METHODS[kind]((gramian + gramian.T) / 2)
    assert 0 <= weights.min() <= weights.max() < 1e3


@pytest.mark.parametrize("kind", sorted(METHODS))
@pytest.mark.parametrize("power", [-8, 0, 8])
def test_the_balance_does_not_depend_on_the_scale_of_the_gradients(kind, power):
    gramian = torch.tensor([[2.0, -0.5, 0.1], [-0.5, 1.0, 0.2], [0.1, 0.2, 3.0]])
    weights = []
    for factor in (1.0, 10.0**power):
        balance = make_balance(LossConfig(kind=kind), 3)
        balance(torch.ones(3), torch.ones(3), lambda f=factor: gramian.double() * f)
        weights.append(balance.weights)
    torch.testing.assert_close(*weights)


@pytest.mark.parametrize("kind", sorted(METHODS))
def test_at_a_pareto_stationary_point_the_weights_are_defined(kind):
    opposed = np.array([[1.0, -1.0], [-1.0, 1.0]])
    weights = METHODS[kind](opposed)
    assert np.isfinite(weights).all()
    if kind == "mgda":
        assert weights @ opposed @ weights == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("kind", sorted(METHODS))
@pytest.mark.parametrize("value", [0.0, float("nan"), float("inf")])
def test_gradients_that_say_nothing_leave_the_plain_sum(kind, value):
    balance = make_balance(LossConfig(kind=kind), 2)
    balance(torch.ones(2), torch.tensor([1.0, 0.5]), lambda: torch.full((2, 2), value))
    assert balance.weights.tolist() == [1.0, 0.5]


@pytest.mark.parametrize("kind", sorted(METHODS))
def test_a_shell_that_is_not_admitted_has_no_say_even_where_its_gradient_is_no_number(kind):
    """The interior is trained as if the boundary were not there, however they conflict."""
    for value in (-0.9, float("nan"), float("inf")):
        balance = make_balance(LossConfig(kind=kind), 2)
        conflict = torch.tensor([[1.0, value], [value, abs(value)]])
        balance(torch.ones(2), torch.tensor([1.0, 0.0]), lambda c=conflict: c)
        weights = balance.weights.tolist()
        assert weights[1] == 0
        assert weights[0] == pytest.approx(1.5 if kind == "cagrad" else 1.0)


@pytest.mark.parametrize("kind", sorted(METHODS))
def test_a_shell_without_a_voxel_does_not_stop_the_others(kind):
    """Its gradient is 0, which to MGDA would be a stationary point."""
    whole = make_balance(LossConfig(kind=kind), 2)
    whole(torch.ones(2), torch.ones(2), lambda: torch.tensor([[2.0, -1.0], [-1.0, 3.0]]))
    empty = make_balance(LossConfig(kind=kind), 3)
    gramian = torch.tensor([[2.0, -1.0, 0.0], [-1.0, 3.0, 0.0], [0.0, 0.0, 0.0]])
    empty(torch.ones(3), torch.ones(3), lambda: gramian)
    torch.testing.assert_close(empty.weights[:2], whole.weights)


@pytest.mark.parametrize("kind", sorted(METHODS))
def test_a_shell_fades_in_linearly_from_no_say_to_all(kind):
    gramian = torch.tensor([[1.0, -0.3, 0.1], [-0.3, 0.5, -0.2], [0.1, -0.2, 0.8]])
    balance = make_balance(LossConfig(kind=kind), 3)

    def weights(*admission):
        balance(torch.ones(3), torch.tensor(admission), lambda: gramian)
        return balance.weights

    none, some, all_in = weights(1.0, 0.0, 0.0), weights(1.0, 1.0, 0.0), weights(1.0, 1.0, 1.0)
    expected = 0.25 * none + 0.5 * some + 0.25 * all_in
    torch.testing.assert_close(weights(1.0, 0.75, 0.25), expected)
    torch.testing.assert_close(weights(1.0, 1e-9, 1e-9), none)


@CLAIM
@given(
    jacobian=gradients(2, 5),
    admission=arrays(np.float64, 5, elements=st.sampled_from([0, 0.01, 0.4, 1])),
    preference=st.floats(0.25, 4),
)
def test_without_a_conflict_upgrad_is_the_plain_sum(jacobian, admission, preference):
    """Where every inner product is at least 0, whatever is admitted and preferred."""
    gramian = torch.from_numpy(np.abs(jacobian) @ np.abs(jacobian).T)
    admitted = torch.from_numpy(admission[: len(gramian)])
    admitted[0] = 1
    balance = make_balance(LossConfig(kind="upgrad", boundary_preference=preference), len(gramian))
    balance(torch.ones(len(gramian)).double(), admitted, lambda: gramian)
    expected = admitted * torch.tensor([1.0] + [preference] * (len(gramian) - 1)).double()
    has_gradient = gramian.diagonal() > 0
    torch.testing.assert_close(balance.weights[has_gradient], expected[has_gradient])


@pytest.mark.parametrize("kind", ["upgrad", "cagrad"])
def test_a_preference_raises_the_boundarys_weight(kind):
    shares = []
    for preference in (0.5, 1.0, 2.0):
        config = LossConfig(kind=kind, boundary_preference=preference, caution=0.1)
        balance = make_balance(config, 2)
        balance(torch.ones(2), torch.ones(2), lambda: torch.tensor([[1.0, -0.2], [-0.2, 1.0]]))
        shares.append(float(balance.weights[1] / balance.weights[0]))
    assert shares[0] < shares[1] < shares[2]


@pytest.mark.parametrize("kind", sorted(METHODS))
def test_its_gradient_is_the_weights_combination_of_the_regional_gradients(kind):
    x = torch.randn(6, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    x.requires_grad_()
    losses = torch.stack(((x - 1).square().sum(), (x + 1).pow(4).sum()))
    rows = torch.stack([torch.autograd.grad(f, x, retain_graph=True)[0] for f in losses])
    balance = make_balance(LossConfig(kind=kind), 2)
    joined = balance(losses, torch.ones(2), lambda: gradient_gramian(losses, [x]))
    (found,) = torch.autograd.grad(joined, x)
    torch.testing.assert_close(found, balance.weights @ rows)


@pytest.mark.parametrize("kind", sorted(METHODS))
def test_without_the_gradients_it_is_refused_by_name(kind):
    with pytest.raises(ParameterError, match=rf"`gramian`.*`loss\.kind = {kind}`"):
        make_balance(LossConfig(kind=kind), 2)(torch.ones(2), torch.ones(2))


@pytest.mark.parametrize("kind", sorted(METHODS))
def test_there_is_nothing_to_save_and_a_foreign_state_is_refused(kind):
    balance = make_balance(LossConfig(kind=kind), 2)
    balance.load_state_dict(balance.state_dict())
    with pytest.raises(ParameterError, match="`state`"):
        balance.load_state_dict({"means": torch.zeros(2)})
