"""Contestants against each other: all that is said of them, in numbers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np

from pareto_search.comparison.contestants import Contestant, common_trials
from pareto_search.comparison.differences import differing_values
from pareto_search.comparison.leads import Lead, leads
from pareto_search.comparison.pairs import Pair, pair_up
from pareto_search.comparison.significance import correct
from pareto_search.comparison.standing import Standing, standings_of
from pareto_search.objective import Objective, reference_losses


@dataclass(frozen=True, slots=True)
class Comparison:
    """What is found of all contestants, in the order in which they were named.

    `common` counts the ended trials that every run has at least. Where numbers differ, all that is
    found is of the first `common` trials of each run, as they ended. `joint` counts the points on
    the front of all. `leads` say who is ahead where, with two objectives and two contestants or
    more. `differing` holds the keys of the recipe in which contestants differ, each with a text for
    each contestant: that is what is compared. `notes` are what to bear in mind.
    """

    objectives: tuple[Objective, ...]
    standings: tuple[Standing, ...]
    pairs: tuple[Pair, ...]
    joint: int
    common: int
    leads: tuple[Lead, ...]
    differing: Mapping[str, tuple[str, ...]]
    notes: tuple[str, ...]

    @property
    def is_even(self) -> bool:
        """Whether every run has the same number of ended trials."""
        return all(trials == self.common for one in self.standings for trials in one.trials)


def compare(contestants: Sequence[Contestant], notes: Sequence[str] = ()) -> Comparison:
    """`contestants` that are fair to compare, or were to be compared anyway, for all `notes`.

    Objectives and reference point are those of the first run; each run has a front after
    as many ended trials as the shortest run has.
    """
    objectives = contestants[0].runs[0].config.objectives
    reference = reference_losses(objectives)
    common = common_trials(contestants)
    standings, joint = standings_of(contestants, objectives, common)
    ideal = np.vstack([front for one in standings for front in one.fronts]).min(axis=0)
    pairs = [pair_up(a, b, reference, ideal) for a, b in combinations(standings, 2)]
    judged = correct([pair.significance for pair in pairs])
    has_leads = len(objectives) == 2 and len(standings) > 1
    return Comparison(
        objectives=objectives,
        standings=tuple(standings),
        pairs=tuple(replace(p, significance=s) for p, s in zip(pairs, judged, strict=True)),
        joint=joint,
        common=common,
        leads=tuple(leads([one.fronts for one in standings], reference)) if has_leads else (),
        differing=differing_values(contestants),
        notes=tuple(notes),
    )
