"""Who may talk to whom: of all pairs of pods and ports these and no others."""

import pytest
from policies import Pod, may_talk
from rendered import COMBINATIONS, rendered

NAMESPACES = {
    name: {"kubernetes.io/metadata.name": name}
    for name in ("pareto", "kuberay-system", "kube-system", "elsewhere")
}


def ours(component, **labels):
    pairs = {"app.kubernetes.io/component": component, **labels}
    return Pod("pareto", tuple(pairs.items()))


HEAD = {"ray.io/node-type": "head"}
PODS = {
    "head": ours("ray", **HEAD),
    "worker": ours("ray", **{"ray.io/node-type": "worker"}),
    "submitter": ours("ray"),
    "mlflow": ours("mlflow"),
    "postgresql": ours("postgresql"),
    "another of the namespace": Pod("pareto"),
    "operator": Pod("kuberay-system", (("app.kubernetes.io/component", "kuberay-operator"),)),
    "another of the operator's namespace": Pod("kuberay-system"),
    "a false operator": Pod("elsewhere", (("app.kubernetes.io/component", "kuberay-operator"),)),
    "a false head": Pod("elsewhere", (("app.kubernetes.io/component", "ray"), *HEAD.items())),
    "the internet": Pod(address="203.0.113.7"),
    "the internet of IPv6": Pod(address="2001:db8::7"),
    "credentials of the cloud": Pod(address="169.254.169.254"),
    "credentials of Amazon": Pod(address="fd00:ec2::254"),
}
PORTS = (22, 443, 5000, 5432, 6379, 6443, 8265, 9000, 10001)
RAY = ("head", "worker", "submitter")
WITHIN_RAY = {(a, b, port) for a in RAY for b in RAY for port in PORTS}
DASHBOARD = {("operator", "head", 8265)}
OUTSIDE = ("the internet", "the internet of IPv6")
API_SERVER = {("head", there, port) for there in OUTSIDE for port in (443, 6443)}
OUR_MLFLOW = {
    ("head", "mlflow", 5000),
    ("mlflow", "postgresql", 5432),
    *(("mlflow", there, port) for there in OUTSIDE for port in (443, 9000)),
}
BUCKET_OF_DATA = {
    (pod, there, port) for pod in ("head", "worker") for there in OUTSIDE for port in (443, 9000)
}
THEIR_MLFLOW = {("head", there, port) for there in OUTSIDE for port in (443, 5000)}


@pytest.mark.parametrize("overlays", COMBINATIONS, ids="-".join)
def test_these_connections_are_let_through_and_no_others(overlays):
    wanted = WITHIN_RAY | DASHBOARD
    wanted |= THEIR_MLFLOW if "external-mlflow" in overlays else OUR_MLFLOW
    wanted |= set() if "kueue" in overlays else API_SERVER
    wanted |= BUCKET_OF_DATA if "s3-data" in overlays else set()
    absent = {"mlflow", "postgresql"} if "external-mlflow" in overlays else set()
    policies = [o for o in rendered(overlays).objects if o["kind"] == "NetworkPolicy"]
    assert {c for c in connections(policies) if not absent & set(c[:2])} == wanted


def test_the_operator_is_let_in_from_the_namespace_that_is_named():
    policies = [
        o for o in rendered(operator_namespace="elsewhere").objects if o["kind"] == "NetworkPolicy"
    ]
    found = connections(policies)
    assert ("a false operator", "head", 8265) in found
    assert ("operator", "head", 8265) not in found


def test_of_a_server_that_is_named_the_port_alone_is_open():
    policies = [
        o
        for o in rendered(
            ("kueue", "external-mlflow"), mlflow_uri="https://ml.example.org:8443"
        ).objects
        if o["kind"] == "NetworkPolicy"
    ]
    found = connections(policies, ports=(443, 5000, 8443))
    assert {c for c in found if c[1] == "the internet"} == {("head", "the internet", 8443)}


def connections(policies, ports=PORTS):
    """All that is let through between two pods of which one at least is of the namespace."""
    return {
        (a, b, port)
        for a, source in PODS.items()
        for b, target in PODS.items()
        for port in ports
        if "pareto" in (source.namespace, target.namespace)
        and may_talk(policies, NAMESPACES, source, target, port)
    }
