"""Which searcher suits a sweep, where the recipe leaves the choice open (``kind: auto``)."""

from typing import NamedTuple

from pareto_search.recipe.config import SearcherConfig, SweepConfig
from pareto_search.searchers.encoding import is_free
from pareto_search.searchers.problem import SearchProblem, problem_of
from pareto_search.space import Choice, Parameter

MANY_TRIALS = 1000
"""Above, a model of all trials costs more than it gains over an evolutionary algorithm."""
MODEL_TRIALS = 200
MODEL_DIMENSIONS = 20
MODEL_OBJECTIVES = 3
"""Up to these a Gaussian process is affordable, and predicts better than densities do."""
GRID_VALUES = 10
"""A whole number with fewer values than this is rather a category to a Gaussian process."""


class Chosen(NamedTuple):
    """A searcher, and why it was chosen: one sentence for a person to read."""

    searcher: SearcherConfig
    reason: str


def with_searcher(config: SweepConfig) -> tuple[SweepConfig, str]:
    """`config` with a searcher in place of ``kind: auto``, and why; "" where the recipe has one."""
    if config.searcher.kind != "auto":
        return config, ""
    budget = config.budget
    concurrent = None if budget.concurrent == "auto" else budget.concurrent
    configurations = budget.trials // config.seeds.repeats
    chosen = choose(config.searcher, problem_of(config), configurations, concurrent)
    return config.model_copy(update={"searcher": chosen.searcher}), chosen.reason


def choose(
    config: SearcherConfig, problem: SearchProblem, trials: int, concurrent: int | None = None
) -> Chosen:
    """A searcher for `trials` points of `problem`, `concurrent` of them at once (None: unknown).

    What `config` says besides its kind is kept. The rule, the first that holds:

    - more than `MANY_TRIALS`: steady-state NSGA-II, NSGA-III for four objectives or more;
    - at most `MODEL_TRIALS`, `MODEL_DIMENSIONS` and `MODEL_OBJECTIVES`, no condition, and more
      than half of the parameters continuous: a Gaussian process;
    - else TPE.
    """
    free = [parameter for parameter in problem.space.values() if is_free(parameter)]
    continuous = sum(map(_is_continuous, free))
    size = f"{trials} configurations of {len(free)} free parameters, {continuous} continuous"
    if trials > MANY_TRIALS:
        kind = "nsga2" if problem.num_objectives <= MODEL_OBJECTIVES else "nsga3"
        why = "so many are an evolutionary algorithm's, whose steps stay cheap"
        return Chosen(_evolving(config, kind, trials, concurrent), f"{kind}: {size}; {why}.")
    is_conditional = any(parameter.when for parameter in free)
    is_small = trials <= MODEL_TRIALS and len(free) <= MODEL_DIMENSIONS
    is_smooth = 2 * continuous > len(free) and not is_conditional
    if is_small and is_smooth and problem.num_objectives <= MODEL_OBJECTIVES:
        why = "so few are best spent by a Gaussian process"
        return Chosen(config.model_copy(update={"kind": "gp"}), f"gp: {size}; {why}.")
    shape = ", some conditional" if is_conditional else ""
    why = "that suits densities better than a Gaussian process"
    return Chosen(config.model_copy(update={"kind": "tpe"}), f"tpe: {size}{shape}; {why}.")


def _evolving(
    config: SearcherConfig, kind: str, trials: int, concurrent: int | None
) -> SearcherConfig:
    """A population for fifty generations or more, of at least as many as run at once."""
    changes: dict[str, object] = {"kind": kind, "engine": "pymoo", "mode": "steady_state"}
    if "population" not in config.model_fields_set:
        changes["population"] = max(config.population, min(100, trials // 50), concurrent or 0)
    return config.model_copy(update=changes)


def _is_continuous(parameter: Parameter) -> bool:
    if isinstance(parameter, Choice):
        return False
    return parameter.type == "float" or parameter.high - parameter.low >= GRID_VALUES
