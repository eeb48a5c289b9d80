"""Whether names and images in options read as an API server and a node's runtime take them."""

import re
from collections.abc import Iterator

from pareto_search.errors import Problem
from pareto_search.manifests.request import Request
from pareto_search.manifests.rules.images import is_fixed, is_reference

_WORD = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_LABEL = re.compile(_WORD)
_SUBDOMAIN = re.compile(rf"{_WORD}(\.{_WORD})*")


def misspelt(request: Request) -> Iterator[Problem]:
    """What is wrong with the names and the image that `request` holds."""
    for option, name in (
        ("--namespace", request.namespace),
        ("--operator-namespace", request.operator_namespace),
    ):
        if not is_label(name):
            yield Problem(
                key=option,
                rule="should be lower case letters, digits and dashes, 63 characters at most.",
                found=f"Found `{name}`.",
            )
    for option, given, most in (
        ("--storage-claim", request.storage_claim, 253),
        ("--data-claim", request.data_claim, 253),
        ("--storage-class", request.storage_class, 253),
        ("--queue", request.queue, 63),  # the value of a label, too
    ):
        if given is not None and not is_subdomain(given, most):
            yield Problem(
                key=option,
                rule="should be lower case letters, digits, dashes and dots, each part with a "
                f"letter or digit at both ends, {most} characters at most.",
                found=f"Found `{given}`.",
            )
    yield from _no_image(request)


def is_label(name: str) -> bool:
    """Whether `name` is a DNS label (RFC 1123), as that of a namespace has to be.

    >>> [is_label(n) for n in ("team-1", "1st", "-a", "a.b", "")]
    [True, True, False, False, False]
    """
    return len(name) <= 63 and _LABEL.fullmatch(name) is not None


def is_subdomain(name: str, most: int = 253) -> bool:
    """Whether `name` is a DNS subdomain (RFC 1123) of `most` characters at most.

    >>> [is_subdomain(n) for n in ("fast", "fast.v2", "Fast", "a b", "a..b", "")]
    [True, True, False, False, False, False]
    """
    return len(name) <= most and _SUBDOMAIN.fullmatch(name) is not None


def _no_image(request: Request) -> Iterator[Problem]:
    if request.image is None:
        return
    if not is_reference(request.image):
        rule = "should read [HOST[:PORT]/]REPOSITORY:TAG, or @sha256:DIGEST in place of :TAG."
    elif not is_fixed(request.image):
        rule = "should have a tag that stays what it is, or a digest."
    else:
        return
    yield Problem(key="--image", rule=rule, found=f"Found `{request.image}`.")
