"""What a searcher is told of the search before its first proposal."""

from dataclasses import dataclass

from pareto_search.constraint import Constraint
from pareto_search.objective import reference_losses
from pareto_search.recipe.config import SweepConfig
from pareto_search.space import Point, Space


@dataclass(frozen=True)
class SearchProblem:
    """A space, and M = `num_objectives` losses to minimise over it.

    `num_constraints` counts the declared constraints on metrics: a complete trial tells one
    violation for each. `parameter_constraints` are those on parameters alone; no point that
    breaks one is ever proposed. `reference` (M losses) is the hypervolume's reference point.
    `aspiration` holds points of M losses near which a preference-based searcher looks for a front.
    """

    space: Space
    num_objectives: int
    num_constraints: int = 0
    parameter_constraints: tuple[Constraint, ...] = ()
    reference: tuple[float, ...] | None = None
    aspiration: tuple[tuple[float, ...], ...] = ()

    def allows(self, point: Point) -> bool:
        """Whether `point` keeps to every constraint on parameters.

        One that mentions an inactive or non-numeric parameter says nothing of the point.
        """
        return not any(c.violation(point) > 0 for c in self.parameter_constraints)


def problem_of(config: SweepConfig) -> SearchProblem:
    """What the recipe `config` sets its searcher; values of objectives as losses."""
    aspiration = tuple(
        tuple(o.loss(value) for o, value in zip(config.objectives, point, strict=True))
        for point in config.searcher.aspiration
    )
    return SearchProblem(
        config.space,
        len(config.objectives),
        num_constraints=len(config.metric_constraints),
        parameter_constraints=config.parameter_constraints,
        reference=tuple(reference_losses(config.objectives).tolist()),
        aspiration=aspiration,
    )
