"""An optimum on the edge of a region that fails: what out of memory is to a search."""

from dataclasses import dataclass, field

from pareto_search.objective import Objective
from pareto_search.simulation.problem import InfeasiblePointError
from pareto_search.simulation.problems.durations import Lognormal
from pareto_search.space import Float, Point, Space


@dataclass(frozen=True)
class MemoryEdge:
    """Two losses that fall with the width and the depth of a network, as long as it fits.

    With u, v (width, depth) and p, q (two settings of training), all in [0, 1]::

        memory_gib = 80 (u + v) / 2,   fails above 40: half of the space
        f0 = (1 - u)^2 + (p - 1/2)^2,  f1 = (1 - v)^2 + (q - 1/2)^2

    The whole front, ``sqrt(f0) + sqrt(f1) = 1``, lies on the edge ``u + v = 1``. A trial that fails
    does so at once, after a hundredth of its time.
    """

    durations: Lognormal = field(default_factory=Lognormal)
    name: str = "memory-edge"
    constraints: tuple[str, ...] = ()
    steps: int = 1
    objectives: tuple[Objective, ...] = (
        Objective(name="f0", reference=1.1),
        Objective(name="f1", reference=1.1),
    )

    @property
    def space(self) -> Space:
        """``width``, ``depth``, ``p`` and ``q``, each in [0, 1]."""
        return {k: Float(type="float", low=0, high=1) for k in ("width", "depth", "p", "q")}

    def evaluate(self, point: Point, step: int, seed: int) -> dict[str, float]:  # noqa: ARG002
        """Both losses and `memory_gib`.

        Raises:
            InfeasiblePointError: more than 40 GiB are needed.
        """
        memory_gib = _memory_gib(point)
        if memory_gib > 40:
            raise InfeasiblePointError(f"{memory_gib:.1f} GiB should be at most 40.")
        u, v, p, q = (float(point[key]) for key in ("width", "depth", "p", "q"))
        losses = {"f0": (1 - u) ** 2 + (p - 0.5) ** 2, "f1": (1 - v) ** 2 + (q - 0.5) ** 2}
        return losses | {"memory_gib": memory_gib}

    def duration_s(self, point: Point, step: int, seed: int) -> float:  # noqa: ARG002
        """The drawn duration; a hundredth of it where the trial fails."""
        whole_s = self.durations.whole_s(seed)
        return whole_s / 100 if _memory_gib(point) > 40 else whole_s

    def true_hypervolume(self) -> float:
        """That of the front, r0 r1 - 1/6 for the reference (r0, r1)."""
        r0, r1 = (objective.reference for objective in self.objectives)
        return r0 * r1 - 1 / 6


def _memory_gib(point: Point) -> float:
    return 40.0 * (float(point["width"]) + float(point["depth"]))
