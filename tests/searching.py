"""Every searcher there is, ready to be tested: engine, kind and, from pymoo, mode."""

from pareto_search.recipe.config import SearcherConfig
from pareto_search.searchers.problem import SearchProblem
from pareto_search.searchers.registry import SEARCHERS, make_searcher

VARIANTS = [
    (engine, kind, mode)
    for engine, kind in SEARCHERS
    for mode in (["steady_state", "generational"] if engine == "pymoo" else ["steady_state"])
]
NAMES = ["-".join(variant[: 3 if variant[0] == "pymoo" else 2]) for variant in VARIANTS]
LEARNERS = [variant for variant in VARIANTS if variant[1] not in ("random", "qmc")]
MODEL_COST = 6
"""How many proposals of any other searcher one of a Gaussian process costs, about."""
ASPIRATION = 0.3
"""Every loss of the point that preference-based searchers are given."""


def config_of(engine, kind, mode="steady_state", m=2, **fields):
    """The configuration of one searcher for `m` objectives, all minimised."""
    aspiration = ((ASPIRATION,) * m,) if kind == "rnsga2" else ()
    return SearcherConfig(engine=engine, kind=kind, mode=mode, aspiration=aspiration, **fields)


def searcher_of(variant, space, seed=0, m=2, problem=None, **fields):
    """The searcher `variant` over `space` with `m` losses; `problem` are fields of its problem."""
    config = config_of(*variant, m=m, **fields)
    stated = SearchProblem(space, m, aspiration=config.aspiration, **(problem or {}))
    return make_searcher(config, stated, seed)


def is_slow(variant):
    """Whether it fits Gaussian processes."""
    return variant[1] in ("gp", "portfolio")


def few(variant, trials):
    """As many of `trials` as can be afforded in a test of `variant`."""
    return max(trials // MODEL_COST, 8) if is_slow(variant) else trials


def lighten(setattr_=setattr):
    """Search the acquisition of Gaussian processes less thoroughly."""
    from pareto_search.searchers import gp_acquisition, gp_candidates

    setattr_(gp_acquisition, "SAMPLES", 16)
    setattr_(gp_candidates, "PRELIMINARY", 64)
    setattr_(gp_candidates, "LOCAL_SEARCHES", 2)
