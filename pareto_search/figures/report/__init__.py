"""The report of a sweep: one HTML file that tells its story and needs no network."""

from pareto_search.figures.report.page import report_page

__all__ = ["report_page"]
