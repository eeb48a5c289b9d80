"""The notice that a machine, such as one on loan, will vanish soon: a file that is there.

Whoever is told of it first writes the file (`pareto-search leave` does); trials look for it.
"""

import os
from pathlib import Path

NOTICE_VARIABLE = "PARETO_SEARCH_NOTICE"
"""Environment variable of Ray's processes on a machine: the file, on the machine's own disk."""


def notice_file() -> Path | None:
    """The file that would be the notice; None where this machine gives none."""
    named = os.environ.get(NOTICE_VARIABLE)
    return Path(named) if named else None


def is_leaving() -> bool:
    """Whether this machine will vanish soon; a few microseconds."""
    named = os.environ.get(NOTICE_VARIABLE)
    return named is not None and os.path.exists(named)  # noqa: PTH110  asked at every step of training
