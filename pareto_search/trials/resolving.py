"""From a dotted path in a recipe to the Python function it names."""

import importlib
import pkgutil
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any, NoReturn

from pareto_search.errors import Problem, RecipeError
from pareto_search.nearest import nearest

_KEY = "trainable"


def resolve_trainable(dotted: str) -> Callable[..., Any]:
    """The callable that `dotted`, as ``package.module:attribute``, names.

    Modules of the working directory are found too, as with ``python -m``.

    Raises:
        RecipeError: no such module or attribute, the module cannot be imported, or what is
            there cannot be called.

    >>> resolve_trainable("math:hypot")(3, 4)
    5.0
    """
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.insert(0, here)
    module_name, _, attributes = dotted.partition(":")
    found: Any = _import(module_name)
    for name in attributes.split("."):
        if not hasattr(found, name):
            _refuse(
                f"`{module_name}` should have `{attributes}`.", "Found none.", _similar(found, name)
            )
        found = getattr(found, name)
    if not callable(found):
        _refuse("A trainable should be a function.", f"Found {dotted} = {found!r:.60}.")
    return found  # type: ignore[no-any-return]  # callable() was asked just above


def _import(name: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        missing = error.name or name
        if name == missing or name.startswith(f"{missing}."):
            rule = "The trainable's module should be installed or in the working directory."
            _refuse(rule, f"Found no module `{missing}`.", _similar_module(missing))
        rule = f"Every module that `{name}` imports should be installed."
        _refuse(rule, f"Found no `{missing}`.", "Install it, or the extra that brings it.")
    except Exception as error:  # noqa: BLE001  user code: any error means it cannot be used
        _refuse(f"`{name}` should be importable.", f"Found {type(error).__name__}: {error}")


def _similar(module: object, name: str) -> str:
    names = (n for n in dir(module) if callable(getattr(module, n, None)) and n[0] != "_")
    return _did_you_mean(nearest(name, names))


def _similar_module(name: str) -> str:
    """A hint from the modules beside the missing one."""
    parent, _, leaf = name.rpartition(".")
    places = getattr(importlib.import_module(parent), "__path__", []) if parent else None
    match = nearest(leaf, (module.name for module in pkgutil.iter_modules(places)))
    return _did_you_mean(f"{parent}.{match}" if match and parent else match)


def _did_you_mean(word: str | None) -> str:
    return f"Did you mean `{word}`?" if word else "A trainable reads package.module:function."


def _refuse(rule: str, found: str, hint: str = "") -> NoReturn:
    raise RecipeError([Problem(rule, found, key=_KEY, hint=hint)])
