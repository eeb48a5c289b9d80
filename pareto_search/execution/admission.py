"""Who may talk to Ray: a token for one's own, and a clear word where a cluster refuses ours.

Ray listens on every interface, also when only this machine uses it, and whoever may talk to it
runs code as its user. So a Ray that a sweep starts for itself asks for a token, which is made for
that sweep and is never written to a file.
"""

import os
import secrets
import socket
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any

from pareto_search.errors import UnreachableError

_MODE = "RAY_AUTH_MODE"
_TOKEN = "RAY_AUTH_TOKEN"
_PATH = "RAY_AUTH_TOKEN_PATH"
CLIENT = "ray://"
_PATIENCE_S = 5.0


def choose_authentication(
    environment: MutableMapping[str, str], address: str | None = None
) -> None:
    """Set how Ray authenticates in `environment`, where the user has not; before Ray is imported.

    Without `address` Ray is started here, and a token of its own is made for it. A cluster at
    `address` is asked as itself asks: with a token where the user has one, else without.

    >>> mine = {}
    >>> choose_authentication(mine)
    >>> mine["RAY_AUTH_MODE"], len(mine["RAY_AUTH_TOKEN"])
    ('token', 64)
    >>> theirs = {"RAY_AUTH_TOKEN_PATH": "/run/secrets/ray"}
    >>> choose_authentication(theirs, "auto")
    >>> theirs["RAY_AUTH_MODE"], "RAY_AUTH_TOKEN" in theirs
    ('token', False)
    """
    given = bool(environment.get(_TOKEN) or environment.get(_PATH))
    if address is not None:
        environment.setdefault(_MODE, "token" if given or _has_kept_token() else "disabled")
        return
    environment.setdefault(_MODE, "token")
    if environment[_MODE] == "token" and not given:
        environment[_TOKEN] = secrets.token_hex(32)


def check_admission(address: str) -> None:
    """Whether the cluster at `address` (``auto``, ``[ray://]HOST:PORT``) takes our token.

    Ray itself tries for 20 to 30 s and then says that it did not connect. A cluster that does not
    answer is no refusal: that is for the connection itself to say.

    Raises:
        UnreachableError: it refuses us.
    """
    mode = os.environ.get(_MODE)
    if mode == "token" and (lack := _lack_of_token()):
        raise _refusal(address, lack)
    refuses = _client_refuses if address.startswith(CLIENT) else _refuses
    if refuses(address):
        found = "it does not take our token" if mode == "token" else "it asks for a token"
        raise _refusal(address, found)


def _refusal(address: str, found: str) -> UnreachableError:
    return UnreachableError(
        f"The Ray at `{address}` should let us in. Found that {found}. Set {_MODE}=token, and "
        f"{_TOKEN} to its token or {_PATH} to a file with it (KubeRay keeps it in the Secret that "
        "has the cluster's name, under auth_token)."
    )


def _lack_of_token() -> str:
    """Why Ray has no token to send, or nothing; without one it would end the whole process."""
    if token := os.environ.get(_TOKEN):
        return "" if token.strip() else f"{_TOKEN} is blank"
    given = os.environ.get(_PATH)
    if not given and not _has_kept_token():
        return "no token is there to send"
    path = Path(given) if given else _kept()
    try:
        content = path.read_bytes()
    except OSError as error:
        return f"the token's file `{path}` cannot be read: {error.strerror}"
    return "" if content.strip() else f"the token's file `{path}` is empty"


def _has_kept_token() -> bool:
    """Whether the user keeps a token where Ray looks for one."""
    try:
        return _kept().is_file()
    except (OSError, RuntimeError):  # a user without a home
        return False


def _kept() -> Path:
    return Path.home() / ".ray" / "auth_token"


def _refuses(address: str) -> bool:
    from ray import _raylet
    from ray._private.services import canonicalize_bootstrap_address
    from ray.exceptions import AuthenticationError, RayError

    compiled: Any = _raylet
    try:
        found = canonicalize_bootstrap_address(address)
        host, _, port = str(found).rpartition(":")
        # Ray would wait 40 s for a port where nobody listens
        socket.create_connection((host.strip("[]"), int(port)), _PATIENCE_S).close()
        compiled.GcsClient(address=found)
    except AuthenticationError:
        return True
    except (OSError, RayError, ValueError):
        return False
    return False


def _client_refuses(address: str) -> bool:
    import grpc
    from ray._private.grpc_utils import init_grpc_channel
    from ray.core.generated import ray_client_pb2, ray_client_pb2_grpc

    messages: Any = ray_client_pb2  # whose classes are made when it is imported
    calls: Any = ray_client_pb2_grpc
    ping = messages.ClusterInfoRequest(type=messages.ClusterInfoType.PING)
    who = [("client_id", secrets.token_hex(16))]
    channel = init_grpc_channel(address.removeprefix(CLIENT))
    try:
        calls.RayletDriverStub(channel).ClusterInfo(ping, timeout=_PATIENCE_S, metadata=who)
    except grpc.RpcError as error:
        return bool(error.code() is grpc.StatusCode.UNAUTHENTICATED)
    finally:
        channel.close()
    return False
