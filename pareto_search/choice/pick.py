"""From a front to one trial, with the reason in plain words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pareto_search.choice.constraint import (
    Constraint,
    bad_flag,
    check_objective,
    finite,
    parse_constraint,
)
from pareto_search.errors import SweepFailedError
from pareto_search.fronts.front import Front, Losses
from pareto_search.fronts.knee import knee as find_knee
from pareto_search.fronts.knee import normalised
from pareto_search.objective import Objective
from pareto_search.storage.journal import TrialRecord

_AUGMENTATION = 1e-3
"""Weight of the sum beside the maximum: only breaks ties of the weighted Tchebycheff distance."""


@dataclass(frozen=True, slots=True)
class Choice:
    """The trial that was picked, and why: one sentence or two for a person to read."""

    record: TrialRecord
    reason: str


def pick(
    front: Front,
    *,
    knee: bool = False,
    prefer: Mapping[str, float] | None = None,
    where: Sequence[str] = (),
) -> Choice:
    """One trial of `front`.

    First `where` (such as ``"interior_error<=0.1"``) leaves out trials. Of the rest, `prefer`
    takes the one with the least augmented weighted Tchebycheff distance
    ``max_i w_i z_i + 0.001 sum_i z_i`` to the ideal, where z are losses normalised by the ideal
    and the nadir of the *whole* front; otherwise the knee is taken, and where there is none, the
    trial with equal weights, and the reason says so. `knee` asks for what is the rule anyway.

    Raises:
        SweepFailedError: the front is empty, or no trial on it is left by `where`.
        RecipeError: a flag names no objective, a weight is negative, or `knee` and `prefer` are
            both given.
    """
    if knee and prefer is not None:
        raise bad_flag("--prefer", "excludes --knee.", "Found both.", "Leave one of them out.")
    weights = None if prefer is None else _checked(prefer, front.objectives)
    constraints = [parse_constraint(text, front.objectives) for text in where]
    rows = _left(front, constraints)
    bounds = f" with {_join(constraints)}" if constraints else ""
    if len(rows) == 1:
        return _choice(front, rows[0], f"is the only trial on the front{bounds}.")
    crowd = f"the {len(rows)} trials on the front{bounds}"
    if weights is not None:
        row = _closest(front.losses, rows, weights)
        return _choice(front, row, f"is nearest to the ideal of {crowd}, weighing {_say(prefer)}.")
    deepest = find_knee(front.losses[rows])
    if deepest is not None:
        return _choice(front, rows[deepest], f"is the knee of {crowd}.")
    row = _closest(front.losses, rows, np.ones(len(front.objectives)))
    why = f"is the most balanced (equal weights) of {crowd}. They have no knee:"
    return _choice(front, row, f"{why} no trade-off among them stands out.")


def parse_weights(text: str) -> dict[str, float]:
    """The weights that a flag such as ``interior_error=1,boundary_error=2`` states.

    >>> parse_weights("a=1, b=2.5")
    {'a': 1.0, 'b': 2.5}

    Raises:
        RecipeError: a part is not of the form ``NAME=NUMBER``, or a name comes twice.
    """
    weights: dict[str, float] = {}
    for part in text.split(","):
        name, _, number = (piece.strip() for piece in part.partition("="))
        weight = finite(number)
        if not name or weight is None or name in weights:
            raise bad_flag(
                "--prefer",
                "should be NAME=WEIGHT for each objective, once, with commas between.",
                f"Found `{text}`.",
                "For example --prefer interior_error=1,boundary_error=2.",
            )
        weights[name] = weight
    return weights


def _checked(prefer: Mapping[str, float], objectives: Sequence[Objective]) -> Losses:
    for name in prefer:
        check_objective("--prefer", name, objectives)
    missing = [o.name for o in objectives if o.name not in prefer]
    if missing:
        raise bad_flag(
            "--prefer",
            "should weigh every objective.",
            f"Found no weight of {', '.join(missing)}.",
            f"Add {','.join(f'{name}=0' for name in missing)} if it does not matter.",
        )
    weights = np.asarray([prefer[o.name] for o in objectives], dtype=np.float64)
    if not (np.isfinite(weights).all() and (weights >= 0).all() and weights.any()):
        raise bad_flag(
            "--prefer",
            "should hold weights of at least 0, one of them above 0.",
            f"Found {_say(prefer)}.",
            "A larger weight counts more.",
        )
    return weights


def _left(front: Front, constraints: Sequence[Constraint]) -> list[int]:
    """The rows of `front` that keep to all `constraints`; never empty."""
    if not len(front):
        raise SweepFailedError(
            "A trial is picked from a front. Found no complete trial. "
            "`pareto-search status` says what became of the trials."
        )
    kept = [
        row
        for row, member in enumerate(front.members)
        if all(constraint.holds(member.values) for constraint in constraints)
    ]
    if kept:
        return kept
    raise SweepFailedError(
        f"No trial on the front has {_join(constraints)}. There, "
        f"{'; '.join(_extent(front, name) for name in {c.name: None for c in constraints})}. "
        "Relax --where."
    )


def _extent(front: Front, name: str) -> str:
    values = [member.values[name] for member in front.members]
    return f"{name} lies between {min(values):.4g} and {max(values):.4g}"


def _closest(losses: Losses, rows: Sequence[int], weights: npt.NDArray[np.float64]) -> int:
    z = normalised(losses)[rows]
    distance = (weights / weights.max() * z).max(axis=1) + _AUGMENTATION * z.sum(axis=1)
    return rows[int(np.argmin(distance))]


def _choice(front: Front, row: int, why: str) -> Choice:
    record, count = front.members[row], len(front.configurations[row].trials)
    values = ", ".join(f"{o.name} {record.values[o.name]:.4g}" for o in front.objectives)
    values += f": means of {count} trials" if count > 1 else ""
    return Choice(record, f"Trial {record.uid} ({values}) {why}")


def _join(constraints: Sequence[Constraint]) -> str:
    return " and ".join(str(constraint) for constraint in constraints)


def _say(prefer: Mapping[str, float] | None) -> str:
    return ", ".join(f"{name} {weight:g}" for name, weight in (prefer or {}).items())
