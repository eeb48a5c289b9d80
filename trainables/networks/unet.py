"""MONAI's UNet."""

from typing import Any

from monai.networks.nets.unet import UNet
from torch import nn

from trainables.networks.config import NetworkConfig
from trainables.networks.norms import monai_norm


def build(config: NetworkConfig, in_channels: int, out_channels: int) -> nn.Module:
    """A U-Net that ends with a skip at full resolution. Source: 10.1007/978-3-030-12029-0_40."""
    widths = [config.width * 2**level for level in range(config.levels)]
    options: dict[str, Any] = {}
    if config.norm is not None:  # MONAI's own, instance norm, has nothing to learn
        # with residual units the last upsampling is normalised too, and has the logits' channels
        options["norm"] = monai_norm(config, config.width, *[out_channels] * config.residual_units)
    if config.activation is not None:
        options["act"] = config.activation
    network: nn.Module = UNet(
        spatial_dims=3,
        in_channels=in_channels,
        out_channels=out_channels,
        channels=[*widths, widths[-1]],  # the last is the bottom, at the last resolution
        strides=(1,) + (2,) * (config.levels - 1),  # 1: a skip at full resolution
        num_res_units=config.residual_units,
        dropout=config.dropout,
        **options,
    )
    return network
