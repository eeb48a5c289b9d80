"""Sections of parameters: frozen, closed to unknown keys, and refusing in one line each problem.

A line says the parameter, its range and what was found; where a key is unknown, the nearest known.
"""

import difflib
from collections.abc import Iterator, Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError, ValidationInfo, field_validator
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails, PydanticCustomError

from trainables.errors import ParameterError
from trainables.ranges import range_rule


class Section(BaseModel):
    """What every configuration is derived from.

    >>> from pydantic import Field
    >>> class Optics(Section):
    ...     focus_mm: float = Field(default=50.0, gt=0)
    >>> Optics(focus_mm=-1)
    Traceback (most recent call last):
    trainables.errors.ParameterError: Parameter `focus_mm` should be a number, above 0. \
Found `focus_mm = -1`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    def __init__(self, /, **values: Any) -> None:  # noqa: ANN401 - whatever a file may hold
        """Refuse with a ParameterError, one line for each problem."""
        try:
            super().__init__(**values)
        except ValidationError as error:
            raise ParameterError("\n".join(problems(error, type(self)))) from error

    # A section inside another one is built without this method, as if it were pydantic's own:
    # the outer section then says the whole key, and all problems at once.
    __init__.__pydantic_base_init__ = True  # type: ignore[attr-defined]

    @field_validator("*", mode="before")
    @classmethod
    def _no_truth_for_a_number(cls, value: object, info: ValidationInfo) -> object:
        """True and False that stand where a number should: pydantic would take them for 1 and 0."""
        if isinstance(value, bool) and range_rule(cls.model_fields[info.field_name or ""]):
            raise PydanticCustomError("truth_for_number", "should be a number")
        return value


def problems(error: ValidationError, model: type[BaseModel]) -> Sequence[str]:
    """What pydantic found wrong with the parameters of `model`: a sentence each, none twice."""
    return tuple(dict.fromkeys(_sentence(detail, model) for detail in error.errors()))


def known_fields(model: type[BaseModel], prefix: str = "") -> Iterator[tuple[str, FieldInfo]]:
    """Every dotted key that parameters of `model` may hold, sections included, and its field."""
    for name, field in model.model_fields.items():
        yield prefix + name, field
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from known_fields(field.annotation, f"{prefix}{name}.")


def _sentence(detail: ErrorDetails, model: type[BaseModel]) -> str:
    """One problem: the rule, the finding and, where there is one, the way out."""
    key = ".".join(str(part) for part in detail["loc"])
    fields = dict(known_fields(model))
    if detail["type"] == "extra_forbidden":
        return f"Unknown parameter `{key}`. The nearest known is `{_nearest(key, list(fields))}`."
    if detail["type"] == "missing":
        return f"Parameter `{key}` should be given. Found none."
    if detail["type"] == "value_error":
        return detail["msg"].removeprefix("Value error, ")
    rule = detail["msg"].removeprefix("Input ")
    if detail["type"] in ("model_type", "model_attributes_type"):
        rule = "should be a section of parameters"
    if key in fields:
        rule = range_rule(fields[key]) or rule
    return f"Parameter `{key}` {rule}. Found `{key} = {detail['input']}`."


def _nearest(key: str, known: Sequence[str]) -> str:
    """The known key that `key` was most likely meant to be: in its own section, or by its leaf."""
    section, _, leaf = key.rpartition(".")
    near = [name for name in known if name.rpartition(".")[0] == section]
    for names in (near, known):
        by_leaf = {name.rpartition(".")[2]: name for name in reversed(names)}
        found = difflib.get_close_matches(leaf, by_leaf, n=1)
        if found:
            return by_leaf[found[0]]
    return difflib.get_close_matches(key, known, n=1, cutoff=0.0)[0]
