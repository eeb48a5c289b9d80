"""Rules that an API server does not check, found broken before anything is applied.

KubeRay and Kueue look at them in their controllers: there a mistake shows only in an event or a log
of the operator, after everything else has been applied.
"""

from collections.abc import Sequence

from pareto_search.errors import Problem
from pareto_search.manifests.objects import Manifest, of_kind
from pareto_search.manifests.rules.cluster import broken_by_cluster
from pareto_search.manifests.rules.images import broken_by_images
from pareto_search.manifests.rules.job import broken_by_job
from pareto_search.manifests.rules.queueing import broken_by_queueing
from pareto_search.manifests.rules.secrecy import broken_by_secrets


def broken_rules(objects: Sequence[Manifest]) -> list[Problem]:
    """Everything wrong with `objects`; each problem names the object and the field."""
    jobs = of_kind(objects, "RayJob")
    return [
        *(problem for job in jobs for problem in broken_by_job(job)),
        *(problem for job in jobs for problem in broken_by_cluster(job)),
        *(problem for job in jobs for problem in broken_by_queueing(job)),
        *broken_by_images(objects),
        *broken_by_secrets(objects),
    ]
