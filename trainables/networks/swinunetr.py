"""A transformer that attends within shifted windows, and a convolutional decoder."""

from monai.networks.nets.swin_unetr import SwinUNETR
from torch import nn

from trainables.networks.config import NetworkConfig
from trainables.networks.norms import monai_norm

_STAGES = 4


def build(config: NetworkConfig, in_channels: int, out_channels: int) -> nn.Module:
    """The Swin UNETR of arXiv 2201.01266."""
    network: nn.Module = SwinUNETR(
        in_channels=in_channels,
        out_channels=out_channels,
        feature_size=config.width,
        depths=(config.attention_depth,) * _STAGES,
        num_heads=tuple(config.attention_heads * 2**stage for stage in range(_STAGES)),
        window_size=config.attention_window,
        norm_name=monai_norm(config, config.width),
        drop_rate=config.dropout,
        use_checkpoint=config.checkpointing,
    )
    return network
