"""Rules between the sections of a recipe: what no single key can break by itself."""

import json
from collections.abc import Iterator, Sequence
from itertools import combinations

from pareto_search.nearest import nearest_hint
from pareto_search.recipe.constraining import broken_constraints
from pareto_search.recipe.parts import Finding, Parts, PartSpace, finding
from pareto_search.space import Parameter, Point, Scalar, is_active


def inconsistencies(parts: Parts) -> list[Finding]:
    """Everything wrong between the `parts` of a recipe."""
    space, baselines = parts.space, parts.baselines
    return [
        *_too_few_trials(parts),
        *_one_seed_for_all(parts),
        *_repeated_names(parts.names),
        *_aspirations(parts.aspiration, len(parts.names)),
        *_clashing_keys(space),
        *_broken_conditions(space),
        *_circles(space),
        *(found for i, point in enumerate(baselines) for found in _strays(i, point, space)),
        *broken_constraints(parts),
        *_unknown_judge(parts),
    ]


def _too_few_trials(parts: Parts) -> Iterator[Finding]:
    baselines, repeats = len(parts.baselines), parts.repeats
    if parts.trials is not None and parts.trials < baselines * repeats:
        each = "one trial" if repeats == 1 else f"{repeats} trials (`seeds.repeats`)"
        yield finding(
            ("budget", "trials"),
            f"There should be at least {each} for each baseline.",
            f"Found {parts.trials} trials and {baselines} baselines.",
        )


def _one_seed_for_all(parts: Parts) -> Iterator[Finding]:
    for section, keys in (("params", parts.params), ("space", parts.space)):
        if parts.repeats > 1 and "seed" in keys:
            yield finding(
                (section, "seed"),
                "`seed` should be left to `seeds` where trials are repeated: each has its own.",
                f"Found it beside `seeds.repeats = {parts.repeats}`.",
                "Leave it out.",
            )


def _repeated_names(names: Sequence[str | None]) -> Iterator[Finding]:
    for i, name in enumerate(names):
        if name is not None and name in names[:i]:
            yield finding(
                ("objectives", i, "name"),
                "Each objective should have a `name` of its own.",
                f"Found `name = {name}` twice.",
            )


def _aspirations(aspiration: Sequence[Sequence[float]], m: int) -> Iterator[Finding]:
    for i, point in enumerate(aspiration):
        if len(point) != m:
            yield finding(
                ("searcher", "aspiration", i),
                f"A point of `aspiration` should have a value for each of the {m} objectives.",
                f"Found {len(point)}.",
            )


def _unknown_judge(parts: Parts) -> Iterator[Finding]:
    names = [name for name in parts.names if name is not None]
    is_known = len(names) == len(parts.names)
    if parts.judged_by is not None and is_known and parts.judged_by not in names:
        yield finding(
            ("scheduler", "objective"),
            "Trials should be judged by one of the objectives.",
            f"Found `objective = {parts.judged_by}`.",
            nearest_hint(parts.judged_by, names),
        )


def _clashing_keys(space: PartSpace) -> Iterator[Finding]:
    for key in space:
        if not all(key.split(".")):
            rule = "A key of the space should be words joined by dots."
            yield finding(("space", key), rule, f"Found `{key}`.")
    for a, b in combinations(sorted(space), 2):
        if b.startswith(f"{a}."):
            rule = f"`{b}` lies inside `{a}`, so only one of the two should be searched."
            yield finding(("space", b), rule, "Found both.")


def _broken_conditions(space: PartSpace) -> Iterator[Finding]:
    for key, parameter in space.items():
        for parent, wanted in (parameter.when if parameter else {}).items():
            path = ("space", key, "when", parent)
            above = space.get(parent)
            if parent not in space:
                rule = "A condition should name a key of the space."
                yield finding(path, rule, f"Found `{parent}`.", nearest_hint(parent, space))
            elif above is not None:
                values = wanted if isinstance(wanted, list) else [wanted]
                yield from (
                    finding(path, f"The condition should be a value that {_range(above)}.", found)
                    for found in (_is(parent, v) for v in values if not above.contains(v))
                )


def _circles(space: PartSpace) -> Iterator[Finding]:
    waiting = {k: {w for w in (p.when if p else {}) if w in space} for k, p in space.items()}
    while ready := [key for key, parents in waiting.items() if not parents & waiting.keys()]:
        for key in ready:
            del waiting[key]
    if waiting:
        rule = "Conditions should not form a circle."
        found = f"Found one through {', '.join(f'`{key}`' for key in sorted(waiting))}."
        yield finding(("space", min(waiting), "when"), rule, found)


def _strays(index: int, point: Point, space: PartSpace) -> Iterator[Finding]:
    """A key outside the space is no fault: it replaces what `params` fixes, in that trial."""
    for key, value in point.items():
        path, parameter = ("baselines", index, key), space.get(key)
        if parameter is None:
            continue
        if not parameter.contains(value):
            yield finding(path, f"`{key}` {_range(parameter)}.", _is(key, value))
        elif not is_active(parameter, point):
            conditions = ", ".join(f"{k} = {json.dumps(v)}" for k, v in parameter.when.items())
            rule = f"`{key}` should be given only with {conditions}."
            yield finding(path, rule, _is(key, value), "Leave it out, or add that.")


def _range(parameter: Parameter) -> str:
    if parameter.type == "choice":
        return f"should be one of {', '.join(map(json.dumps, parameter.values))}"
    kind = "a whole number" if parameter.type == "int" else "a number"
    return f"should be {kind} from {parameter.low} to {parameter.high}"


def _is(key: str, value: Scalar) -> str:
    return f"Found `{key} = {json.dumps(value)}`."
