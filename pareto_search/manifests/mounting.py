"""Where the volumes of the sweeps and the data may lie in the pods."""

from collections.abc import Iterator
from pathlib import PurePosixPath

from pareto_search.errors import Problem
from pareto_search.manifests.request import Request

_TAKEN = (
    *("/bin", "/cache", "/dev", "/etc", "/lib", "/lib32", "/lib64", "/libx32", "/proc", "/run"),
    *("/sbin", "/sys", "/tmp", "/usr", "/var"),
)
"""Where pods have something else, which a volume would hide."""


def misplaced(request: Request) -> Iterator[Problem]:
    """What is wrong with the places that `request` asks for."""
    places = {"--storage": request.storage, "--data": request.data}
    for option, place in places.items():
        path = _path(place)
        if not place.startswith("/") or ".." in path.parts or len(path.parts) < 2 or ":" in place:
            yield Problem(
                key=option,
                rule="should be an absolute path in the pods, without a colon: a volume is mounted "
                "there.",
                found=f"Found `{place}`.",
            )
        elif any(path.is_relative_to(taken) for taken in _TAKEN):
            yield Problem(
                key=option,
                rule="should be a path of its own in the pods.",
                found=f"Found `{place}`, where something else is.",
            )
    yield from _nested(_path(request.storage), _path(request.data))


def _nested(storage: PurePosixPath, data: PurePosixPath) -> Iterator[Problem]:
    """One volume inside the other: that of the data is only read, so no place is made in it."""
    if storage == data:
        yield Problem(
            key="--data", rule="should be another path than --storage.", found="Found the same."
        )
    elif storage.is_relative_to(data) or data.is_relative_to(storage):
        yield Problem(
            key="--data",
            rule="should not lie in --storage, nor --storage in it.",
            found=f"Found `{data}` and `{storage}`.",
            hint="Name two paths side by side, such as /data and /sweeps.",
        )


def _path(place: str) -> PurePosixPath:
    """`place` with one slash at its start: of two, POSIX and `PurePosixPath` make a case apart."""
    return PurePosixPath(f"/{place.lstrip('/')}")
