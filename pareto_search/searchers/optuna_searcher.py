"""Searchers from Optuna: TPE for several objectives, generational NSGA-II, random."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import optuna
from optuna.samplers import BaseSampler, NSGAIISampler, RandomSampler, TPESampler

from pareto_search.recipe.config import SearcherConfig
from pareto_search.searchers.encoding import choice_index
from pareto_search.searchers.problem import SearchProblem
from pareto_search.searchers.protocol import Outcome
from pareto_search.searchers.roster import Roster, proposal_seeds
from pareto_search.space import (
    Choice,
    Int,
    Parameter,
    Point,
    Scalar,
    is_active,
    parents_first,
)


class OptunaSearcher:
    """Holds an Optuna study in memory, its running trials, and the roster of all trials.

    Each proposal comes from a sampler made for it alone, from a seed made for it alone. It is
    drawn in a scratch trial, which Optuna then forgets (state FAIL is invisible to its
    samplers), and enters the study the way an adopted point does: so after a replay the samplers
    read the same study.

    Only complete trials get values. A stopped or failed one stays pending in the study for
    good: TPE takes pending trials for bad ones (the constant liar), never for good ones, and
    does not count them, so neither a partial value nor the site of a failure can be mistaken
    for a success, however few trials succeed. NSGA-II breeds from complete trials only.
    """

    def __init__(self, config: SearcherConfig, problem: SearchProblem, seed: int) -> None:
        space, num_objectives = problem.space, problem.num_objectives
        self._config = config
        self._space = space
        self._order = parents_first(space)
        self._seed = seed
        self._roster = Roster(space, num_objectives)
        self._trials: dict[int, optuna.Trial] = {}
        with _quiet():
            self._study = optuna.create_study(directions=["minimize"] * num_objectives)

    def ask(self, index: int) -> dict[str, Scalar]:
        """A point of the space for trial `index`; one no trial had, as far as that is easy."""
        point = self._roster.unseen(self._draw, proposal_seeds(self._seed, index))
        self.adopt(index, point)
        return point

    def adopt(self, index: int, point: Point) -> None:
        """Take `point` as trial `index`, running.

        Raises:
            ValueError: `index` has begun before, or `point` is not of the space.
        """
        self._roster.begin(index, point)
        values = {key: _encoded(self._space[key], value) for key, value in point.items()}
        with _quiet():
            self._study.sampler = RandomSampler()  # every value is given: nothing is drawn
            self._study.enqueue_trial(values)
            trial = self._study.ask()
            self._suggest(trial)
        self._join_generation(trial)
        self._trials[index] = trial

    def tell(self, index: int, outcome: Outcome) -> None:
        """How trial `index` ended.

        Raises:
            ValueError: `index` does not run, or a complete trial lacks finite losses.
        """
        losses = self._roster.end(index, outcome)
        trial = self._trials.pop(index)
        if losses is not None:
            self._study.tell(trial, losses)

    def _join_generation(self, trial: optuna.Trial) -> None:
        """Give `trial` its generation, and fix that generation's parents, from what is complete.

        NSGA-II does so when it draws a trial; nothing is drawn for an adopted one.
        """
        if self._config.kind == "nsga2":
            sampler = NSGAIISampler(population_size=self._config.population)
            adopted = self._study.get_trials(deepcopy=False)[trial.number]
            generation = sampler.get_trial_generation(self._study, adopted)
            sampler.get_parent_population(self._study, generation)

    def _draw(self, seed: int) -> dict[str, Scalar]:
        with _quiet():
            self._study.sampler = self._sampler(seed)
            scratch = self._study.ask()
            point = self._suggest(scratch)
            self._study.tell(scratch, state=optuna.trial.TrialState.FAIL)
        return point

    def _sampler(self, seed: int) -> BaseSampler:
        if self._config.kind == "tpe":
            return TPESampler(
                seed=seed,
                n_startup_trials=self._config.startup,
                multivariate=True,
                group=True,
                constant_liar=True,
            )
        if self._config.kind == "nsga2":
            return NSGAIISampler(seed=seed, population_size=self._config.population)
        return RandomSampler(seed=seed)

    def _suggest(self, trial: optuna.Trial) -> dict[str, Scalar]:
        point: dict[str, Scalar] = {}
        for key in self._order:
            if is_active(self._space[key], point):
                point[key] = _suggested(trial, key, self._space[key])
        return point


def _suggested(trial: optuna.Trial, key: str, parameter: Parameter) -> Scalar:
    if isinstance(parameter, Choice):
        return parameter.values[trial.suggest_categorical(key, range(len(parameter.values)))]
    if isinstance(parameter, Int):
        return trial.suggest_int(key, parameter.low, parameter.high, log=parameter.log)
    return trial.suggest_float(key, parameter.low, parameter.high, log=parameter.log)


def _encoded(parameter: Parameter, value: Scalar) -> Scalar:
    """A choice by its place: Optuna compares by ``==`` and would mix up 1 and True."""
    return choice_index(parameter, value) if isinstance(parameter, Choice) else value


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep Optuna's log lines and its notes on experimental arguments from the user."""
    verbosity = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            yield
    finally:
        optuna.logging.set_verbosity(verbosity)
