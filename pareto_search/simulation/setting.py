"""The machines of a simulation: how many workers, how often one is lost, what a decision costs."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeVar

_T = TypeVar("_T")

Charge = Callable[[float], float]
"""Seconds that a decision really took -> seconds of the virtual clock that it is charged."""


def free(_seconds: float) -> float:
    """Decisions cost nothing: what is simulated then depends on the seed alone."""
    return 0.0


def as_measured(seconds: float) -> float:
    """Decisions cost what they take on this machine."""
    return seconds


@dataclass(frozen=True, slots=True)
class Setting:
    """Where a simulated sweep runs.

    - `workers`: trials at once, at least 1;
    - `seed`: of durations, noise and losses, at least 0; the searcher's is the recipe's;
    - `loss_rate`: probability in [0, 1) that a worker is lost while a trial runs on it, each time
      one is started. The trial goes on from its last report, as often as the recipe's
      ``failures.retries`` allows, and has failed after that;
    - `ask_cost`, `result_cost`: what a proposal, and handling a report or an ending, cost on the
      virtual clock;
    - `prefetch`: most proposals made before a worker is free, as ``searcher.prefetch`` of a recipe;
    - `asks_block`: whether a proposal is prepared where results are handled, as Ray does by
      itself, so that neither goes on meanwhile; else beside, one at a time;
    - `stopwatch`: what real seconds are measured by: ``time.process_time`` leaves out what other
      programs of a busy machine take.
    """

    workers: int
    seed: int = 0
    loss_rate: float = 0.0
    ask_cost: Charge = free
    result_cost: Charge = free
    prefetch: int | Literal["auto"] = 0
    asks_block: bool = False
    stopwatch: Callable[[], float] = time.perf_counter

    def timed(self, call: Callable[[], _T]) -> tuple[_T, float]:
        """What `call` returns, and the seconds that it really took."""
        began = self.stopwatch()
        result = call()
        return result, self.stopwatch() - began

    def __post_init__(self) -> None:
        if self.workers < 1:
            raise ValueError(f"`workers` should be at least 1. Found `workers = {self.workers}`.")
        if not 0 <= self.loss_rate < 1:
            raise ValueError(
                f"`loss_rate` should be in [0, 1). Found `loss_rate = {self.loss_rate}`."
            )
