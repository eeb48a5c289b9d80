"""Sweeps in a notebook: tables as DataFrames, figures as plots."""

from pareto_search.notebook.sweep import Sweep

__all__ = ["Sweep"]
