"""ConvNeXt blocks in a U-Net, of MONAI's parts."""

from typing import Any

from monai.networks.nets.mednext import MedNeXt
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from trainables.networks.config import NetworkConfig

_EXPANSION: dict[str, tuple[int, ...]] = {
    "S": (2, 2, 2, 2, 2),
    "B": (2, 3, 4, 4, 4),
    "M": (2, 3, 4, 4, 4),
    "L": (3, 4, 8, 8, 8),
}
_BLOCKS: dict[str, tuple[int, ...]] = {
    "S": (2, 2, 2, 2, 2),
    "B": (2, 2, 2, 2, 2),
    "M": (3, 4, 4, 4, 4),
    "L": (3, 4, 8, 8, 8),
}
"""Of the four levels and the bottleneck, from table 1 of the paper; the decoder mirrors them."""


def build(config: NetworkConfig, in_channels: int, out_channels: int) -> nn.Module:
    """The MedNeXt of arXiv 2303.09975."""
    *expansion, deepest = _EXPANSION[config.variant]
    *blocks, bottleneck = _BLOCKS[config.variant]
    return _MedNeXt(
        config.deep_supervision,
        config.checkpointing,
        in_channels=in_channels,
        out_channels=out_channels,
        init_filters=config.width,
        kernel_size=config.kernel_size,
        encoder_expansion_ratio=expansion,
        decoder_expansion_ratio=expansion[::-1],
        bottleneck_expansion_ratio=deepest,
        blocks_down=blocks,
        blocks_up=blocks[::-1],
        blocks_bottleneck=bottleneck,
        use_residual_connection=True,
    )


class _MedNeXt(MedNeXt):
    """MONAI's MedNeXt with as many outputs as asked for, and with activations kept or not.

    MONAI's has all five outputs or one, and computes the four coarse ones in evaluation too.
    """

    def __init__(self, outputs: int, is_checkpointed: bool, **options: Any) -> None:  # noqa: ANN401 - as MONAI's own
        super().__init__(deep_supervision=outputs > 1, **options)
        self._is_checkpointed = is_checkpointed
        # MONAI's heads are the coarsest first
        self.heads = nn.ModuleList(list(self.out_blocks)[::-1][: outputs - 1] if self.do_ds else [])
        if self.do_ds:
            del self.out_blocks

    def forward(self, image: Tensor) -> Tensor | list[Tensor]:
        skips, features = [], self.stem(image)
        for stage, down in zip(self.enc_stages, self.down_blocks, strict=True):
            skips.append(self._run(stage, features))
            features = self._run(down, skips[-1])
        features = self._run(self.bottleneck, features)
        decoded = []
        for up, stage in zip(self.up_blocks, self.dec_stages, strict=True):
            decoded.append(features)
            features = self._run(stage, self._run(up, features) + skips.pop())
        logits: Tensor = self.out_0(features)
        if not (self.training and self.do_ds):
            return logits
        coarse = zip(self.heads, reversed(decoded), strict=False)
        return [logits, *(head(features) for head, features in coarse)]

    def _run(self, block: nn.Module, *inputs: Tensor) -> Any:  # noqa: ANN401 - as MONAI's blocks
        if self._is_checkpointed and self.training:
            return checkpoint(block, *inputs, use_reentrant=False)
        return block(*inputs)
