"""Searchers: what proposes the next point."""

from pareto_search.searchers.choosing import with_searcher
from pareto_search.searchers.problem import SearchProblem, problem_of
from pareto_search.searchers.registry import SEARCHERS, make_searcher

__all__ = ["SEARCHERS", "SearchProblem", "make_searcher", "problem_of", "with_searcher"]
