"""nnU-Net's network, of MONAI's blocks."""

from typing import Any

from monai.networks.blocks.dynunet_block import UnetOutBlock
from monai.networks.nets.dynunet import DynUNet
from torch import Tensor, nn

from trainables.networks.config import NetworkConfig
from trainables.networks.norms import monai_norm
from trainables.networks.strides import plan_kernels, plan_strides

WIDEST = 320
"""Channels that no level has more of, as nnU-Net's."""


def build(config: NetworkConfig, in_channels: int, out_channels: int) -> nn.Module:
    """The U-Net of 10.1038/s41592-020-01008-z, with residual blocks where asked for."""
    spacing = config.spacing_mm or (1.0, 1.0, 1.0)
    strides = plan_strides(config.levels, spacing)
    options = {} if config.activation is None else {"act_name": config.activation}
    return _DynUNet(
        spatial_dims=3,
        in_channels=in_channels,
        out_channels=out_channels,
        kernel_size=plan_kernels(config.levels, spacing),
        strides=strides,
        upsample_kernel_size=strides[1:],
        filters=[min(config.width * 2**level, WIDEST) for level in range(config.levels)],
        dropout=config.dropout or None,
        norm_name=monai_norm(config, config.width),
        deep_supervision=config.deep_supervision > 1,
        deep_supr_num=max(1, config.deep_supervision - 1),
        res_block=config.residual_units > 0,
        **options,
    )


class _DynUNet(DynUNet):
    """MONAI's DynUNet with a forward pass that keeps nothing.

    MONAI's registers each block twice, so its weights are in `state_dict` twice and safetensors
    refuses them; keeps the outputs of the heads on itself, and their graph with them, so that it
    cannot be copied; brings all outputs onto the finest grid and stacks them; and has dropout
    after the last convolution, on the logits. What it computes is otherwise the same.
    """

    def __init__(self, **options: Any) -> None:  # noqa: ANN401 - as MONAI's own
        super().__init__(**options)
        del self.skip_layers
        self.heads = []

    def get_output_block(self, idx: int) -> nn.Module:
        return UnetOutBlock(self.spatial_dims, self.filters[idx], self.out_channels)

    def forward(self, image: Tensor) -> Tensor | list[Tensor]:
        skips, features = [], self.input_block(image)
        for block in (*self.downsamples, self.bottleneck):
            skips.append(features)
            features = block(features)
        decoded = []
        for block in self.upsamples:
            features = block(features, skips.pop())
            decoded.append(features)
        logits: Tensor = self.output_block(decoded.pop())
        if not (self.training and self.deep_supervision):
            return logits
        coarse = zip(self.deep_supervision_heads, reversed(decoded), strict=False)
        return [logits, *(head(features) for head, features in coarse)]
