"""A trained model as a folder that stands alone.

::

    FOLDER/weights.safetensors   the network
    FOLDER/params.json           configuration, modalities and label codes
    FOLDER/README.md             how to use it
"""

import json
from pathlib import Path
from typing import Any

from torch import nn

from trainables.checkpoint import WEIGHTS, load_weights
from trainables.config import TrainConfig, load_train_config
from trainables.data.cases import MODALITIES
from trainables.data.labels import find_label_map
from trainables.errors import ParameterError
from trainables.networks import make_network

PARAMS = "params.json"
README = "README.md"
_FORMAT = 1


def write_bundle(checkpoint: Path, config: TrainConfig, out: Path) -> None:
    """Write the model whose weights lie in `checkpoint` to the folder `out`.

    Raises:
        ParameterError: the checkpoint has no weights of the network that `config` describes.
    """
    _make(config, checkpoint)  # a bundle that cannot be loaded should not be written
    out.mkdir(parents=True, exist_ok=True)
    regions = find_label_map(config.data.labels).regions
    content = {
        "format": _FORMAT,
        "config": config.model_dump(mode="json"),
        "modalities": list(MODALITIES),
        "labels": {name: sorted(codes) for name, codes in regions},
    }
    (out / WEIGHTS).write_bytes((checkpoint / WEIGHTS).read_bytes())
    (out / PARAMS).write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    (out / README).write_text(_readme(content), encoding="utf-8")


def load_bundle(path: Path) -> tuple[nn.Module, TrainConfig]:
    """The network in the folder `path`, on the CPU and ready to predict, and its configuration.

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
    return _make(config, path), config


def _make(config: TrainConfig, directory: Path) -> nn.Module:
    num_regions = len(find_label_map(config.data.labels).regions)
    network = make_network(config.network, len(MODALITIES), num_regions)
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
    network, config = load_bundle(DIR)
    logits = predict_logits(network, normalise(image), config.window, config.window_overlap)

`{PARAMS}` holds every parameter it was trained with. For research; no medical device.
"""
