"""What a trainable says no search may vary, since it defines what trials are judged by."""

from collections.abc import Collection, Iterator
from typing import Any, Protocol, runtime_checkable

from pareto_search.errors import Problem
from pareto_search.recipe.config import SweepConfig


@runtime_checkable
class Fixes(Protocol):
    """A trainable that names the parameters of its yardstick.

    `fixed` holds dotted prefixes: ``"data"`` stands for ``data.split_seed`` as well. Trials that
    differ in them are judged by different measures, and do not compare.
    """

    fixed: Any


def fixed_by(trainable: object) -> tuple[str, ...]:
    """The prefixes that `trainable` fixes; none where it names none, or names them wrongly."""
    prefixes = trainable.fixed if isinstance(trainable, Fixes) else ()
    return tuple(prefixes) if _are_prefixes(prefixes) else ()


def varied_though_fixed(trainable: object, config: SweepConfig) -> Iterator[Problem]:
    """One problem for each key of the space or of a baseline that `trainable` fixes."""
    if isinstance(trainable, Fixes) and not _are_prefixes(trainable.fixed):
        rule = "`fixed` of the trainable should be a tuple of dotted prefixes."
        yield Problem(rule, f"Found {trainable.fixed!r}.", config.trainable)
        return
    prefixes = fixed_by(trainable)
    places: dict[str, Collection[str]] = {"space": config.space}
    places |= {f"baselines.{number}": point for number, point in enumerate(config.baselines)}
    for place, keys in places.items():
        for key in keys:
            prefix = next((prefix for prefix in prefixes if _overlap(key, prefix)), None)
            if prefix is not None:
                yield _refusal(place, key, prefix)


def _are_prefixes(prefixes: object) -> bool:
    return isinstance(prefixes, tuple | list) and all(isinstance(p, str) for p in prefixes)


def _overlap(key: str, prefix: str) -> bool:
    """Whether one of the two lies within the other."""
    return f"{key}.".startswith(f"{prefix}.") or f"{prefix}.".startswith(f"{key}.")


def _refusal(place: str, key: str, prefix: str) -> Problem:
    return Problem(
        rule="A parameter that trials are judged by should be the same for all of them.",
        found=f"Found `{key}`: the trainable fixes `{prefix}`.",
        key=f"{place}.{key}",
        hint=f"Put it under `params`, as `params.{key}`.",
    )
