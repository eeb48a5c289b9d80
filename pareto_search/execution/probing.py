"""What one node of a cluster says of itself, from inside a worker process of it."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol, runtime_checkable
from uuid import uuid4

from pareto_search.errors import RecipeError
from pareto_search.recipe.config import SweepConfig
from pareto_search.trials.params import trial_params
from pareto_search.trials.preflight import probing_points, resolve_trainable


@runtime_checkable
class Reads(Protocol):
    """A trainable that can tell which files and folders a trial reads."""

    def reads(self, params: dict[str, Any]) -> Sequence[str]:
        """Their paths; none where the data come from elsewhere."""
        ...


def enter(place: str) -> None:
    """Work where the driver does, where this node has that folder, and find modules there."""
    if Path(place).is_dir():
        os.chdir(place)
    sys.path.extend(p for p in (place, str(Path.cwd())) if p not in sys.path)


def probe(settings: str, place: str, started_in: str) -> dict[str, Any]:
    """Whether this node shares the folder `place` and can run trials of the sweep `settings`.

    ``storage``: what hinders it from writing there, or nothing; ``mark``: the name of the file
    that it wrote; ``trainable``: what is wrong with that, in sentences; ``unreadable``: paths that
    its trials read and this node cannot.
    """
    enter(started_in)
    config = SweepConfig.model_validate_json(settings)
    mark = uuid4().hex
    try:
        (Path(place) / mark).write_text("")
        storage = ""
    except OSError as error:
        storage = f"cannot write {place}: {error.strerror or error}"
    told: dict[str, Any] = {"storage": storage, "mark": mark, "trainable": [], "unreadable": []}
    try:
        trainable: object = resolve_trainable(config.trainable)
    except RecipeError as error:
        return {**told, "trainable": [problem.found for problem in error.problems]}
    told["unreadable"] = unreadable(
        trainable, trial_params(config, probing_points(config.space)[0])
    )
    return told


def unreadable(trainable: object, params: dict[str, Any]) -> list[str]:
    """Which of the paths that a trial with `params` reads this node cannot read."""
    paths = trainable.reads(params) if isinstance(trainable, Reads) else ()
    return [path for path in paths if not os.access(path, os.R_OK)]
