"""Ask and tell, for who has a loop of their own: searchers, journal and front without Ray."""

from pareto_search.asktell.search import Search

__all__ = ["Search"]
