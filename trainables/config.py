"""Nested parameters -> one frozen, validated configuration: the only bridge from a search point."""

from collections.abc import Iterator, Mapping
from typing import Any, Literal, Self

from pydantic import Field, ValidationError, model_validator

from trainables.balance import LossConfig
from trainables.compute.config import ComputeConfig
from trainables.curriculum import CurriculumConfig
from trainables.data.augmentation.config import AugmentationConfig
from trainables.data.config import DataConfig
from trainables.data.sampling import SamplingConfig
from trainables.diagnostics import DiagnosticsConfig
from trainables.errors import ParameterError
from trainables.evaluation import EvaluationConfig
from trainables.fuzzy import FuzzyConfig
from trainables.networks import NetworkConfig, check_patch_size
from trainables.optimiser import OptimiserConfig
from trainables.sections import Section, known_fields, problems


class TrainConfig(Section):
    """Everything that one training run depends on; each section is described beside its owner."""

    data: DataConfig
    network: NetworkConfig = Field(default_factory=NetworkConfig)
    optimiser: OptimiserConfig = Field(default_factory=OptimiserConfig)
    fuzzy: FuzzyConfig = Field(default_factory=FuzzyConfig)
    curriculum: CurriculumConfig = Field(default_factory=CurriculumConfig)
    loss: LossConfig = Field(default_factory=LossConfig)
    evaluation: EvaluationConfig = Field(default_factory=EvaluationConfig)
    diagnostics: DiagnosticsConfig = Field(default_factory=DiagnosticsConfig)
    compute: ComputeConfig = Field(default_factory=ComputeConfig)
    epochs: int = Field(default=12, ge=1, description="Times that training pauses to report.")
    steps_per_epoch: int = Field(default=50, ge=1, description="Batches in an epoch.")
    save_every: int = Field(
        default=1,
        ge=1,
        description="Epochs from one checkpoint to the next; the last epoch always saves one. A "
        "training that is cut off, or stopped early, has the last one that was saved.",
    )
    batch_size: int = Field(
        default=2,
        ge=1,
        description="Patches in a batch; of all processes together, where several train.",
    )
    accumulate: int = Field(
        default=1,
        ge=1,
        description="Batches whose mean makes one update, each in memory alone: as one batch of "
        "all of their patches.",
    )
    patch_size: tuple[int, int, int] = Field(
        default=(96, 96, 96),
        description="Voxels of a patch along X, Y, Z: multiples of 2 ** (network.levels - 1), for "
        "swinunetr of 32 and for mednext of 16.",
    )
    sampling: SamplingConfig = Field(default_factory=SamplingConfig)
    augmentation: AugmentationConfig = Field(default_factory=AugmentationConfig)
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

    @model_validator(mode="after")
    def _is_shared_evenly(self) -> Self:
        check_shares(self.batch_size, self.compute.processes)
        return self


def check_shares(batch_size: int, processes: int) -> None:
    """Refuse a batch that this many processes cannot share evenly: its mean would be another.

    Raises:
        ParameterError: `batch_size` is no multiple of `processes`.
    """
    if batch_size % processes:
        raise ParameterError(
            "Parameter `batch_size` should be a multiple of the number of processes that train "
            f"together, {processes}. Found `batch_size = {batch_size}`."
        )


def load_train_config(params: Mapping[str, Any]) -> TrainConfig:
    """The configuration that `params` describe, completed by defaults.

    Raises:
        ParameterError: the message has one line for each problem.
    """
    try:
        return TrainConfig.model_validate(dict(params))
    except ValidationError as error:
        raise ParameterError("\n".join(problems(error, TrainConfig))) from error


def known_keys() -> Iterator[str]:
    """Every dotted key that `params` may hold, sections included.

    >>> "fuzzy.width_mm" in known_keys()
    True
    """
    return (key for key, _ in known_fields(TrainConfig))
