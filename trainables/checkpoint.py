"""The state of a training run on disk: all that its next step depends on.

::

    DIRECTORY/weights.safetensors   the network as it is judged and exported
    DIRECTORY/channels.json         what goes into it and what comes out
    DIRECTORY/state.pt              everything else, tensors and numbers only

`state.pt` is written last, so a directory that has one is complete. One that was saved in the
midst of an epoch is of another format, which code of old refuses.
"""

import json
import os
import pickle
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import nn

from trainables.balance import Balance
from trainables.data.labels import LabelMap
from trainables.data.patches import PatchSampler
from trainables.diagnostics import Diagnostics
from trainables.ema import WeightAverage
from trainables.epoch import Epoch
from trainables.errors import ParameterError
from trainables.pacer import Pacer

WEIGHTS = "weights.safetensors"
CHANNELS = "channels.json"
STATE = "state.pt"
_FORMAT = 4
_FORMAT_WITHIN = 5
"""Of a state in the midst of an epoch."""
_UNREADABLE = (RuntimeError, pickle.UnpicklingError, EOFError, OSError, ValueError)
"""What torch and safetensors raise where a file is cut off or is something else."""


@dataclass(slots=True)
class TrainState:
    """What changes while training, and what it is trained on; the steps of `epoch` epochs are done.

    `data_digest` names the content of the data, `split_digest` how they are dealt out.
    `under_way` is an epoch that is not reported yet: of those, if its steps are done, or the next.
    Random numbers that the network draws (dropout) belong to it: each epoch has a seed.
    """

    network: nn.Module
    optimiser: torch.optim.Optimizer
    balance: Balance
    sampler: PatchSampler
    pacer: Pacer
    diagnostics: Diagnostics
    modalities: tuple[str, ...]
    labels: LabelMap
    data_digest: str
    split_digest: str
    scaler: torch.amp.GradScaler
    average: WeightAverage | None = None
    epoch: int = 0
    under_way: Epoch | None = None

    @property
    def judged(self) -> nn.Module:
        """The network that is evaluated and exported: the average, where there is one."""
        return self.network if self.average is None else self.average.network


def save_state(state: TrainState, directory: Path) -> None:
    """Write `state` into `directory`, so that a killed writer leaves no half file behind."""
    weights = {name: value.contiguous() for name, value in state.judged.state_dict().items()}
    rest = {
        "format": _FORMAT if state.under_way is None else _FORMAT_WITHIN,
        "epoch": state.epoch,
        "data_digest": state.data_digest,
        "split_digest": state.split_digest,
        "optimiser": state.optimiser.state_dict(),
        "balance": state.balance.state_dict(),
        "sampler": state.sampler.state(),
        "pacer": state.pacer.state_dict(),
        "diagnostics": state.diagnostics.state_dict(),
        "scaler": state.scaler.state_dict(),
    }
    if state.average is not None:
        rest |= {"network": state.network.state_dict(), "average": state.average.state_dict()}
    if state.under_way is not None:
        rest["under_way"] = state.under_way.state_dict()
    _write(directory / WEIGHTS, lambda path: save_file(weights, path))
    save_channels(directory, state.modalities, state.labels)
    _write(directory / STATE, lambda path: torch.save(rest, path))


def load_state(state: TrainState, directory: Path) -> None:
    """Put what `save_state` wrote into `directory` into `state`, made by the same configuration.

    Raises:
        ParameterError: the checkpoint is incomplete, damaged, of another format, of another
            network, or of other data.
    """
    rest = _read_rest(directory)
    _refuse_other_data(state, rest, directory)
    if ("average" in rest) != (state.average is not None):
        raise ParameterError(
            f"Checkpoint {directory} should average weights where `optimiser.ema_decay` does. "
            "Found that one of them does not: keep the parameters it was made by."
        )
    load_weights(state.judged, directory)
    if state.average is not None:
        state.average.load_state_dict(rest["average"])
        state.network.load_state_dict(rest["network"])
    state.optimiser.load_state_dict(rest["optimiser"])
    state.balance.load_state_dict(rest["balance"])
    state.sampler.load_state(rest["sampler"])
    state.pacer.load_state_dict(rest["pacer"])
    state.diagnostics.load_state_dict(rest["diagnostics"])
    state.scaler.load_state_dict(rest["scaler"])
    state.epoch = rest["epoch"]
    state.under_way = Epoch.of(rest["under_way"]) if "under_way" in rest else None


