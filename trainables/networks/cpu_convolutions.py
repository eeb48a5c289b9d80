"""Convolutions that a processor computes sooner another way: the same numbers up to rounding.

Both are oneDNN's doing, and measured in experiments/LOG.md. On an accelerator, and for every other
convolution, torch's own is left to it.
"""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import conv3d

_ONES = (1, 1, 1)
_FEW = 3
"""Input channels up to which a float32 gradient of the weights takes a tenth of the time."""
_MANY = 9
"""Input channels beyond which it is no longer faster in parts of `_FEW`."""


class FirstConv3d(nn.Conv3d):
    """`nn.Conv3d` over 4 to 9 modalities, in parts of at most 3 while it trains in float32.

    The gradient of a weight (16, 4, 3, 3, 3) at 96^3 takes 190 ms at once and 40 in two parts.
    """

    def forward(self, image: Tensor) -> Tensor:
        """(B, in_channels, X, Y, Z) -> (B, out_channels, X', Y', Z')."""
        if not self._is_slow(image):
            return super().forward(image)
        parts = -(-self.in_channels // _FEW)
        pairs = zip(image.chunk(parts, 1), self.weight.chunk(parts, 1), strict=True)
        first, *others = (
            conv3d(part, weight, None, self.stride, self.padding, self.dilation)
            for part, weight in pairs
        )
        for other in others:
            first = first + other
        return first if self.bias is None else first + self.bias.view(-1, 1, 1, 1)

    def _is_slow(self, image: Tensor) -> bool:
        return (
            image.device.type == "cpu"
            and image.dtype == torch.float32
            and not torch.is_autocast_enabled("cpu")
            and self.training
        )


class UnstridedTranspose3d(nn.ConvTranspose3d):
    """`nn.ConvTranspose3d` of stride 1, forwards as the convolution with the kernel mirrored.

    At 96^3, from 32 channels to 3 in bfloat16, that takes 80 ms and not 250. Backwards it is the
    transposed one that is fast: 75 ms and not 170.
    """

    def forward(self, image: Tensor, output_size: list[int] | None = None) -> Tensor:
        """(B, in_channels, X, Y, Z) -> (B, out_channels, X', Y', Z')."""
        if image.device.type != "cpu":
            return super().forward(image, output_size)
        is_cast = torch.is_autocast_enabled("cpu")
        dtype = torch.get_autocast_dtype("cpu") if is_cast else image.dtype
        bias = None if self.bias is None else self.bias.to(dtype)
        operands = image.to(dtype), self.weight.to(dtype), bias
        found: Tensor = _Mirrored.apply(  # type: ignore[no-untyped-call]
            *operands, _triple(self.padding)
        )
        return found


class _Mirrored(torch.autograd.Function):
    """A transposed convolution of stride 1; all operands are of one type."""

    @staticmethod
    def forward(
        ctx: Any,  # noqa: ANN401 - torch's own
        image: Tensor,
        weight: Tensor,
        bias: Tensor | None,
        padding: tuple[int, ...],
    ) -> Tensor:
        ctx.save_for_backward(image, weight)
        ctx.padding = padding
        mirrored = weight.flip(2, 3, 4).transpose(0, 1)
        around = [size - 1 - p for size, p in zip(weight.shape[2:], padding, strict=True)]
        return conv3d(image, mirrored, bias, padding=around)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:  # noqa: ANN401
        image, weight = ctx.saved_tensors
        gradients = torch.ops.aten.convolution_backward(
            gradient,
            image,
            weight,
            bias_sizes=[weight.shape[1]],
            stride=_ONES,
            padding=ctx.padding,
            dilation=_ONES,
            transposed=True,
            output_padding=(0, 0, 0),
            groups=1,
            output_mask=ctx.needs_input_grad[:3],
        )
        return (*gradients, None)


def make_fast(network: nn.Module, in_channels: int) -> nn.Module:
    """`network`, over images of `in_channels`, with its convolutions replaced where that is faster.

    Parameters, their names and torch's generator stay as they are.
    """
    for layer in network.modules():
        if type(layer) is nn.ConvTranspose3d and _only_mirrors(layer):
            layer.__class__ = UnstridedTranspose3d
        elif type(layer) is nn.Conv3d and _is_first(layer, in_channels):
            layer.__class__ = FirstConv3d
    return network


def _is_first(layer: nn.Conv3d, in_channels: int) -> bool:
    is_zero_padded = layer.padding_mode == "zeros"
    return _FEW < layer.in_channels == in_channels <= _MANY and layer.groups == 1 and is_zero_padded


def _only_mirrors(layer: nn.ConvTranspose3d) -> bool:
    reach = zip(layer.kernel_size, _triple(layer.padding), strict=True)
    return (
        tuple(layer.stride) == tuple(layer.dilation) == _ONES
        and not any(layer.output_padding)
        and layer.groups == 1
        and all(p < size for size, p in reach)
    )


def _triple(padding: str | tuple[int, ...]) -> tuple[int, ...]:
    """The padding of a transposed convolution, which has no words for it."""
    if isinstance(padding, str):
        raise TypeError(f"Padding should be numbers. Found {padding!r}.")
    return padding
