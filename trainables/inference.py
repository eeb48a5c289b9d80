"""From a network and an image to probabilities, nested regions and a map of uncertainty."""

from dataclasses import dataclass

import torch
from monai.inferers.utils import sliding_window_inference
from torch import Tensor, nn

from trainables.data.preprocessing import foreground_box, normalise

THRESHOLD = 0.5
"""Probability above which a voxel belongs to a region."""


@dataclass(frozen=True, slots=True)
class Prediction:
    """What a network says of one image, on that image's grid.

    `probability` float32, C x X x Y x Z in [0, 1], nested: the regions are ordered from the
    outermost to the innermost and none is likelier than the one before it. `regions` bool, the
    voxels above `THRESHOLD`. `uncertainty` float32, X x Y x Z in [0, 1], see `uncertainty_map`.
    """

    probability: Tensor
    regions: Tensor
    uncertainty: Tensor


def predict_logits(
    network: nn.Module, image: Tensor, patch_size: tuple[int, int, int], overlap: float = 0.25
) -> Tensor:
    """Logits (C x X x Y x Z, float32) of an `image` (M modalities x X x Y x Z) of any size.

    Patches of `patch_size` that overlap by the part `overlap` are blended with Gaussian weights;
    an image smaller than a patch is padded with zeros and cut back. The network is evaluated
    without gradients, on its own device, and left in the mode (training or not) it was in.
    """
    device = next(network.parameters()).device
    was_training = network.training
    network.eval()
    try:
        with torch.no_grad():
            logits = sliding_window_inference(
                image[None].to(device), patch_size, 1, network, overlap=overlap, mode="gaussian"
            )
    finally:
        network.train(was_training)
    if not isinstance(logits, Tensor):
        raise TypeError(f"A network should return one tensor. Found {type(logits).__name__}.")
    return logits[0].float().cpu()


def predict_image(
    network: nn.Module, image: Tensor, patch_size: tuple[int, int, int], overlap: float = 0.25
) -> Prediction:
    """What `network` says of an `image` as it is stored, M modalities x X x Y x Z.

    The image is normalised and cropped to its foreground as for training, and the prediction put
    back on the whole grid: off the foreground every probability and the uncertainty are 0.
    """
    box = foreground_box(image)
    logits = predict_logits(network, normalise(image)[:, *box], patch_size, overlap)
    inside = to_prediction(logits)
    probability = torch.zeros(len(logits), *image.shape[1:])
    probability[:, *box] = inside.probability
    uncertainty = torch.zeros(image.shape[1:])
    uncertainty[box] = inside.uncertainty
    return Prediction(probability, probability > THRESHOLD, uncertainty)


def to_prediction(logits: Tensor) -> Prediction:
    """Nested probabilities, regions and uncertainty of `logits` (C x X x Y x Z).

    >>> prediction = to_prediction(torch.tensor([-2.0, 0.0, 2.0]).reshape(3, 1, 1, 1))
    >>> prediction.regions.flatten().tolist()
    [True, True, True]
    """
    probability = nest(torch.sigmoid(logits))
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
