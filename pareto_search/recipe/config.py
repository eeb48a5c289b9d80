"""The validated form of a recipe: frozen, complete, with every default filled in."""

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    WithJsonSchema,
    field_validator,
    model_validator,
)

from pareto_search.objective import Objective
from pareto_search.recipe.consistency import inconsistencies
from pareto_search.space import Parameter, Scalar

_DURATION = r"(\d+(?:\.\d+)?)\s*([smh])"
_Seconds = Annotated[
    float | None,
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "number", "exclusiveMinimum": 0},
                {"type": "string", "pattern": rf"^{_DURATION}$"},
                {"type": "null"},
            ]
        }
    ),
]


class _Section(BaseModel):
    # constants: an infinite parameter (a legal limit of a loss) survives the way through JSON
    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="constants")


Engine = Literal["optuna", "pymoo"]
Kind = Literal[
    "tpe", "gp", "nsga2", "nsga3", "random", "qmc", "agemoea", "smsemoa", "moead", "rnsga2"
]
KINDS: Mapping[Engine, tuple[Kind, ...]] = {
    "pymoo": ("nsga2", "nsga3", "agemoea", "smsemoa", "moead", "rnsga2"),
    "optuna": ("tpe", "gp", "nsga2", "nsga3", "random", "qmc"),
}
"""The algorithms of each engine; where both have one, the first is meant."""


class SearcherConfig(_Section):
    """Which algorithm proposes points."""

    kind: Kind = Field(default="tpe", description="The algorithm.")
    engine: Engine | Literal["auto"] = Field(
        default="auto",
        description="The library the algorithm comes from; auto: the one that has it, and pymoo "
        "where both have it.",
    )
    mode: Literal["steady_state", "generational"] = Field(
        default="steady_state",
        description="pymoo: whether each completion selects and mates at once, or a generation's "
        "parents are those of the last whole generation. No trial ever waits in either.",
    )
    population: int = Field(
        default=16, ge=4, description="Population of an evolutionary algorithm, in trials."
    )
    startup: int = Field(
        default=8, ge=1, description="Random proposals before a model is trusted (tpe, gp)."
    )
    aspiration: tuple[tuple[float, ...], ...] = Field(
        default=(),
        description="rnsga2: one or more points of objective values, each in its own unit and "
        "direction, near which the front is to be found.",
    )

    @property
    def resolved_engine(self) -> Engine:
        """The engine that is used."""
        if self.engine != "auto":
            return self.engine
        return next(engine for engine, kinds in KINDS.items() if self.kind in kinds)

    @model_validator(mode="after")
    def _check(self) -> Self:
        kinds = KINDS[self.resolved_engine]
        if self.kind not in kinds:
            raise ValueError(
                f"`kind` should be one of {', '.join(kinds)} where `engine` is {self.engine}. "
                f"Found `kind = {self.kind}`."
            )
        if (self.kind == "rnsga2") != bool(self.aspiration):
            raise ValueError(
                "`aspiration` should be given with `kind: rnsga2`, and only with it. "
                f"Found `kind = {self.kind}` and `aspiration = {list(self.aspiration)}`."
            )
        return self


class BudgetConfig(_Section):
    """When the sweep ends, and how much of it runs at once."""

    trials: int = Field(ge=1, description="Trials in all, baselines included.")
    concurrent: int | Literal["auto"] = Field(
        default="auto", description="Trials at once; auto: as many as the resources hold."
    )
    wall_time_s: _Seconds = Field(
        default=None,
        gt=0,
        alias="wall_time",
        description="Seconds, or text such as 90s, 30m, 2h, after which no trial is started "
        "and running ones are stopped with their checkpoints kept.",
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
        match = re.fullmatch(_DURATION, value) if isinstance(value, str) else None
        return float(match[1]) * {"s": 1, "m": 60, "h": 3600}[match[2]] if match else value


class ResourcesConfig(_Section):
    """What one trial occupies."""

    cpu: float = Field(default=1.0, gt=0, description="Processor cores of a trial.")
    gpu: float = Field(default=0.0, ge=0, description="Accelerators of a trial; may be a part.")
    memory_gib: float | None = Field(default=None, gt=0, description="Main memory, GiB.")
    reuse_actors: bool = Field(
        default=True, description="Keep a worker process for the next trial: saves its start."
    )


class FailuresConfig(_Section):
    """What happens when a trial fails."""

    retries: int = Field(
        default=2, ge=0, description="Times a trial is run again after its worker was lost."
    )
    tolerate: float = Field(
        default=0.25,
        ge=0,
        le=1,
        description="Part of the trials that may fail in a good sweep; those aside that diverged "
        "or ran out of memory.",
    )

    def are_too_many(self, failed: int, trials: int) -> bool:
        """Whether `failed` of a budget of `trials` are more than is tolerated."""
        return failed > self.tolerate * trials


class SeedsConfig(_Section):
    """Where randomness starts."""

    sweep: int = Field(default=0, ge=0, description="Seed of the searcher and of every trial.")


class TrackingConfig(_Section):
    """Where MLflow records the sweep."""

    uri: str | None = Field(
        default=None,
        description="MLflow tracking server; else MLFLOW_TRACKING_URI, else SQLite under storage.",
    )
    experiment: str | None = Field(
        default=None, description="MLflow experiment; the sweep's name by default."
    )


class SweepConfig(_Section):
    """A whole sweep, as the recipe states it and defaults complete it."""

    name: str = Field(
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$",
        max_length=63,
        description="Name of the sweep and of its directory: "
        "letters, digits, dot, dash, underscore.",
    )
    trainable: str = Field(
        pattern=r"^[\w.]+:[\w.]+$", description="What a trial runs, as package.module:callable."
    )
    objectives: tuple[Objective, ...] = Field(min_length=2, description="Two or more objectives.")
    params: dict[str, Any] = Field(
        default_factory=dict, description="Fixed parameters of every trial, nested."
    )
    space: dict[str, Parameter] = Field(
        min_length=1, description="What is searched: dotted key to parameter."
    )
    baselines: tuple[dict[str, Scalar], ...] = Field(
        default=(),
        description="Points evaluated first and marked on every front. What a point leaves out "
        "is as `params` fixes it, or as the trainable does.",
    )
    searcher: SearcherConfig = Field(default_factory=SearcherConfig)
    budget: BudgetConfig
    resources: ResourcesConfig = Field(default_factory=ResourcesConfig)
    failures: FailuresConfig = Field(default_factory=FailuresConfig)
    seeds: SeedsConfig = Field(default_factory=SeedsConfig)
    tracking: TrackingConfig = Field(default_factory=TrackingConfig)
    storage: str | None = Field(
        default=None, description="Directory of all results; `results` by default."
    )

    @model_validator(mode="after")
    def _check(self) -> Self:
        names = [objective.name for objective in self.objectives]
        findings = inconsistencies(
            names,
            self.space,
            self.baselines,
            self.budget.trials,
            self.searcher.aspiration,
        )
        if findings:
            raise ValueError(" ".join(str(problem) for _, problem in findings))
        return self
