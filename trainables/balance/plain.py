"""Conventional training: the sum of the shells."""

from collections.abc import Mapping

import torch
from torch import Tensor

from trainables.balance.protocol import Gramian, LooksAt, check_keys, check_shells
from trainables.ranges import check_whole


class PlainBalance:
    """The weighted sum ``sum_k a_k F_k``; holds the last weights, for logging.

    F are the losses (K,), a the admission (K,) in [0, 1]; ``omega = a``. With every shell admitted
    it is conventional training, since the losses add up to Dice + cross-entropy of all voxels
    (see `trainables.losses`). A loss that is not finite makes the sum not finite.

    Source: that conventional training is one point of the Pareto-consistent family (tau infinite)
    is our reading of arXiv 2601.19365.
    """

    looks_at: LooksAt = "nothing"

    def __init__(self, num_shells: int) -> None:
        """Join `num_shells` losses.

        Raises:
            ParameterError: there is no shell.
        """
        check_whole("num_shells", num_shells, ge=1)
        self.weights = torch.ones(num_shells)

    def __call__(
        self,
        losses: Tensor,
        admission: Tensor,
        gramian: Gramian | None = None,  # noqa: ARG002
    ) -> Tensor:
        """The sum of the admitted losses."""
        check_shells(losses, admission, len(self.weights))
        self.weights = admission.to(losses)
        return (self.weights * losses).sum()

    def state_dict(self) -> dict[str, Tensor]:
        """Nothing: a plain sum has no memory."""
        return {}

    def load_state_dict(self, state: Mapping[str, Tensor]) -> None:
        """Accept the empty state."""
        check_keys(state, set())
