"""From a front to one trial, with the reason in plain words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from pareto_search.choice.aspiration import achievement, checked_aspiration, verdict
from pareto_search.choice.constraint import Constraint, bad_flag, parse_constraint
from pareto_search.choice.weights import checked_weights, distance_to_ideal, say_numbers
from pareto_search.errors import SweepFailedError
from pareto_search.fronts.front import Front, Losses
from pareto_search.fronts.knee import knee as find_knee
from pareto_search.storage.journal import TrialRecord


@dataclass(frozen=True, slots=True)
class Choice:
    """The trial that was picked, and why: one sentence or two for a person to read.

    `criterion` is what it was picked by, in a word: ``knee``, ``weights``, ``reference``,
    ``balanced`` where there is no knee, ``only`` where there was nothing to choose from.
    """

    record: TrialRecord
    reason: str
    criterion: str


def pick(
    front: Front,
    *,
    knee: bool = False,
    prefer: Mapping[str, float] | None = None,
    reference: Mapping[str, float] | None = None,
    where: Sequence[str] = (),
) -> Choice:
    """One trial of `front`.

    First `where` (such as ``"interior_error<=0.1"``) leaves out trials. Of the rest, `prefer`
    takes the one nearest to the ideal by its weights, see `distance_to_ideal`; `reference`, values
    to aspire to, the one that falls short of them the least, see `achievement`; otherwise the knee
    is taken, and where there is none, the trial with equal weights, and the reason says so. `knee`
    asks for what is the rule anyway. Losses are always seen in the extent of the *whole* front.

    Raises:
        SweepFailedError: the front is empty, or no trial on it is left by `where`.
        RecipeError: a flag names no objective, a weight is negative, or more than one of `knee`,
            `prefer` and `reference` is given.
    """
    _refuse_several(knee, prefer, reference)
    weights = checked_weights(prefer, front.objectives) if prefer is not None else None
    point = checked_aspiration(reference, front.objectives) if reference is not None else None
    constraints = [parse_constraint(text, front.objectives) for text in where]
    rows = _left(front, constraints)
    bounds = f" with {_join(constraints)}" if constraints else ""
    if len(rows) == 1:
        return _choice(front, rows[0], f"is the only trial on the front{bounds}.", "only")
    crowd = f"the {len(rows)} trials on the front{bounds}"
    if weights is not None:
        row = _least(distance_to_ideal(front.losses, weights), rows)
        why = f"is nearest to the ideal of {crowd}, weighing {say_numbers(prefer or {})}."
        return _choice(front, row, why, "weights")
    if point is not None:
        row = _least(achievement(front.losses, point), rows)
        why = f"comes nearest to {say_numbers(reference or {})} of {crowd}."
        why += f" {verdict(front.losses[row], point, front.objectives)}"
        return _choice(front, row, why, "reference")
    return _knee(front, rows, crowd)


def _refuse_several(
    knee: bool, prefer: Mapping[str, float] | None, reference: Mapping[str, float] | None
) -> None:
    given = {"--knee": knee, "--prefer": prefer is not None, "--reference": reference is not None}
    flags = [flag for flag, is_given in given.items() if is_given]
    if len(flags) > 1:
        rest = " and ".join(flags[:-1])
        found = f"Found {'both' if len(flags) == 2 else 'all three'}."
        raise bad_flag(flags[-1], f"excludes {rest}.", found, "Leave one of them out.")


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


def _knee(front: Front, rows: Sequence[int], crowd: str) -> Choice:
    deepest = find_knee(front.losses[rows])
    if deepest is not None:
        return _choice(front, rows[deepest], f"is the knee of {crowd}.", "knee")
    row = _least(distance_to_ideal(front.losses, np.ones(len(front.objectives))), rows)
    why = f"is the most balanced (equal weights) of {crowd}. They have no knee:"
    return _choice(front, row, f"{why} no trade-off among them stands out.", "balanced")


def _least(scores: Losses, rows: Sequence[int]) -> int:
    return rows[int(np.argmin(scores[list(rows)]))]


def _choice(front: Front, row: int, why: str, criterion: str) -> Choice:
    record, count = front.members[row], len(front.configurations[row].trials)
    values = ", ".join(f"{o.name} {record.values[o.name]:.4g}" for o in front.objectives)
    values += f": means of {count} trials" if count > 1 else ""
    return Choice(record, f"Trial {record.uid} ({values}) {why}", criterion)


def _join(constraints: Sequence[Constraint]) -> str:
    return " and ".join(str(constraint) for constraint in constraints)
