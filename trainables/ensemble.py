"""What several networks say together of one scan, each of it and of its mirror images.

Every model and every mirror image gives one answer p_m. The prediction is their mean p. A voxel's
uncertainty then has two parts, by the law of total variance::

    4 p (1 - p)  =  mean of 4 p_m (1 - p_m)  +  4 * variance of p_m

The first part is what each answer itself doubts, as at a blurred boundary, where raters differ
too. The second is the *disagreement*: what other weights or another view would have said, as
where training data were few. The maps are the largest over the regions, in [0, 1].
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import chain, combinations

import torch
from torch import Tensor

from trainables.bundle import Bundle
from trainables.compute.memory import memory_errors
from trainables.compute.precision import autocast, find_precision
from trainables.data.cases import Volume
from trainables.data.geometry import to_original_grid, to_working_grid
from trainables.data.preprocessing import foreground_box, normalise
from trainables.errors import DataError, ParameterError
from trainables.inference import THRESHOLD, Prediction, nest, predict_logits, uncertainty_map

EVERY_AXIS = (1, 2, 3)
"""Spatial axes of C x X x Y x Z; training flips along all of them."""


def predict_volume(
    models: Sequence[Bundle],
    volume: Volume,
    mirror: Sequence[int] = (),
    batch_size: int = 1,
    on_answer: Callable[[], None] = lambda: None,
) -> Prediction:
    """What `models` say of `volume`, on the grid of `volume`.

    Each model sees the scan as it was trained to: along RAS+, in the spacing, normalised and
    cropped to the foreground. Off the foreground every probability is 0.

    Args:
        models: At least one, alike in modalities and regions, see `check_alike`; each on the
            device that it is to run on.
        volume: The modalities of the models, in their order.
        mirror: Axes, 1 to 3 along R, A and S, that images are also mirrored along, in every
            combination: k axes take 2^k times as long.
        batch_size: Windows at a time.
        on_answer: Called after each of the `num_answers`.

    Raises:
        ParameterError: `models` do not fit together.
        DataError: the volume has no usable affine, voxels that are not finite, or a modality
            that is 0 everywhere.
        OutOfMemoryError: not even one window fits.
    """
    check_alike(models)
    if not volume.image.isfinite().all():
        raise DataError(
            [
                f"Case {volume.case_id} should have finite voxels only. Found NaN or infinity: "
                "what a network says of it would be NaN everywhere."
            ]
        )
    pairs = zip(models[0].modalities, volume.image, strict=True)
    empty = [name for name, channel in pairs if not channel.any()]
    if empty:
        raise DataError(
            [
                f"Case {volume.case_id} should have voxels other than 0 in every modality. Found "
                f"none in {', '.join(empty)}: put a scan there."
            ]
        )
    tally = _Tally(models[0].labels.is_nested)
    for model in models:
        for probability in _answers(model, volume, mirror, batch_size):
            tally.add(probability)
            on_answer()
    return tally.prediction()


def num_answers(models: Sequence[Bundle], mirror: Sequence[int]) -> int:
    """How often `predict_volume` runs a network over a volume."""
    return len(models) << len(mirror)


def check_alike(models: Sequence[Bundle]) -> None:
    """Refuse models whose answers have no mean.

    Raises:
        ParameterError: there is none, or two differ in modalities, their order, or regions.
    """
    if not models:
        raise ParameterError("Parameter `models` should hold at least one model. Found none.")
    for what in ("modalities", "labels"):
        found = {getattr(model, what): None for model in models}
        if len(found) > 1:
            one, other = list(found)[:2]
            raise ParameterError(
                f"Models of an ensemble should share their {what}. Found {one} and {other}."
            )


def _answers(
    model: Bundle, volume: Volume, mirror: Sequence[int], batch_size: int
) -> Iterator[Tensor]:
    """The probability that `model` gives to `volume` and each mirror image, put upright again."""
    working, placement = to_working_grid(volume, model.spacing_mm)
    box = foreground_box(working.image)
    image = normalise(working.image)[:, *box]
    for axes in _subsets(mirror):
        logits = _logits(model, image.flip(axes), batch_size).flip(axes)
        whole = torch.zeros(len(logits), *working.image.shape[1:])
        whole[:, *box] = torch.sigmoid(logits)
        yield to_original_grid(whole, placement)


def _logits(model: Bundle, image: Tensor, batch_size: int) -> Tensor:
    """What the network says of `image`, in the precision that its configuration asks for."""
    config, network = model.config, model.network
    device = next(network.parameters()).device
    advice = "predict on another device, or train with a smaller `window_size`."
    precision = find_precision(config.compute, device, config.patch_size)
    with memory_errors(advice, what="One window"), autocast(precision, device):
        return predict_logits(network, image, config.window, config.window_overlap, batch_size)


def _subsets(axes: Sequence[int]) -> Iterator[tuple[int, ...]]:
    """Every combination of `axes`, none of them first."""
    return chain.from_iterable(combinations(axes, count) for count in range(len(axes) + 1))


class _Tally:
    """Running mean and squared deviations of the answers so far (Welford's)."""

    def __init__(self, is_nested: bool) -> None:
        self._is_nested = is_nested
        self._count = 0
        self._mean = self._squares = torch.zeros(())

    def add(self, probability: Tensor) -> None:
        if self._is_nested:
            probability = nest(probability)
        self._count += 1
        away = probability - self._mean
        self._mean = self._mean + away / self._count
        self._squares = self._squares + away * (probability - self._mean)

    def prediction(self) -> Prediction:
        mean = self._mean.clamp(0, 1)
        if self._is_nested:
            mean = nest(mean)  # as it is already, but for the last bit
        disagreement = None
        if self._count > 1:
            disagreement = (4 * self._squares / self._count).amax(0).clamp(0, 1)
        return Prediction(mean, mean > THRESHOLD, uncertainty_map(mean), disagreement)
