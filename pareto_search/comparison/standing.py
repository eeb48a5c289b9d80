"""What is found of each contestant by itself, and of its part in the front of all."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pareto_search.comparison.contestants import Contestant
from pareto_search.comparison.volumes import Volume, volume_of
from pareto_search.fronts.coverage import joint_members, lost_without
from pareto_search.fronts.front import Losses
from pareto_search.objective import Objective, reference_losses


@dataclass(frozen=True, slots=True)
class Standing:
    """What is found of one contestant.

    `sweeps`, ended `trials`, `fronts` (losses, K x M) and the `uids` of their members are by run.
    `fronts`, `fair` (their hypervolume) and all that follows from them are of as many ended trials
    as every run of every contestant has, the first of each; `volume` and `worked_s` are of all
    trials. Of the points on the front of all, `held` are its own, and the hypervolume of that front
    would be less by `lost` without it.
    """

    label: str
    sweeps: tuple[str, ...]
    trials: tuple[int, ...]
    fronts: tuple[Losses, ...]
    uids: tuple[tuple[str, ...], ...]
    volume: Volume
    fair: Volume
    held: int
    lost: float
    worked_s: float


def standings_of(
    contestants: Sequence[Contestant], objectives: Sequence[Objective], common: int
) -> tuple[list[Standing], int]:
    """A standing for each contestant, and how many points are on the front of all.

    `common` is the number of ended trials of the run that has the fewest.
    """
    fronts = [[run.front(objectives, common) for run in one.runs] for one in contestants]
    united = [np.vstack([front.losses for front in runs]) for runs in fronts]
    held, joint = joint_members(united)
    lost = lost_without(united, reference_losses(objectives))
    standings = [
        Standing(
            label=one.label,
            sweeps=tuple(run.name for run in one.runs),
            trials=tuple(len(run.finished) for run in one.runs),
            fronts=tuple(front.losses for front in fronts[place]),
            uids=tuple(tuple(m.uid for m in front.members) for front in fronts[place]),
            volume=volume_of(one, objectives, seed=place),
            fair=volume_of(one, objectives, common, seed=place),
            held=held[place],
            lost=lost[place],
            worked_s=sum(run.worked_s for run in one.runs),
        )
        for place, one in enumerate(contestants)
    ]
    return standings, joint
