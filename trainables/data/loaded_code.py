"""The version of code that is loaded, whatever became of its files since it was imported."""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import fields, is_dataclass
from types import (
    CodeType,
    EllipsisType,
    FunctionType,
    GenericAlias,
    MemberDescriptorType,
    ModuleType,
    UnionType,
)
from typing import TypeVar

_PLAIN = (
    *(bool, int, float, complex, str, bytes, type(None)),
    *(EllipsisType, GenericAlias, UnionType, TypeVar),
)

_WITHOUT_EFFECT = {
    *("__module__", "__doc__", "__dict__", "__weakref__", "__slots__", "__match_args__"),
    *("__annotations__", "__annotate__", "__annotate_func__", "__annotations_cache__"),
    *("__dataclass_fields__", "__dataclass_params__"),
    *("__firstlineno__", "__static_attributes__"),
}
"""What a class holds besides its methods and constants; a dataclass's fields are in its methods."""


def code_digest(modules: Iterable[ModuleType]) -> str:
    """64 hexadecimal digits that tell what the functions and constants of `modules` do.

    It is made of the bytecode in memory, with its constants, names and docstrings, not of source
    text: a file may be replaced under a running process, and text read then is not what runs.
    Paths, line numbers and comments have no part in it, nor have addresses and the order of sets:
    so processes that load one source, from anywhere, agree. Another version of Python may compile
    it to other bytecode, hence to another digest. What is imported counts by its name alone: to be
    told by what it does, its module must be one of `modules`.

    Args:
        modules: Modules of functions, classes of functions (dataclasses too), and constants that
            are plain values, dataclasses, or tuples, lists, dictionaries and sets of them.

    Raises:
        TypeError: a module defines something else, whose change would go unnoticed.

    >>> import colorsys
    >>> code_digest([colorsys]) == code_digest([colorsys])
    True
    """
    digest = hashlib.sha256()
    for module in modules:
        for name, value in sorted(vars(module).items()):
            if not name.startswith("__"):
                text = _text(value, module.__name__)
                digest.update(repr((module.__name__, name, text)).encode())
    return digest.hexdigest()


def _text(value: object, home: str) -> str:
    """`value` in words that are equal exactly where values do the same; `home` defines it."""
    if isinstance(value, _PLAIN):
        return f"{type(value).__name__} {value!r}"
    if isinstance(value, ModuleType):
        return f"module {value.__name__}"
    if isinstance(value, CodeType):
        return _code_text(value, home)
    origin = getattr(value, "__module__", None)
    if origin not in (None, home) and hasattr(value, "__qualname__"):
        return f"import {origin}.{value.__qualname__}"
    if isinstance(value, type):
        return _class_text(value, home)
    return _value_text(value, home)


def _value_text(value: object, home: str) -> str:
    if isinstance(value, FunctionType):
        held = [cell.cell_contents for cell in value.__closure__ or ()]
        # a class that its own method names, for `super()`, would never end
        closure = [c.__qualname__ if isinstance(c, type) else c for c in held]
        parts = [value.__code__, value.__defaults__, value.__kwdefaults__, closure]
        return f"function {_text(parts, home)}"
    if hasattr(value, "__wrapped__"):  # by a cache, say
        return f"{type(value).__name__} {_text(value.__wrapped__, home)}"
    if type(value).__module__ == "dataclasses":  # says that a field has a factory
        return type(value).__qualname__
    if isinstance(value, re.Pattern):
        return f"pattern {value.flags} {value.pattern!r}"
    if is_dataclass(value):
        parts = [(field.name, getattr(value, field.name)) for field in fields(value)]
        return f"{type(value).__qualname__} {_text(parts, home)}"
    return _collection_text(value, home)


def _class_text(value: type, home: str) -> str:
    members = [
        (name, _method(member))
        for name, member in sorted(vars(value).items())
        if name not in _WITHOUT_EFFECT
    ]
    return f"class {value.__qualname__} {_text([value.__bases__, members], home)}"


def _method(member: object) -> object:
    """What does the work of a class's member."""
    if isinstance(member, staticmethod | classmethod):
        return type(member).__name__, member.__func__
    if isinstance(member, property):
        return "property", member.fget, member.fset, member.fdel
    if isinstance(member, MemberDescriptorType):
        return "slot"
    return member


def _code_text(code: CodeType, home: str) -> str:
    parts = [
        *(code.co_code, code.co_consts, code.co_names, code.co_flags, code.co_exceptiontable),
        *(code.co_varnames, code.co_cellvars, code.co_freevars),
        *(code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount),
    ]
    return f"code {_text(parts, home)}"


def _collection_text(value: object, home: str) -> str:
    kind = type(value).__name__
    if isinstance(value, dict):
        return f"{kind} {_text(list(value.items()), home)}"
    if isinstance(value, tuple | list):
        return f"{kind} {[_text(item, home) for item in value]}"
    if isinstance(value, set | frozenset):  # their order differs from process to process
        return f"{kind} {sorted(_text(item, home) for item in value)}"
    raise TypeError(
        f"Module `{home}` should define functions and plain constants alone, so that its version "
        f"can be told. Found {value!r}, a {type(value).__qualname__}."
    )
