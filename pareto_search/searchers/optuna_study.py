"""A space and its trials in Optuna's terms."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import optuna
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)
from optuna.samplers import BaseSampler, RandomSampler
from optuna.trial import FrozenTrial, TrialState, create_trial

from pareto_search.searchers.encoding import choice_index, is_free
from pareto_search.searchers.optuna_breeding import Breeder
from pareto_search.searchers.problem import SearchProblem
from pareto_search.space import (
    Choice,
    Float,
    Int,
    Parameter,
    Point,
    Scalar,
    is_active,
    parents_first,
)

INFINITE = 1e30
"""What stands for an infinite violation: Optuna adds violations up."""


class OptunaStudy:
    """Holds a study in memory, the number of each running trial in it, and how many completed.

    Only what a sampler may learn from is in the study: a point runs, then it is complete with
    losses and violations, or *open* (it goes on running for good: TPE takes it for a bad one and
    never for a good one, NSGA does not breed from it), or forgotten. A genetic sampler is needed
    from the start: `breeder` says in which generation each trial is, and who its parents are.
    """

    def __init__(self, problem: SearchProblem, breeder: Breeder | None = None) -> None:
        self._breeder = breeder
        self._space = problem.space
        self._order = parents_first(problem.space)
        self._distributions = {k: distribution_of(p) for k, p in problem.space.items()}
        self._fixed = {
            k: p.low if isinstance(p, Float | Int) else 0
            for k, p in problem.space.items()
            if not is_free(p)
        }
        self._free: dict[str, BaseDistribution] = {}
        if not any(parameter.when for parameter in problem.space.values()):
            # what Optuna would find out by going through all trials
            self._free = {k: d for k, d in self._distributions.items() if k not in self._fixed}
        self._numbers: dict[int, int] = {}
        self._num_added = 0
        self.num_complete = 0
        with quiet():
            self._study = optuna.create_study(
                directions=["minimize"] * problem.num_objectives, sampler=RandomSampler(seed=0)
            )

    def begin(self, index: int, point: Point) -> None:
        """Trial `index` runs at `point`."""
        self._numbers[index] = self._add(point)

    def complete(
        self, index: int, losses: tuple[float, ...], violations: tuple[float, ...]
    ) -> None:
        """Trial `index` has `losses`, and `violations` of the constraints on metrics."""
        number = self._numbers.pop(index)
        running = optuna.Trial(self._study, self._trial(number)._trial_id)
        for place, violation in enumerate(violations):
            running.set_constraint(str(place), min(max(violation, -INFINITE), INFINITE))
        self._study.tell(number, losses)
        self.num_complete += 1
        if self._breeder is not None:
            self._breeder.complete(self._trial(number))

    def forget(self, index: int) -> None:
        """Trial `index` never was, as far as samplers can see."""
        self._study.tell(self._numbers.pop(index), state=TrialState.FAIL)

    def leave_open(self, index: int) -> None:
        """Trial `index` has no result and never will: its place is no good one."""
        del self._numbers[index]

    def draw(self, sampler: BaseSampler) -> dict[str, Scalar]:
        """A point from `sampler`, drawn for a scratch trial that is forgotten at once."""
        number = self._add({})
        scratch = self._trial(number)
        wanted = self._free or sampler.infer_relative_search_space(self._study, scratch)
        drawn = sampler.sample_relative(self._study, scratch, wanted) | self._fixed
        point: dict[str, Scalar] = {}
        for key in self._order:
            if is_active(self._space[key], point):
                distribution = self._distributions[key]
                if key not in drawn:
                    drawn[key] = sampler.sample_independent(self._study, scratch, key, distribution)
                point[key] = decoded(self._space[key], drawn[key])
        self._study.tell(number, state=TrialState.FAIL)
        return point

    def _add(self, point: Point) -> int:
        """The number of a new running trial, which has its generation if there are any."""
        number = self._num_added
        self._num_added += 1
        self._study.add_trial(
            create_trial(
                state=TrialState.RUNNING,
                params={key: encoded(self._space[key], value) for key, value in point.items()},
                distributions={key: self._distributions[key] for key in point},
            )
        )
        if self._breeder is not None:
            # Optuna does so while it draws; nothing is drawn for an adopted trial, and who the
            # parents are should not hang on which proposal happens to be the first to ask.
            generation = self._breeder.get_trial_generation(self._study, self._trial(number))
            self._breeder.get_parent_population(self._study, generation)
        return number

    def _trial(self, number: int) -> FrozenTrial:
        storage = self._study._storage
        return storage.get_trial(
            storage.get_trial_id_from_study_id_trial_number(self._study._study_id, number)
        )


def distribution_of(parameter: Parameter) -> BaseDistribution:
    """The distribution of `parameter`; a choice's is over its places."""
    if isinstance(parameter, Choice):
        return CategoricalDistribution(range(len(parameter.values)))
    if isinstance(parameter, Int):
        return IntDistribution(parameter.low, parameter.high, log=parameter.log)
    return FloatDistribution(parameter.low, parameter.high, log=parameter.log)


def encoded(parameter: Parameter, value: Scalar) -> Scalar:
    """A choice by its place: Optuna compares by ``==`` and would mix up 1 and True."""
    return choice_index(parameter, value) if isinstance(parameter, Choice) else value


def decoded(parameter: Parameter, drawn: int | float) -> Scalar:
    """The value of `parameter` that Optuna means by `drawn`."""
    if isinstance(parameter, Int):
        return int(drawn)
    return parameter.values[int(drawn)] if isinstance(parameter, Choice) else drawn


@contextmanager
def quiet() -> Iterator[None]:
    """Keep Optuna's log lines and its notes on experimental arguments from the user."""
    verbosity = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            yield
    finally:
        optuna.logging.set_verbosity(verbosity)
