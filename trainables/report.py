"""What a trainable is given to speak with its host, whoever the host is.

The host may be a search framework or nobody: `trainables train` hands over a `Report` that
prints and writes to a folder. A trainable never learns which. What it is given may also be one that
`Leaves`, or one that `Expects` certain data; a trainable works with hosts that are neither.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NoReturn, Protocol, runtime_checkable

Save = Callable[[Path], None]
"""Writes the whole state of a training run into the (existing, empty) directory it is given."""


class Report(Protocol):
    """Tells the host how training stands after a step (here: an epoch).

    `metrics` are finite-or-NaN floats and hold every objective; `step` counts from 1 and rises
    by 1 a report. `save` writes the state that `metrics` belong to: the host calls it, or not,
    before this returns. Training may be ended by the host during this call and never after it.
    """

    def __call__(self, metrics: Mapping[str, float], step: int, save: Save | None = None) -> None:
        """Hand over `metrics` of `step`."""
        ...


@runtime_checkable
class Leaves(Protocol):
    """A report whose host may have to leave its machine soon, as one that is lent to it."""

    def leaving(self) -> bool:
        """Whether it has been told to; cheap enough to be asked at every step."""
        ...

    def leave(self, save: Save) -> NoReturn:
        """End here. `save` writes a state, of any step, that the run is carried on from."""
        ...


@runtime_checkable
class Expects(Protocol):
    """A report whose host knows what the trainable described before the first run began.

    `described` is what its hook `describe` returned then, perhaps on another machine.
    """

    described: Mapping[str, object]
