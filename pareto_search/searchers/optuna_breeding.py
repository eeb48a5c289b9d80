"""Optuna's NSGA-II and NSGA-III, which know their generations without looking through all trials.

Optuna finds a trial's generation, its population and its parents in the whole study each time, so
that a proposal costs the more the longer a sweep gets.
"""

from bisect import insort
from operator import attrgetter

from optuna.samplers import NSGAIIISampler, NSGAIISampler
from optuna.samplers._ga import BaseGASampler
from optuna.study import Study
from optuna.trial import FrozenTrial


class Generations:
    """Holds the complete trials of each generation, by number, and the parents of each.

    A generation is full with `size` complete trials; who is proposed then belongs to the next.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._latest = 0
        self._members: dict[int, list[FrozenTrial]] = {0: []}
        self.parents: dict[int, list[FrozenTrial]] = {0: []}

    @property
    def current(self) -> int:
        """The generation of a trial that is proposed now."""
        return self._latest + (len(self._members[self._latest]) >= self._size)

    def members(self, generation: int) -> list[FrozenTrial]:
        """The complete trials of `generation`, in the order of their numbers."""
        return self._members.get(generation, [])

    def add(self, generation: int, trial: FrozenTrial) -> None:
        """`trial` of `generation` is complete."""
        self._latest = max(self._latest, generation)
        insort(self._members.setdefault(generation, []), trial, key=attrgetter("number"))


class _Remembering(BaseGASampler):
    """A genetic sampler of Optuna's that looks into the `Generations` of its study."""

    generations: Generations

    def complete(self, trial: FrozenTrial) -> None:
        """`trial`, which has its generation, is complete."""
        self.generations.add(trial.system_attrs[self._get_generation_key()], trial)

    def get_trial_generation(self, study: Study, trial: FrozenTrial) -> int:
        """That of `trial`, which is given the current one if it has none."""
        generation: int | None = trial.system_attrs.get(self._get_generation_key())
        if generation is None:
            generation = self.generations.current
            study._storage.set_trial_system_attr(
                trial._trial_id, self._get_generation_key(), generation
            )
        return generation

    def get_population(self, study: Study, generation: int) -> list[FrozenTrial]:  # noqa: ARG002  Optuna's
        """The complete trials of `generation`."""
        return self.generations.members(generation)

    def get_parent_population(self, study: Study, generation: int) -> list[FrozenTrial]:
        """The parents of `generation`, who are chosen once."""
        parents = self.generations.parents
        if generation not in parents:
            chosen = self.select_parent(study, generation)
            parents[generation] = sorted(chosen, key=attrgetter("number"))
        return parents[generation]


class _Nsga2(_Remembering, NSGAIISampler):
    pass


class _Nsga3(_Remembering, NSGAIIISampler):
    pass


Breeder = _Nsga2 | _Nsga3


def make_breeder(kind: str, generations: Generations, size: int, seed: int) -> Breeder:
    """NSGA-II or, for `kind` nsga3, NSGA-III, with populations of `size`."""
    breeder = (_Nsga3 if kind == "nsga3" else _Nsga2)(population_size=size, seed=seed)
    breeder.generations = generations
    return breeder
