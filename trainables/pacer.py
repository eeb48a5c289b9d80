"""The clock of the curriculum, by schedule or by what training shows."""

import math
from collections.abc import Mapping

import torch
from torch import Tensor

from trainables.curriculum import (
    CurriculumConfig,
    admission_at,
    admitted_difficulty,
    pace,
)
from trainables.errors import ParameterError
from trainables.ranges import check_number


class Pacer:
    """Says at each step which shells count; holds the flat steps so far and the last losses.

    By schedule the admitted difficulty is ``lambda(t) = b + (1 - b) g(t / a)``, see `pace`. By
    signal t / a gives way to the part x of the warm-up that has been earned::

        lambda = b + (1 - b) g(x) before t = a, then 1        x = min(1, flat steps so far / W)

    So the boundary waits while the certain voxels are still learned, comes in over W steps at
    which they are not, and is all there when the warm-up ends, if not before; lambda never falls.

    A step is flat if the least-squares line through the last W losses (`window`) falls by no more
    than the part F (`flatness`) of their mean m, or by more only within its standard error e. With
    s the slope, per step::

        -(s + e) W <= F m         e² = sum of squared residuals / ((W - 2) sum (step - mean step)²)

    A line, since the loss of a batch jumps; relative to the mean, since losses have no unit; one
    standard error, since on plateaus of small patches the losses scatter by 60 % of their mean,
    the line's fall therefore by 30 % of it (W = 50), and without e a coin would decide. A loss
    that rises is not learned further, and flat. Until the window is full nothing is flat. Losses
    that are 0 (no certain voxel) or not finite are passed over.

    Example::

        pacer = Pacer(CurriculumConfig(advance="signal", warmup=0.3))
        admission = pacer.admission(step / steps)
        pacer.observe(losses[0])

    Source: our reading of arXiv 2601.19365.

    >>> config = CurriculumConfig(warmup=0.3, advance="signal", window=4)
    >>> pacer, paces = Pacer(config), []
    >>> for step, loss in enumerate([8, 4, 2, 1, 1, 1, 1, 1, 1, 1, 1]):
    ...     admission = pacer.admission(step / 100)
    ...     paces.append(pacer.pace)
    ...     pacer.observe(torch.tensor(loss))
    >>> paces
    [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.25, 0.5, 0.75, 1.0]
    """

    def __init__(self, config: CurriculumConfig) -> None:
        """Begin before the first step."""
        self._config = config
        self._is_signalled = config.advance == "signal"
        self._flat_steps, self._progress = 0, 0.0
        self._losses: list[float] = []

    @property
    def pace(self) -> float:
        """The admitted difficulty lambda at the last call of `admission`, in [0, 1]."""
        if self._is_signalled and self._progress < self._config.warmup:
            part = min(1.0, self._flat_steps / self._config.window)
            return admitted_difficulty(part, self._config)
        return pace(self._progress, self._config)

    def admission(self, progress: float) -> Tensor:
        """How much each shell counts at the part `progress` of training, once for each step.

        Returns:
            float32 (K,), in [0, 1], on the CPU; the first is 1.

        Raises:
            ParameterError: the progress is outside [0, 1], or less than at the last call.
        """
        check_number("progress", progress, ge=0, le=1)
        if progress < self._progress:
            raise ParameterError(
                "Parameter `progress` should not fall. Found "
                f"`progress = {progress}` after {self._progress}."
            )
        if self._is_waiting and self._is_flat():
            self._flat_steps += 1
        self._progress = progress
        return admission_at(self.pace, self._config)

    def observe(self, certain_loss: Tensor) -> None:
        """Take up the loss of shell 0 at this step, a scalar.

        An accelerator is waited for only while the signal still has something to decide.

        Raises:
            ParameterError: it is not one number.
        """
        if certain_loss.numel() != 1:
            raise ParameterError(
                "Parameter `certain_loss` should be one number. "
                f"Found a shape of {tuple(certain_loss.shape)}."
            )
        if not self._is_waiting:
            return
        value = float(certain_loss.detach())
        if math.isfinite(value) and value > 0:
            self._losses = [*self._losses, value][-self._config.window :]

    def state_dict(self) -> dict[str, Tensor]:
        """All that the next steps depend on, as tensors on the CPU."""
        return {
            "flat_steps": torch.tensor(self._flat_steps),
            "progress": torch.tensor(self._progress, dtype=torch.float64),
            "losses": torch.tensor(self._losses, dtype=torch.float64),
        }

    def load_state_dict(self, state: Mapping[str, Tensor]) -> None:
        """Go on exactly as the pacer that `state` was taken from, made by the same configuration.

        Raises:
            ParameterError: the state is not one of a pacer.
        """
        if set(state) != set(self.state_dict()):
            raise ParameterError(
                f"Parameter `state` should hold {sorted(self.state_dict())}. Found {sorted(state)}."
            )
        self._flat_steps, self._progress = int(state["flat_steps"]), float(state["progress"])
        self._losses = state["losses"].tolist()[-self._config.window :]

    @property
    def _is_waiting(self) -> bool:
        """Whether the losses decide anything from here on."""
        is_over = self._flat_steps >= self._config.window or self._progress >= self._config.warmup
        return self._is_signalled and not is_over

    def _is_flat(self) -> bool:
        window = self._config.window
        if len(self._losses) < window:
            return False
        losses = torch.tensor(self._losses, dtype=torch.float64)
        steps = torch.arange(window, dtype=torch.float64) - (window - 1) / 2
        spread = steps.square().sum()
        slope = (steps * losses).sum() / spread
        residuals = losses - losses.mean() - slope * steps
        error = (residuals.square().sum() / (window - 2) / spread).sqrt()
        return bool(-(slope + error) * window <= self._config.flatness * losses.mean())
