"""Nested parameters -> one frozen, validated configuration: the only bridge from a search point."""

import difflib
from collections.abc import Iterator, Mapping
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from trainables.balance import LossConfig
from trainables.curriculum import CurriculumConfig
from trainables.data.config import DataConfig
from trainables.diagnostics import DiagnosticsConfig
from trainables.errors import ParameterError
from trainables.evaluation import EvaluationConfig
from trainables.fuzzy import FuzzyConfig
from trainables.networks import NetworkConfig, check_patch_size
from trainables.optimiser import OptimiserConfig
from trainables.ranges import range_rule


class TrainConfig(BaseModel):
    """Everything that one training run depends on; each section is described beside its owner."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    data: DataConfig
    network: NetworkConfig = Field(default_factory=NetworkConfig)
    optimiser: OptimiserConfig = Field(default_factory=OptimiserConfig)
    fuzzy: FuzzyConfig = Field(default_factory=FuzzyConfig)
    curriculum: CurriculumConfig = Field(default_factory=CurriculumConfig)
    loss: LossConfig = Field(default_factory=LossConfig)
    evaluation: EvaluationConfig = Field(default_factory=EvaluationConfig)
    diagnostics: DiagnosticsConfig = Field(default_factory=DiagnosticsConfig)
    epochs: int = Field(default=12, ge=1, description="Times that training pauses to report.")
    steps_per_epoch: int = Field(default=50, ge=1, description="Batches in an epoch.")
    batch_size: int = Field(default=2, ge=1, description="Patches in a batch.")
    patch_size: tuple[int, int, int] = Field(
        default=(96, 96, 96),
        description="Voxels of a patch along X, Y, Z: multiples of 2 ** (network.levels - 1).",
    )
    foreground: float = Field(
        default=0.67, ge=0, le=1, description="Part of the patches that are centred on a lesion."
    )
    window_size: tuple[int, int, int] | None = Field(
        default=None,
        description="Voxels of the window that slides over a volume to predict it; the patch's "
        "size where null. Instance norm sees other statistics in larger windows and may fail.",
    )
    window_overlap: float = Field(
        default=0.25, ge=0, lt=1, description="Part of a window that the next one sees again."
    )
    seed: int = Field(
        default=0, ge=0, lt=2**63, description="Of the initial weights and of the patches."
    )
    device: Literal["auto", "cpu", "cuda"] = Field(
        default="auto", description="Where to train; auto takes an accelerator if there is one."
    )
    threads: int | None = Field(
        default=None, ge=1, description="Processor threads; torch's own choice where null."
    )

    @property
    def window(self) -> tuple[int, int, int]:
        """The window that predicts, in voxels."""
        return self.window_size or self.patch_size

    @model_validator(mode="after")
    def _fits_the_network(self) -> Self:
        check_patch_size("patch_size", self.patch_size, self.network)
        check_patch_size("window_size", self.window, self.network)
        return self


def load_train_config(params: Mapping[str, Any]) -> TrainConfig:
    """The configuration that `params` describe, completed by defaults.

    Raises:
        ParameterError: the message has one line for each problem.
    """
    problems = [_finding(key, value) for key, value in _truths_for_numbers(params)]
    cause = None
    try:
        config = TrainConfig.model_validate(dict(params))
    except ValidationError as error:
        problems += [_sentence(detail) for detail in error.errors()]
        cause = error
    if problems:
        raise ParameterError("\n".join(dict.fromkeys(problems))) from cause
    return config


def known_keys(model: type[BaseModel] = TrainConfig) -> Iterator[str]:
    """Every dotted key that `params` may hold, sections included.

    >>> "fuzzy.width_mm" in known_keys()
    True
    """
    return (key for key, _ in known_fields(model))


def known_fields(
    model: type[BaseModel] = TrainConfig, prefix: str = ""
) -> Iterator[tuple[str, FieldInfo]]:
    """The field of every dotted key that `params` may hold, sections included."""
    for name, field in model.model_fields.items():
        yield prefix + name, field
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from known_fields(field.annotation, f"{prefix}{name}.")


def _truths_for_numbers(params: Mapping[str, Any]) -> Iterator[tuple[str, bool]]:
    """True and False that stand where a number should: pydantic would take them for 1 and 0."""
    for key, field in known_fields():
        *sections, name = key.split(".")
        found: Any = params
        for section in sections:
            found = found.get(section) if isinstance(found, Mapping) else None
        value = found.get(name) if isinstance(found, Mapping) else None
        if isinstance(value, bool) and range_rule(field):
            yield key, value


def _sentence(detail: ErrorDetails) -> str:
    """One problem: the rule, the finding and, where there is one, the way out."""
    key = ".".join(str(part) for part in detail["loc"])
    if detail["type"] == "extra_forbidden":
        nearest = _nearest(key)
        return f"Unknown parameter `{key}`. The nearest known is `{nearest}`."
    if detail["type"] == "missing":
        return f"Parameter `{key}` should be given. Found none."
    if detail["type"] == "value_error":
        return detail["msg"].removeprefix("Value error, ")
    rule = detail["msg"].removeprefix("Input ")
    if detail["type"] in ("model_type", "model_attributes_type"):
        rule = "should be a section of parameters"
    return _finding(key, detail["input"], rule)


def _finding(key: str, value: object, rule: str | None = None) -> str:
    """The range if `key` is a number's, else `rule`; and the finding."""
    field = dict(known_fields()).get(key)
    rule = (field and range_rule(field)) or rule
    return f"Parameter `{key}` {rule}. Found `{key} = {value}`."


def _nearest(key: str) -> str:
    """The known key that `key` was most likely meant to be: in its own section, or by its leaf."""
    known = list(known_keys())
    section, _, leaf = key.rpartition(".")
    near = [name for name in known if name.rpartition(".")[0] == section]
    for names in (near, known):
        by_leaf = {name.rpartition(".")[2]: name for name in reversed(names)}
        found = difflib.get_close_matches(leaf, by_leaf, n=1)
        if found:
            return by_leaf[found[0]]
    return difflib.get_close_matches(key, known, n=1, cutoff=0.0)[0]
