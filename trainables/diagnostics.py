"""What the paper claims of training, measured while it goes on: see `Diagnostics`."""

import math
from collections.abc import Mapping, Sequence

import torch
from pydantic import Field, field_validator
from torch import Tensor

from trainables.conflict import conflict_cosine, stationarity_gap, two_sides
from trainables.gramian import gradient_gramian
from trainables.references import FrozenMeans
from trainables.sections import Section

REFERENCE_STEPS = 20
"""Steps from a shell's admission on whose mean loss its progress is counted from."""

_GATHERED = ("losses", "admission", "gramians")
"""What an epoch under way has gathered, in a state."""

Metrics = dict[str, float]


class DiagnosticsConfig(Section):
    """What is measured besides the scores, and how often."""

    enabled: bool = Field(
        default=True, description="Measure at all; training does not depend on it."
    )
    every: int = Field(
        default=10, ge=1, description="Steps between two looks at the last layer's gradients."
    )
    probe_patches: int = Field(
        default=2,
        ge=0,
        le=64,
        description="Fixed patches that are probed; 0 for no probe, else at least 2. Each costs "
        "about as much as training on 2. Two tell the noise but roughly.",
    )
    probe_every: int = Field(
        default=5, ge=1, description="Epochs between two probes; the last epoch ends with one."
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
    """Gathers an epoch's measurements; holds reference losses and what the epoch's steps gave.

    With I the interior, shell 0, and B the boundary, all other shells:

    - ``diagnostics/progress_balance``: ``log(F_B / R_B) - log(F_I / R_I)``, R the mean of the
      first `REFERENCE_STEPS` admitted steps, frozen: above 0 the boundary lags behind. While R
      is still gathered, it is what it is at the end of the epoch,
    - ``diagnostics/last_layer/conflict_cosine`` and ``.../gap``: of the gradients of F_I and F_B
      at the output convolution, at the first step of an epoch and every `every` after it (see
      `trainables.conflict`). Not at the logits: shells are disjoint voxels, where every cosine
      is about 0.

    Each is the mean over the epoch's steps that it could be told at: not those whose patches hold
    no voxel of one side. It reads losses and gradients, and changes neither; on an accelerator
    nothing waits for it before `metrics`. These are the losses that are trained, made by the
    parameters of the run: to compare runs of different parameters, see `trainables.probe`.

    Source: our reading of arXiv 2601.19365.
    """

    def __init__(self, config: DiagnosticsConfig, layer: Sequence[Tensor]) -> None:
        """Take gradients of the parameters `layer`, see `trainables.gramian.last_layer`."""
        self._config = config
        self._layer = layer
        self._references = FrozenMeans(2, REFERENCE_STEPS)
        self._steps: list[tuple[Tensor, Tensor]] = []
        self._gramians: list[Tensor] = []

    def observe(self, losses: Tensor, admission: Tensor) -> None:
        """Take up one step's losses (K,), before their graph is gone, and admission (K,)."""
        if not self._config.enabled:
            return
        if len(self._steps) % self._config.every == 0:
            self._gramians.append(two_sides(gradient_gramian(losses, self._layer)))
        self._steps.append((losses.detach(), admission.detach()))

    def metrics(self) -> Metrics:
        """The means since the last call, finite; what could not be told is left out."""
        if not self._steps:
            return {}
        found = {"progress_balance": self._progress_balance(), **self._last_layer()}
        self._steps, self._gramians = [], []
        return {f"diagnostics/{k}": value for k, value in found.items() if math.isfinite(value)}

    def state_dict(self) -> dict[str, Tensor]:
        """What the next measurements depend on, as tensors on the CPU."""
        state = self._references.state_dict()
        if self._steps:
            losses, admission = zip(*self._steps, strict=True)
            parts = {"losses": losses, "admission": admission, "gramians": self._gramians}
            state |= {name: torch.stack([*part]).cpu() for name, part in parts.items()}
        return state

    def load_state_dict(self, state: Mapping[str, Tensor]) -> None:
        """Go on exactly as the diagnostics that `state` was taken from, at any step."""
        gathered = {name: state[name] for name in _GATHERED if name in state}
        self._references.load_state_dict({k: v for k, v in state.items() if k not in gathered})
        self._steps, self._gramians = [], []
        if gathered:
            moved = {name: part.to(self._layer[0].device) for name, part in gathered.items()}
            self._steps = [*zip(moved["losses"], moved["admission"], strict=True)]
            self._gramians = [*moved["gramians"]]

    def _progress_balance(self) -> float:
        """The mean over the steps, NaN where none can be told."""
        losses, admission = (torch.stack(part).cpu() for part in zip(*self._steps, strict=True))
        sides = torch.stack((losses[:, 0], losses[:, 1:].sum(dim=1)), dim=1).double()
        is_seen = torch.stack((admission[:, 0] > 0, (admission[:, 1:] > 0).any(dim=1)), dim=1)
        for row, seen in zip(sides, is_seen, strict=True):
            if (self._references.counts >= REFERENCE_STEPS).all():
                break
            self._references.observe(row, seen)
        relative = (sides / self._references.values).log()
        balance = relative[:, 1] - relative[:, 0]
        return float(balance[balance.isfinite()].mean())

    def _last_layer(self) -> Metrics:
        """The means over the steps that were looked at and have both gradients, else NaN."""
        gramians = [g for g in torch.stack(self._gramians).cpu() if g.diagonal().min() > 0]
        measures = {"conflict_cosine": conflict_cosine, "gap": stationarity_gap}
        return {
            f"last_layer/{name}": float(torch.tensor([float(measure(g)) for g in gramians]).mean())
            for name, measure in measures.items()
        }
