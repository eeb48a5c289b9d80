"""The trials a searcher knows of: each begins once, ends once, and lies in the space."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from operator import itemgetter

import numpy as np

from pareto_search.searchers.encoding import fingerprint, uniform_point
from pareto_search.searchers.feasibility import Feasibility
from pareto_search.searchers.points import all_points, count_points
from pareto_search.searchers.problem import SearchProblem
from pareto_search.searchers.protocol import Outcome, TrialState
from pareto_search.space import Point, Scalar, contains

ATTEMPTS = 16
"""Proposals drawn for one trial before the rest of the space is gone through."""

DOUBTFUL = 0.5
"""Chance to complete below which a uniform point may be better than the searcher's best."""

MOST_LISTED = 20_000
"""Points of a space that are gone through one by one, constraints or not."""

MOST_DRAWN = 20_000
"""Uniform points drawn in search of one that the constraints allow."""


def proposal_seeds(seed: int, index: int) -> list[int]:
    """`ATTEMPTS` seeds of 32 bits for trial `index`: all the randomness it may use."""
    return [int(word) for word in np.random.SeedSequence([seed, index]).generate_state(ATTEMPTS)]


class Roster:
    """Holds what has begun, what runs where, how often each point was proposed, what completed.

    A trial that failed without being infeasible (its worker was lost) counts as never proposed.
    """

    def __init__(self, problem: SearchProblem) -> None:
        self._problem = problem
        self._space = problem.space
        self._begun: set[int] = set()
        self.feasibility = Feasibility(problem.space)
        self._running: dict[int, Point] = {}
        self._counts: Counter[tuple[tuple[str, float], ...]] = Counter()
        self._listed: list[dict[str, Scalar]] | None = None

    def unseen(
        self, draw: Callable[[int], dict[str, Scalar]], seeds: Sequence[int]
    ) -> dict[str, Scalar]:
        """A point that no trial had and that the constraints on parameters allow.

        It is drawn by `draw(seed)` with the first half of `seeds`, then from all of the space
        with the others. A point that is more likely infeasible than not, as learned from the
        outcomes so far, is drawn again; where all are, the likeliest to complete is given. Where
        no attempt is new, it is one of the points of the space that were
        never proposed, each as likely, if they can be listed. Where there is none left, it is
        one of those that were proposed least often: the first of them that was drawn, else any.

        Raises:
            ValueError: no point was found that the constraints allow.
        """
        split = 3 * len(seeds) // 4
        own, drawn = self._likeliest(map(draw, seeds[:split]))
        if own and own[0] >= DOUBTFUL:
            return own[1]
        other, others = self._likeliest(map(self._uniform, seeds[split:]))
        found = [best for best in (own, other) if best]
        if found:
            return max(found, key=itemgetter(0))[1]
        return self._rest(drawn + others, np.random.default_rng([*seeds]))

    def is_likely(self, point: Point) -> bool:
        """Whether `point` is likely enough to complete to be taken at once."""
        return self.feasibility.chance(point) >= self.feasibility.enough

    def count(self, point: Point) -> int:
        """How often `point` was proposed or adopted before, lost trials aside."""
        return self._counts[fingerprint(self._space, point)]

    def begin(self, index: int, point: Point) -> None:
        """Note that trial `index` runs at `point`.

        Raises:
            ValueError: `index` has begun before, or `point` is not of the space.
        """
        if index in self._begun:
            raise ValueError(f"A trial should begin once. Found index = {index} again.")
        if not contains(self._space, point):
            raise ValueError(
                "A point should have exactly the active keys of the space, each in its range. "
                f"Found {dict(point)} for index = {index}."
            )
        self._begun.add(index)
        self._running[index] = dict(point)
        self._counts[fingerprint(self._space, point)] += 1

    def end(self, index: int, outcome: Outcome) -> tuple[float, ...] | None:
        """Note that trial `index` ended; its losses, or None where there is nothing to learn.

        Raises:
            ValueError: `index` does not run, or a complete trial lacks one finite loss for each
                objective, or one violation for each constraint on metrics.
        """
        if index not in self._running:
            raise ValueError(f"A trial should run until it is told. Found index = {index}.")
        losses = self._checked(index, outcome) if outcome.state is TrialState.COMPLETE else None
        point = self._running.pop(index)
        if losses is not None or outcome.is_infeasible:
            self.feasibility.add(point, is_feasible=losses is not None)
        elif outcome.state is TrialState.FAILED:
            self._counts[fingerprint(self._space, point)] -= 1
        return losses

    def _likeliest(
        self, points: Iterator[dict[str, Scalar]]
    ) -> tuple[tuple[float, dict[str, Scalar]] | None, list[dict[str, Scalar]]]:
        """The first new point that is likely to complete, else the likeliest, with its chance.

        Also all the points that were looked at and are allowed.
        """
        best, allowed = None, []
        for point in points:
            if self._problem.allows(point):
                allowed.append(point)
                if not self.count(point):
                    chance = self.feasibility.chance(point)
                    if best is None or chance > best[0]:
                        best = chance, point
                    if chance >= self.feasibility.enough:
                        break
        return best, allowed

    def _checked(self, index: int, outcome: Outcome) -> tuple[float, ...]:
        losses, wanted = outcome.losses, self._problem.num_objectives
        if losses is None or len(losses) != wanted or not np.isfinite(losses).all():
            raise ValueError(
                f"A complete trial should have {wanted} finite losses. "
                f"Found {losses} for index = {index}."
            )
        violations, wanted = outcome.violations, self._problem.num_constraints
        if len(violations) != wanted or np.isnan(violations).any():
            raise ValueError(
                f"A complete trial should have {wanted} violations, none of them NaN. "
                f"Found {violations} for index = {index}."
            )
        return losses

    def _rest(
        self, drawn: list[dict[str, Scalar]], generator: np.random.Generator
    ) -> dict[str, Scalar]:
        listed = self._allowed_points()
        if listed is None:
            return self._searched(drawn, generator)
        counts = [self.count(point) for point in listed]
        least = min(counts)
        if least and (wanted := [p for p in drawn if self.count(p) == least]):
            return wanted[0]
        places = np.flatnonzero(np.array(counts) == least)
        return dict(listed[int(generator.choice(places))])

    def _allowed_points(self) -> list[dict[str, Scalar]] | None:
        """Every allowed point of the space; None where they are too many."""
        if self._listed is None:
            number = count_points(self._space)
            if number is None or number > MOST_LISTED:
                return None
            self._listed = [p for p in all_points(self._space) if self._problem.allows(p)]
        if not self._listed:
            raise ValueError(self._nothing(f"none among the {count_points(self._space)} there are"))
        return self._listed

    def _searched(
        self, drawn: list[dict[str, Scalar]], generator: np.random.Generator
    ) -> dict[str, Scalar]:
        for _ in range(MOST_DRAWN):
            point = uniform_point(self._space, generator)
            if self._problem.allows(point):
                if not self.count(point):
                    return point
                drawn.append(point)
        if not drawn:
            raise ValueError(self._nothing(f"none among {MOST_DRAWN} drawn uniformly"))
        return min(drawn, key=self.count)

    def _nothing(self, found: str) -> str:
        texts = ", ".join(f"`{c.text}`" for c in self._problem.parameter_constraints)
        return (
            f"The constraints {texts} should leave some points of the space. Found {found}. "
            "Loosen them, or narrow the ranges to where they hold."
        )

    def _uniform(self, seed: int) -> dict[str, Scalar]:
        return uniform_point(self._space, np.random.default_rng(seed))
