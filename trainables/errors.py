"""Every error this package raises on purpose.

TrainablesError
├── ParameterError      a parameter is unknown, of the wrong type or out of range
├── DataError           a folder, an image or a label cannot be trained on; holds every problem
├── DivergenceError     the loss is not finite any more
├── OutOfMemoryError    the network, its patches or its volumes do not fit
└── LostRankError       one of several processes that train together has ended

Divergence and want of memory are the fault of the parameters alone: `is_infeasible` says so to a
search, which then learns that they are no good and does not count a broken trial. That data cannot
be used is no fault of theirs: `is_lost` says so to a search, which learns nothing from it.
"""

from collections.abc import Sequence


class TrainablesError(Exception):
    """Root of the tree."""


class ParameterError(TrainablesError, ValueError):
    """A parameter is unknown, of the wrong type or out of its range."""


class DataError(TrainablesError):
    """The data cannot be used. `problems` holds one sentence per finding."""

    is_lost = True

    def __init__(self, problems: Sequence[str]) -> None:
        """Keep `problems` and make the message from all of them."""
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


class DivergenceError(TrainablesError):
    """The loss became NaN or infinite, so nothing after it means anything."""

    is_infeasible = True


class OutOfMemoryError(TrainablesError):
    """There is too little memory for these parameters on this machine."""

    is_infeasible = True


class LostRankError(TrainablesError):
    """Another of the processes that train one network together has ended, or answers no more."""
