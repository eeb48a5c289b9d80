import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from trainables.gramian import gradient_gramian, last_layer
from trainables.networks import NetworkConfig, make_network

CLAIM = settings(max_examples=15, deadline=None, derandomize=True)


def toy(seed, kinds=3):
    generator = torch.Generator().manual_seed(seed)
    weight, bias = (
        torch.randn(shape, generator=generator, dtype=torch.float64).requires_grad_()
        for shape in ((4, 3), (4,))
    )
    data = torch.randn(5, 3, generator=generator, dtype=torch.float64)
    outputs = (data @ weight.T + bias).tanh()
    losses = torch.stack([(outputs - k).square().mean() for k in range(kinds)])
    return losses, [weight, bias]


@CLAIM
@given(seed=st.integers(0, 1000))
def test_it_is_the_product_of_the_whole_jacobian_with_itself(seed):
    losses, parameters = toy(seed)
    rows = [torch.autograd.grad(f, parameters, retain_graph=True) for f in losses]
    jacobian = torch.stack([torch.cat([g.flatten() for g in row]) for row in rows])
    torch.testing.assert_close(gradient_gramian(losses, parameters), jacobian @ jacobian.T)


def test_the_losses_can_still_be_trained_on_and_no_gradient_is_left_behind():
    losses, parameters = toy(0)
    gradient_gramian(losses, parameters)
    assert all(p.grad is None for p in parameters)
    losses.sum().backward()
    assert all(p.grad is not None for p in parameters)


def test_a_parameter_that_a_loss_or_all_of_them_leave_out_counts_as_nothing():
    x, y, z = (torch.tensor(v, requires_grad=True) for v in (2.0, 3.0, 5.0))
    losses = torch.stack((x * x, x + y))
    assert gradient_gramian(losses, [x, y, z]).tolist() == [[16.0, 4.0], [4.0, 2.0]]


@pytest.mark.parametrize("kind", ["unet", "segresnet"])
def test_the_last_layer_is_the_convolution_that_makes_the_logits(kind):
    """With its weights at 0 the logits are its bias, whatever else the network does."""
    network = make_network(NetworkConfig(kind=kind, filters=8, levels=2), 2, 3).eval()
    weight, *bias = last_layer(network)
    assert weight.shape[0] == 3 or weight.shape[1] == 3
    with torch.no_grad():
        weight.zero_()
        for extra in bias:
            extra.copy_(torch.arange(3.0))
        logits = network(torch.randn(1, 2, 8, 8, 8))
    expected = torch.arange(3.0) if bias else torch.zeros(3)
    torch.testing.assert_close(logits, expected.view(1, 3, 1, 1, 1).expand_as(logits))


def test_modules_without_parameters_are_passed_over():
    network = nn.Sequential(nn.Linear(3, 2), nn.ReLU())
    assert [tuple(p.shape) for p in last_layer(network)] == [(2, 3), (2,)]
