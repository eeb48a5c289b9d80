"""Searchers: what proposes the next point."""

from pareto_search.searchers.registry import SEARCHERS, make_searcher

__all__ = ["SEARCHERS", "make_searcher"]
