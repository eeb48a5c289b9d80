"""Pictures of a sweep, and its report.

A *view* says what is to be seen, in numbers and words; `static` (matplotlib) and `interactive`
(plotly) draw the same view in the same style. `album` names every view of a sweep; `reporting`
puts them and the report into files.
"""

from pareto_search.figures.writing import save_front

__all__ = ["save_front"]
