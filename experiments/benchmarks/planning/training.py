"""A segmentation training as the driver sees it: when it reports, and what."""

from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np

from pareto_search.objective import Objective
from pareto_search.recipe.config import SearcherConfig, SweepConfig
from pareto_search.simulation.sweep import config_of
from pareto_search.space import Float, Point, Space

EPOCHS = 100
SIGMA = 0.3
"""Spread of training times over a space of parameters; see `simulation.problems.durations`."""

_MEASURES = ("band_dice", "boundary_error", "dice", "hd95", "interior_error")
_REGIONS = ("", "/WT", "/TC", "/ET")
_OTHERS = (
    "diagnostics/last_layer/conflict_cosine", "diagnostics/last_layer/gap",
    "diagnostics/progress_balance", "loss/shell_0", "loss/shell_1", "pace", "seconds",
    "seconds/training", "train_loss", "weight/shell_0", "weight/shell_1",
)  # fmt: skip
METRICS = tuple(f"{measure}{region}" for measure in _MEASURES for region in _REGIONS) + _OTHERS
"""What a report of `trainables.segmentation` holds but for the last one, which adds the test."""


@dataclass(frozen=True)
class Training:
    """Reports `epochs` times, an epoch taking `epoch_s` seconds by median: see `SimulatedProblem`.

    Trials differ in their pace, lognormally. The objectives fall from 1 towards a front.
    """

    epoch_s: float = 60.0
    epochs: int = EPOCHS
    name: str = "training"
    constraints: tuple[str, ...] = ()
    objectives: tuple[Objective, ...] = (
        Objective(name="interior_error", reference=1.0),
        Objective(name="boundary_error", reference=1.0),
    )
    space: Space = field(
        default_factory=lambda: {f"x{n}": Float(type="float", low=0.0, high=1.0) for n in range(10)}
    )

    @property
    def steps(self) -> int:
        """Reports of a whole trial."""
        return self.epochs

    def evaluate(self, point: Point, step: int, seed: int) -> dict[str, float]:
        """31 numbers, of which the two objectives follow from `point`."""
        rest = 0.1 * sum(float(point[f"x{n}"]) for n in range(1, 10)) + 0.5 / step
        share, noise = float(point["x0"]), (seed * 0.618034 + step * 0.414214) % 1.0
        metrics = {key: noise + 0.01 * place for place, key in enumerate(METRICS)}
        metrics["interior_error"] = 0.1 + 0.4 * share + 0.5 * rest
        metrics["boundary_error"] = 0.1 + 0.4 * (1.0 - share**0.5) + 0.5 * rest
        return metrics

    def duration_s(self, point: Point, step: int, seed: int) -> float:  # noqa: ARG002
        """Epochs of one trial take equally long."""
        return step * self.epoch_s * pace_of(seed)

    def config(self, trials: int, searcher: SearcherConfig) -> SweepConfig:
        """The recipe of a sweep of `trials` over it."""
        return config_of(self, searcher, trials)


@lru_cache(maxsize=100_000)
def pace_of(seed: int) -> float:
    """How many times the median an epoch of the trial of `seed` takes."""
    word = np.random.SeedSequence([seed, 0xE90C])
    return float(np.exp(SIGMA * np.random.default_rng(word).standard_normal()))
