"""An epoch under way: what it has done so far, so that it can be carried on at any step."""

import time
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

Metrics = dict[str, float]


class Epoch:
    """An epoch that is not reported yet.

    Held: the metrics of its steps so far in `rows`; their means in `trained`, once all are done and
    judging alone is left; the states of torch's global generators after the last step in `noise`
    (of each process the processor's, then the accelerator's; empty where its seed says it all);
    its wall time.
    """

    def __init__(self) -> None:
        """Begin before the first step."""
        self.rows: list[Metrics] = []
        self.trained: Metrics | None = None
        self.noise: list[list[Tensor]] = []
        self._before_s = 0.0
        self._began = time.perf_counter()

    @property
    def seconds(self) -> float:
        """Wall time of it so far, also before it was carried on."""
        return self._before_s + time.perf_counter() - self._began

    @staticmethod
    def noise_on(device: torch.device) -> list[Tensor]:
        """The generators of this process as they are now: the processor's, then `device`'s."""
        noise = [torch.get_rng_state()]
        if device.type == "cuda":
            noise.append(torch.cuda.get_rng_state(device))
        return noise

    def restore_noise(self, rank: int, device: torch.device) -> None:
        """Set the generators of process number `rank` to what was kept of them, if anything."""
        if rank >= len(self.noise):
            return
        torch.set_rng_state(self.noise[rank][0])
        if device.type == "cuda" and len(self.noise[rank]) > 1:
            torch.cuda.set_rng_state(self.noise[rank][1], device)

    def state_dict(self) -> dict[str, Any]:
        """All of it, as numbers and tensors."""
        return {
            "rows": self.rows,
            "trained": self.trained,
            "noise": self.noise,
            "seconds": self.seconds,
        }

    @classmethod
    def of(cls, state: Mapping[str, Any]) -> "Epoch":
        """The epoch that `state` was taken from, to be carried on."""
        epoch = cls()
        epoch.rows, epoch.trained = list(state["rows"]), state["trained"]
        epoch.noise, epoch._before_s = list(state["noise"]), state["seconds"]
        return epoch
