"""A trained model as a folder that stands alone.

::

    FOLDER/weights.safetensors   the network
    FOLDER/params.json           configuration, modalities and label codes
    FOLDER/README.md             how to use it

`params.json` holds ``format`` (2), ``config`` (every parameter of the training run),
``modalities`` (names of the input channels, in their order) and ``labels`` (region names, in the
order of the output channels, each with its label codes). Format 1 had no preprocessing: its
networks saw scans in the orientation they were stored in.

A bundle may come from anybody: it is read as tensors and JSON, and no code in it is ever run.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import nn

from trainables.checkpoint import WEIGHTS, load_channels, load_weights
from trainables.config import TrainConfig, load_train_config
from trainables.data.labels import LabelMap
from trainables.errors import ParameterError
from trainables.networks import make_network

PARAMS = "params.json"
README = "README.md"
_FORMAT = 2


def write_bundle(checkpoint: Path, config: TrainConfig, out: Path) -> None:
    """Write the model whose weights lie in `checkpoint` to the folder `out`.

    Raises:
        ParameterError: the checkpoint is incomplete or has no weights of the network that
            `config` describes.
    """
    modalities, labels = load_channels(checkpoint)
    # a bundle that cannot be loaded should not be written
    _make(config, checkpoint, modalities, labels)
    out.mkdir(parents=True, exist_ok=True)
    content = {
        "format": _FORMAT,
        "config": config.model_dump(mode="json"),
        "modalities": list(modalities),
        "labels": labels.as_mapping(),
    }
    (out / WEIGHTS).write_bytes((checkpoint / WEIGHTS).read_bytes())
    (out / PARAMS).write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    (out / README).write_text(_readme(content), encoding="utf-8")


@dataclass(frozen=True, slots=True)
class Bundle:
    """A network on the CPU, ready to predict, with what it was trained with.

    `modalities` are its input channels, in their order, `labels` its output channels; `digest`
    names its content, 16 hexadecimal digits.
    """

    network: nn.Module
    config: TrainConfig
    modalities: tuple[str, ...]
    labels: LabelMap
    digest: str

    @property
    def spacing_mm(self) -> tuple[float, float, float] | None:
        """The spacing it was trained in, mm; None for each case's own."""
        return self.config.data.preprocessing.spacing_mm


def load_bundle(path: Path) -> Bundle:
    """The model in the folder `path`.

    Raises:
        ParameterError: the folder is no bundle of this version, or is damaged.
    """
    content = read_params(path)
    config = load_train_config(content["config"])
    modalities, labels = tuple(content["modalities"]), LabelMap.of(content["labels"])
    network = _make(config, path, modalities, labels)
    return Bundle(network, config, modalities, labels, _digest(path))


def read_params(path: Path) -> dict[str, Any]:
    """What the bundle in the folder `path` is, without its weights; see above for its keys.

    Raises:
        ParameterError: the folder is no bundle of this version, or is damaged.
    """
    file = path / PARAMS
    if not file.is_file():
        raise ParameterError(f"Folder {path} should hold an exported model. Found no {PARAMS}.")
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ParameterError(f"File {file} should be JSON. Found: {error}.") from error
    found = content.get("format") if isinstance(content, dict) else None
    if found == 1:
        raise ParameterError(
            f"Model {path} should be of format {_FORMAT}. Found 1, of an earlier version, whose "
            "networks saw scans in the orientation they were stored in: train it again, or "
            "predict with the version that exported it."
        )
    if found != _FORMAT:
        inside = path / "model"
        hint = f" Is {inside} the one that is meant?" if (inside / PARAMS).is_file() else ""
        raise ParameterError(f"Model {path} should be of format {_FORMAT}. Found {found}.{hint}")
    missing = [key for key in ("config", "modalities", "labels") if key not in content]
    if missing:
        raise ParameterError(f"File {file} should hold {missing[0]}. Found none.")
    return dict(content)


def _digest(path: Path) -> str:
    content = hashlib.sha256()
    for name in (PARAMS, WEIGHTS):
        content.update(hashlib.sha256((path / name).read_bytes()).digest())
    return content.hexdigest()[:16]


def _make(
    config: TrainConfig, directory: Path, modalities: Sequence[str], labels: LabelMap
) -> nn.Module:
    network = make_network(config.network, len(modalities), len(labels.names))
    load_weights(network, directory)
    return network.eval()


def _readme(content: dict[str, Any]) -> str:
    regions = ", ".join(f"{name} (codes {codes})" for name, codes in content["labels"].items())
    return f"""# A segmentation model

Input: {", ".join(content["modalities"])}, on one grid, skull-stripped. Output: {regions}.

On new scans, folders of one case or of many:

    trainables predict --model DIR CASE --out DIR

In Python, for one `case` of `trainables.data.datasets.open_dataset`:

    from trainables.bundle import load_bundle
    from trainables.data.cases import load_image
    from trainables.data.modalities import select_modalities
    from trainables.ensemble import predict_volume
    model = load_bundle(DIR)
    volume = load_image(select_modalities(case, model.modalities))
    prediction = predict_volume([model], volume)

Probabilities, regions and uncertainty of `prediction` lie on the grid of the case as stored.

`{PARAMS}` holds every parameter it was trained with. For research; no medical device.
"""
