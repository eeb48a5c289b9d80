"""A recipe file, with overrides, as a validated configuration; or everything wrong with it."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from pareto_search.errors import Problem, RecipeError
from pareto_search.nearest import nearest
from pareto_search.recipe.config import SweepConfig
from pareto_search.recipe.consistency import inconsistencies
from pareto_search.recipe.document import Document, Place, Plain, parse_document
from pareto_search.recipe.overrides import apply_overrides, set_value
from pareto_search.recipe.parts import Parts, PartSpace
from pareto_search.recipe.secrecy import passwords
from pareto_search.recipe.wording import explain
from pareto_search.space import Parameter, Point

DEFAULT_STORAGE = "results"
"""Directory of all sweeps where neither a flag nor the recipe names one."""

CHANGEABLE = ("budget", "failures")
"""What a resume may change: nothing that decides a trial's outcome."""

_PARAMETER: TypeAdapter[Parameter] = TypeAdapter(Parameter)


def load_recipe(
    path: Path,
    overrides: Sequence[str] = (),
    *,
    name: str | None = None,
    storage: str | None = None,
) -> SweepConfig:
    """The recipe at `path` under `overrides` (``key=value``), `name` and `storage`.

    Flags win over the recipe, the recipe over defaults. Types are strict: "3" is no number.

    Raises:
        RecipeError: it cannot be read or used; holds every problem, each with its place.
    """
    document, problems = apply_overrides(_read(path), overrides)
    for flag, value in (("name", name), ("storage", storage)):
        if value is not None:
            set_value(document, (flag,), value, f"--{flag} {value}")
    if document.get(("storage",)) is None:
        set_value(document, ("storage",), DEFAULT_STORAGE, "default")
    return _validate(document, [*problems, *passwords(document)])


def make_config(data: Plain) -> SweepConfig:
    """The configuration that `data`, a recipe as plain values, describes; no file is read.

    Raises:
        RecipeError: it cannot be used; holds every problem.
    """
    return _validate(Document(data, {(): Place("", "")}), [])


def change_config(config: SweepConfig, overrides: Sequence[str]) -> SweepConfig:
    """`config` of a sweep that has begun, with `overrides` of what may change (`CHANGEABLE`).

    Raises:
        RecipeError: they change anything else, or cannot be used.
    """
    data = json.loads(config.model_dump_json(by_alias=True))
    document, problems = apply_overrides(Document(data, {(): Place("", "")}), overrides)
    problems += [
        Problem(
            f"Only {' and '.join(f'`{section}`' for section in CHANGEABLE)} should be changed of "
            "a sweep that has begun.",
            f"Found `{text}`.",
            hint="Start a new sweep, with this one as `warm_start`.",
            where=f"--set {text}",
        )
        for text in overrides
        if text.partition(".")[0].strip() not in CHANGEABLE
    ]
    return _validate(document, problems)


def _read(path: Path) -> Document:
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise _unreadable(path, "bytes that are not UTF-8 text") from None
    except FileNotFoundError:
        raise _unreadable(path, "no such file", _similar_file(path)) from None
    except OSError as error:
        raise _unreadable(path, (error.strerror or type(error).__name__).lower()) from None
    return parse_document(text, str(path))


def _unreadable(path: Path, found: str, hint: str = "") -> RecipeError:
    rule = "A recipe should be a readable text file."
    return RecipeError([Problem(rule, f"Found {found}.", hint=hint, where=str(path))])


def _similar_file(path: Path) -> str:
    match = nearest(path.name, (file.name for file in path.parent.glob("*.y*ml")))
    if match is None:
        return "`pareto-search init` writes one to start from."
    return f"Did you mean `{path.with_name(match)}`?"


def _validate(document: Document, problems: list[Problem]) -> SweepConfig:
    """The configuration `document` describes, unless it or what came before has problems."""
    try:
        config = SweepConfig.model_validate_json(json.dumps(document.data), strict=True)
    except ValidationError as error:
        found = [*explain(error, document), *_between_sections(document)]
        raise RecipeError([*problems, *(found or [_unexplained(error)])]) from None
    if problems:
        raise RecipeError(problems)
    return config


def _between_sections(document: Document) -> list[Problem]:
    """Breaches of the rules between sections, as far as the sections can be understood."""
    params = document.get(("params",))
    parts = Parts(
        [_name(objective) for objective in _listed(document, "objectives")],
        _understood(document.get(("space",))),
        [_point(entry) for entry in _listed(document, "baselines")],
        _count(document.get(("budget", "trials"))),
        _count(document.get(("seeds", "repeats"))) or 1,
        params if isinstance(params, dict) else {},
        [c if isinstance(c, str) else None for c in _listed(document, "constraints")],
        [row for row in _listed(document, "searcher", "aspiration") if isinstance(row, list)],
        _text(document.get(("scheduler", "objective"))),
    )
    findings = inconsistencies(parts)
    return [replace(problem, where=document.where(path)) for path, problem in findings]


def _listed(document: Document, *path: str) -> list[Plain]:
    entries = document.get(path)
    return entries if isinstance(entries, list) else []


def _count(value: Plain) -> int | None:
    return value if isinstance(value, int) and value > 0 else None


def _name(objective: Plain) -> str | None:
    return _text(objective.get("name")) if isinstance(objective, dict) else None


def _text(value: Plain) -> str | None:
    return value if isinstance(value, str) else None


def _point(entry: Plain) -> Point:
    pairs = entry.items() if isinstance(entry, dict) else ()
    return {key: value for key, value in pairs if isinstance(value, bool | int | float | str)}


def _understood(space: Plain) -> PartSpace:
    return (
        {key: _parameter(value) for key, value in (space or {}).items()} if _is_map(space) else {}
    )


def _is_map(value: Plain) -> bool:
    return isinstance(value, dict)


def _parameter(value: Plain) -> Parameter | None:
    try:
        return _PARAMETER.validate_json(json.dumps(value), strict=True)
    except ValidationError:
        return None


def _unexplained(error: ValidationError) -> Problem:
    return Problem("The recipe should be valid.", f"Found: {error.errors()[0]['msg']}.")
