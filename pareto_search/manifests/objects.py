"""Kubernetes objects as plain mappings, and how to find one's way in them."""

from collections.abc import Iterator, Sequence
from typing import Any, TypeAlias

Manifest: TypeAlias = dict[str, Any]
"""An object as its YAML says it."""

INSTANCE = "app.kubernetes.io/instance"
"""The label whose value is the name of the sweep's RayJob, on all that is of that sweep alone."""

COMPONENT = "app.kubernetes.io/component"
"""The label that network policies select by: ray, mlflow, postgresql."""

QUEUE = "kueue.x-k8s.io/queue-name"
"""The label that names the LocalQueue in which Kueue lets a job wait."""

GPU = "nvidia.com/gpu"
"""The resource by which a container asks for GPUs."""


def titled(item: Manifest) -> str:
    """What messages call `item`.

    >>> titled({"kind": "RayJob", "metadata": {"name": "toy"}})
    'RayJob toy'
    """
    return f"{item['kind']} {item['metadata']['name']}"


def of_kind(objects: Sequence[Manifest], kind: str) -> list[Manifest]:
    """Those of `objects` that are of `kind`."""
    return [item for item in objects if item["kind"] == kind]


def named(objects: Sequence[Manifest], kind: str, name: str) -> Manifest | None:
    """The object of `kind` called `name`; None where there is none."""
    return next((o for o in of_kind(objects, kind) if o["metadata"]["name"] == name), None)


def pod_templates(item: Manifest) -> Iterator[tuple[str, Manifest]]:
    """Every pod template in `item`, of KubeRay's submitter too, with the dotted path to it."""
    spec = item.get("spec", {})
    if item["kind"] == "RayJob":
        if "submitterPodTemplate" in spec:
            yield "spec.submitterPodTemplate", spec["submitterPodTemplate"]
        for path, group in ray_groups(item):
            yield f"{path}.template", group["template"]
    elif "template" in spec:
        yield "spec.template", spec["template"]


def ray_groups(job: Manifest) -> Iterator[tuple[str, Manifest]]:
    """The head's group and the workers' groups of a RayJob, with the dotted path to each."""
    cluster = job["spec"].get("rayClusterSpec", {})
    if "headGroupSpec" in cluster:
        yield "spec.rayClusterSpec.headGroupSpec", cluster["headGroupSpec"]
    for index, group in enumerate(cluster.get("workerGroupSpecs", [])):
        yield f"spec.rayClusterSpec.workerGroupSpecs.{index}", group


def containers(template: Manifest) -> list[Manifest]:
    """All containers of a pod template, those that run before the others first."""
    spec = template["spec"]
    return [*spec.get("initContainers", []), *spec.get("containers", [])]


def has_gpu(group: Manifest) -> bool:
    """Whether the pods of a group of workers have GPUs."""
    return GPU in group["template"]["spec"]["containers"][0]["resources"]["limits"]


def secret_names(objects: Sequence[Manifest]) -> set[str]:
    """The Secrets that pods of `objects` read."""
    templates = (template for item in objects for _, template in pod_templates(item))
    found = set()
    for container in (c for template in templates for c in containers(template)):
        sources = [entry.get("valueFrom", {}) for entry in container.get("env", [])]
        references = [source.get("secretKeyRef") for source in sources]
        references += [source.get("secretRef") for source in container.get("envFrom", [])]
        found |= {reference["name"] for reference in references if reference}
    return found
