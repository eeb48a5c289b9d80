"""A sweep that is not under the storage, though it may be on a cluster."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from pareto_search.errors import SweepNotFoundError

_DASHBOARD = "RAY_API_SERVER_ADDRESS"
"""What `submit` goes by without ``--address``; what looks at a storage is not switched by it."""


@contextmanager
def pointing_to_the_cluster() -> Iterator[None]:
    """Of a sweep that is not found, say that `submit` would have gone to a cluster, if it would.

    Raises:
        SweepNotFoundError: as what is done within this did.
    """
    from pareto_search.storage.redaction import redact

    try:
        yield
    except SweepNotFoundError as error:
        address = os.environ.get(_DASHBOARD)
        if not address:
            raise
        raise SweepNotFoundError(
            f"{error} Or ask the cluster that {_DASHBOARD} names: --address {redact(address)}"
        ) from error
