"""The section that says which trials are stopped early."""

from typing import Literal, Self

from pydantic import Field, model_validator

from pareto_search.recipe.section import Section


class SchedulerConfig(Section):
    """How trials that are not worth going on with are stopped early."""

    kind: Literal["asha"] = Field(
        default="asha",
        description="asha: asynchronous successive halving on one objective; a trial goes on "
        "where it is among the best at its rung.",
    )
    objective: str = Field(description="Name of the objective that trials are judged by.")
    time_attr: Literal["step"] = Field(
        default="step", description="What rungs are counted in: the step of a report."
    )
    grace: int = Field(
        default=1, ge=1, description="Steps before a trial may be stopped: the first rung."
    )
    reduction: int = Field(
        default=3,
        ge=2,
        description="One in so many trials goes on at each rung, and the next rung is at so many "
        "times its steps.",
    )
    max_steps: int = Field(ge=1, description="Steps of a whole trial; no rung is there or beyond.")

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.grace >= self.max_steps:
            raise ValueError(
                "`grace` should be below `max_steps`, or no trial is ever stopped. "
                f"Found `grace = {self.grace}` and `max_steps = {self.max_steps}`."
            )
        return self

    def rung(self, step: int) -> int:
        """How many rungs a trial has reached with `step`; 0 before the first.

        >>> SchedulerConfig(objective="f1", grace=2, reduction=3, max_steps=20).rung(7)
        2
        """
        reached, rung = 0, self.grace
        while rung < self.max_steps and rung <= step:
            reached, rung = reached + 1, rung * self.reduction
        return reached
