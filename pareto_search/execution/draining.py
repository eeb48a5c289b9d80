"""The one place that asks Ray to start nothing more on this machine, which will vanish soon.

Ray takes what runs there and is lost for preempted then: no retry is spent. The node ends by itself
as soon as nothing runs on it.
"""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from socket import AF_INET, AF_INET6, create_connection

import psutil
from ray._private.services import canonicalize_bootstrap_address
from ray._raylet import GcsClient  # type: ignore[attr-defined]  # made by Cython
from ray.core.generated.autoscaler_pb2 import DrainNodeReason  # type: ignore[attr-defined]  # made by protoc
from ray.core.generated.gcs_pb2 import GcsNodeInfo  # type: ignore[attr-defined]
from ray.exceptions import RayError

from pareto_search.errors import UnreachableError

_LOOK_EVERY_S = 0.25
_PATIENCE_S = 5.0
_RULE = "Ray should run on this machine and its cluster should answer."


def drain_this_node(deadline_s: float) -> str:
    """Have Ray start nothing more on this machine, which ends in `deadline_s`; its node's id.

    Raises:
        UnreachableError: the cluster does not answer, has no node here, or refuses.
    """
    address = _find_address()
    with _reaching(address):
        client = GcsClient(address=address)
        node_id = _find_node(client, address)
        deadline_ms = int((time.time() + deadline_s) * 1000)
        reason = DrainNodeReason.Value("DRAIN_NODE_REASON_PREEMPTION")
        is_accepted, why = client.drain_node(node_id, reason, "notice", deadline_ms)
    if not is_accepted:
        raise UnreachableError(f"Ray should drain node {node_id}. Found that it refuses: {why}")
    return node_id


def wait_until_empty(node_id: str, timeout_s: float) -> bool:
    """Whether the drained node `node_id` ended within `timeout_s`, as it does when nothing runs.

    Raises:
        UnreachableError: the cluster does not answer.
    """
    address = _find_address()
    end = time.monotonic() + timeout_s
    with _reaching(address):
        client = GcsClient(address=address)
        while node_id in {name for name, _ in _living(client)}:
            if time.monotonic() > end:
                return False
            time.sleep(_LOOK_EVERY_S)
    return True


def _find_address() -> str:
    """``host:port`` of the cluster's head, from the environment or as `ray start` left it."""
    named = os.environ.get("RAY_ADDRESS", "")
    if "://" in named or named == "auto":  # that of the Jobs API or of Ray Client
        named = ""
    if not named and "FQ_RAY_IP" in os.environ:
        named = f"{os.environ['FQ_RAY_IP']}:{os.environ.get('RAY_PORT', '6379')}"
    found = named or canonicalize_bootstrap_address("auto")
    if not found:
        raise UnreachableError(f"{_RULE} Found no RAY_ADDRESS, and nothing that `ray start` left.")
    return str(found)


def _find_node(client: GcsClient, address: str) -> str:
    """The id of this machine's node: by the name that KubeRay gives it, else by its addresses."""
    name = os.environ.get("RAY_CLOUD_INSTANCE_ID")
    own = _own_addresses()
    nodes = list(_living(client))
    found = [
        node_id
        for node_id, node in nodes
        if (node.instance_id == name if name else node.node_manager_address in own)
    ]
    if len(found) != 1:
        raise UnreachableError(
            f"The cluster at {address} should have one node here"
            f"{f', RAY_CLOUD_INSTANCE_ID = {name}' if name else ''}. Found {len(found)} of its "
            f"{len(nodes)} nodes: set RAY_CLOUD_INSTANCE_ID as where the node was started."
        )
    return found[0]


def _living(client: GcsClient) -> Iterator[tuple[str, GcsNodeInfo]]:
    """Each living node by its id in hexadecimal."""
    for node_id, node in client.get_all_node_info(timeout=10).items():
        if node.state == GcsNodeInfo.ALIVE:
            yield node_id.hex(), node


def _own_addresses() -> set[str]:
    interfaces = psutil.net_if_addrs().values()
    every = (one for addresses in interfaces for one in addresses)
    return {one.address for one in every if one.family in (AF_INET, AF_INET6)}


@contextmanager
def _reaching(address: str) -> Iterator[None]:
    host, _, port = address.rpartition(":")
    try:
        create_connection((host.strip("[]"), int(port)), _PATIENCE_S).close()  # Ray takes 40 s
        yield
    except (RayError, RuntimeError, OSError, ValueError) as error:
        said = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise UnreachableError(f"{_RULE} Found none at {address}: {said}") from error
