"""The searcher seam: ask for a point, tell how it ended."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from pareto_search.space import Point, Scalar

FIRST_TAKEN_OVER = 2**30
"""Index of the first trial that was taken over from elsewhere: none of a sweep's own is near it."""


class TrialState(StrEnum):
    """How a trial stands."""

    RUNNING = "running"
    COMPLETE = "complete"
    STOPPED = "stopped"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a trial ended.

    `losses` (M, minimised) is present exactly when `state` is COMPLETE and every objective was
    finite. A stopped or failed trial carries none, so that no partial value is ever learned as
    a full one. `violations` of a complete trial holds one number for each declared constraint on
    metrics, at most 0 where it is kept; a metric that was not reported counts as infinity.

    `is_infeasible` marks a failed trial whose point is to blame (out of memory, divergence): it is
    learned as the violation of a constraint. A failed trial without it (a lost worker) is
    forgotten. `step` is the last step that was reported, -1 where none was. Where the point was
    run more than once, `losses` are means and `standard_errors` (M) theirs.
    """

    state: TrialState
    losses: tuple[float, ...] | None = None
    violations: tuple[float, ...] = ()
    is_infeasible: bool = False
    step: int = -1
    standard_errors: tuple[float, ...] = ()


class Searcher(Protocol):
    """Proposes points under asynchronous, out-of-order completion.

    `index` numbers the proposals of a sweep from 0 and names the trial in every later call. Any
    number of asks may come before the first tell. All randomness of a proposal is drawn from
    ``numpy.random.SeedSequence([seed, index])``, so a searcher has no generator state: calling
    `adopt` and `tell` again in the recorded order rebuilds it exactly, which is how a sweep
    resumes from its journal alone.

    Example (one trial fails, one succeeds)::

        point = searcher.ask(0)
        searcher.adopt(1, {"x": 0.5})
        searcher.tell(1, Outcome(TrialState.COMPLETE, losses=(0.1, 0.9)))
        searcher.tell(0, Outcome(TrialState.FAILED))
    """

    def ask(self, index: int) -> dict[str, Scalar]:
        """A point of the space for trial `index`, inactive keys absent.

        Raises:
            ValueError: `index` has begun before.
        """
        ...

    def adopt(self, index: int, point: Point) -> None:
        """Take `point` as trial `index`, running: a baseline, or a proposal of before a resume.

        Raises:
            ValueError: `index` has begun before, or `point` is not contained in the space.
        """
        ...

    def tell(self, index: int, outcome: Outcome) -> None:
        """How trial `index` ended. Every trial is told once.

        Raises:
            ValueError: `index` does not run, or a complete trial lacks one finite loss for each
                objective.
        """
        ...
