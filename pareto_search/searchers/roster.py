"""The trials a searcher knows of: each begins once, ends once, and lies in the space."""

from collections.abc import Callable, Sequence

import numpy as np

from pareto_search.searchers.encoding import fingerprint, uniform_point
from pareto_search.searchers.protocol import Outcome, TrialState
from pareto_search.space import Point, Scalar, Space, contains

ATTEMPTS = 8
"""Proposals drawn for one trial before a repeated point is accepted."""


def proposal_seeds(seed: int, index: int) -> list[int]:
    """`ATTEMPTS` seeds of 32 bits for trial `index`: all the randomness it may use."""
    return [int(word) for word in np.random.SeedSequence([seed, index]).generate_state(ATTEMPTS)]


class Roster:
    """Holds the indices that have begun, those still running, and the points seen."""

    def __init__(self, space: Space, num_objectives: int) -> None:
        self._space = space
        self._num_objectives = num_objectives
        self._begun: set[int] = set()
        self._running: set[int] = set()
        self._seen: set[tuple[tuple[str, float], ...]] = set()

    def unseen(
        self, draw: Callable[[int], dict[str, Scalar]], seeds: Sequence[int]
    ) -> dict[str, Scalar]:
        """The first point that no trial had: from `draw(seed)`, then from all of the space.

        Half of `seeds` goes to each. Where every attempt was seen before, as in a small space
        that is used up, the first of them is proposed again.
        """
        half = len(seeds) // 2
        first = None
        for place, seed in enumerate(seeds):
            is_blind = place >= half
            point = self._blind(seed) if is_blind else draw(seed)
            first = first or point
            if fingerprint(self._space, point) not in self._seen:
                return point
        return first or {}

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
        self._running.add(index)
        self._seen.add(fingerprint(self._space, point))

    def end(self, index: int, outcome: Outcome) -> tuple[float, ...] | None:
        """Note that trial `index` ended; its losses, or None where there is nothing to learn.

        Raises:
            ValueError: `index` does not run, or a complete trial lacks one finite loss for each
                objective.
        """
        if index not in self._running:
            raise ValueError(f"A trial should run until it is told. Found index = {index}.")
        losses = outcome.losses if outcome.state is TrialState.COMPLETE else ()
        if outcome.state is TrialState.COMPLETE and not self._is_complete(losses):
            raise ValueError(
                f"A complete trial should have {self._num_objectives} finite losses. "
                f"Found {losses} for index = {index}."
            )
        self._running.remove(index)
        return losses or None

    def _is_complete(self, losses: tuple[float, ...] | None) -> bool:
        return (
            losses is not None
            and len(losses) == self._num_objectives
            and bool(np.isfinite(losses).all())
        )

    def _blind(self, seed: int) -> dict[str, Scalar]:
        return uniform_point(self._space, np.random.default_rng(seed))
