"""`leave`: what a machine that will vanish soon is told, before it does."""

import time

from rich.console import Console

from pareto_search.errors import Problem, RecipeError
from pareto_search.execution import runtime
from pareto_search.execution.notice import NOTICE_VARIABLE, notice_file


def leave_machine(deadline_s: float) -> bool:
    """Have Ray start nothing more here, give the notice, and wait; whether all trials have left.

    In this order: a trial that left first would be given a place here again. But the notice is
    given even where Ray does not answer.

    Raises:
        RecipeError: the environment names no file for the notice.
        UnreachableError: Ray does not answer, or has no node here.
    """
    began, console = time.monotonic(), Console(stderr=True, highlight=False, soft_wrap=True)
    file = notice_file()
    if file is None:
        rule = "should name a file on this machine, as it does for Ray's processes here."
        raise RecipeError([Problem(rule, "Found nothing.", NOTICE_VARIABLE)])
    runtime.prepare_environment()
    from pareto_search.execution.draining import drain_this_node, wait_until_empty

    try:
        node_id = drain_this_node(deadline_s)
    finally:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
    console.print(f"node {node_id[:8]} takes no more trials", markup=False)
    has_left = wait_until_empty(node_id, deadline_s - (time.monotonic() - began))
    told = "all trials have left" if has_left else f"trials are still here after {deadline_s:g} s"
    console.print(told, markup=False)
    return has_left
