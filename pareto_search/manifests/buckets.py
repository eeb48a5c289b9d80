"""Data in a bucket: whether a recipe names one, and whether its pods can reach it."""

import re
from collections.abc import Iterator

from pareto_search.errors import Problem
from pareto_search.manifests.objects import Manifest
from pareto_search.manifests.request import Request
from pareto_search.recipe.config import SweepConfig
from pareto_search.recipe.document import Plain
from pareto_search.storage.redaction import redact

_ADDRESS = re.compile("s3:/", re.IGNORECASE)


def has_data_volume(job: Manifest) -> bool:
    """Whether the overlays of `job` left its pods a volume of data."""
    pod = job["spec"]["rayClusterSpec"]["headGroupSpec"]["template"]["spec"]
    return any(v["name"] == "data" and "persistentVolumeClaim" in v for v in pod["volumes"])


def closed_buckets(job: Manifest, config: SweepConfig, request: Request) -> Iterator[Problem]:
    """What is wrong with the places of data that `config` and `request` name."""
    if not has_data_volume(job):
        if request.data_claim is not None:
            yield Problem(
                key="--data-claim",
                rule="should be left out where the data are in a bucket (--overlay s3-data).",
                found=f"Found `{request.data_claim}`.",
            )
        return
    for key, address in _addresses(config):
        yield Problem(
            key=key,
            rule="should be a path where pods have a volume of data: they reach no bucket.",
            found=f"Found `{redact(address)}`.",
            hint="Add --overlay s3-data.",
        )


def told_of_buckets(job: Manifest, config: SweepConfig) -> Iterator[str]:
    """A note where pods have no volume of data and no bucket is named either.

    No refusal: a trainable may need no data, or know its bucket by itself.
    """
    if not has_data_volume(job) and not any(_addresses(config)):
        yield (
            "data: nothing in params names a bucket (s3://BUCKET/PREFIX), and with --overlay "
            "s3-data pods have no volume of data."
        )


def _addresses(config: SweepConfig) -> Iterator[tuple[str, str]]:
    """Every address of a bucket that a trial may get, with its key in the recipe."""
    parts = config.model_dump(mode="json", include={"params", "space", "baselines"})
    for key, text in _texts(parts, ""):
        if _ADDRESS.match(text):
            yield key, text


def _texts(node: Plain, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(node, str):
        yield path.lstrip("."), node
    pairs: Plain = node.items() if isinstance(node, dict) else ()
    pairs = enumerate(node) if isinstance(node, list) else pairs
    for key, value in pairs:
        yield from _texts(value, f"{path}.{key}")
