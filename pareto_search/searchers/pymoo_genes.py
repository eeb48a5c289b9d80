"""Points as pymoo's variables: one gene for each parameter that has more than one value."""

import numpy as np
from pymoo.core.variable import Choice as ChoiceVariable
from pymoo.core.variable import Real

from pareto_search.searchers.encoding import choice_index, from_unit, is_free, to_unit
from pareto_search.space import Choice, Parameter, Point, Scalar, Space, active

Genes = dict[str, float | int]
"""One gene for each free parameter, active or not: its unit in [0, 1], or a choice's place."""


class GeneCode:
    """Holds a space and its free parameters, in the space's order."""

    def __init__(self, space: Space) -> None:
        self._space = space
        self.free = [key for key in space if is_free(space[key])]
        self.variables = {key: _variable(space[key]) for key in self.free}

    def encode(self, point: Point, generator: np.random.Generator) -> Genes:
        """The genes of `point`; those of inactive parameters, which it lacks, are drawn."""
        genes: Genes = {}
        for key in self.free:
            drawn = from_unit(self._space[key], float(generator.random()))
            genes[key] = _gene(self._space[key], point.get(key, drawn))
        return genes

    def decode(self, genes: Genes) -> dict[str, Scalar]:
        """The point that `genes` stand for, inactive keys absent."""
        values = {key: _value(p, genes.get(key, 0)) for key, p in self._space.items()}
        return active(self._space, values)


def _variable(parameter: Parameter) -> Real | ChoiceVariable:
    if isinstance(parameter, Choice):
        return ChoiceVariable(options=range(len(parameter.values)))
    return Real(bounds=(0.0, 1.0))


def _gene(parameter: Parameter, value: Scalar) -> float | int:
    if isinstance(parameter, Choice):
        return choice_index(parameter, value)
    return to_unit(parameter, value)


def _value(parameter: Parameter, gene: float | int) -> Scalar:
    if isinstance(parameter, Choice):
        return parameter.values[int(gene)]
    return from_unit(parameter, float(gene))
