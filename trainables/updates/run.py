"""What a run is made of that no step changes, and the losses of a batch in it."""

from dataclasses import dataclass

import torch
from torch import Tensor

from trainables.compact import to_mm
from trainables.compute.compiling import Forward
from trainables.compute.precision import autocast
from trainables.config import TrainConfig
from trainables.curriculum import shell_index
from trainables.data.patches import Batch
from trainables.deep_supervision import supervised_losses
from trainables.fuzzy import fuzzy_label
from trainables.losses import shell_losses
from trainables.ranks import ALONE, Ranks


@dataclass(frozen=True, slots=True)
class Run:
    """Where and how a network is trained; `forward` calls it, compiled where that is asked for."""

    config: TrainConfig
    device: torch.device
    precision: torch.dtype
    forward: Forward
    is_nested: bool
    ranks: Ranks = ALONE

    def losses(self, batch: Batch) -> Tensor:
        """The loss of each shell, (K,) float32, of the whole batch that `batch` is a part of.

        The network alone is computed in `precision`. The gradient is of this part alone, see
        `Ranks.mean`: parts are of one size, and each loss is a mean over patches.
        """
        config = self.config
        phi, depth = to_mm(batch.phi), to_mm(batch.depth)
        spacing_mm, fuzzy = batch.spacing_mm, config.fuzzy
        label = fuzzy_label(batch.label, phi, depth, spacing_mm, fuzzy, self.is_nested)
        num_shells, loss = config.curriculum.shells, config.loss
        shells = shell_index(label.coordinate, num_shells)
        with autocast(self.precision, self.device):
            outputs = _in_single(self.forward(batch.image))
        own = supervised_losses(
            outputs,
            lambda logits: shell_losses(
                logits, label, shells, num_shells, loss.gamma, loss.dice, loss.smoothing
            ),
        )
        return self.ranks.mean(own)


def _in_single(outputs: Tensor | list[Tensor]) -> Tensor | list[Tensor]:
    """Half precision made single; single and double left alone."""
    if isinstance(outputs, Tensor):
        return outputs.float() if outputs.itemsize < 4 else outputs
    return [output.float() if output.itemsize < 4 else output for output in outputs]
