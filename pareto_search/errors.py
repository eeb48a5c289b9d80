"""Every error this package raises on purpose, and the exit code it ends the command with.

ParetoSearchError           1
├── RecipeError             2   a recipe, a flag or the data it names cannot be used
├── SweepDamagedError       1   a file of the sweep cannot be read
├── SweepBusyError          1   another process runs that sweep
├── SweepFailedError        1   the sweep ended without a front, or with too many failures
├── SearcherError           1   the searcher itself failed, which no trial is to blame for
├── UnreachableError        4   a cluster, a storage directory or a server cannot be reached
└── SweepNotFoundError      5   no sweep of that name under the storage directory
"""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with a recipe: where, the rule, the finding and the way out.

    `where` is ``file:line:column`` (or as much of it as is known), `key` the dotted key.
    """

    rule: str
    found: str
    key: str = ""
    hint: str = ""
    where: str = ""

    def __str__(self) -> str:
        """One readable line: ``where: key: rule Found found. hint``."""
        place = ": ".join(part for part in (self.where, self.key) if part)
        text = " ".join(part for part in (self.rule, self.found, self.hint) if part)
        return f"{place}: {text}" if place else text


class ParetoSearchError(Exception):
    """Root of the tree. `exit_code` is what the command line ends with."""

    exit_code = 1


class RecipeError(ParetoSearchError):
    """The recipe cannot be run. Holds every problem found, not only the first."""

    exit_code = 2

    def __init__(self, problems: Sequence[Problem]) -> None:
        """Keep `problems` and make the message from all of them."""
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class SweepFailedError(ParetoSearchError):
    """The sweep ran but its outcome is not usable."""


class SearcherError(ParetoSearchError):
    """The searcher failed by itself: no trial is to blame. `trace` is what it raised, in full."""

    def __init__(self, message: str, trace: str = "") -> None:
        """Say `message`, and keep `trace`."""
        self.trace = trace
        super().__init__(message)


class SweepBusyError(ParetoSearchError):
    """Another process runs that sweep, and two would write one journal."""


class SweepDamagedError(ParetoSearchError):
    """A file of the sweep is not what was written there."""


class UnreachableError(ParetoSearchError):
    """Something outside this process that the sweep needs did not answer."""

    exit_code = 4


class SweepNotFoundError(ParetoSearchError):
    """No sweep of that name lies under the storage directory."""

    exit_code = 5
