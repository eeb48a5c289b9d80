"""Which images the pods run: the same everywhere in a Ray cluster, and the same tomorrow."""

from collections.abc import Iterator, Sequence

from pareto_search.errors import Problem
from pareto_search.manifests.objects import Manifest, containers, pod_templates, titled


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
