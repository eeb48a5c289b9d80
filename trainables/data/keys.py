"""Names of prepared cases, made of everything they depend on, so that none is ever out of date."""

import hashlib
import sys
from collections.abc import Iterable, Mapping
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from types import ModuleType

from trainables import boxes, compact, components, distance
from trainables.data import (
    cases,
    distances,
    entries,
    geometry,
    labels,
    one_grid,
    preprocessing,
    resampling,
    sampling_points,
)
from trainables.data.loaded_code import code_digest
from trainables.data.preprocessing import Recipe

PREPARING = (
    *(
        cases,
        one_grid,
        labels,
        geometry,
        resampling,
        preprocessing,
        distances,
        sampling_points,
        entries,
    ),
    *(boxes, distance, components, compact),
)
"""The modules of ours that say what is in an entry."""

_LIBRARIES = ("torch", "numpy", "scipy", "nibabel", "monai")


def code_version(modules: Iterable[ModuleType] = PREPARING) -> str:
    """The version of `modules`, as they are loaded, and of the libraries they call.

    Nobody has to raise it, and nobody can forget to. It is told in milliseconds, and anew each
    time: so a module that is loaded again, in a notebook, counts as it is by then.
    """
    code = code_digest((*modules, sys.modules[__name__]))
    return " ".join([code, *_libraries()])


@lru_cache(maxsize=1)
def _libraries() -> tuple[str, ...]:
    """Those that are installed when this process first asks, which are those that it loads."""
    return tuple(f"{name} {version(name)}" for name in _LIBRARIES)


def entry_key(recipe: Recipe, digests: Mapping[Path, str], code: str) -> str:
    """64 hexadecimal digits that name what `recipe` makes.

    Args:
        recipe: Of one case.
        digests: SHA-256 of the bytes of each of the case's files.
        code: See `code_version`.
    """
    case = recipe.case
    files = [*case.images, *([] if case.label is None else [case.label])]
    regions = [(name, sorted(codes)) for name, codes in recipe.labels.regions]
    spacing = recipe.spacing_mm and [float(step).hex() for step in recipe.spacing_mm]
    content = ([digests[file] for file in files], case.channels, case.label is None)
    settings = (regions, spacing, recipe.image_type, recipe.blocks)
    return hashlib.sha256(repr((code, case.case_id, content, settings)).encode()).hexdigest()
