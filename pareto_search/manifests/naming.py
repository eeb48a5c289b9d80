"""Names that Kubernetes takes, made from the names of sweeps, which may be others."""

import hashlib
import re

LIMIT = 47
"""Characters of a RayJob's name at most: KubeRay appends to it for what it makes."""

LABEL = re.compile(r"[a-z]([-a-z0-9]*[a-z0-9])?")
"""A DNS label (RFC 1035), as names of RayJobs, Services and the like have to be."""

RULE = (
    "is no name for a RayJob (lower case letters, digits and dashes, a letter first, "
    f"{LIMIT} characters at most)"
)


def is_job_name(name: str) -> bool:
    """Whether KubeRay takes `name` for a RayJob."""
    return len(name) <= LIMIT and LABEL.fullmatch(name) is not None


def job_name(sweep: str) -> str:
    """The RayJob's name for the sweep called `sweep`: the same, or one like it.

    Where it has to be another, a few characters that only this sweep has are at its end: else
    `My_Sweep` and `my.sweep` would be one job.

    >>> job_name("toy"), job_name("My_Sweep")
    ('toy', 'my-sweep-b51421')
    """
    if is_job_name(sweep):
        return sweep
    words = re.sub(r"[^a-z0-9]+", "-", sweep.lower()).strip("-")
    end = hashlib.sha256(sweep.encode()).hexdigest()[:6]
    start = words if words[:1].isalpha() else f"sweep-{words}"
    return f"{start[: LIMIT - 7].rstrip('-')}-{end}"
