"""`run` with the address of a Ray Client: the sweep runs on the cluster's head."""

import os

from pareto_search.commands.submitting import Submission, make_call, prepare
from pareto_search.execution.admission import choose_authentication
from pareto_search.execution.reaching import check_address
from pareto_search.jobs.ray_client import ADVICE, run_on_head


def run_through_client(asked: Submission) -> int:
    """Run the sweep of a recipe on the cluster at ``asked.address``; returns its exit code.

    What can be told from the recipe alone is checked here, before anything is sent.

    Raises:
        RecipeError: the recipe or a flag cannot be used.
        UnreachableError: no Ray Client answers, it refuses us, or the connection is lost.
    """
    choose_authentication(os.environ, asked.address)
    config, package, _ = prepare(asked)
    check_address(asked.address, ADVICE)
    return run_on_head(asked.address, package, make_call(asked, config, package))
