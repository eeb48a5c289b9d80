"""The peers of `training_throughput.py`: MONAI's own training loops, as its tutorials have them.

`plain` is the loop of the 3-D segmentation tutorials: CacheDataset, DataLoader with workers,
float32. `fast` follows the fast-training guide: indices of the foreground cached, no tracking of
meta data, cached tensors on the device and not copied, ThreadDataLoader, autocast. Both crop
around lesions and flip as `trainables` does by default, and judge by MONAI's DiceMetric.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from monai.data import CacheDataset, DataLoader, ThreadDataLoader, set_track_meta
from monai.inferers import sliding_window_inference
from monai.losses import DiceLoss
from monai.metrics import DiceMetric
from monai.transforms import (
    Compose,
    ConcatItemsd,
    ConvertToMultiChannelBasedOnBratsClassesd,
    DeleteItemsd,
    EnsureTyped,
    FgBgToIndicesd,
    LoadImaged,
    NormalizeIntensityd,
    RandCropByPosNegLabeld,
    RandFlipd,
    SelectItemsd,
    Transform,
)
from torch import Tensor, nn
from torch.utils.data import RandomSampler

MODALITIES = ("t1", "t1ce", "t2", "flair")
BOTH = ["image", "label"]

File = Mapping[str, str]


@dataclass(frozen=True)
class Task:
    """What all contestants train: the same network, patches, batches and cases."""

    network: nn.Module
    train: tuple[Path, ...]
    validation: tuple[Path, ...]
    patch: int
    batch: int
    steps: int
    learning_rate: float
    total_steps: int
    device: torch.device
    workers: int


@dataclass
class Loop:
    """One loop: `epoch` trains `steps` steps, `judge` gives the mean Dice of validation cases."""

    epoch: Callable[[], None]
    judge: Callable[[], float]


def plain(task: Task) -> Loop:
    """The loop of the tutorials."""
    random = [_crop(task), *_flips()]
    train = CacheDataset(_files(task.train), Compose([*_load(), *random]), progress=False)
    validation = CacheDataset(_files(task.validation), Compose(_load()), progress=False)
    loader = DataLoader(
        train, batch_size=task.batch, sampler=_draws(train, task), num_workers=task.workers
    )
    judged = DataLoader(validation, batch_size=1, num_workers=task.workers)
    return _loop(task, loader, judged, torch.float32)


def fast(task: Task, precision: torch.dtype) -> Loop:
    """The loop of the fast-training guide, in autocast to `precision`."""
    set_track_meta(False)
    typed = EnsureTyped(BOTH, device=task.device, track_meta=False)
    cached = [*_load(), FgBgToIndicesd("label", "_fg", "_bg"), typed]
    random = [_crop(task, fg_indices_key="label_fg", bg_indices_key="label_bg"), *_flips()]
    train = CacheDataset(
        _files(task.train), Compose([*cached, *random]), copy_cache=False, progress=False
    )
    validation = CacheDataset(
        _files(task.validation), Compose([*_load(), typed]), copy_cache=False, progress=False
    )
    loader = ThreadDataLoader(train, batch_size=task.batch, sampler=_draws(train, task))
    return _loop(task, loader, ThreadDataLoader(validation, batch_size=1), precision)


def _files(folders: Sequence[Path]) -> list[File]:
    return [{m: str(f / f"{f.name}_{m}.nii.gz") for m in (*MODALITIES, "seg")} for f in folders]


def _load() -> list[Transform]:
    """What is the same for a case each time, and cached."""
    return [
        LoadImaged([*MODALITIES, "seg"], ensure_channel_first=True),
        ConcatItemsd(MODALITIES, "image"),
        ConcatItemsd(["seg"], "label"),
        DeleteItemsd([*MODALITIES, "seg"]),
        ConvertToMultiChannelBasedOnBratsClassesd("label"),
        NormalizeIntensityd("image", nonzero=True, channel_wise=True),
        EnsureTyped(BOTH, dtype=torch.float32),
    ]


def _crop(task: Task, **indices: str) -> Transform:
    size = (task.patch,) * 3
    return RandCropByPosNegLabeld(
        BOTH, "label", size, pos=2, neg=1, num_samples=1, allow_smaller=False, **indices
    )


def _flips() -> list[Transform]:
    flips = [RandFlipd(BOTH, prob=0.5, spatial_axis=axis) for axis in range(3)]
    return [SelectItemsd(BOTH), *flips]  # cached indices differ in length and cannot be collated


def _draws(data: CacheDataset, task: Task) -> RandomSampler:
    """Cases drawn uniformly, as many as an epoch takes."""
    return RandomSampler(data, replacement=True, num_samples=task.steps * task.batch)


def _loop(task: Task, loader: DataLoader, judged: DataLoader, precision: torch.dtype) -> Loop:
    optimiser = torch.optim.AdamW(task.network.parameters(), lr=task.learning_rate)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, T_max=task.total_steps)
    dice, entropy = DiceLoss(sigmoid=True), nn.BCEWithLogitsLoss()

    def autocast() -> AbstractContextManager[Any]:
        return torch.autocast(task.device.type, precision, enabled=precision != torch.float32)

    def epoch() -> None:
        task.network.train()
        for image, label in _batches(loader, task.device):
            optimiser.zero_grad()
            with autocast():
                logits = task.network(image)
                loss = dice(logits, label) + entropy(logits, label)
            loss.backward()
            optimiser.step()
            schedule.step()

    def judge() -> float:
        metric = DiceMetric(ignore_empty=False)
        task.network.eval()
        with torch.no_grad():
            for image, label in _batches(judged, task.device):
                with autocast():
                    logits = sliding_window_inference(
                        image, (task.patch,) * 3, 1, task.network, overlap=0.25, mode="gaussian"
                    )
                metric((logits > 0).float(), label)
        return float(metric.aggregate())

    return Loop(epoch, judge)


def _batches(loader: DataLoader, device: torch.device) -> Iterator[tuple[Tensor, Tensor]]:
    for batch in loader:
        yield batch["image"].to(device), batch["label"].to(device)
