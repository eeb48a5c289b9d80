"""Networks for volumes: the one door to MONAI's."""

import math
from collections.abc import Sequence
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field
from torch import nn

from trainables.errors import ParameterError


class NetworkConfig(BaseModel):
    """Which network, and how large."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["unet", "segresnet"] = Field(
        default="unet", description="unet: MONAI's UNet; segresnet: its residual encoder-decoder."
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

    @property
    def stride(self) -> int:
        """What every edge of a patch must be a multiple of, in voxels."""
        return int(2 ** (self.levels - 1))


def make_network(config: NetworkConfig, in_channels: int, out_channels: int) -> nn.Module:
    """The network (B, in_channels, X, Y, Z) -> logits (B, out_channels, X, Y, Z).

    X, Y and Z must be multiples of ``config.stride``, see `check_patch_size`. Initial weights are
    drawn from torch's global generator, as MONAI does.
    """
    # Lazily, and not from monai itself, whose import takes 3 to 5 s.
    from monai.networks.nets.segresnet import SegResNet
    from monai.networks.nets.unet import UNet

    widths = [config.filters * 2**level for level in range(config.levels)]
    network: nn.Module
    if config.kind == "segresnet":
        network = SegResNet(
            spatial_dims=3,
            in_channels=in_channels,
            out_channels=out_channels,
            init_filters=config.filters,
            norm=("GROUP", {"num_groups": math.gcd(8, config.filters)}),
            blocks_down=(1,) + (2,) * (config.levels - 1),
            blocks_up=(1,) * (config.levels - 1),
        )
    else:
        network = UNet(
            spatial_dims=3,
            in_channels=in_channels,
            out_channels=out_channels,
            channels=[*widths, widths[-1]],  # the last is the bottom, at the last resolution
            strides=(1,) + (2,) * (config.levels - 1),  # 1: a skip at full resolution
            num_res_units=config.residual_units,
        )
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
