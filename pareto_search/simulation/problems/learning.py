"""A problem of several fidelities made of one of a single one, by a plain learning curve."""

from dataclasses import dataclass

from pareto_search.objective import Objective
from pareto_search.simulation.problem import SimulatedProblem
from pareto_search.space import Point, Space


@dataclass(frozen=True, slots=True)
class Learning:
    """`problem`, reported at steps 1, ..., `steps`, each loss too large by ``1 - step / steps``.

    The last report is the problem's own; the order of two points is the same at every step. A
    step takes an equal part of the whole duration.
    """

    problem: SimulatedProblem
    steps: int

    @property
    def name(self) -> str:
        """The problem's."""
        return self.problem.name

    @property
    def space(self) -> Space:
        """The problem's."""
        return self.problem.space

    @property
    def objectives(self) -> tuple[Objective, ...]:
        """The problem's."""
        return self.problem.objectives

    @property
    def constraints(self) -> tuple[str, ...]:
        """The problem's."""
        return self.problem.constraints

    def evaluate(self, point: Point, step: int, seed: int) -> dict[str, float]:
        """The problem's metrics, its objectives worse by what is still to learn."""
        metrics = self.problem.evaluate(point, 1, seed)
        excess = 1.0 - step / self.steps
        return metrics | {o.name: metrics[o.name] + o.loss(excess) for o in self.objectives}

    def duration_s(self, point: Point, step: int, seed: int) -> float:
        """The part of the whole duration that `step` steps take."""
        return self.problem.duration_s(point, 1, seed) * step / self.steps
