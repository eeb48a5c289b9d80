"""Objectives and the one place where a direction becomes a sign."""

import math
from collections.abc import Mapping, Sequence
from typing import Literal, TypeVar

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, Field

Value = TypeVar("Value", float, npt.NDArray[np.float64])


class Objective(BaseModel):
    """One number that every report of a trainable carries and that the sweep improves.

    `reference` is this objective's coordinate of the hypervolume's reference point, in the
    objective's own unit and direction; it is fixed by the recipe and never observed, so that
    a bad trial cannot raise the hypervolume.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(min_length=1, description="Key of this objective in every report.")
    direction: Literal["minimize", "maximize"] = Field(
        default="minimize", description="Whether smaller or larger values are better."
    )
    reference: float = Field(
        allow_inf_nan=False,
        description="Fixed reference value for the hypervolume: the worst value that counts.",
    )

    def loss(self, value: Value) -> Value:
        """`value`, a number or several, as a loss, which is always minimised.

        >>> Objective(name="dice", direction="maximize", reference=0.0).loss(0.9)
        -0.9
        """
        return value if self.direction == "minimize" else -value


def to_losses(
    values: Sequence[Mapping[str, float]], objectives: Sequence[Objective]
) -> npt.NDArray[np.float64]:
    """Objective values of N trials as losses, shape N x M; a missing value becomes NaN."""
    losses = np.empty((len(values), len(objectives)))
    for column, objective in enumerate(objectives):
        name = objective.name
        found = [row.get(name, math.nan) for row in values]
        losses[:, column] = objective.loss(np.array(found, dtype=np.float64))
    return losses


def reference_losses(objectives: Sequence[Objective]) -> npt.NDArray[np.float64]:
    """The reference point as losses, shape M."""
    return np.asarray([o.loss(o.reference) for o in objectives], dtype=np.float64)
