"""Whether a Ray answers at an address, and lets us in: told before Ray itself tries for minutes."""

import socket

from pareto_search.errors import UnreachableError
from pareto_search.execution.admission import CLIENT, check_admission

ADVICE = (
    "Start one with `ray start --head`, or name its address: HOST:PORT, or auto on a machine of "
    "the cluster."
)
_PATIENCE_S = 10.0


def check_address(address: str | None, advice: str = ADVICE) -> None:
    """Whether somebody listens at `address` (``auto``, ``[ray://]HOST:PORT``) and takes our token.

    Of ``auto`` only the token is checked, and of None, a Ray of our own, nothing.

    Raises:
        UnreachableError: nobody listens there, where `advice` is the way out, or we are refused.
    """
    if address is None:
        return
    _check_port(address, advice)
    check_admission(address)


def _check_port(address: str, advice: str) -> None:
    host, _, port = address.removeprefix(CLIENT).rpartition(":")
    if not (host and port.isdigit()):
        return
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=_PATIENCE_S).close()
    except OSError as error:
        reason = error.strerror or str(error)
        raise UnreachableError(f"No Ray answers at `{address}`: {reason}. {advice}") from error
