"""Searchers by name, asked by workers that end in random order; rows that a later run finds.

Ours are named engine-kind as in a recipe, in the mode that is the default. The peer is Optuna's
TPE in its own ask and tell, which tells an impossible trial as failed.
"""

import json
import random
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import optuna
from optuna.samplers import TPESampler

from pareto_search.recipe.config import SearcherConfig
from pareto_search.searchers import SEARCHERS, SearchProblem, make_searcher
from pareto_search.searchers.protocol import Outcome, Searcher, TrialState
from pareto_search.space import Choice, Int, Point, Scalar

PEER = "plain Optuna TPE"
GP = "optuna-gp"
NAMES = ("-".join(pair) for pair in SEARCHERS if pair[1] not in ("rnsga2", "gp"))
OURS = (*NAMES, GP)

Evaluate = Callable[[Point], tuple[float, ...] | None]
"""The losses at a point; None where it is infeasible."""


class PlainOptuna:
    """Holds a study and its running trials."""

    def __init__(self, problem: SearchProblem, seed: int) -> None:
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        sampler = TPESampler(seed=seed, multivariate=True, constant_liar=True)
        self._space = problem.space
        self._study = optuna.create_study(
            directions=["minimize"] * problem.num_objectives, sampler=sampler
        )
        self._trials: dict[int, optuna.Trial] = {}

    def ask(self, index: int) -> dict[str, Scalar]:
        trial = self._trials[index] = self._study.ask()
        return {key: _suggested(trial, key, p) for key, p in self._space.items()}

    def tell(self, index: int, outcome: Outcome) -> None:
        failed = optuna.trial.TrialState.FAIL
        state = None if outcome.losses else failed
        self._study.tell(self._trials.pop(index), outcome.losses, state=state)


def searcher_of(name: str, problem: SearchProblem, seed: int) -> Searcher | PlainOptuna:
    """The searcher that `name` stands for."""
    if name == PEER:
        return PlainOptuna(problem, seed)
    engine, kind = name.split("-")
    return make_searcher(SearcherConfig(engine=engine, kind=kind), problem, seed)


def wanted_runs(names: tuple[str, ...], seeds: int, gp_seeds: int) -> list[dict[str, object]]:
    """Each of `names`, and the peer, with each seed; fewer for gp, which takes minutes."""
    runs = [(name, seed) for name in (PEER, *names) for seed in range(seeds)]
    return [{"searcher": n, "seed": seed} for n, seed in runs if n != GP or seed < gp_seeds]


def play(
    searcher: Searcher | PlainOptuna, evaluate: Evaluate, trials: int, workers: int, seed: int
) -> Iterator[tuple[Point, tuple[float, ...] | None]]:
    """Each point in the order of asking, with its losses; any of the running trials ends next."""
    order = random.Random(seed)
    running: dict[int, tuple[float, ...] | None] = {}
    for index in range(trials):
        if len(running) == workers:
            ended = order.choice(sorted(running))
            searcher.tell(ended, _outcome(running.pop(ended)))
        point = searcher.ask(index)
        running[index] = evaluate(point)
        yield point, running[index]


def resumed(
    path: Path,
    wanted: list[dict[str, object]],
    measure: Callable[..., Mapping[str, object]],
) -> list[dict[str, object]]:
    """A row of `path` for each run of `wanted`; those not there are measured."""
    rows = [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
    with path.open("a") as file:
        for run in wanted:
            if not any(run.items() <= row.items() for row in rows):
                rows.append({**run, **measure(**run)})
                print(json.dumps(rows[-1]), file=file, flush=True)
    return [next(row for row in rows if run.items() <= row.items()) for run in wanted]


def _outcome(losses: tuple[float, ...] | None) -> Outcome:
    if losses is None:
        return Outcome(TrialState.FAILED, is_infeasible=True)
    return Outcome(TrialState.COMPLETE, losses)


def _suggested(trial: optuna.Trial, key: str, parameter: object) -> Scalar:
    if isinstance(parameter, Choice):
        return parameter.values[trial.suggest_categorical(key, range(len(parameter.values)))]
    suggest = trial.suggest_int if isinstance(parameter, Int) else trial.suggest_float
    return suggest(key, parameter.low, parameter.high, log=parameter.log)
