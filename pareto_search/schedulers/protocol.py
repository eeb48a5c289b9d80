"""The scheduler seam: judge what a trial reported, at rungs."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Protocol


class Verdict(StrEnum):
    """What becomes of a trial that has reported."""

    CONTINUE = "continue"
    STOP = "stop"


class Scheduler(Protocol):
    """Decides on vectors of losses whether trials are worth going on with.

    It draws no random number and looks at no clock, so calling `judge` and `ended` again in the
    recorded order rebuilds it exactly: a sweep that is resumed has the rungs it had. It knows
    nothing of Ray; whatever runs the trials (Ray Tune, the simulator) drives the same object.

    Example (the second trial is worse at the rung of step 3)::

        scheduler.judge("t0000", 3, (0.2, 0.5))  # Verdict.CONTINUE
        scheduler.judge("t0001", 3, (0.9, 0.8))  # Verdict.STOP
        scheduler.ended("t0001")
    """

    def judge(self, uid: str, step: int, losses: Sequence[float]) -> Verdict:
        """What becomes of trial `uid`, which has `losses` (M, finite, minimised) at `step`.

        A trial may be judged between rungs, at steps that rise; and once more at a step that it
        was judged at before, as a resumed one is, which changes nothing.
        """
        ...

    def ended(self, uid: str) -> None:
        """Trial `uid` has ended, for whatever reason; what it left in the rungs stays there."""
        ...
