"""The Gramian of the regional gradients: all that gradient-side methods and diagnostics need."""

from collections.abc import Iterable

import torch
from torch import Tensor, nn

from trainables.errors import ParameterError
from trainables.modes import evaluating


def gradient_gramian(losses: Tensor, parameters: Iterable[Tensor]) -> Tensor:
    """Inner products ``G_jk = <grad F_j, grad F_k>`` of the gradients of K losses.

    It takes one backward pass for each loss, no deeper than the shallowest of `parameters`, and
    keeps the graph, so that a loss made of `losses` can still be trained on. The `.grad` of the
    parameters is left alone. Products are taken outside autocast, which would round them to half
    precision: to a cosine that is 2 or 3 digits good.

    Args:
        losses: F (K,), differentiable, floating.
        parameters: What the gradients are taken of, W numbers together, floating; one that no loss
            depends on counts as 0.

    Returns:
        G (K, K), symmetric and positive semi-definite up to rounding, float64 if the losses or any
        parameter are and else float32, on the device of `losses`, detached. Of a gradient that is
        not finite neither are the products.

    Source: arXiv 2406.16232 (the Gramian is all that weights of gradients need). That its K losses
    are those of a label's shells is our reading of arXiv 2601.19365.

    >>> x = torch.tensor([1.0, 2.0], requires_grad=True)
    >>> gradient_gramian(torch.stack((x.sum(), (x * x).sum())), [x])
    tensor([[ 2.,  6.],
            [ 6., 20.]])
    """
    parameters = list(parameters)
    is_double = any(t.dtype == torch.float64 for t in (losses, *parameters))
    dtype = torch.float64 if is_double else torch.float32
    total = losses.new_zeros(len(losses), len(losses), dtype=dtype)
    with torch.autocast(losses.device.type, enabled=False):
        rows = [
            torch.autograd.grad(loss, parameters, retain_graph=True, allow_unused=True)
            for loss in losses
        ]
        for gradients in zip(*rows, strict=True):
            known = [g for g in gradients if g is not None]
            if not known:
                continue
            flat = [torch.zeros_like(known[0]) if g is None else g for g in gradients]
            matrix = torch.stack([g.detach().flatten() for g in flat]).to(total)
            total += matrix @ matrix.T
    return total


def last_layer(network: nn.Module, example: Tensor) -> list[nn.Parameter]:
    """The parameters of the layer that makes the output: in a segmentation network, a convolution.

    It is the module that owns the parameter nearest to the output in the graph of one forward
    pass, whatever order modules were registered in. The pass leaves the network as it was.

    That conflict is looked at there is our reading of arXiv 2601.19365: one convolution deep costs
    little, and at the logits, where shells are disjoint voxels, every cosine is about 0.

    Args:
        network: At least one of its parameters can be trained.
        example: What it takes: a small image (1, M, *spatial) will do.

    Returns:
        Those of the layer's own parameters that can be trained.

    Raises:
        ParameterError: the output depends on no parameter that can be trained.

    >>> network = nn.Sequential(nn.Linear(3, 2), nn.Linear(2, 1), nn.Sigmoid())
    >>> [tuple(p.shape) for p in last_layer(network, torch.zeros(1, 3))]
    [(1, 2), (1,)]
    """
    owners = {
        id(p): module for module in network.modules() for p in module.parameters(recurse=False)
    }
    with evaluating(network), torch.enable_grad():
        nodes = [network(example).grad_fn]
    while nodes := [node for node in nodes if node is not None]:
        leaves = (id(getattr(node, "variable", None)) for node in nodes)
        owner = next((owners[leaf] for leaf in leaves if leaf in owners), None)
        if owner is not None:
            return [p for p in owner.parameters(recurse=False) if p.requires_grad]
        nodes = list(dict.fromkeys(after for node in nodes for after, _ in node.next_functions))
    raise ParameterError(
        "Parameter `network` should have parameters that can be trained. "
        "Found none that its output depends on."
    )
