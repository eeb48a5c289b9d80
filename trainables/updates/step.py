"""One step of training: losses, gradients, and the weights moved."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from trainables.checkpoint import TrainState
from trainables.data.patches import Batch
from trainables.errors import DivergenceError
from trainables.optimiser import learning_rate, set_learning_rate
from trainables.updates.gradients import make_gradients
from trainables.updates.run import Run

Metrics = dict[str, float]


def train_step(state: TrainState, run: Run, batches: Sequence[Batch], progress: float) -> Metrics:
    """Update the weights once, by the mean of `batches`; `progress` is the part done, in [0, 1).

    In float16 a gradient may overflow. Then the weights stay as they are, and the next step tries
    a smaller factor. The losses of that step are those of its weights all the same: pace and
    references count it.

    Raises:
        DivergenceError: a loss is not finite, or a gradient that no factor has made overflow.
    """
    admitted = state.pacer.admission(progress).to(run.device)
    losses, joined = make_gradients(state, run, batches, admitted)
    state.pacer.observe(losses[0])
    step = 1 / (run.config.epochs * run.config.steps_per_epoch)
    set_learning_rate(state.optimiser, learning_rate(progress, run.config.optimiser, step))
    _move(state, run, joined)
    return {"train_loss": float(joined)} | {
        f"{name}/shell_{k}": value
        for name, values in (("loss", losses), ("weight", state.balance.weights))
        for k, value in enumerate(values.tolist())
    }


def _move(state: TrainState, run: Run, joined: Tensor) -> None:
    scaler, optimiser = state.scaler, state.optimiser
    scaler.unscale_(optimiser)
    norm = torch.nn.utils.clip_grad_norm_(
        state.network.parameters(), run.config.optimiser.clip_norm
    )
    is_overflown = scaler.is_enabled() and scaler.get_scale() > 1 and not norm.isfinite()
    _refuse_divergence(joined, torch.zeros(()) if is_overflown else norm, state.epoch + 1)
    scaler.step(optimiser)
    scaler.update()
    if state.average is not None and not is_overflown:
        state.average.update(state.network)


def _refuse_divergence(loss: Tensor, norm: Tensor, epoch: int) -> None:
    found = float(loss), float(norm)
    if not all(math.isfinite(number) for number in found):
        raise DivergenceError(
            "Loss and gradient should be finite. Found loss {:g} and gradient norm {:g} in epoch "
            "{}: lower `optimiser.learning_rate`.".format(*found, epoch)
        )
