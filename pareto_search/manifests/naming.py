"""Names that Kubernetes takes, made from the names of sweeps, which may be others."""

import hashlib
import re

LIMIT = 47
"""Characters of a RayJob's name at most: KubeRay appends to it for what it makes."""

LABEL = re.compile(r"[a-z]([-a-z0-9]*[a-z0-9])?")
"""A DNS label (RFC 1035), as names of RayJobs, Services and the like have to be."""

_MADE = re.compile(r".*-[0-9a-f]{6}")
"""How names end that were made from others."""

RULE = (
    "is no name for a RayJob (lower case letters, digits and dashes, a letter first, "
    f"{LIMIT} characters at most)"
)
"""Why a sweep's name may be no name for its RayJob."""


def is_job_name(name: str) -> bool:
    """Whether KubeRay takes `name` for a RayJob."""
    return len(name) <= LIMIT and LABEL.fullmatch(name) is not None


def job_name(sweep: str) -> str:
    """The RayJob's name for the sweep called `sweep`: the same, or one like it.

    Where it has to be another, six digits of its hash are at its end: else `My_Sweep` and
    `my.sweep` would be one job. A name that ends so by itself gets them too, as it may be what
    another became. So two sweeps are one job only where both are given digits, are alike before
    them, and are that pair of 16 million of which the hashes begin alike.

    >>> job_name("toy"), job_name("My_Sweep"), job_name("my-sweep-b51421")
    ('toy', 'my-sweep-b51421', 'my-sweep-b51421-cd1ee8')
    """
    if is_job_name(sweep) and not reads_as_made(sweep):
        return sweep
    words = re.sub(r"[^a-z0-9]+", "-", sweep.lower()).strip("-")
    end = hashlib.sha256(sweep.encode()).hexdigest()[:6]
    start = words if words[:1].isalpha() else f"sweep-{words}"
    return f"{start[: LIMIT - 7].rstrip('-')}-{end}"


def reads_as_made(name: str) -> bool:
    """Whether `name` ends as those do that were made from other names.

    >>> reads_as_made("my-sweep-b51421"), reads_as_made("my-sweep")
    (True, False)
    """
    return _MADE.fullmatch(name) is not None
