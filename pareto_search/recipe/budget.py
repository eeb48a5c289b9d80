"""The section that says when a sweep ends; `trials.budget` says when one of it is used up."""

from typing import Annotated, Literal

from pydantic import Field, WithJsonSchema, field_validator

from pareto_search.recipe.duration import PATTERN, seconds_of
from pareto_search.recipe.section import Section

_Seconds = Annotated[
    float | None,
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "number", "exclusiveMinimum": 0},
                {"type": "string", "pattern": rf"^{PATTERN}$"},
                {"type": "null"},
            ]
        }
    ),
]


class StagnationConfig(Section):
    """When a sweep has stopped to get better."""

    trials: int = Field(default=20, ge=1, description="Finished trials that are looked back over.")
    tolerance: float = Field(
        default=0.002,
        ge=0,
        allow_inf_nan=False,
        description="The sweep ends where the hypervolume rose by no more than this part of "
        "itself over those trials.",
    )


class BudgetConfig(Section):
    """When the sweep ends, and how much of it runs at once.

    Whichever part is used up first ends it: then no trial is started, and running ones are
    stopped with their checkpoints kept.
    """

    trials: int = Field(
        ge=1, description="Trials in all: baselines, repeats and failed ones included."
    )
    concurrent: int | Literal["auto"] = Field(
        default="auto", description="Trials at once; auto: as many as the resources hold."
    )
    wall_time_s: _Seconds = Field(
        default=None,
        gt=0,
        alias="wall_time",
        description="Seconds, or text such as 90s, 30m, 2h, for which the sweep may run; the time "
        "before a resume counts, the time between does not.",
    )
    gpu_hours: float | None = Field(
        default=None,
        gt=0,
        allow_inf_nan=False,
        description="Hours of work times `resources.gpu`, over all trials.",
    )
    cpu_hours: float | None = Field(
        default=None,
        gt=0,
        allow_inf_nan=False,
        description="Hours of work times `resources.cpu`, over all trials.",
    )
    stagnation: StagnationConfig | None = Field(
        default=None, description="End where the hypervolume no longer rises."
    )

    @field_validator("concurrent")
    @classmethod
    def _at_least_one(cls, value: int | str) -> int | str:
        if isinstance(value, int) and value < 1:
            raise ValueError(
                f"`concurrent` should be at least 1, or auto. Found `concurrent = {value}`."
            )
        return value

    @field_validator("wall_time_s", mode="before")
    @classmethod
    def _seconds(cls, value: object) -> object:
        named = seconds_of(value) if isinstance(value, str) else None
        return value if named is None else named
