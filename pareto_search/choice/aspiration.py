"""Reference point: how well a trial comes up to what somebody aspires to.

Wierzbicki, *The use of reference objectives in multiobjective optimization*, in: Multiple Criteria
Decision Making Theory and Application (1980), doi:10.1007/978-3-642-48782-8_32. Unlike weights,
an aspiration is stated in the objectives' own units, and it may be out of reach or easily reached:
the trial that is taken is on the front either way.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from pareto_search.choice.constraint import bad_flag, check_numbers, check_objective
from pareto_search.fronts.front import Losses
from pareto_search.objective import Objective, to_losses

AUGMENTATION = 1e-3
"""Weight of the sum beside the maximum: only breaks its ties, so that no trial that another
dominates is ever taken."""


def achievement(losses: Losses, aspiration: Losses) -> Losses:
    """How far each row of `losses` (N x M) falls short of `aspiration` (M), N; less is better.

    ``max_i s_i (f_i - r_i) + 0.001 sum_i s_i (f_i - r_i)``, with s_i one over the spread of
    objective i in `losses`, so that units do not matter: at most 0 where a row is at least as good
    as the aspiration everywhere. An objective that does not vary cannot tell rows apart and is
    left out.

    >>> achievement(np.array([[0.0, 1.0], [0.4, 0.4]]), np.array([0.5, 0.5])).round(3).tolist()
    [0.833, -0.167]
    """
    spread = losses.max(axis=0) - losses.min(axis=0)
    varies = spread > 0
    if not varies.any():
        return np.zeros(len(losses))
    short = (losses - aspiration)[:, varies] / spread[varies]
    found: Losses = short.max(axis=1) + AUGMENTATION * short.sum(axis=1)
    return found


def checked_aspiration(reference: Mapping[str, float], objectives: Sequence[Objective]) -> Losses:
    """`reference`, a value of each objective in its own unit and direction, as losses (M).

    Raises:
        RecipeError: it names no objective, leaves one out, or a value is no finite number.
    """
    check_numbers("--reference", reference)
    for name in reference:
        check_objective("--reference", name, objectives)
    missing = [o.name for o in objectives if o.name not in reference]
    if missing:
        raise bad_flag(
            "--reference",
            "should say what is aspired to on every objective.",
            f"Found no value of {', '.join(missing)}.",
            "Add one; one that is easily reached if it does not matter.",
        )
    point: Losses = to_losses([reference], objectives)[0]
    if not np.isfinite(point).all():
        raise bad_flag(
            "--reference",
            "should hold finite values.",
            f"Found {', '.join(f'{name} {value:g}' for name, value in reference.items())}.",
            "Name one that is easily reached if it does not matter.",
        )
    return point


def verdict(losses: Losses, aspiration: Losses, objectives: Sequence[Objective]) -> str:
    """Whether `losses` (M) come up to `aspiration` (M), in words.

    >>> two = [Objective(name=name, reference=1.0) for name in ("a", "b")]
    >>> verdict(np.array([0.2, 0.5]), np.array([0.3, 0.3]), two)
    'It misses it on b, by 0.2.'
    """
    short = losses - aspiration
    missed = [
        f"{objective.name}, by {gap:.3g}"
        for objective, gap in zip(objectives, short.tolist(), strict=True)
        if gap > 0
    ]
    if not missed:
        return "It comes up to it on every objective."
    return f"It misses it on {' and on '.join(missed)}."
