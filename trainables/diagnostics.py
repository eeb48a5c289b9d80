"""What the paper claims of training, measured while it goes on: see `Diagnostics`."""

from collections.abc import Mapping

import torch
from pydantic import BaseModel, ConfigDict, Field, field_validator
from torch import Tensor, nn

from trainables.conflict import conflict_cosine, stationarity_gap, two_sides
from trainables.gramian import gradient_gramian, last_layer
from trainables.references import FrozenMeans

REFERENCE_STEPS = 20
"""Steps from a shell's admission on whose mean loss its progress is counted from."""

Metrics = dict[str, float]


class DiagnosticsConfig(BaseModel):
    """What is measured besides the scores, and how often."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    enabled: bool = Field(
        default=True, description="Measure at all; training does not depend on it."
    )
    every: int = Field(
        default=10, ge=1, description="Steps between two looks at the last layer's gradients."
    )
    probe_patches: int = Field(
        default=4,
        ge=0,
        le=64,
        description="Fixed patches that are probed after each epoch: each costs a step of one "
        "patch and a half; 0 for no probe, else at least 2.",
    )
    probe_radius: float = Field(
        default=0.05,
        gt=0,
        allow_inf_nan=False,
        description="Length of the step rho along the gradient that sharpness is measured at.",
    )

    @field_validator("probe_patches")
    @classmethod
    def _can_vary(cls, value: int) -> int:
        if value == 1:
            raise ValueError(
                "Parameter `diagnostics.probe_patches` should be 0, or at least 2 to tell noise. "
                "Found `diagnostics.probe_patches = 1`."
            )
        return value


class Diagnostics:
    """Gathers an epoch's measurements; holds reference losses, running sums and a step count.

    With I the interior, shell 0, and B the boundary, all other shells:

    - ``diagnostics/progress_balance``: ``log(F_B / R_B) - log(F_I / R_I)``, R the mean of the
      first `REFERENCE_STEPS` admitted steps, frozen: above 0 the boundary lags behind,
    - ``diagnostics/last_layer/conflict_cosine`` and ``.../gap``: of the gradients of F_I and F_B
      at the output convolution, every `every` steps (see `trainables.conflict`). Not at the
      logits: shells are disjoint voxels, where every cosine is about 0.

    Each is the mean over the epoch's steps that it could be told at. It reads losses and
    gradients, and changes neither; on an accelerator nothing waits for it before `metrics`.

    Source: our reading of arXiv 2601.19365.
    """

    def __init__(self, config: DiagnosticsConfig, network: nn.Module) -> None:
        """Watch the training of `network`."""
        self._config = config
        self._layer = last_layer(network)
        self._references = FrozenMeans(2, REFERENCE_STEPS)
        self._rows: dict[str, list[Tensor]] = {}
        self._steps = 0

    def observe(self, losses: Tensor, admission: Tensor) -> None:
        """Take up one step's losses (K,), before their graph is gone, and admission (K,)."""
        if not self._config.enabled:
            return
        sides = torch.stack((losses[0], losses[1:].sum()))
        self._observe_progress(sides.detach(), (admission[1:] > 0).any())
        if self._steps % self._config.every == 0:
            gramian = two_sides(gradient_gramian(losses, self._layer))
            self._add("last_layer/conflict_cosine", conflict_cosine(gramian))
            self._add("last_layer/gap", stationarity_gap(gramian))
        self._steps += 1

    def metrics(self) -> Metrics:
        """The means since the last call, finite; what could not be told is left out."""
        found = {}
        for name, values in self._rows.items():
            mean = float(torch.stack(values).nanmean())
            if torch.isfinite(torch.tensor(mean)):
                found[f"diagnostics/{name}"] = mean
        self._rows = {}
        return found

    def state_dict(self) -> dict[str, Tensor]:
        """What the next epoch's measurements depend on, as tensors on the CPU."""
        return {**self._references.state_dict(), "steps": torch.tensor(self._steps)}

    def load_state_dict(self, state: Mapping[str, Tensor]) -> None:
        """Go on as the diagnostics that `state` was taken from."""
        self._steps = int(state["steps"])
        self._references.load_state_dict({k: v for k, v in state.items() if k != "steps"})

    def _observe_progress(self, sides: Tensor, is_admitted: Tensor) -> None:
        always = torch.ones_like(is_admitted)
        self._references.observe(sides, torch.stack((always, is_admitted)).to(sides.device))
        relative = (sides.double() / self._references.values).log()
        is_known = self._references.is_known.all() & relative.isfinite().all()
        self._add("progress_balance", torch.where(is_known, relative[1] - relative[0], torch.nan))

    def _add(self, name: str, value: Tensor) -> None:
        self._rows.setdefault(name, []).append(value)
