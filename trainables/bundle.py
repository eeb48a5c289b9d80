"""A trained model as a folder that stands alone.

::

    FOLDER/weights.safetensors   the network
    FOLDER/params.json           configuration, modalities and label codes
    FOLDER/README.md             how to use it
"""

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
_FORMAT = 1


def write_bundle(checkpoint: Path, config: TrainConfig, out: Path) -> None:
    """Write the model whose weights lie in `checkpoint` to the folder `out`.

    Raises:
        ParameterError: the checkpoint is incomplete or has no weights of the network that
            `config` describes.
    """
    modalities, labels = load_channels(checkpoint)
    _make(
        config, checkpoint, modalities, labels
    )  # a bundle that cannot be loaded should not be written
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

    `modalities` are its input channels, in their order, `labels` its output channels.
    """

    network: nn.Module
    config: TrainConfig
    modalities: tuple[str, ...]
    labels: LabelMap


def load_bundle(path: Path) -> Bundle:
    """The model in the folder `path`.

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
    if content.get("format") != _FORMAT:
        raise ParameterError(
            f"Model {path} should be of format {_FORMAT}. Found {content.get('format')}."
        )
    config = load_train_config(content["config"])
    modalities, labels = tuple(content["modalities"]), LabelMap.of(content["labels"])
    return Bundle(_make(config, path, modalities, labels), config, modalities, labels)


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

On new scans, each a folder named as in BraTS:

    trainables predict --model DIR CASE --out DIR

In Python, for an `image` tensor (modalities x X x Y x Z):

    from trainables.bundle import load_bundle
    from trainables.data.preprocessing import normalise
    from trainables.inference import predict_logits
    model = load_bundle(DIR)
    window, overlap = model.config.window, model.config.window_overlap
    logits = predict_logits(model.network, normalise(image), window, overlap)

`{PARAMS}` holds every parameter it was trained with. For research; no medical device.
"""
