"""What is simulated: the seam between the virtual clock and the trials that run under it."""

from typing import Protocol

from pareto_search.objective import Objective
from pareto_search.space import Point, Space


class InfeasiblePointError(Exception):
    """The point alone is to blame: it diverged, or needs more memory than there is.

    A problem raises it from `evaluate`, as a trainable would.
    """

    is_infeasible = True


class SimulatedProblem(Protocol):
    """A trial as two functions: what it reports at each step, and when.

    Both are pure: the same arguments give the same answer, in any order and in any process.
    `seed` is the trial's own; a problem without noise ignores it.

    - `objectives`: with the fixed reference point of the hypervolume;
    - `constraints`: declared constraints on metrics, such as ``c0 <= 0``;
    - `steps`: a trial reports at 1, 2, ..., `steps`; a problem of one fidelity reports once.

    Example (one parameter, one step, sixty seconds)::

        problem.evaluate({"x": 0.5}, 1, seed=0)  # {"f1": 0.5, "f2": 0.29}
        problem.duration_s({"x": 0.5}, 1, seed=0)  # 60.0
    """

    @property
    def name(self) -> str:
        """Its name, which also names the simulated sweep: letters, digits, dot, dash."""
        ...

    @property
    def space(self) -> Space:
        """What is searched."""
        ...

    @property
    def objectives(self) -> tuple[Objective, ...]:
        """Two or more objectives."""
        ...

    @property
    def constraints(self) -> tuple[str, ...]:
        """Declared constraints on metrics; empty where there is none."""
        ...

    @property
    def steps(self) -> int:
        """How often a trial reports that runs to its end, at least 1."""
        ...

    def evaluate(self, point: Point, step: int, seed: int) -> dict[str, float]:
        """The metrics reported at `step` (1, ..., `steps`): every objective, in its own unit.

        Raises:
            InfeasiblePointError: the trial fails at this step, and would again.
        """
        ...

    def duration_s(self, point: Point, step: int, seed: int) -> float:
        """Seconds of work from the trial's start to the report of `step`; never falls with it."""
        ...
