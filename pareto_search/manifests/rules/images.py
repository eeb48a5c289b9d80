"""Which images the pods run: the same everywhere in a Ray cluster, and the same tomorrow."""

import re
from collections.abc import Iterator, Sequence

from pareto_search.errors import Problem
from pareto_search.manifests.objects import Manifest, containers, pod_templates, titled

_PART = r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
_HOST = rf"(?:{_PART}(?:\.{_PART})*|\[[0-9A-Fa-f:]+\])(?::[0-9]+)?"
_FOLDER = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_REFERENCE = re.compile(
    rf"(?P<name>(?:{_HOST}/)?{_FOLDER}(?:/{_FOLDER})*)"
    r"(?::[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?(?:@sha256:[0-9a-f]{64})?"
)
"""How images are named, as the registries' `distribution/reference` has it."""


def broken_by_images(objects: Sequence[Manifest]) -> Iterator[Problem]:
    """What is wrong with the images of all pods in `objects`."""
    for item in objects:
        images = {}
        for path, template in pod_templates(item):
            for container in containers(template):
                images[f"{path}.spec.containers.{container['name']}.image"] = container["image"]
        for key, image in images.items():
            if not is_fixed(image):
                yield Problem(
                    where=titled(item),
                    key=key,
                    rule="should have a tag that stays what it is, or a digest.",
                    found=f"Found `{image}`.",
                    hint="Give --image REPOSITORY:TAG.",
                )
        if item["kind"] == "RayJob" and len(set(images.values())) > 1:
            yield Problem(
                where=titled(item),
                key="spec",
                rule="Head, workers and submitter should run one image: their Ray has to be the "
                "same.",
                found=f"Found {', '.join(sorted(set(images.values())))}.",
            )


def is_reference(image: str) -> bool:
    """Whether a node's runtime can read `image` as the name of one.

    >>> [is_reference(i) for i in ("a/b:1.2", "host:5000/a", "a", "r/p:1 x", "r/P:1", "a@sha256:0")]
    [True, True, True, False, False, False]
    """
    found = _REFERENCE.fullmatch(image)
    return found is not None and len(found["name"]) <= 255


def is_fixed(image: str) -> bool:
    """Whether `image` names one version.

    >>> [is_fixed(i) for i in ("a/b:1.2", "host:5000/a", "a:latest", "a@sha256:0f")]
    [True, False, False, True]
    """
    name = image.rpartition("/")[2]
    if "@sha256:" in name:
        return True
    tag = name.partition(":")[2]
    return tag not in ("", "latest")
