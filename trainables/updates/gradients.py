"""The gradient of an update: of one batch, or of the mean of several that do not fit at once.

Whatever the balance, several batches give the gradient that one batch of all their patches would:
the balance weighs the *mean* losses. To weigh each batch by its own would be cheaper, and another
method: a batch of one patch often lacks a shell, and would be trained on the other alone.
"""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from trainables.checkpoint import TrainState
from trainables.data.patches import Batch
from trainables.gramian import gradient_gramian
from trainables.updates.run import Run


def make_gradients(
    state: TrainState, run: Run, batches: Sequence[Batch], admitted: Tensor
) -> tuple[Tensor, Tensor]:
    """Put the gradient into the weights' `.grad`, times the factor of ``state.scaler``.

    A balance that looks at nothing costs one forward and one backward pass for each batch. One
    that looks at losses costs a second forward pass for each, where there are several. One that
    looks at gradients costs a backward pass for each shell.

    Returns:
        The mean losses (K,) and what they are joined to, both without a graph.
    """
    looks_at = state.balance.looks_at
    state.optimiser.zero_grad()
    if looks_at == "gradients" and (len(batches) > 1 or run.ranks.size > 1):
        return _by_shell(state, run, batches, admitted)
    if looks_at == "losses" and len(batches) > 1:
        losses, joined, weigh = _look_ahead(state, run, batches, admitted)
        _descend(state, run, batches, admitted, weigh)
    else:
        losses, joined = _descend(state, run, batches, admitted, _weigher(state, admitted))
    run.ranks.average_gradients(state.network.parameters())
    return losses, joined


def _weigher(state: TrainState, admitted: Tensor) -> Callable[[Tensor], Tensor]:
    """What joins the losses of a batch by the balance itself."""
    weights = [p for p in state.network.parameters() if p.requires_grad]

    def weigh(losses: Tensor) -> Tensor:
        def gramian() -> Tensor:
            scale = state.scaler.get_scale()
            return gradient_gramian(losses * scale, weights) / scale**2

        return state.balance(losses, admitted, gramian)

    return weigh


def _descend(
    state: TrainState,
    run: Run,
    batches: Sequence[Batch],
    admitted: Tensor,
    weigh: Callable[[Tensor], Tensor],
) -> tuple[Tensor, Tensor]:
    """One forward and backward pass for each batch."""
    seen = []
    for batch in batches:
        losses = run.losses(batch)
        state.diagnostics.observe(losses, admitted)
        joined = weigh(losses) / len(batches)
        state.scaler.scale(joined).backward()  # type: ignore[no-untyped-call]
        seen.append((losses.detach() / len(batches), joined.detach()))
    losses, joined = (torch.stack(parts).sum(dim=0) for parts in zip(*seen, strict=True))
    return losses, joined


def _look_ahead(
    state: TrainState, run: Run, batches: Sequence[Batch], admitted: Tensor
) -> tuple[Tensor, Tensor, Callable[[Tensor], Tensor]]:
    """The mean losses, by forward passes alone; what they are joined to, and the weights of it.

    The passes that follow draw the same random numbers (dropout) again, and they alone move
    running statistics (batch norm).
    """
    devices = [run.device] if run.device.type == "cuda" else []
    before = [buffer.clone() for buffer in state.network.buffers()]
    with torch.no_grad(), torch.random.fork_rng(devices=devices):
        losses = torch.stack([run.losses(batch) for batch in batches]).mean(dim=0)
        for buffer, value in zip(state.network.buffers(), before, strict=True):
            buffer.copy_(value)
    joined = state.balance(losses, admitted)
    weights = state.balance.weights.detach()
    return losses, joined, lambda own: (weights * own).sum()


def _by_shell(
    state: TrainState, run: Run, batches: Sequence[Batch], admitted: Tensor
) -> tuple[Tensor, Tensor]:
    """The gradient of each shell, meaned over batches and processes, then joined."""
    weights = [p for p in state.network.parameters() if p.requires_grad]
    sums: list[list[Tensor]] = [[] for _ in admitted]
    seen = []
    for batch in batches:
        losses = run.losses(batch)
        state.diagnostics.observe(losses, admitted)
        seen.append(losses.detach())
        for k, loss in enumerate(losses):
            scaled = state.scaler.scale(loss / len(batches))
            found = torch.autograd.grad(scaled, weights, retain_graph=True, materialize_grads=True)
            sums[k] = [a + b for a, b in zip(sums[k], found, strict=False)] or list(found)
    for gradients in sums:
        run.ranks.average(gradients)
    losses = torch.stack(seen).mean(dim=0)
    joined = state.balance(losses, admitted, lambda: _gramian(sums, state.scaler.get_scale()))
    for parts, weight in zip(zip(*sums, strict=True), weights, strict=True):
        weight.grad = sum(w * part for w, part in zip(state.balance.weights, parts, strict=True))
    return losses, joined


def _gramian(gradients: Sequence[Sequence[Tensor]], scale: float) -> Tensor:
    """Inner products (K, K) of the K gradients, each in as many parts as there are weights."""
    flat = torch.stack([torch.cat([g.flatten() for g in parts]) / scale for parts in gradients])
    return flat @ flat.T