def save_channels(directory: Path, modalities: Sequence[str], labels: LabelMap) -> None:
    """Say in `directory` what a network's input and output channels are."""
    content = json.dumps({"modalities": list(modalities), "labels": labels.as_mapping()})
    _write(directory / CHANNELS, lambda path: path.write_text(content, encoding="utf-8"))


def load_channels(directory: Path) -> tuple[tuple[str, ...], LabelMap]:
    """What `save_channels` wrote into `directory`.

    Raises:
        ParameterError: there is nothing of it, or it is damaged.
    """
    file = directory / CHANNELS
    if not file.is_file():
        raise ParameterError(f"Checkpoint {directory} should hold {CHANNELS}. Found none.")
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
        return tuple(content["modalities"]), LabelMap.of(content["labels"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise _damaged(file, error) from error


def load_weights(network: nn.Module, directory: Path) -> None:
    """Put the weights in `directory` into `network`, on whatever device it is.

    Raises:
        ParameterError: there are none, they are damaged, or they belong to another network.
    """
    file = directory / WEIGHTS
    if not file.is_file():
        raise ParameterError(f"Folder {directory} should hold {WEIGHTS}. Found none.")
    try:
        weights = load_file(file)
    except (SafetensorError, *_UNREADABLE) as error:
        raise _damaged(file, error) from error
    try:
        network.load_state_dict(weights)
    except RuntimeError as error:
        raise ParameterError(
            f"The weights {file} should fit the network of the parameters. Found: {error}"
        ) from error


def _read_rest(directory: Path) -> dict[str, Any]:
    file = directory / STATE
    if not file.is_file():
        raise ParameterError(f"Checkpoint {directory} should hold {STATE}. Found none.")
    try:
        rest: dict[str, Any] = torch.load(file, map_location="cpu", weights_only=True)
        found = rest.get("format")
    except (*_UNREADABLE, AttributeError) as error:
        raise _damaged(file, error) from error
    if found not in (_FORMAT, _FORMAT_WITHIN):
        raise ParameterError(
            f"Checkpoint {directory} should be of format {_FORMAT}. Found {found}: "
            "carry it on with the version that wrote it, or train anew (--no-resume)."
        )
    return rest


def _refuse_other_data(state: TrainState, rest: Mapping[str, Any], directory: Path) -> None:
    """Else training goes on with cases that were held out before, and nobody is told."""
    pairs = {
        "files of the cases": (state.data_digest, rest["data_digest"]),
        "split into training, validation and test": (state.split_digest, rest["split_digest"]),
        "modalities and label codes": ((state.modalities, state.labels), load_channels(directory)),
    }
    others = [name for name, (now, before) in pairs.items() if now != before]
    if others:
        raise ParameterError(
            f"Checkpoint {directory} should be of the data that are trained on. Found that these "
            f"are no longer what they were: {'; '.join(others)}. Restore the data, or train anew "
            "(--no-resume)."
        )


def _damaged(file: Path, error: Exception) -> ParameterError:
    said = str(error).strip() or type(error).__name__
    return ParameterError(
        f"File {file} should be whole. Found that it cannot be read ({said.splitlines()[0]}): "
        "restore it, or train anew (--no-resume)."
    )


def _write(path: Path, write: Callable[[Path], object]) -> None:
    """Let `write` fill a file beside `path`, sync it and move it there."""
    partial = path.with_name(f"{path.name}.partial")
    write(partial)
    with partial.open("rb+") as file:
        os.fsync(file.fileno())
    partial.replace(path)
