"""In which keys of their recipes sweeps differ."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pareto_search.comparison.contestants import Contestant, Run

_OF_ONE_SWEEP = ("name", "storage", "tracking", "seeds.sweep")
"""What differs between any two sweeps, and says nothing of how they search."""
_HOW_LONG = ("budget", "failures", "resources")
"""What may differ between runs of one contestant: how long they went, and on what."""


def differing_values(contestants: Sequence[Contestant]) -> dict[str, tuple[str, ...]]:
    """What differs between the first runs of `contestants`: dotted key to a text for each."""
    runs = [contestant.runs[0] for contestant in contestants]
    keys = _differing(runs, _OF_ONE_SWEEP)
    return {key: tuple(value_at(run, key) for run in runs) for key in keys}


def differing_within(contestant: Contestant) -> list[str]:
    """Dotted keys in which runs of one contestant search differently."""
    return _differing(contestant.runs, (*_OF_ONE_SWEEP, *_HOW_LONG))


def differing_yardstick(runs: Sequence[Run]) -> list[str]:
    """Dotted keys below ``params`` in which `runs` differ though their trainable fixes them.

    What it fixes is among the facts of a sweep; those of old have nothing there.
    """
    prefixes = {f"params.{prefix}" for run in runs for prefix in run.facts.get("fixed", ())}
    return [key for key in _differing(runs, ()) if _lies_in_one(key, prefixes)]


def value_at(run: Run, key: str) -> str:
    """What the recipe of `run` has at the dotted `key`, as text."""
    flat = _flat(run)
    return json.dumps(flat[key]) if key in flat else "nothing"


def _differing(runs: Sequence[Run], passed_over: Iterable[str]) -> list[str]:
    recipes = [_flat(run) for run in runs]
    keys = dict.fromkeys(key for recipe in recipes for key in recipe)
    differing = [key for key in keys if len({repr(recipe.get(key)) for recipe in recipes}) > 1]
    return [key for key in differing if not _lies_in_one(key, passed_over)]


def _lies_in_one(key: str, prefixes: Iterable[str]) -> bool:
    return any(f"{key}.".startswith(f"{prefix}.") for prefix in prefixes)


def _flat(run: Run) -> dict[str, Any]:
    """The recipe of `run` by dotted key; a list is one value."""
    flat: dict[str, Any] = {}
    _flatten(run.config.model_dump(mode="json", by_alias=True), "", flat)
    return flat


def _flatten(value: Any, key: str, into: dict[str, Any]) -> None:  # noqa: ANN401  any JSON
    if isinstance(value, Mapping) and value:
        for inner, item in value.items():
            _flatten(item, f"{key}.{inner}" if key else str(inner), into)
    else:
        into[key] = value
