"""What a trainable says while it is asked about its parameters: it may have data to fetch first."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def heard(dotted: str) -> Iterator[None]:
    """Within it, what the package of the trainable `dotted` logs is on stderr, a line each.

    Not where a program has said where its logs go.
    """
    logger = logging.getLogger(dotted.partition(":")[0].partition(".")[0])
    if logger.hasHandlers():
        yield
        return
    handler, before = logging.StreamHandler(), logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    try:
        yield
    finally:
        logger.setLevel(before)
        logger.removeHandler(handler)
