"""Which network to train, with which options."""

import math
from collections.abc import Iterator
from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

from trainables.networks.kinds import KINDS, Kind, KindName
from trainables.networks.strides import plan_strides
from trainables.sections import Section


class NetworkConfig(Section):
    """Which network, and how large.

    One flat section, not a union of one for each kind: a key has one meaning and range whatever the
    kind is, so a search may vary `kind` (and others' keys `when` it has a value), a recipe may name
    every key, and what is written out whole loads again. A kind that has no use for an option
    refuses every value of it but the default.
    """

    kind: KindName = Field(
        default="unet",
        description="unet: MONAI's UNet; segresnet: its residual encoder-decoder; segresnet_ds: "
        "one with learned upsampling that offers deep supervision; dynunet: nnU-Net's; "
        "swinunetr: transformer encoder; mednext: large-kernel convolutions.",
    )
    filters: int | None = Field(
        default=None,
        ge=2,
        le=256,
        description="Channels at full resolution, doubled at each level (dynunet: up to 320); "
        "where null 16, of dynunet and mednext 32, of swinunetr 48.",
    )
    levels: int = Field(
        default=4,
        ge=2,
        le=6,
        description="Resolutions, each half the one before it (unet, segresnet, segresnet_ds, "
        "dynunet; this one from 3).",
    )
    residual_units: int = Field(
        default=0,
        ge=0,
        le=8,
        description="Residual units of each level (unet; dynunet at most 1); 0 is plain "
        "convolution.",
    )
    deep_supervision: int = Field(
        default=1,
        ge=1,
        le=5,
        description="Outputs that learn from the label, each at half the resolution of the one "
        "before it; 1 (the finest alone) to levels - 1 (segresnet_ds, dynunet) or 5 (mednext).",
    )
    dropout: float = Field(
        default=0.0,
        ge=0,
        lt=1,
        description="Part of what is set to 0 in training (unet, segresnet, dynunet, swinunetr); "
        "0 to below 1.",
    )
    norm: Literal["instance", "batch", "group"] | None = Field(
        default=None,
        description="Statistics of what a layer's output is normalised by (all but mednext); "
        "where null instance, of segresnet and segresnet_ds group.",
    )
    activation: Literal["relu", "leakyrelu", "gelu", "swish"] | None = Field(
        default=None,
        description="Of unet, segresnet, segresnet_ds, dynunet; where null prelu, relu, relu and "
        "leakyrelu.",
    )
    spacing_mm: tuple[float, float, float] | None = Field(
        default=None,
        description="Edges of a voxel along X, Y, Z, above 0, by which axes of thick slices are "
        "pooled less (dynunet); null for cubes.",
    )
    attention_depth: int = Field(
        default=2, ge=1, le=18, description="Transformer blocks of each level (swinunetr)."
    )
    attention_heads: int = Field(
        default=3,
        ge=1,
        le=48,
        description="Attention heads of the first level, doubled at each (swinunetr).",
    )
    attention_window: int = Field(
        default=7, ge=2, le=16, description="Tokens along an edge of a window (swinunetr)."
    )
    variant: Literal["S", "B", "M", "L"] = Field(
        default="S", description="Depth and expansion, from small to large (mednext)."
    )
    kernel_size: Literal[3, 5, 7] = Field(
        default=3, description="Voxels along an edge of a kernel (mednext)."
    )
    checkpointing: bool = Field(
        default=False,
        description="Compute activations again for the gradient rather than keep them: less "
        "memory, more time (swinunetr, mednext).",
    )

    @field_validator("spacing_mm", mode="before")
    @classmethod
    def _three_edges(cls, value: object) -> object:
        is_right = value is None or (
            isinstance(value, list | tuple)
            and len(value) == 3
            and all(isinstance(edge, int | float) and 0 < edge < math.inf for edge in value)
        )
        if not is_right:
            raise ValueError(
                "Parameter `network.spacing_mm` should be three numbers above 0, or null. "
                f"Found `network.spacing_mm = {value}`."
            )
        return value

    @model_validator(mode="after")
    def _holds_what_the_kind_offers(self) -> Self:
        problems = [*self._unoffered(), *self._too_large()]
        if problems:
            raise ValueError("\n".join(problems))
        return self

    @property
    def width(self) -> int:
        """Channels at full resolution."""
        return self.filters or self._of_kind.filters

    @property
    def norm_name(self) -> str:
        """The norm's name: instance, batch or group."""
        return self.norm or self._of_kind.norm

    @property
    def strides(self) -> tuple[int, int, int]:
        """What the edges of a patch must be multiples of, along X, Y, Z, in voxels."""
        spacing = self.spacing_mm or (1.0, 1.0, 1.0)
        plan = plan_strides(self._of_kind.levels or self.levels, spacing)
        x, y, z = (math.prod(steps) for steps in zip(*plan, strict=True))
        return x, y, z

    @property
    def smallest_patch(self) -> tuple[int, int, int]:
        """The smallest patch that the network takes."""
        x, y, z = self.strides
        return 2 * x, y, z

    @property
    def in_words(self) -> str:
        """What decides the size of a patch: the kind, its levels and spacing, as in an error."""
        shown = [name for name in ("kind", "levels", "spacing_mm") if name in self._of_kind.offers]
        keys = [f"`network.{name} = {getattr(self, name)}`" for name in shown]
        return " and ".join(keys)

    @property
    def _of_kind(self) -> Kind:
        return KINDS[self.kind]

    def _unoffered(self) -> Iterator[str]:
        for name, field in type(self).model_fields.items():
            value = getattr(self, name)
            if name not in self._of_kind.offers and value != field.default:
                offering = [kind for kind in KINDS if name in KINDS[kind].offers]
                yield (
                    f"Parameter `network.{name}` should be left at {_shown(field.default)} with "
                    f"`network.kind = {self.kind}`: only {', '.join(offering)} offer it. "
                    f"Found `network.{name} = {value}`."
                )

    def _too_large(self) -> Iterator[str]:
        """Options that are each in range, and do not go together."""
        offers = self._of_kind.offers
        outputs = self.levels - 1 if "levels" in offers else 5
        if "deep_supervision" in offers and self.deep_supervision > outputs:
            depth = f" and `network.levels = {self.levels}`" if "levels" in offers else ""
            yield self._refusal("deep_supervision", f"at most {outputs}", depth)
        if self.kind == "dynunet" and self.levels < 3:
            yield self._refusal("levels", "at least 3")
        if self.kind == "dynunet" and self.residual_units > 1:
            yield self._refusal("residual_units", "at most 1")
        step = math.lcm(12, self.attention_heads)
        if self.kind == "swinunetr" and self.width % step:
            heads = f" and `network.attention_heads = {self.attention_heads}`"
            yield self._refusal("filters", f"a multiple of {step}", heads)

    def _refusal(self, name: str, rule: str, besides: str = "") -> str:
        return (
            f"Parameter `network.{name}` should be {rule} with `network.kind = {self.kind}`"
            f"{besides}. Found `network.{name} = {getattr(self, name)}`."
        )


def _shown(value: object) -> str:
    """A value as a recipe writes it."""
    return "null" if value is None else str(value)
