"""Which searcher a recipe asks for. An engine is imported only when it is chosen."""

from pareto_search.recipe.config import SearcherConfig
from pareto_search.searchers.protocol import Searcher
from pareto_search.space import Space

SEARCHERS = (("optuna", "tpe"), ("optuna", "nsga2"), ("optuna", "random"), ("pymoo", "nsga2"))
"""Every engine and kind there is; the conformance suite goes over all of them."""


def make_searcher(config: SearcherConfig, space: Space, num_objectives: int, seed: int) -> Searcher:
    """The searcher that `config` names, over `space`, for M = `num_objectives` losses.

    `seed`, at least 0, is the only source of its randomness.
    """
    if config.engine == "pymoo":
        from pareto_search.searchers.pymoo_searcher import PymooSearcher

        return PymooSearcher(config, space, num_objectives, seed)
    from pareto_search.searchers.optuna_searcher import OptunaSearcher

    return OptunaSearcher(config, space, num_objectives, seed)
