"""What the Gramian of the shells promises, and that the last layer is what makes the output."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from small_networks import SMALL_NETWORKS, network_name
from torch import nn

from trainables.errors import ParameterError
from trainables.gramian import gradient_gramian, last_layer
from trainables.networks import make_network

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


def reordered(network):
    """The same network with the modules of each level registered last to first."""
    for module in network.modules():
        if not isinstance(module, nn.Sequential | nn.ModuleList):
            module._modules = dict(reversed(module._modules.items()))
    return network


@pytest.mark.parametrize("order", [lambda network: network, reordered])
@pytest.mark.parametrize("config", SMALL_NETWORKS, ids=network_name)
def test_the_last_layer_is_the_convolution_that_makes_the_logits(config, order):
    """Three output channels; whatever comes out of it is, but for a residual, the logits."""
    network = order(make_network(config, 2, 3))
    image = torch.randn(1, 2, *config.smallest_patch)
    weight, *_ = last_layer(network, image)
    (owner,) = (m for m in network.modules() if getattr(m, "weight", None) is weight)
    assert isinstance(owner, nn.Conv3d | nn.ConvTranspose3d)
    assert owner.out_channels == 3
    seen = []
    owner.register_forward_hook(lambda _module, _inputs, output: seen.append(output))
    output = network(image)
    logits = output if isinstance(output, torch.Tensor) else output[0]
    (change,) = torch.autograd.grad(logits.sum(), seen[-1])
    assert torch.equal(change, torch.ones_like(change))


def test_the_order_of_registration_does_not_tell_the_last_layer():
    class Backwards(nn.Module):
        def __init__(self):
            super().__init__()
            self.last, self.first = nn.Conv2d(2, 1, 1), nn.Conv2d(1, 2, 1)
            self.auxiliary = nn.Conv2d(2, 1, 1)

        def forward(self, image):
            inner = self.first(image)
            return [self.last(inner), self.auxiliary(inner)] if self.training else self.last(inner)

    network = Backwards().train()
    weight, bias = last_layer(network, torch.zeros(1, 1, 2, 2))
    assert weight is network.last.weight
    assert bias is network.last.bias
    network.last.weight.requires_grad_(False)
    (only,) = last_layer(network, torch.zeros(1, 1, 2, 2))
    assert only is network.last.bias


def test_looking_for_the_last_layer_changes_nothing():
    network = nn.Sequential(nn.Conv2d(1, 2, 1), nn.BatchNorm2d(2), nn.Dropout(), nn.Conv2d(2, 1, 1))
    network[2].eval()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    drawn = torch.random.get_rng_state()
    last_layer(network, torch.ones(1, 1, 2, 2))
    assert all(torch.equal(before[name], value) for name, value in network.state_dict().items())
    assert all(p.grad is None for p in network.parameters())
    assert [module.training for module in network] == [True, True, False, True]
    assert torch.equal(drawn, torch.random.get_rng_state())


def test_a_network_without_anything_to_train_has_no_last_layer():
    with pytest.raises(ParameterError, match="should have parameters that can be trained"):
        last_layer(nn.Conv2d(1, 1, 1).requires_grad_(False), torch.zeros(1, 1, 2, 2))
    with pytest.raises(ParameterError, match="should have parameters that can be trained"):
        last_layer(nn.ReLU(), torch.zeros(1, requires_grad=True))


@CLAIM
@given(seed=st.integers(0, 1000))
def test_it_is_symmetric_and_positive_semi_definite(seed):
    gramian = gradient_gramian(*toy(seed, kinds=4))
    assert torch.equal(gramian, gramian.T)
    assert torch.linalg.eigvalsh(gramian).min() >= -1e-12 * gramian.trace()


def test_of_quadratics_it_is_known_in_closed_form():
    """F_k = |x - c_k|^2 / 2 has gradient x - c_k."""
    centres = torch.tensor([[1.0, 0.0], [0.0, 2.0], [-3.0, 1.0]], dtype=torch.float64)
    x = torch.tensor([0.5, 0.25], dtype=torch.float64, requires_grad=True)
    losses = (x - centres).square().sum(dim=1) / 2
    expected = [[0.3125, -0.6875, -1.9375], [-0.6875, 3.3125, 3.0625], [-1.9375, 3.0625, 12.8125]]
    assert gradient_gramian(losses, [x]).tolist() == expected


SINGLE, DOUBLE = torch.float32, torch.float64


@pytest.mark.parametrize(
    ("loss", "parameters", "expected"),
    [
        (SINGLE, [SINGLE], SINGLE),
        (DOUBLE, [SINGLE], DOUBLE),
        (SINGLE, [SINGLE, DOUBLE], DOUBLE),
        (torch.bfloat16, [torch.bfloat16], SINGLE),
        (torch.float16, [SINGLE, torch.float16], SINGLE),
    ],
)
def test_it_is_double_where_anything_is_and_never_half(loss, parameters, expected):
    """256 and 1 add up to 257 there, which no half-precision number of 8 bits is."""
    taken = [torch.tensor([16.0, 1.0], dtype=dtype, requires_grad=True) for dtype in parameters]
    losses = torch.stack([(x.square().sum() / 2).to(loss) for x in taken]).sum().view(1)
    found = gradient_gramian(losses, taken)
    assert found.dtype == expected
    assert found.item() == 257.0 * len(taken)


@pytest.mark.parametrize("half", [torch.bfloat16, torch.float16])
def test_autocast_changes_nothing_of_it(half):
    losses, parameters = toy(3)
    parameters = [p.detach().float().requires_grad_() for p in parameters]
    losses = torch.stack(
        [(p.sin().sum() * 1e-3 * k + p.square().sum()) for k in (1, 2) for p in parameters]
    )
    expected = gradient_gramian(losses, parameters)
    with torch.autocast("cpu", half):
        assert (parameters[0] @ parameters[0].T).dtype == half
        found = gradient_gramian(losses, parameters)
    assert found.dtype == torch.float32
    assert torch.equal(found, expected)


def test_parameters_may_come_one_by_one():
    network = torch.nn.Linear(2, 2)
    losses = network(torch.tensor([1.0, 2.0]))
    found = gradient_gramian(losses, network.parameters())
    assert torch.equal(found, gradient_gramian(losses, list(network.parameters())))
