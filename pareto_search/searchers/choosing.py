"""Which searcher suits a sweep, where the recipe leaves the choice open (``kind: auto``)."""

from importlib.util import find_spec
from typing import NamedTuple

from pareto_search.recipe.config import Kind, SearcherConfig, SweepConfig
from pareto_search.searchers.encoding import is_free
from pareto_search.searchers.problem import SearchProblem, problem_of
from pareto_search.space import Choice, Parameter

MANY_TRIALS = 1000
"""Above, a model of all trials costs more than it gains over an evolutionary algorithm."""
GP_TRIALS = 200
"""Up to so many a Gaussian process alone is affordable; a portfolio leaves it when it is not."""
MODEL_DIMENSIONS = 20
MODEL_OBJECTIVES = 3
"""Up to these it predicts better than densities do."""
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
    config: SearcherConfig,
    problem: SearchProblem,
    trials: int,
    concurrent: int | None = None,
    *,
    has_torch: bool | None = None,
) -> Chosen:
    """A searcher for `trials` points of `problem`, `concurrent` of them at once (None: unknown).

    What `config` says besides its kind is kept, its engine too. The rule, the first that holds:

    - the engine is to be mixed: the portfolio, which is its only one;
    - more than `MANY_TRIALS`, or the engine pymoo: NSGA-II, steady-state where that is pymoo's;
      NSGA-III for four objectives or more;
    - fewer than twice ``startup``: TPE, since no model would be trusted for long;
    - at most `MODEL_DIMENSIONS` and `MODEL_OBJECTIVES`, no condition, more than half of the
      parameters continuous, and torch at hand (`has_torch`; None: look whether it is installed):
      the portfolio of a Gaussian process, TPE and NSGA-II; where the engine is to be Optuna, the
      process alone for `GP_TRIALS` or fewer;
    - else TPE.
    """
    free = [parameter for parameter in problem.space.values() if is_free(parameter)]
    continuous = sum(map(_is_continuous, free))
    is_conditional = any(parameter.when for parameter in free)
    size = f"{trials} configurations of {len(free)} free parameters, {continuous} continuous"
    size += ", some conditional" if is_conditional else ""
    if config.engine == "mixed":
        return _modelling(config, "portfolio", size, "the engine is to be mixed")
    if trials > MANY_TRIALS or config.engine == "pymoo":
        kind: Kind = "nsga2" if problem.num_objectives <= MODEL_OBJECTIVES else "nsga3"
        why = "the engine is to be pymoo" if trials <= MANY_TRIALS else "so many need cheap steps"
        return Chosen(_evolving(config, kind, trials, concurrent), f"{kind}: {size}; {why}.")
    if trials < 2 * config.startup:
        return _modelling(config, "tpe", size, "too few for any model to matter")
    is_low = len(free) <= MODEL_DIMENSIONS and problem.num_objectives <= MODEL_OBJECTIVES
    is_smooth = 2 * continuous > len(free) and not is_conditional
    if not (is_low and is_smooth):
        return _modelling(config, "tpe", size, "that suits densities better than other models")
    has_torch = find_spec("torch") is not None if has_torch is None else has_torch
    if not has_torch:
        return _modelling(config, "tpe", size, "a Gaussian process would need torch installed")
    return _with_process(config, size, trials)


def _with_process(config: SearcherConfig, size: str, trials: int) -> Chosen:
    """A Gaussian process among others, or alone where the engine is to be Optuna."""
    if config.engine != "optuna":
        why = "a Gaussian process, densities and evolution take turns, who succeeds the most"
        return _modelling(config, "portfolio", size, why)
    if trials > GP_TRIALS:
        return _modelling(config, "tpe", size, "too many for a Gaussian process alone")
    return _modelling(config, "gp", size, "so few are best spent by a Gaussian process")


def _modelling(config: SearcherConfig, kind: Kind, size: str, why: str) -> Chosen:
    return Chosen(config.model_copy(update={"kind": kind}), f"{kind}: {size}; {why}.")


def _evolving(
    config: SearcherConfig, kind: Kind, trials: int, concurrent: int | None
) -> SearcherConfig:
    """A population for fifty generations or more, of at least as many as run at once."""
    changes: dict[str, object] = {"kind": kind}
    if "population" not in config.model_fields_set:
        changes["population"] = max(config.population, min(100, trials // 50), concurrent or 0)
    return config.model_copy(update=changes)


def _is_continuous(parameter: Parameter) -> bool:
    if isinstance(parameter, Choice):
        return False
    return parameter.type == "float" or parameter.high - parameter.low >= GRID_VALUES
