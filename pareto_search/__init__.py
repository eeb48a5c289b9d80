"""Distributed multi-objective search over any trainable: sweeps on Ray, fronts in MLflow."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pareto_search.asktell import Search
    from pareto_search.notebook import Sweep

__all__ = ["Search", "Sweep"]


def __getattr__(name: str) -> object:
    """`Search` or `Sweep`, when it is first asked for: to import this package costs nothing."""
    if name == "Search":
        from pareto_search.asktell import Search

        return Search
    if name == "Sweep":
        from pareto_search.notebook import Sweep

        return Sweep
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
