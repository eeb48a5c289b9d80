"""Conventional training: the sum of the shells."""

from collections.abc import Mapping

import torch
from torch import Tensor

from trainables.balance.protocol import Gramian, check_keys


class PlainBalance:
    """The weighted sum ``sum_k a_k F_k``; holds the last weights, for logging."""

    def __init__(self, num_shells: int) -> None:
        """Join `num_shells` losses."""
        self.weights = torch.ones(num_shells)

    def __call__(
        self,
        losses: Tensor,
        admission: Tensor,
        gramian: Gramian | None = None,  # noqa: ARG002
    ) -> Tensor:
        """The sum of the admitted losses."""
        self.weights = admission.to(losses)
        return (self.weights * losses).sum()

    def state_dict(self) -> dict[str, Tensor]:
        """Nothing: a plain sum has no memory."""
        return {}

    def load_state_dict(self, state: Mapping[str, Tensor]) -> None:
        """Accept the empty state."""
        check_keys(state, set())
