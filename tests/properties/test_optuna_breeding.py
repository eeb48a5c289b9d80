"""Generations that are remembered are those that Optuna finds by looking through all trials."""

import optuna
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from optuna.samplers import NSGAIIISampler, NSGAIISampler

from pareto_search.searchers.optuna_breeding import Generations, make_breeder
from pareto_search.searchers.optuna_study import quiet

OPTUNAS = {"nsga2": NSGAIISampler, "nsga3": NSGAIIISampler}


@pytest.mark.parametrize("kind", OPTUNAS)
@settings(max_examples=20, deadline=None)
@given(
    size=st.integers(2, 4),
    ends=st.lists(st.one_of(st.none(), st.tuples(st.integers(0, 5), st.integers(0, 9)))),
)
def test_generations_populations_and_parents_are_those_of_optuna(kind, size, ends):
    """`ends`: None begins a trial; (n, f) ends the n-th of those that run, with losses f, 9 - f."""
    with quiet():
        study = optuna.create_study(directions=["minimize"] * 2)
        generations = Generations(size)
        ours = make_breeder(kind, generations, size, seed=0)
        optunas = OPTUNAS[kind](population_size=size, seed=0)
        running = []
        for end in [None] * size + ends:
            if end is None:
                trial = study.ask()
                frozen = study.trials[trial.number]
                generation = optunas.get_trial_generation(study, frozen)
                assert ours.get_trial_generation(study, frozen) == generation
                found = ours.get_parent_population(study, generation)
                expected = optunas.get_parent_population(study, generation)
                assert numbers(found) == numbers(expected)
                running.append(trial.number)
            elif running:
                place, loss = end
                number = running.pop(place % len(running))
                study.tell(number, [loss, 9 - loss])
                ours.complete(study.trials[number])
        for generation in range(generations.current + 1):
            expected = optunas.get_population(study, generation)
            assert numbers(ours.get_population(study, generation)) == numbers(expected)


def numbers(trials):
    return sorted(trial.number for trial in trials)
