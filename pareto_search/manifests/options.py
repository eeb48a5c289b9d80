"""Whether the options of a manifest fit its recipe, its overlays and each other."""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from pareto_search.errors import Problem, RecipeError
from pareto_search.manifests.buckets import closed_buckets
from pareto_search.manifests.mounting import misplaced
from pareto_search.manifests.objects import QUEUE, Manifest, has_gpu
from pareto_search.manifests.request import Request
from pareto_search.manifests.spelling import misspelt
from pareto_search.recipe.config import SweepConfig
from pareto_search.storage.redaction import redact

_SERVER = re.compile(
    r"https?://(?:[^/@\s]*@)?(?:[^/:@\[\s]+|\[[0-9a-f:.]+\])(?::\d{1,5})?(?:/\S*)?"
)


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
        *closed_buckets(job, config, request),
        *misspelt(request),
        *misplaced(request),
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
        yield _overlay_missing("--mlflow-uri", "external-mlflow", request)
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
        yield _overlay_missing("--queue", "kueue", request)


def _overlay_missing(option: str, overlay: str, request: Request) -> Problem:
    return Problem(
        key=option,
        rule=f"should be given with --overlay {overlay}, and only with it.",
        found=f"Found it with {', '.join(request.overlays)}.",
    )
