"""Where a sweep runs and is recorded: what is the machine's and the moment's, not the recipe's."""

from dataclasses import dataclass

from rich.console import Console


@dataclass(frozen=True, slots=True)
class Venue:
    """What a process is told that runs a sweep.

    `tracking_uri` goes before the recipe's. `address` is a running Ray's, ``auto`` or
    ``HOST:PORT``; None: one of this process's own. An autoscaler may let it grow until it holds
    `grow_to` trials at once. For `patience_s` seconds another process that
    still runs the sweep is waited for. Messages go to `console`.
    """

    console: Console
    tracking_uri: str | None = None
    address: str | None = None
    grow_to: int = 0
    patience_s: float = 1.0

    def say(self, line: str) -> None:
        """A message, as it is."""
        self.console.print(line, markup=False, highlight=False, soft_wrap=True)
