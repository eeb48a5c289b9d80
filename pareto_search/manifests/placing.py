"""All objects of a manifest under the names, in the namespace and with the image asked for."""

from collections.abc import Sequence
from urllib.parse import urlsplit

from pareto_search.manifests.objects import (
    COMPONENT,
    INSTANCE,
    Manifest,
    containers,
    named,
    of_kind,
    pod_templates,
)
from pareto_search.manifests.request import Request
from pareto_search.recipe.document import Plain

SWEEP = "sweep"
"""The sweep's name in ``k8s/``."""

RECIPE = "sweep.yaml"
"""The recipe's key in its ConfigMap, as the RayJob's command reads it."""

OURS = ("ray", "mlflow")
"""Components that run this project's image."""


def place(objects: Sequence[Manifest], name: str, recipe: str, request: Request) -> list[Manifest]:
    """`objects` for the sweep `name`, whose recipe reads `recipe`; without what exists already."""
    kept = [item for item in objects if not _exists(item, request)]
    for item in kept:
        _rename(item, name)
        _move(item, request.namespace)
        if request.image is not None:
            _set_image(item, request.image)
        if item["kind"] == "PersistentVolumeClaim" and request.storage_class:
            item["spec"]["storageClassName"] = request.storage_class
    recipes = named(kept, "ConfigMap", f"{name}-recipe")
    assert recipes is not None
    recipes["data"] = {RECIPE: recipe}
    _open_ways(kept, request)
    return sorted(kept, key=lambda item: item["kind"] == "RayJob")  # it needs all the others


def _exists(item: Manifest, request: Request) -> bool:
    """Whether the user has named one of their own in the place of `item`."""
    if item["kind"] == "PersistentVolumeClaim":
        claims = {"sweeps": request.storage_claim, "data": request.data_claim}
        return claims.get(item["metadata"]["name"]) is not None
    return request.queue is not None and item["apiVersion"].startswith("kueue.x-k8s.io/")


def _rename(item: Manifest, name: str) -> None:
    """Give `name` to `item` where it is of the sweep alone, and to what it says of such objects."""
    metadata = item["metadata"]
    if INSTANCE in metadata.get("labels", {}):
        metadata["name"] = _name_for(metadata["name"], name)
    _label(item, name)
    for _, template in pod_templates(item):
        for volume in template["spec"].get("volumes", []):
            if volume["name"] == "recipe":
                volume["configMap"]["name"] = _name_for(volume["configMap"]["name"], name)


def _name_for(pattern: str, name: str) -> str:
    return name + pattern.removeprefix(SWEEP)


def _label(node: Plain, name: str) -> None:
    """Put `name` at every label of a sweep below `node`, of selectors too."""
    if isinstance(node, dict):
        if INSTANCE in node:
            node[INSTANCE] = name
        for value in node.values():
            _label(value, name)
    elif isinstance(node, list):
        for value in node:
            _label(value, name)


def _move(item: Manifest, namespace: str) -> None:
    if item["kind"] == "Namespace":
        item["metadata"]["name"] = namespace
    elif "namespace" in item["metadata"]:
        item["metadata"]["namespace"] = namespace


def _set_image(item: Manifest, image: str) -> None:
    for _, template in pod_templates(item):
        if template["metadata"]["labels"].get(COMPONENT) in OURS:
            for container in containers(template):
                container["image"] = image


def _open_ways(objects: Sequence[Manifest], request: Request) -> None:
    """Let through who and what the options name: KubeRay's operator, the port of an MLflow."""
    policies = of_kind(objects, "NetworkPolicy")
    dashboard = named(policies, "NetworkPolicy", "ray-dashboard")
    if dashboard is not None:
        (source,) = dashboard["spec"]["ingress"][0]["from"]
        source["namespaceSelector"]["matchLabels"] = {
            "kubernetes.io/metadata.name": request.operator_namespace
        }
    tracking = named(policies, "NetworkPolicy", "ray-tracking")
    if tracking is not None and request.mlflow_uri is not None:
        uri = urlsplit(request.mlflow_uri)
        port = uri.port or {"http": 80}.get(uri.scheme, 443)
        tracking["spec"]["egress"][0]["ports"] = [{"protocol": "TCP", "port": port}]
