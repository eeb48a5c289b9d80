"""The manifest of one sweep: the objects of ``k8s/``, filled from its recipe and checked."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from pareto_search.errors import RecipeError
from pareto_search.manifests.buckets import has_data_volume, told_of_buckets
from pareto_search.manifests.filling import fill_job
from pareto_search.manifests.kustomization import compose
from pareto_search.manifests.naming import RULE, is_job_name, job_name
from pareto_search.manifests.objects import (
    INSTANCE,
    Manifest,
    containers,
    of_kind,
    pod_templates,
    secret_names,
)
from pareto_search.manifests.options import check_options
from pareto_search.manifests.placing import place
from pareto_search.manifests.request import Request
from pareto_search.manifests.rules import broken_rules
from pareto_search.recipe.config import SweepConfig

_OURS = ("trainables", "pareto_search")
"""Packages in the image."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """The `objects` of a sweep, in the order to apply them in, and what to tell about them."""

    name: str
    objects: tuple[Manifest, ...]
    notes: tuple[str, ...]


def render(config: SweepConfig, recipe: str, request: Request) -> Rendered:
    """The objects that run `config`, whose recipe reads `recipe`, on Kubernetes.

    Raises:
        RecipeError: an overlay, an option or the recipe cannot be used, or what came out breaks a
            rule of KubeRay or Kueue. Holds everything that was found.
    """
    objects = compose(request.overlays or ("cpu",))
    (job,) = of_kind(objects, "RayJob")
    check_options(job, config, request)
    name = job_name(config.name)
    request = replace(request, mlflow_uri=request.mlflow_uri or config.tracking.uri)
    notes = [
        *_chosen(config, name, job, request),
        *_left_to_the_user(config, job, request),
        *fill_job(job, config, request),
    ]
    objects = place(objects, name, recipe, request)
    if problems := broken_rules(objects):
        raise RecipeError(problems)
    if request.is_sweep_only:
        objects = [o for o in objects if o["metadata"].get("labels", {}).get(INSTANCE) == name]
    secrets = ", ".join(sorted(secret_names(objects)))
    notes.append(f"secrets: {secrets} should be in namespace {request.namespace} before.")
    return Rendered(name, tuple(objects), tuple(notes))


def _chosen(config: SweepConfig, name: str, job: Manifest, request: Request) -> Iterator[str]:
    if name != config.name:
        why = "reads as made from another name" if is_job_name(config.name) else RULE
        yield f"name: `{config.name}` {why}: its RayJob is called `{name}`."
    if request.image is None:
        (image,) = {c["image"] for _, pod in pod_templates(job) for c in containers(pod)}
        yield f"image: {image}, from the nodes' default registry; --image names another."


def _left_to_the_user(config: SweepConfig, job: Manifest, request: Request) -> Iterator[str]:
    """What the recipe names and no object here brings: code, data, earlier sweeps."""
    module = config.trainable.partition(":")[0].partition(".")[0]
    if module not in _OURS:
        data = f", or at the root of the volume of data ({request.data})"
        place = f"in the image{data if has_data_volume(job) else ''}"
        yield (
            f"trainable: module `{module}` is none of this project's: it should be {place}, as "
            "k8s/README.md tells. Where pods find none the job ends with exit code 2, and "
            f"KubeRay attempts it {job['spec']['backoffLimit']} times more."
        )
    yield from told_of_buckets(job, config)
    if config.warm_start:
        names = ", ".join(config.warm_start)
        yield f"warm_start: {names} should lie on the volume of sweeps ({request.storage})."
