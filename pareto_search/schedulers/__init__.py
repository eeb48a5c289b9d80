"""Schedulers: what stops a trial that is not worth going on with."""

from pareto_search.schedulers.protocol import Scheduler, Verdict
from pareto_search.schedulers.registry import make_scheduler

__all__ = ["Scheduler", "Verdict", "make_scheduler"]
