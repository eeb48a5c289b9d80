"""Which models a prediction is from, so that those of different ones never mix unnoticed.

::

    OUT/model-DIGEST.json    folders and digests of the models, the options, and the label codes

Each file of a prediction says in its header's description which of these it belongs to.
"""

import hashlib
import json
import re
from dataclasses import dataclass
from pathlib import Path

from trainables.data.cases import read_nifti
from trainables.data.labels import LabelMap
from trainables.errors import DataError, ParameterError

_RULE = 1
"""Of how predictions come about; a higher number where the same models would predict otherwise."""

_BY = "trainables predict "
_DIGEST = re.compile("[0-9a-f]{16}")


@dataclass(frozen=True, slots=True)
class Source:
    """Models by their content, and the options that change what they predict.

    `models` maps digests to the folders they were read from. Neither folders nor order matter;
    nor does what only changes the rounding: device, precision, windows at a time. `labels`, which
    belong to the content of the models, are what predicted codes mean.
    """

    models: tuple[tuple[str, str], ...]
    mirror: tuple[int, ...]
    labels: LabelMap

    @property
    def digest(self) -> str:
        """16 hexadecimal digits."""
        content = [_RULE, sorted(digest for digest, _ in self.models), sorted(self.mirror)]
        return hashlib.sha256(json.dumps(content).encode()).hexdigest()[:16]


def write_source(source: Source, out: Path) -> None:
    """Write `source` below `out`, which exists, for people and for `predicted_labels`."""
    path = _path(out, source.digest)
    content = {
        "digest": source.digest,
        "models": [{"digest": digest, "folder": folder} for digest, folder in source.models],
        "mirrored_axes": list(source.mirror),
        "labels": source.labels.as_mapping(),
    }
    new = path.with_name(f".{path.name}.new")
    new.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    new.replace(path)


@dataclass(frozen=True, slots=True)
class Stamp:
    """What a predicted file says it is from: digests of the models, and of the scan.

    Each has 16 hexadecimal digits; empty where the file does not say.
    """

    models: str = ""
    scan: str = ""

    def text(self) -> bytes:
        """The description in the header of such a file."""
        return f"{_BY}{self.models} {self.scan}".rstrip().encode("ascii")


def read_stamp(path: Path) -> Stamp:
    """What the label at `path` is stamped with.

    Raises:
        DataError: it cannot be read.
    """
    text = read_nifti(path).header["descrip"].item().decode("ascii", "replace")
    if not text.startswith(_BY):
        return Stamp()
    models, _, scan = text.removeprefix(_BY).partition(" ")
    return Stamp(models, scan)


def predicted_labels(out: Path, digest: str) -> LabelMap | None:
    """What the codes of predictions below `out` mean, by the models they are stamped with.

    None where `out` does not say so: predictions of other tools, or of an earlier version.

    Raises:
        DataError: the file that says so is damaged.
    """
    path = _path(out, digest)
    if not (_DIGEST.fullmatch(digest) and path.is_file()):
        return None
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        return LabelMap.of(content["labels"]) if "labels" in content else None
    except (OSError, ValueError, TypeError, AttributeError, ParameterError) as error:
        raise DataError(
            [f"File {path} should say in JSON what label codes mean. Found: {error}. Say it by "
             "`--prediction-labels`."]
        ) from error  # fmt: skip


def _path(out: Path, digest: str) -> Path:
    return out / f"model-{digest}.json"
