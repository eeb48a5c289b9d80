"""The clock of the curriculum, by schedule or by what training shows."""

import math
from collections.abc import Mapping

import torch
from torch import Tensor

from trainables.curriculum import (
    CurriculumConfig,
    admission_at,
    admitted_difficulty,
    check_progress,
    pace,
)
from trainables.errors import ParameterError


class Pacer:
    """Says at each step which shells count; holds its clock and the last losses.

    By schedule the admitted difficulty is `pace`. By signal the part x of the warm-up is a clock
    of its own, which goes on only while the certain voxels' loss is flat::

        x += (1 - x) (t' - t) / (a - t)    from progress t to t' < a, where flat; else x stays

    and x = 1 from t = a on. If the loss is flat throughout, x = t / a: the schedule. So the
    boundary never comes earlier than scheduled, waits while the interior is still learned, and is
    all there when the warm-up ends; x never falls.

    Flat means that the least-squares line through the last `window` losses falls by less than
    `flatness` times their mean over the window: a line, since the loss of a batch jumps; relative,
    since losses have no unit. Until the window is full the loss is not flat. Losses that are 0
    (no certain voxel) or not finite are passed over.

    Example::

        pacer = Pacer(CurriculumConfig(advance="signal"))
        admission = pacer.admission(step / steps)
        pacer.observe(losses[0])

    Source: our reading of arXiv 2601.19365.
    """

    def __init__(self, config: CurriculumConfig) -> None:
        """Begin before the first step."""
        self._config = config
        self._is_signalled = config.advance == "signal"
        self._clock, self._progress = 0.0, 0.0
        self._losses: list[float] = []
        self.pace = admitted_difficulty(0.0 if config.warmup else 1.0, config)

    def admission(self, progress: float) -> Tensor:
        """How much each shell counts, (K,), at the part `progress` of training.

        Raises:
            ParameterError: the progress is outside [0, 1], or less than at the last call.
        """
        check_progress(progress)
        if progress < self._progress:
            raise ParameterError(
                "Parameter `progress` should not fall. Found "
                f"`progress = {progress}` after {self._progress}."
            )
        self.pace = self._advance(progress) if self._is_signalled else pace(progress, self._config)
        self._progress = progress
        return admission_at(self.pace, self._config)

    def observe(self, certain_loss: Tensor) -> None:
        """Take up the loss of shell 0 at this step; costs nothing unless driven by the signal."""
        if not self._is_signalled:
            return
        value = float(certain_loss.detach())
        if math.isfinite(value) and value > 0:
            self._losses = [*self._losses, value][-self._config.window :]

    def state_dict(self) -> dict[str, Tensor]:
        """All that the next steps depend on."""
        clock = torch.tensor([self._clock, self._progress], dtype=torch.float64)
        return {"clock": clock, "losses": torch.tensor(self._losses, dtype=torch.float64)}

    def load_state_dict(self, state: Mapping[str, Tensor]) -> None:
        """Go on exactly as the pacer that `state` was taken from."""
        if set(state) != {"clock", "losses"}:
            raise ParameterError(
                f"Parameter `state` should hold ['clock', 'losses']. Found {sorted(state)}."
            )
        self._clock, self._progress = state["clock"].tolist()
        self._losses = state["losses"].tolist()

    def _advance(self, progress: float) -> float:
        """The admitted difficulty at `progress`, the clock moved there."""
        left = self._config.warmup - self._progress
        if progress >= self._config.warmup:
            self._clock = 1.0
        elif self._is_flat():
            self._clock += (1 - self._clock) * (progress - self._progress) / left
        return admitted_difficulty(self._clock, self._config)

    def _is_flat(self) -> bool:
        if len(self._losses) < self._config.window:
            return False
        losses = torch.tensor(self._losses, dtype=torch.float64)
        steps = torch.arange(len(losses), dtype=torch.float64)
        steps -= steps.mean()
        slope = (steps * losses).sum() / steps.square().sum()
        return bool(-slope * len(losses) < self._config.flatness * losses.mean())
