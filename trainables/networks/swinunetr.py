"""A transformer that attends within shifted windows, and a convolutional decoder."""

from monai.networks.nets import swin_unetr
from torch import Tensor, nn

from trainables.networks.config import NetworkConfig
from trainables.networks.norms import monai_norm

_STAGES = 4


def build(config: NetworkConfig, in_channels: int, out_channels: int) -> nn.Module:
    """The Swin UNETR of arXiv 2201.01266."""
    network: nn.Module = swin_unetr.SwinUNETR(
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


def _permute(tensor: Tensor, pattern: str) -> Tensor:
    """`tensor` with its axes in another order, as ``a b c -> b c a`` says.

    >>> import torch
    >>> _permute(torch.zeros(2, 3, 5), "a b c -> b c a").shape
    torch.Size([3, 5, 2])
    """
    before, after = (side.split() for side in pattern.split("->"))
    return tensor.permute([before.index(axis) for axis in after])


# MONAI permutes axes with einops, which it does not require: without this one line SwinUNETR
# would need a package more for what torch does.
swin_unetr.rearrange = _permute
