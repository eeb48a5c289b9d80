"""The validated form of a recipe: frozen, complete, with every default filled in."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from pareto_search.constraint import Constraint
from pareto_search.objective import Objective
from pareto_search.recipe.budget import BudgetConfig
from pareto_search.recipe.consistency import inconsistencies
from pareto_search.recipe.parts import Parts
from pareto_search.recipe.scheduling import SchedulerConfig
from pareto_search.recipe.section import Section
from pareto_search.space import Parameter, Scalar

Engine = Literal["optuna", "pymoo", "mixed"]
Kind = Literal[
    "tpe",
    "gp",
    "nsga2",
    "nsga3",
    "random",
    "qmc",
    "agemoea",
    "smsemoa",
    "moead",
    "rnsga2",
    "portfolio",
]
KINDS: Mapping[Engine, tuple[Kind, ...]] = {
    "pymoo": ("nsga2", "nsga3", "agemoea", "smsemoa", "moead", "rnsga2"),
    "optuna": ("tpe", "gp", "nsga2", "nsga3", "random", "qmc"),
    "mixed": ("portfolio",),
}
"""The algorithms of each engine; where both have one, the first is meant."""


class SearcherConfig(Section):
    """Which algorithm proposes points."""

    kind: Kind | Literal["auto"] = Field(
        default="auto",
        description="The algorithm; portfolio: gp, tpe and nsga2, each asked as often as it "
        "succeeds; auto: one that suits the budget and the space, which `run` "
        "names with the reason.",
    )
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
        default=8,
        ge=1,
        description="Random proposals before a model is trusted (tpe, gp, portfolio).",
    )
    aspiration: tuple[tuple[float, ...], ...] = Field(
        default=(),
        description="rnsga2: one or more points of objective values, each in its own unit and "
        "direction, near which the front is to be found.",
    )
    prefetch: Annotated[int, Field(ge=0)] | Literal["auto"] = Field(
        default="auto",
        description="Most proposals made before there is a worker for them, where the searcher is "
        "slow; auto: as many as there are workers. Each knows less than one made in time.",
    )

    @property
    def resolved_engine(self) -> Engine:
        """The engine that is used.

        Raises:
            ValueError: `kind` is auto, and the choice has yet to be made.
        """
        if self.engine != "auto":
            return self.engine
        if self.kind == "auto":
            raise ValueError("A searcher should be chosen before it is made. Found `kind = auto`.")
        return next(engine for engine, kinds in KINDS.items() if self.kind in kinds)

    @model_validator(mode="after")
    def _check(self) -> Self:
        kinds = KINDS[self.resolved_engine] if self.kind != "auto" else ()
        if self.kind not in (*kinds, "auto"):
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


class ResourcesConfig(Section):
    """What one trial occupies."""

    cpu: float = Field(default=1.0, gt=0, description="Processor cores of a trial.")
    gpu: float = Field(default=0.0, ge=0, description="Accelerators of a trial; may be a part.")
    memory_gib: float | None = Field(default=None, gt=0, description="Main memory, GiB.")
    custom: dict[str, Annotated[float, Field(gt=0)]] = Field(
        default_factory=dict,
        description="What else a node must have, as it was started: `ray start --resources "
        "'{\"scanner\": 1}'` holds two trials of {scanner: 0.5}.",
    )
    reuse_actors: bool = Field(
        default=True, description="Keep a worker process for the next trial: saves its start."
    )


class FailuresConfig(Section):
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


class SeedsConfig(Section):
    """Where randomness starts."""

    sweep: int = Field(default=0, ge=0, description="Seed of the searcher and of every trial.")
    repeats: int = Field(
        default=1,
        ge=1,
        description="Trials of each configuration, with the seeds `sweep`, `sweep` + 1, ...; the "
        "searcher is told their mean.",
    )


class TrackingConfig(Section):
    """Where MLflow records the sweep."""

    uri: str | None = Field(
        default=None,
        description="MLflow tracking server; else MLFLOW_TRACKING_URI, else SQLite under storage.",
    )
    experiment: str | None = Field(
        default=None, description="MLflow experiment; the sweep's name by default."
    )
    models: Literal["none", "front", "picked"] = Field(
        default="front",
        description="Which trials of an ended sweep MLflow holds as logged models, each with its "
        "objectives; front: the members of the front, with weights where the trainable serves "
        "them; picked: those too, but weights of what `pick --register` picks alone; none: only "
        "what is registered.",
    )
    system_metrics: bool = Field(
        default=False,
        description="Beside each report, how busy the trial's process, its machine and its GPUs "
        "are; MLflow shows them on a tab of their own. GPUs need nvidia-ml-py.",
    )


class SweepConfig(Section):
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
    constraints: tuple[str, ...] = Field(
        default=(),
        description="What a solution must keep to, such as gpu_memory_gib <= 40: each on numbers "
        "of the space, or on metrics of the last report.",
    )
    warm_start: tuple[str, ...] = Field(
        default=(),
        description="Earlier sweeps, by name under `storage` or by path, whose trials the "
        "searcher knows from the start.",
    )
    searcher: SearcherConfig = Field(default_factory=SearcherConfig)
    scheduler: SchedulerConfig | None = Field(
        default=None, description="Which trials are stopped early; null: none."
    )
    budget: BudgetConfig
    resources: ResourcesConfig = Field(default_factory=ResourcesConfig)
    failures: FailuresConfig = Field(default_factory=FailuresConfig)
    seeds: SeedsConfig = Field(default_factory=SeedsConfig)
    tracking: TrackingConfig = Field(default_factory=TrackingConfig)
    storage: str | None = Field(
        default=None, description="Directory of all results; `results` by default."
    )

    @property
    def parameter_constraints(self) -> tuple[Constraint, ...]:
        """The constraints on the space, which no proposal breaks."""
        return tuple(c for c in map(Constraint, self.constraints) if not c.names - set(self.space))

    @property
    def metric_constraints(self) -> tuple[Constraint, ...]:
        """The constraints on metrics or objectives, of which a finished trial tells."""
        return tuple(c for c in map(Constraint, self.constraints) if c.names - set(self.space))

    @model_validator(mode="after")
    def _check(self) -> Self:
        names = [objective.name for objective in self.objectives]
        parts = Parts(
            names,
            self.space,
            self.baselines,
            self.budget.trials,
            self.seeds.repeats,
            self.params,
            self.constraints,
            self.searcher.aspiration,
            self.scheduler.objective if self.scheduler else None,
        )
        findings = inconsistencies(parts)
        if findings:
            raise ValueError(" ".join(str(problem) for _, problem in findings))
        return self
