"""From a search described in Python to the configuration that a recipe would give."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from pydantic import BaseModel

from pareto_search.recipe.config import SweepConfig
from pareto_search.recipe.loading import make_config

_LOOP = {"name": "search", "trainable": "your_own:loop"}
"""What a recipe says of who runs the trials; nobody asks for it here."""


def define(sections: Mapping[str, Any]) -> SweepConfig:
    """The configuration of a search with these `sections` of a recipe.

    Models of the recipe and plain values may be mixed.

    Raises:
        RecipeError: it cannot be used; holds every problem.
    """
    return make_config({**_LOOP, **_plain(sections)})


def _plain(value: Any) -> Any:  # noqa: ANN401  whatever a caller has there
    """`value` as JSON has it."""
    if isinstance(value, BaseModel):
        return json.loads(value.model_dump_json(by_alias=True))
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, np.generic | np.ndarray):
        return value.tolist()
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_plain(inner) for inner in value]
    return value
