"""The Gramian of the regional gradients: all that gradient-side methods and diagnostics need."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn


def gradient_gramian(losses: Tensor, parameters: Sequence[Tensor]) -> Tensor:
    """Inner products ``G_jk = <grad F_j, grad F_k>`` of the gradients of K losses.

    It takes one backward pass for each loss, no deeper than the shallowest of `parameters`, and
    keeps the graph, so that a loss made of `losses` can still be trained on. The `.grad` of the
    parameters is left alone.

    Args:
        losses: F (K,), differentiable.
        parameters: What the gradients are taken of; one that no loss depends on counts as 0.

    Returns:
        (K, K), symmetric and positive semi-definite up to rounding, float32 or that of the
        parameters if they are float64, on the device of `losses`, detached.

    >>> x = torch.tensor([1.0, 2.0], requires_grad=True)
    >>> gradient_gramian(torch.stack((x.sum(), (x * x).sum())), [x])
    tensor([[ 2.,  6.],
            [ 6., 20.]])
    """
    rows = [
        torch.autograd.grad(loss, parameters, retain_graph=True, allow_unused=True)
        for loss in losses
    ]
    total = losses.new_zeros(len(rows), len(rows))
    for gradients in zip(*rows, strict=True):
        known = [g for g in gradients if g is not None]
        if not known:
            continue
        flat = [torch.zeros_like(known[0]) if g is None else g for g in gradients]
        matrix = torch.stack([g.detach().flatten() for g in flat]).to(total)
        total += matrix @ matrix.T
    return total


def last_layer(network: nn.Module) -> list[nn.Parameter]:
    """The parameters of the last module that has any of its own: the output convolution.

    >>> [tuple(p.shape) for p in last_layer(nn.Sequential(nn.Linear(3, 2), nn.Linear(2, 1)))]
    [(1, 2), (1,)]
    """
    owners = [m for m in network.modules() if any(True for _ in m.parameters(recurse=False))]
    return list(owners[-1].parameters(recurse=False))
