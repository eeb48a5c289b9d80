"""MONAI's residual encoder-decoders: SegResNet, and SegResNetDS with deep supervision."""

from typing import Any

from monai.networks.nets.segresnet import SegResNet
from monai.networks.nets.segresnet_ds import SegResNetDS
from torch import nn

from trainables.networks.config import NetworkConfig
from trainables.networks.norms import monai_norm


def build(config: NetworkConfig, in_channels: int, out_channels: int) -> nn.Module:
    """The encoder-decoder of arXiv 1810.11654, without its auto-encoder branch."""
    options: dict[str, Any] = {
        "spatial_dims": 3,
        "in_channels": in_channels,
        "out_channels": out_channels,
        "init_filters": config.width,
        "norm": monai_norm(config, config.width),
        "blocks_down": (1,) + (2,) * (config.levels - 1),
        "blocks_up": (1,) * (config.levels - 1),
    }
    if config.activation is not None:
        options["act"] = config.activation
    network: nn.Module
    if config.kind == "segresnet_ds":
        network = SegResNetDS(**options, dsdepth=config.deep_supervision)
    else:
        network = SegResNet(**options, dropout_prob=config.dropout or None)
    return network
