"""What Kubernetes lets through between pods under NetworkPolicies, worked out from their words."""

from dataclasses import dataclass
from ipaddress import ip_address, ip_network


@dataclass(frozen=True)
class Pod:
    """A pod, or with `address` alone something outside the cluster."""

    namespace: str = ""
    labels: tuple = ()
    address: str = ""


def may_talk(policies, namespaces, source, target, port):
    """Whether a connection over TCP is let out at `source` and in at `target`.

    `namespaces` are the labels of each namespace. A side without a policy on it lets all through.
    """
    return _passes(policies, namespaces, source, target, port, "Egress") and _passes(
        policies, namespaces, target, source, port, "Ingress"
    )


def _passes(policies, namespaces, here, there, port, direction):
    rules, peers = {"Egress": ("egress", "to"), "Ingress": ("ingress", "from")}[direction]
    on_it = [
        policy
        for policy in policies
        if policy["metadata"]["namespace"] == here.namespace
        and direction in policy["spec"]["policyTypes"]
        and _selects(policy["spec"]["podSelector"], dict(here.labels))
    ]
    return not on_it or any(
        _is_port(rule, port) and any(_is_peer(p, policy, there, namespaces) for p in rule[peers])
        for policy in on_it
        for rule in policy["spec"].get(rules, [])
    )


def _is_port(rule, port):
    return any(p["port"] == port and p["protocol"] == "TCP" for p in rule.get("ports", [])) or (
        "ports" not in rule
    )


def _is_peer(peer, policy, pod, namespaces):
    if "ipBlock" in peer:
        block = peer["ipBlock"]
        if not pod.address:
            return False
        address = ip_address(pod.address)
        return address in ip_network(block["cidr"]) and not any(
            address in ip_network(part) for part in block.get("except", [])
        )
    if not pod.namespace:
        return False
    if "namespaceSelector" in peer:
        is_there = _selects(peer["namespaceSelector"], namespaces[pod.namespace])
    else:
        is_there = pod.namespace == policy["metadata"]["namespace"]
    return is_there and _selects(peer.get("podSelector", {}), dict(pod.labels))


def _selects(selector, labels):
    assert set(selector) <= {"matchLabels", "matchExpressions"}, selector
    listed = selector.get("matchExpressions", [])
    assert all(expression["operator"] == "In" for expression in listed)
    return selector.get("matchLabels", {}).items() <= labels.items() and all(
        labels.get(expression["key"]) in expression["values"] for expression in listed
    )
