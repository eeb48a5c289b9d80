"""Which models a prediction is from, so that those of different ones never mix unnoticed.

::

    OUT/model-DIGEST.json    the folders and digests of the models, and the options, in words
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from trainables.bundle import Bundle

_RULE = 1
"""Of how predictions come about; a higher number where the same models would predict otherwise."""


@dataclass(frozen=True, slots=True)
class Source:
    """Models by their content, and the options that change what they predict.

    `models` maps digests to the folders they were read from. Neither folders nor order matter;
    nor does what only changes the rounding: device, precision, windows at a time.
    """

    models: tuple[tuple[str, str], ...]
    mirror: tuple[int, ...]

    @property
    def digest(self) -> str:
        """16 hexadecimal digits."""
        content = [_RULE, sorted(digest for digest, _ in self.models), sorted(self.mirror)]
        return hashlib.sha256(json.dumps(content).encode()).hexdigest()[:16]


def source_of(models: Sequence[Bundle], folders: Sequence[Path], mirror: Sequence[int]) -> Source:
    """What `models`, read from `folders`, predict with."""
    named = zip(models, folders, strict=True)
    return Source(
        tuple((model.digest, str(folder.absolute())) for model, folder in named), tuple(mirror)
    )


def write_source(source: Source, out: Path) -> None:
    """Write `source` below `out`, which exists, for people to read; once is enough."""
    path = out / f"model-{source.digest}.json"
    if path.is_file():
        return
    content = {
        "digest": source.digest,
        "models": [{"digest": digest, "folder": folder} for digest, folder in source.models],
        "mirrored_axes": list(source.mirror),
    }
    new = path.with_name(f".{path.name}.new")
    new.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    new.replace(path)
