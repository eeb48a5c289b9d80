"""Which data a training run takes, and how it is dealt out."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, field_serializer, field_validator, model_validator

from trainables.data.buckets.address import is_in_bucket, parse_address
from trainables.data.labels import Codes, find_label_map
from trainables.sections import Section

LayoutName = Literal["auto", "brats", "brats2023", "msd", "nnunet", "csv"]
Step = Annotated[float, Field(gt=0, le=100, allow_inf_nan=False)]


AUTO = "auto"
"""A cache in the user's own folder."""

MEMORY = "memory"
"""No cache."""


class PreprocessingConfig(Section):
    """How a case is brought into the form that networks see.

    Besides these, always: axes along right, anterior and superior, as far as flips and
    permutations reach; mean 0 and deviation 1 over each modality's non-zero voxels; cropped to
    the non-zero voxels and the label, with distances of the whole.
    """

    spacing_mm: tuple[Step, Step, Step] | None = Field(
        default=None,
        description="Spacing along right, anterior and superior that cases are resampled to, mm; "
        "each case's own where null. Metrics of training are then those of that grid, against the "
        "resampled label, and do not compare between spacings; predict and evaluate score on the "
        "grid of each case.",
    )
    image_type: Literal["float32", "float16"] = Field(
        default="float32",
        description="How prepared images are kept. float16 halves them, and errs by up to 1/2048 "
        "of a value.",
    )


class DataConfig(Section):
    """Where the cases are, what their labels mean, and which part of them is for what."""

    root: str = Field(
        min_length=1,
        description="Folder of the cases, or a CSV file of their paths; a relative one is looked "
        "for below the working folder. s3://BUCKET/PREFIX is copied into the cache once for each "
        "node; who may read it, AWS's own environment variables and files say.",
    )
    layout: LayoutName = Field(
        default="auto",
        description="How files are named: as in BraTS 2018 to 2021, in BraTS from 2023 on, in the "
        "Medical Segmentation Decathlon, in nnU-Net's raw data, or by a CSV file of paths; auto "
        "looks which of them the folder has.",
    )
    labels: Codes = Field(
        default="auto",
        description="What label codes mean: the name of a coding, or a mapping from regions, the "
        "outermost first, to their codes: {WT: [1, 2, 4], TC: [1, 4], ET: [4]}. auto is what the "
        "layout says.",
    )
    modalities: tuple[str, ...] | None = Field(
        default=None,
        min_length=1,
        description="Names of the image channels, in their order; all that are found where null.",
    )
    train_fraction: float = Field(
        default=0.6, gt=0, lt=1, description="Part of the patients that is trained on; 0 to 1."
    )
    validation_fraction: float = Field(
        default=0.2, gt=0, lt=1, description="Part of the patients that trials are judged on."
    )
    test_fraction: float = Field(
        default=0.2,
        gt=0,
        lt=1,
        description="Part of the patients that is reported on once, at the end.",
    )
    split_seed: int = Field(
        default=0,
        description="Deals the patients out. It belongs to the data, not to a search: trials "
        "with different splits do not compare.",
    )
    blocks: int = Field(
        default=1,
        ge=1,
        le=64,
        description="Above 1, the box around each case's lesions is cut along its longest axis "
        "into so many blocks, which act as cases of different patients. It is for trying the "
        "path with one or two real cases: the split is not by patient then, and every score "
        "optimistic.",
    )

    preprocessing: PreprocessingConfig = Field(default_factory=PreprocessingConfig)
    cache: str = Field(
        default="auto",
        min_length=1,
        description="Folder where prepared cases are kept, for all trials, runs and nodes that "
        "see it. auto is what the environment variable TRAINABLES_CACHE names, else "
        "pareto-search in the user's folder for caches; memory keeps none, and each trial holds "
        "a copy. A case takes 4 bytes a modality (2 as float16) and 3 a region for each voxel of "
        "its box: 25 with four modalities and three regions. It may be removed at any time; "
        "entries are named by the files' bytes, the settings and the code, so they never go out "
        "of date.",
    )
    workers: int | None = Field(
        default=None,
        ge=1,
        le=256,
        description="Cases that are prepared at a time; the cores, up to 4, where null.",
    )

    @field_validator("root")
    @classmethod
    def _as_written(cls, value: str) -> str:
        return parse_address(value).url if is_in_bucket(value) else value

    @field_validator("labels", mode="before")
    @classmethod
    def _hashable(cls, value: object) -> object:
        """A mapping as pairs: a configuration is a key of what is remembered by it."""
        if isinstance(value, str | tuple):
            return value
        if not isinstance(value, Mapping) or not all(map(_are_codes, value.values())):
            raise ValueError(
                "Parameter `labels` should be a name, or a mapping from regions to lists of codes "
                f"such as {{WT: [1, 2, 4], ET: [4]}}. Found `labels = {value}`."
            )
        return tuple((str(name), tuple(codes)) for name, codes in value.items())

    @field_validator("labels")
    @classmethod
    def _known(cls, value: Codes) -> Codes:
        if value != "auto":
            find_label_map(value)
        return value

    @field_serializer("labels")
    def _as_mapping(self, value: Codes) -> str | dict[str, list[int]]:
        return value if isinstance(value, str) else {name: list(codes) for name, codes in value}

    @model_validator(mode="after")
    def _sum_to_one(self) -> Self:
        if abs(sum(self.fractions) - 1) > 1e-6:
            raise ValueError(
                "Parameters `train_fraction`, `validation_fraction` and `test_fraction` should "
                f"sum to 1. Found {self.fractions}."
            )
        return self

    def anchored(self) -> Self:
        """The same with absolute folders, so that each means one whatever the cwd.

        Whatever is remembered by configuration is remembered by this one.
        """
        folders = {} if is_in_bucket(self.root) else {"root": self.root}
        if self.cache not in (AUTO, MEMORY):
            folders["cache"] = self.cache
        absolute = {key: str(Path(folder).absolute()) for key, folder in folders.items()}
        return self.model_copy(update=absolute)

    @property
    def fractions(self) -> tuple[float, float, float]:
        """Parts of the patients for training, validation and test."""
        return self.train_fraction, self.validation_fraction, self.test_fraction


def _are_codes(value: object) -> bool:
    return isinstance(value, list | tuple) and all(type(code) is int for code in value)
