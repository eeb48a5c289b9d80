"""What losses were early on: the mean of each over a few steps, then frozen."""

from collections.abc import Mapping

import torch
from torch import Tensor

from trainables.errors import ParameterError


class FrozenMeans:
    """Means of K losses over `steps` steps, once each was seen at `delay`; holds means and counts.

    A loss that is 0 (a shell without a voxel) or not finite is not counted. `is_known` says which
    have a mean already, of however few steps.

    >>> means = FrozenMeans(2, steps=2)
    >>> for losses in ([1.0, 5.0], [3.0, 0.0], [9.0, 7.0]):
    ...     means.observe(torch.tensor(losses))
    >>> means.values.tolist(), means.counts.tolist()
    ([2.0, 6.0], [2, 2])
    """

    def __init__(self, size: int, steps: int, delay: int = 0) -> None:
        """Watch `size` losses."""
        self._steps, self._delay = steps, delay
        self.values = torch.zeros(size, dtype=torch.float64)
        self.counts = torch.zeros(size, dtype=torch.int64)

    def observe(self, losses: Tensor, seen: Tensor | bool = True) -> None:
        """Take up `losses` (K,) where `seen` (K,); everything moves to their device."""
        values = losses.detach().double()
        self.values, self.counts = self.values.to(values), self.counts.to(values.device)
        is_new = (values > 0) & values.isfinite() & seen
        is_new &= self.counts < self._delay + self._steps
        self.counts = self.counts + is_new
        step = (values - self.values) / (self.counts - self._delay).clamp(min=1)
        self.values = torch.where(is_new & self.is_known, self.values + step, self.values)

    @property
    def is_known(self) -> Tensor:
        """Which losses have a mean, bool (K,)."""
        return self.counts > self._delay

    def state_dict(self) -> dict[str, Tensor]:
        """The means so far and how many steps made them, on the CPU."""
        return {"means": self.values.cpu().clone(), "counts": self.counts.cpu().clone()}

    def load_state_dict(self, state: Mapping[str, Tensor]) -> None:
        """Go on exactly as the means that `state` was taken from.

        Raises:
            ParameterError: the state is not one of as many losses.
        """
        if set(state) != {"means", "counts"}:
            raise ParameterError(
                f"Parameter `state` should hold ['counts', 'means']. Found {sorted(state)}."
            )
        if state["means"].shape != self.values.shape:
            raise ParameterError(
                f"Parameter `state` should be of {len(self.values)} shells. "
                f"Found {len(state['means'])}."
            )
        self.values = state["means"].to(self.values, copy=True)
        self.counts = state["counts"].to(self.counts, copy=True)
