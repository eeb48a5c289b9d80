"""Parallel coordinates: every complete trial as a line over its parameters and objectives."""

from pareto_search.figures.parallel.interactive import parallel_data, plot_parallel
from pareto_search.figures.parallel.static import draw_parallel
from pareto_search.figures.parallel.view import ParallelView, parallel_view

__all__ = ["ParallelView", "draw_parallel", "parallel_data", "parallel_view", "plot_parallel"]
