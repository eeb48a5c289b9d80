"""Distributed multi-objective search over any trainable: sweeps on Ray, fronts in MLflow."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pareto_search.asktell import Search

__all__ = ["Search"]


def __getattr__(name: str) -> object:
    """`Search`, when it is first asked for: to import this package costs nothing."""
    if name != "Search":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from pareto_search.asktell import Search

    return Search
