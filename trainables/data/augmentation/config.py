"""How patches are varied: the probability of each change, and its largest amount."""

from collections.abc import Mapping
from typing import Literal, Self

from pydantic import Field, model_validator

from trainables.sections import Section

MOST_OF_SPACING = 0.4
"""Control points of a cubic B-spline that move less, per axis, fold no space.

Source: Choi and Lee (2000), Graphical Models 62:411-427: 1/2.48 of their distance in 3-D.
"""

PRESETS: Mapping[str, Mapping[str, float | bool]] = {
    "flips": {},
    "strong": {
        "quarter_turns": True,
        "affine": 0.25,
        "elastic": 0.1,
        "noise": 0.1,
        "blur": 0.1,
        "brightness": 0.15,
        "contrast": 0.15,
        "gamma": 0.2,
        "bias_field": 0.1,
        "low_resolution": 0.1,
    },
}
"""What each preset has instead of the defaults; how often is about nnU-Net's choice."""


class AugmentationConfig(Section):
    """What is done to patches, with which probability and how strongly.

    Changes of intensity are drawn for each modality by itself and leave its background at 0;
    intensities are those of normalised images, whose standard deviation is 1.
    """

    preset: Literal["flips", "strong"] = Field(
        default="flips",
        description="What this section's other keys are where they are not given: flips alone, or "
        "every change that keeps all modalities (their probabilities are 0 otherwise).",
    )
    flips: bool = Field(default=True, description="Each axis is flipped with probability 1/2.")
    quarter_turns: bool = Field(
        default=False,
        description="In each plane of two axes with equal spacings, patches are turned by 0, 90, "
        "180 or 270 degrees, each as likely.",
    )

    affine: float = Field(
        default=0.0,
        ge=0,
        le=1,
        description="Probability that a patch is rotated, scaled and sheared; 0 to 1.",
    )
    rotation_degrees: float = Field(
        default=20.0, ge=0, le=180, description="Largest rotation about each axis, degrees."
    )
    scaling: float = Field(
        default=1.25,
        ge=1,
        le=2,
        description="Largest factor of size, one for all axes, or its inverse; 1 to 2.",
    )
    axis_scaling: float = Field(
        default=1.0,
        ge=1,
        le=1.5,
        description="Largest further factor of size, one for each axis, or its inverse; 1 to 1.5.",
    )
    shear: float = Field(
        default=0.0, ge=0, le=0.3, description="Largest shear along each axis, mm a mm; 0 to 0.3."
    )

    elastic: float = Field(
        default=0.0, ge=0, le=1, description="Probability that a patch is deformed; 0 to 1."
    )
    elastic_spacing_mm: float = Field(
        default=32.0, gt=0, le=512, description="Distance between control points, mm."
    )
    elastic_shift_mm: float = Field(
        default=4.0,
        ge=0,
        le=200,
        description="Largest shift of a control point along each axis, mm; at most 0.4 of their "
        "distance, so that space does not fold.",
    )

    noise: float = Field(
        default=0.0, ge=0, le=1, description="Probability that a modality gets noise; 0 to 1."
    )
    noise_deviation: float = Field(
        default=0.3, ge=0, le=2, description="Largest standard deviation of Gaussian noise."
    )
    blur: float = Field(
        default=0.0, ge=0, le=1, description="Probability that a modality is blurred; 0 to 1."
    )
    blur_mm: float = Field(
        default=1.0, ge=0, le=8, description="Largest standard deviation of the blur, mm."
    )
    brightness: float = Field(
        default=0.0,
        ge=0,
        le=1,
        description="Probability that a modality gets brighter or darker; 0 to 1.",
    )
    brightness_shift: float = Field(
        default=0.3, ge=0, le=2, description="Largest intensity that is added or taken off."
    )
    contrast: float = Field(
        default=0.0,
        ge=0,
        le=1,
        description="Probability that a modality's contrast changes; 0 to 1.",
    )
    contrast_factor: float = Field(
        default=1.4,
        ge=1,
        le=4,
        description="Largest factor of the distance from the patch's mean, or its inverse.",
    )
    gamma: float = Field(
        default=0.0,
        ge=0,
        le=1,
        description="Probability that a modality's intensities, between the patch's least and "
        "largest, are raised to a power; 0 to 1.",
    )
    gamma_power: float = Field(
        default=1.5, ge=1, le=4, description="Largest power, or its inverse."
    )
    bias_field: float = Field(
        default=0.0,
        ge=0,
        le=1,
        description="Probability that a modality gets brighter towards one side; 0 to 1.",
    )
    bias_strength: float = Field(
        default=0.2,
        ge=0,
        le=2,
        description="Largest coefficient of the bias field's logarithm, a polynomial of degree 3 "
        "in Legendre's terms.",
    )
    low_resolution: float = Field(
        default=0.0,
        ge=0,
        le=1,
        description="Probability that a modality is as if scanned in larger voxels; 0 to 1.",
    )
    low_resolution_factor: float = Field(
        default=2.0, ge=1, le=8, description="Largest factor of the edges of voxels."
    )
    modality_dropout: float = Field(
        default=0.0,
        ge=0,
        le=1,
        description="Probability that a modality is missing, 0 everywhere; one always stays. 0 to "
        "1.",
    )

    @model_validator(mode="before")
    @classmethod
    def _completed_by_its_preset(cls, values: object) -> object:
        if not isinstance(values, Mapping):
            return values
        return {**PRESETS.get(str(values.get("preset")), {}), **values}

    @model_validator(mode="after")
    def _folds_no_space(self) -> Self:
        most = MOST_OF_SPACING * self.elastic_spacing_mm
        if self.elastic_shift_mm > most:
            raise ValueError(
                "Parameter `augmentation.elastic_shift_mm` should be at most "
                f"{MOST_OF_SPACING} x `augmentation.elastic_spacing_mm` = {most:g}, so that space "
                f"does not fold. Found `augmentation.elastic_shift_mm = {self.elastic_shift_mm:g}`."
            )
        return self

    @property
    def bends(self) -> bool:
        """Whether patches may be resampled."""
        return self.affine > 0 or self.elastic > 0

    @property
    def recolours(self) -> bool:
        """Whether intensities may change."""
        changes = (self.noise, self.blur, self.brightness, self.contrast, self.gamma)
        return any((*changes, self.bias_field, self.low_resolution, self.modality_dropout))
