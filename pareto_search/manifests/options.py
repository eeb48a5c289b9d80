"""Whether the options of a manifest fit its recipe, its overlays and each other."""

import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from urllib.parse import urlsplit

from pareto_search.errors import Problem, RecipeError
from pareto_search.manifests.objects import QUEUE, Manifest, has_gpu
from pareto_search.manifests.request import Request
from pareto_search.manifests.rules.images import is_fixed
from pareto_search.recipe.config import SweepConfig
from pareto_search.storage.redaction import redact

_SERVER = re.compile(
    r"https?://(?:[^/@\s]*@)?(?:[^/:@\[\s]+|\[[0-9a-f:.]+\])(?::\d{1,5})?(?:/\S*)?"
)
_TAKEN = ("/tmp", "/cache", "/etc", "/dev", "/proc", "/sys", "/usr", "/var")
"""Where pods have something else, which a volume would hide."""


def check_options(job: Manifest, config: SweepConfig, request: Request) -> None:
    """Whether `job`, composed from the overlays, can run `config` as `request` asks.

    Raises:
        RecipeError: it cannot; holds everything that was found.
    """
    problems = [
        *_gpus_nowhere(job, config),
        *_two_servers(job, config, request),
        *_no_server(config, request),
        *_no_queue(job, request),
        *_no_claim(job, request),
        *_no_namespace(request),
        *_no_places(request),
        *_no_image(request),
    ]
    if problems:
        raise RecipeError(problems)


def _gpus_nowhere(job: Manifest, config: SweepConfig) -> Iterator[Problem]:
    groups = job["spec"]["rayClusterSpec"]["workerGroupSpecs"]
    if config.resources.gpu and not any(has_gpu(g) and g["maxReplicas"] for g in groups):
        yield Problem(
            key="resources.gpu",
            rule="should be 0 where no worker has a GPU.",
            found=f"Found `gpu = {config.resources.gpu:g}`.",
            hint="Add --overlay gpu.",
        )


def _two_servers(job: Manifest, config: SweepConfig, request: Request) -> Iterator[Problem]:
    head = job["spec"]["rayClusterSpec"]["headGroupSpec"]["template"]["spec"]["containers"][0]
    ours = next((e["value"] for e in head["env"] if e["name"] == "MLFLOW_TRACKING_URI"), None)
    uri = config.tracking.uri
    if ours is not None and request.mlflow_uri is not None:
        yield _misplaced("--mlflow-uri", "external-mlflow", request)
    elif uri is not None and request.mlflow_uri not in (None, uri):
        yield Problem(
            key="--mlflow-uri",
            rule="should be left out where the recipe names a server (tracking.uri).",
            found="Found both.",
        )
    if ours is not None and uri is not None:
        yield Problem(
            key="tracking.uri",
            rule=f"should be left to these manifests, whose pods reach no server but {ours}.",
            found=f"Found `uri = {urlsplit(uri).hostname or uri}`.",
            hint="Add --overlay external-mlflow, or --set tracking.uri=null.",
        )


def _no_server(config: SweepConfig, request: Request) -> Iterator[Problem]:
    options = {"--mlflow-uri": request.mlflow_uri, "tracking.uri": config.tracking.uri}
    for key, uri in options.items():
        if uri is not None and not _SERVER.fullmatch(uri):
            yield Problem(
                key=key,
                rule="should be the address of a server on Kubernetes: https://HOST:PORT.",
                found=f"Found `{redact(uri)}`.",
            )


def _no_queue(job: Manifest, request: Request) -> Iterator[Problem]:
    if request.queue is not None and QUEUE not in job["metadata"]["labels"]:
        yield _misplaced("--queue", "kueue", request)


def _no_claim(job: Manifest, request: Request) -> Iterator[Problem]:
    pod = job["spec"]["rayClusterSpec"]["headGroupSpec"]["template"]["spec"]
    claimed = {v["name"] for v in pod["volumes"] if "persistentVolumeClaim" in v}
    if request.data_claim is not None and "data" not in claimed:
        yield Problem(
            key="--data-claim",
            rule="should be left out where the data are in a bucket (--overlay s3-data).",
            found=f"Found `{request.data_claim}`.",
        )


def _misplaced(option: str, overlay: str, request: Request) -> Problem:
    return Problem(
        key=option,
        rule=f"should be given with --overlay {overlay}, and only with it.",
        found=f"Found it with {', '.join(request.overlays)}.",
    )


def _no_namespace(request: Request) -> Iterator[Problem]:
    options = {"--namespace": request.namespace, "--operator-namespace": request.operator_namespace}
    for option, name in options.items():
        if not re.fullmatch(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?", name):
            yield Problem(
                key=option,
                rule="should be lower case letters, digits and dashes, 63 characters at most.",
                found=f"Found `{name}`.",
            )


def _no_places(request: Request) -> Iterator[Problem]:
    places = {"--storage": request.storage, "--data": request.data}
    for option, place in places.items():
        path = PurePosixPath(place)
        if not path.is_absolute() or ".." in path.parts or len(path.parts) < 2:
            yield Problem(
                key=option,
                rule="should be an absolute path in the pods: a volume is mounted there.",
                found=f"Found `{place}`.",
            )
        elif any(path.is_relative_to(taken) for taken in _TAKEN):
            yield Problem(
                key=option,
                rule="should be a path of its own in the pods.",
                found=f"Found `{place}`, where something else is.",
            )
    if PurePosixPath(request.storage) == PurePosixPath(request.data):
        yield Problem(
            key="--data", rule="should be another path than --storage.", found="Found the same."
        )


def _no_image(request: Request) -> Iterator[Problem]:
    if request.image is not None and not is_fixed(request.image):
        yield Problem(
            key="--image",
            rule="should have a tag that stays what it is, or a digest.",
            found=f"Found `{request.image}`.",
        )
