"""Trials of earlier sweeps that the searcher of a new one may know from the start."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from pareto_search.errors import Problem, RecipeError
from pareto_search.recipe.config import SweepConfig
from pareto_search.searchers import problem_of
from pareto_search.searchers.protocol import Outcome
from pareto_search.space import Point, Scalar, active, contains
from pareto_search.storage.directory import SweepDirectory, find_sweep
from pareto_search.storage.journal import TrialRecord
from pareto_search.storage.warm_start import Known
from pareto_search.trials.outcomes import outcome_of
from pareto_search.trials.params import trial_params
from pareto_search.trials.running_trial import violations_of


def gather(
    config: SweepConfig, described: Mapping[str, Any], storage: Path
) -> tuple[list[Known], list[str]]:
    """What the sweep `config` takes over from its `warm_start`, and a sentence for each of those.

    Sweeps are looked for by name under `storage`, or by path. A trial is taken over where it
    would be the same trial here: same trainable, objectives (name and direction) and digests (of
    `described`, what the trainable says of its data), equal parameters whether searched or fixed,
    seed aside, and a point that the present space contains and its constraints allow. Those that
    were stopped early or lost are left out. Constraints on metrics are judged anew.

    Raises:
        RecipeError: there is no such sweep.
    """
    known: list[Known] = []
    told = []
    for place, name in enumerate(config.warm_start):
        directory = _find(name, place, storage)
        left_out: Counter[str] = Counter()
        taken = list(_of_sweep(directory, config, described, left_out))
        known += taken
        why = ", ".join(f"{count} {reason}" for reason, count in left_out.items())
        rest = f"; left out: {why}" if why else ""
        told.append(f"warm_start: {len(taken)} configurations of {name}{rest}.")
    return known, told


def _find(name: str, place: int, storage: Path) -> SweepDirectory:
    by_path = SweepDirectory(Path(name).resolve())
    if "/" in name and (by_path.path / "sweep.json").exists():
        return by_path
    if (storage / name / "sweep.json").exists():
        return find_sweep(storage, name)
    raise RecipeError(
        [
            Problem(
                key=f"warm_start.{place}",
                rule="should be a sweep under the storage directory, or a path to one.",
                found=f"Found no sweep `{name}`, and none under {storage} of that name.",
            )
        ]
    )


def _of_sweep(
    directory: SweepDirectory,
    config: SweepConfig,
    described: Mapping[str, Any],
    left_out: Counter[str],
) -> Iterator[Known]:
    """What `directory` has for `config`; counts in `left_out` what it has not, by the reason."""
    before = directory.config()
    groups: dict[int, list[TrialRecord]] = {}
    for record in directory.records():
        groups.setdefault(record.proposal.index // before.seeds.repeats, []).append(record)
    stranger = _stranger(before, config, directory.facts().get("trainable", {}), described)
    for group in groups.values():
        point = None if stranger else _translated(group[0].proposal.point, before, config)
        reason = stranger or _refused(point, config)
        outcome = None if reason else _outcome(group, config)
        if outcome is not None and point is not None:
            yield Known(directory.name, group[0].uid, point, outcome)
        else:
            left_out[reason or "stopped early or lost"] += 1


def _stranger(
    before: SweepConfig,
    config: SweepConfig,
    described_then: Mapping[str, Any],
    described: Mapping[str, Any],
) -> str:
    """Why no trial of the sweep `before` compares with those of `config`; "" where they do."""
    if before.trainable != config.trainable:
        return "of another trainable"
    if _directions(before) != _directions(config):
        return "with other objectives"
    digests = {key for key in {*described_then, *described} if key.endswith("_digest")}
    if any(described_then.get(key) != described.get(key) for key in digests):
        return "on other data"
    return ""


def _directions(config: SweepConfig) -> dict[str, str]:
    return {objective.name: objective.direction for objective in config.objectives}


def _translated(point: Point, before: SweepConfig, config: SweepConfig) -> dict[str, Scalar] | None:
    """The point of the present space with the very parameters that `point` had then, or None."""
    params = _without_seed(trial_params(before, point))
    values = {key: value for key in config.space if _is_scalar(value := _at(params, key))}
    here = active(config.space, values)
    return here if _without_seed(trial_params(config, here)) == params else None


def _without_seed(params: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in params.items() if key != "seed"}


def _at(params: Any, key: str) -> Any:  # noqa: ANN401  nested JSON
    for part in key.split("."):
        params = params.get(part) if isinstance(params, Mapping) else None
    return params


def _is_scalar(value: object) -> bool:
    return isinstance(value, bool | int | float | str)


def _refused(point: Point | None, config: SweepConfig) -> str:
    """Why `point` is none of the present search; "" where it is one."""
    if point is None:
        return "with other fixed parameters"
    if not contains(config.space, point):
        return "outside the space"
    return "" if problem_of(config).allows(point) else "against a constraint"


def _outcome(group: Sequence[TrialRecord], config: SweepConfig) -> Outcome | None:
    """How the configuration ended, as the present recipe judges it; None: nothing to learn."""
    judged = [
        replace(record, violations=violations_of({**record.metrics, **record.values}, config))
        for record in group
    ]
    outcome = outcome_of(judged, config.objectives)
    return outcome if outcome.losses or outcome.is_infeasible else None
