"""From a network and an image to probabilities, regions and a map of uncertainty."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import cast

import torch
from monai.inferers.utils import sliding_window_inference
from torch import Tensor, nn

THRESHOLD = 0.5
"""Probability above which a voxel belongs to a region."""

Size = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Prediction:
    """What one or several networks say of one image, on that image's grid.

    `probability` float32, C x X x Y x Z in [0, 1]; where the regions are nested, from the
    outermost to the innermost, none is likelier than the one before it. `regions` bool, the
    voxels above `THRESHOLD`. `uncertainty` float32, X x Y x Z in [0, 1], see `uncertainty_map`.
    `disagreement` float32, X x Y x Z in [0, 1], the part of it that several answers differ by,
    see `trainables.ensemble`; None where there was only one.
    """

    probability: Tensor
    regions: Tensor
    uncertainty: Tensor
    disagreement: Tensor | None = None


def predict_logits(
    network: nn.Module,
    image: Tensor,
    patch_size: Size,
    overlap: float = 0.25,
    batch_size: int = 1,
) -> Tensor:
    """Logits (C x X x Y x Z, float32) of an `image` (M modalities x X x Y x Z) of any size.

    Windows of `patch_size` that overlap by the part `overlap` are blended with Gaussian weights;
    an image smaller than a window is padded with zeros and cut back. The network is evaluated
    without gradients, `batch_size` windows at a time, on its own device, and left in the mode
    (training or not) it was in. Windows are summed on that device too or, where it has too little
    memory, in the processor's, one window at a time.

    Raises:
        torch.OutOfMemoryError: not even one window fits.
    """
    with _evaluated(network) as device:
        try:
            logits = _slide(network, image.to(device), device, patch_size, overlap, batch_size)
        except torch.OutOfMemoryError:
            logits = None  # outside the handler: its traceback would keep the tensors alive
        if logits is None:
            if device.type == "cuda":
                torch.cuda.empty_cache()
            logits = _slide(network, image.cpu(), device, patch_size, overlap, batch_size=1)
    return logits[0].cpu()


@contextmanager
def _evaluated(network: nn.Module) -> Iterator[torch.device]:
    """Within it, `network` predicts; yields its device."""
    was_training = network.training
    network.eval()
    try:
        with torch.no_grad():
            yield next(network.parameters()).device
    finally:
        network.train(was_training)


def _slide(
    network: nn.Module,
    image: Tensor,
    device: torch.device,
    size: Size,
    overlap: float,
    batch_size: int,
) -> Tensor:
    """Logits (1 x C x X x Y x Z) beside `image`, of windows on `device`."""

    def forward(window: Tensor) -> Tensor:
        logits = network(window)
        if not isinstance(logits, Tensor):
            raise TypeError(f"A network should return one tensor. Found {type(logits).__name__}.")
        return logits.float()  # before windows are summed

    found = sliding_window_inference(
        image[None].float(), size, batch_size, forward, overlap, mode="gaussian", sw_device=device
    )
    return cast("Tensor", found)


def to_prediction(logits: Tensor, is_nested: bool = True) -> Prediction:
    """Probabilities, regions and uncertainty of `logits` (C x X x Y x Z).

    >>> prediction = to_prediction(torch.tensor([-2.0, 0.0, 2.0]).reshape(3, 1, 1, 1))
    >>> prediction.regions.flatten().tolist()
    [True, True, True]
    """
    probability = torch.sigmoid(logits)
    if is_nested:
        probability = nest(probability)
    return Prediction(probability, probability > THRESHOLD, uncertainty_map(probability))


def nest(probability: Tensor) -> Tensor:
    """`probability` (C x X x Y x Z) with every region at least as likely as those inside it.

    What lies in an inner region lies in all around it, so each probability is raised to the
    largest further in. This is how `LabelMap.to_codes` reads masks that are not nested.
    """
    return probability.flip(0).cummax(0).values.flip(0)


def uncertainty_map(probability: Tensor) -> Tensor:
    """The largest ``4 p (1 - p)`` over the regions of `probability` (C x X x Y x Z), X x Y x Z.

    It is the variance of a yes-or-no answer, scaled to [0, 1]: 0 where every region is decided,
    1 where one is as likely as not, which is on its predicted surface.
    """
    return (4 * probability * (1 - probability)).amax(0)
