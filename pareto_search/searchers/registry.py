"""Which searcher a recipe asks for. An engine is imported only when it is chosen."""

from pareto_search.recipe.config import SearcherConfig
from pareto_search.searchers.problem import SearchProblem
from pareto_search.searchers.protocol import Searcher

SEARCHERS = (
    ("optuna", "tpe"),
    ("optuna", "gp"),
    ("optuna", "nsga2"),
    ("optuna", "nsga3"),
    ("optuna", "random"),
    ("optuna", "qmc"),
    ("pymoo", "nsga2"),
    ("pymoo", "nsga3"),
    ("pymoo", "agemoea"),
    ("pymoo", "smsemoa"),
    ("pymoo", "moead"),
    ("pymoo", "rnsga2"),
    ("mixed", "portfolio"),
)
"""Every engine and kind there is; the conformance suite goes over all of them."""


def make_searcher(config: SearcherConfig, problem: SearchProblem, seed: int) -> Searcher:
    """The searcher that `config` names, for `problem`.

    `seed`, at least 0, is the only source of its randomness.
    """
    if config.resolved_engine == "mixed":
        from pareto_search.searchers.portfolio_searcher import PortfolioSearcher

        return PortfolioSearcher(config, problem, seed, make_searcher)
    if config.resolved_engine == "pymoo":
        from pareto_search.searchers.pymoo_searcher import PymooSearcher

        return PymooSearcher(config, problem, seed)
    if config.kind == "gp":
        from pareto_search.searchers.gp_searcher import GpSearcher

        return GpSearcher(config, problem, seed)
    if config.kind in ("random", "qmc"):
        from pareto_search.searchers.blind_searcher import BlindSearcher

        return BlindSearcher(config, problem, seed)
    from pareto_search.searchers.optuna_searcher import OptunaSearcher

    return OptunaSearcher(config, problem, seed)
