"""Durations as people write them: ``90s``, ``30m``, ``2h``."""

import re

PATTERN = r"(\d+(?:\.\d+)?)\s*([smh])"
_SECONDS = {"s": 1, "m": 60, "h": 3600}


def seconds_of(text: str) -> float | None:
    """The seconds that `text` names; None where it names no duration.

    >>> seconds_of("1.5h"), seconds_of("soon")
    (5400.0, None)
    """
    match = re.fullmatch(PATTERN, text)
    return float(match[1]) * _SECONDS[match[2]] if match else None
