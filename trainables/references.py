"""What losses were early on: the mean of each over a few steps, then frozen."""

from collections.abc import Mapping

import torch
from torch import Tensor

from trainables.errors import ParameterError
from trainables.ranges import check_whole


class FrozenMeans:
    """Means of K losses over `steps` steps, once each was seen at `delay`; holds means and counts.

    With ``F_k(1), F_k(2), ...`` loss k at the steps that count for it, and W `steps`, d `delay`::

        values_k = mean of F_k(d + 1), ..., F_k(d + W)        counts_k = steps so far, up to d + W

    Until W are there it is the mean of those that are, 0 before the first; then it is frozen. A
    step counts for k where k is seen and its loss is finite and above 0: a shell without a voxel
    has loss 0. `is_known` says which have a mean already, of however few steps. Means are float64
    (K,), in the losses' unit, counts int64 (K,).

    Source: our reading of arXiv 2601.19365.

    >>> means = FrozenMeans(2, steps=2)
    >>> for losses in ([1.0, 5.0], [3.0, 0.0], [9.0, 7.0]):
    ...     means.observe(torch.tensor(losses))
    >>> means.values.tolist(), means.counts.tolist()
    ([2.0, 6.0], [2, 2])
    """

    def __init__(self, size: int, steps: int, delay: int = 0) -> None:
        """Watch `size` (K) losses.

        Args:
            size: K, at least 1.
            steps: W, at least 1.
            delay: d, steps that are left out at first, at least 0.

        Raises:
            ParameterError: one of them is no whole number in its range.
        """
        for name, value, least in (("size", size, 1), ("steps", steps, 1), ("delay", delay, 0)):
            check_whole(name, value, ge=least)
        self._steps, self._delay = steps, delay
        self.values = torch.zeros(size, dtype=torch.float64)
        self.counts = torch.zeros(size, dtype=torch.int64)

    def observe(self, losses: Tensor, seen: Tensor | bool = True) -> None:
        """Take up `losses` (K,) where `seen`, bool (K,) or one; all moves to their device.

        Raises:
            ParameterError: there are more losses than K, or fewer.
        """
        if losses.shape != self.values.shape:
            raise ParameterError(
                f"Parameter `losses` should be of shape {tuple(self.values.shape)}. "
                f"Found {tuple(losses.shape)}."
            )
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
        found = {name: tuple(tensor.shape) for name, tensor in sorted(state.items())}
        if set(found.values()) != {tuple(self.values.shape)}:
            raise ParameterError(
                f"Parameter `state` should be of {len(self.values)} losses. Found {found}."
            )
        self.values = state["means"].to(self.values, copy=True)
        self.counts = state["counts"].to(self.counts, copy=True)
