"""Networks for volumes: the one door to MONAI's."""

import math
from collections.abc import Sequence
from typing import Any, Literal, Self

from pydantic import Field, model_validator
from torch import nn

from trainables.errors import ParameterError
from trainables.sections import Section


class NetworkConfig(Section):
    """Which network, and how large."""

    kind: Literal["unet", "segresnet", "segresnet_ds"] = Field(
        default="unet",
        description="unet: MONAI's UNet; segresnet: its residual encoder-decoder; segresnet_ds: "
        "one with learned upsampling that offers deep supervision.",
    )
    filters: int = Field(
        default=16, ge=2, le=256, description="Channels at full resolution, doubled at each level."
    )
    levels: int = Field(
        default=4, ge=2, le=6, description="Resolutions, each half the one before it."
    )
    residual_units: int = Field(
        default=0,
        ge=0,
        le=8,
        description="Residual units of each level (unet); 0 is one plain convolution.",
    )
    deep_supervision: int = Field(
        default=1,
        ge=1,
        le=5,
        description="Outputs that learn from the label, each at half the resolution of the one "
        "before it (segresnet_ds); 1 (the finest alone) to levels - 1.",
    )

    @model_validator(mode="after")
    def _offers_the_outputs(self) -> Self:
        offered = self.levels - 1 if self.kind == "segresnet_ds" else 1
        if self.deep_supervision > offered:
            raise ValueError(
                f"Parameter `network.deep_supervision` should be at most {offered} with "
                f"`network.kind = {self.kind}` and `network.levels = {self.levels}`. "
                f"Found `network.deep_supervision = {self.deep_supervision}`."
            )
        return self

    @property
    def stride(self) -> int:
        """What every edge of a patch must be a multiple of, in voxels."""
        return int(2 ** (self.levels - 1))


def make_network(config: NetworkConfig, in_channels: int, out_channels: int) -> nn.Module:
    """The network (B, in_channels, X, Y, Z) -> logits (B, out_channels, X, Y, Z).

    X, Y and Z must be multiples of ``config.stride``, see `check_patch_size`. Initial weights are
    drawn from torch's global generator, as MONAI does.

    In training mode, with I = `deep_supervision` above 1, it answers with a list of I logits
    instead, finest first, output i of X / 2^i voxels and so on. In evaluation mode it never does.
    """
    if config.kind == "unet":
        return _unet(config, in_channels, out_channels)
    return _segresnet(config, in_channels, out_channels)


def _unet(config: NetworkConfig, in_channels: int, out_channels: int) -> nn.Module:
    # Lazily, and not from monai itself, whose import takes 3 to 5 s.
    from monai.networks.nets.unet import UNet

    widths = [config.filters * 2**level for level in range(config.levels)]
    network: nn.Module = UNet(
        spatial_dims=3,
        in_channels=in_channels,
        out_channels=out_channels,
        channels=[*widths, widths[-1]],  # the last is the bottom, at the last resolution
        strides=(1,) + (2,) * (config.levels - 1),  # 1: a skip at full resolution
        num_res_units=config.residual_units,
    )
    return network


def _segresnet(config: NetworkConfig, in_channels: int, out_channels: int) -> nn.Module:
    from monai.networks.nets.segresnet import SegResNet
    from monai.networks.nets.segresnet_ds import SegResNetDS

    shape: dict[str, Any] = {
        "spatial_dims": 3,
        "in_channels": in_channels,
        "out_channels": out_channels,
        "init_filters": config.filters,
        "norm": ("GROUP", {"num_groups": math.gcd(8, config.filters)}),
        "blocks_down": (1,) + (2,) * (config.levels - 1),
        "blocks_up": (1,) * (config.levels - 1),
    }
    network: nn.Module
    if config.kind == "segresnet_ds":
        network = SegResNetDS(**shape, dsdepth=config.deep_supervision)
    else:
        network = SegResNet(**shape)
    return network


def check_patch_size(name: str, size: Sequence[int], config: NetworkConfig) -> None:
    """Refuse a patch that does not halve evenly at every level, or has one voxel at the last.

    Raises:
        ParameterError: naming the parameter `name` and the nearest size that fits.
    """
    fitting = [max(2, round(edge / config.stride)) * config.stride for edge in size]
    if list(size) != fitting:
        raise ParameterError(
            f"Parameter `{name}` should hold multiples of {config.stride}, at least "
            f"{2 * config.stride}, with `network.levels = {config.levels}`. "
            f"Found `{name} = {list(size)}`; the nearest that fits is {fitting}."
        )
