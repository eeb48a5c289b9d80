"""Pictures of a sweep: its front and the hypervolume over finished trials.

A *view* says what is to be seen, in numbers and words; `static` (matplotlib) and `interactive`
(plotly) draw the same view in the same style.
"""

from pareto_search.figures.writing import save_front, write_figures

__all__ = ["save_front", "write_figures"]
