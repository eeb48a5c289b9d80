"""What Tune pickles into its snapshots, which nobody reads: the journal is the state."""

from typing import Any


class Unkept:
    """Leaves nothing of its object in a pickle."""

    def __getstate__(self) -> dict[str, Any]:
        return {}
