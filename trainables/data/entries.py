"""One prepared case in one file, which is mapped into memory and read only where it is looked at.

A file is a safetensors file. Its head says which key it was made for, a checksum of all that the
head says, the SHA-256 of the tensors' bytes, and when it was written, which is the file's own time
of modification. So it costs microseconds to see that an entry is whole, is what its name says and
was not written to since; only one whose time differs (it was changed, or copied without its times)
is read whole to be believed. What changes bytes and not times, a failing disk, is not seen.
"""

import contextlib
import hashlib
import json
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from trainables.data.preprocessing import PreparedCase
from trainables.data.sampling_points import SamplingPoints
from trainables.data.whole_files import write_whole

SUFFIX = ".safetensors"

_VOLUMES = ("image", "label", "phi", "depth")
_HEAD = "prepared"


def write_entry(file: Path, key: str, case: PreparedCase) -> None:
    """Keep `case` in `file` under the name `key`, whole or not at all.

    Raises:
        OSError: the folder cannot be written to or the disk is full.
    """
    points = {f"points.{name}": part for name, part in case.points.to_tensors().items()}
    tensors = {name: getattr(case, name) for name in _VOLUMES} | points
    tensors = {name: tensor.contiguous() for name, tensor in tensors.items()}
    head: dict[str, object] = {
        "case_id": case.case_id,
        "spacing_mm": case.spacing_mm,
        "content": _content_digest(tensors),
        "written_s": int(time.time()),
    }
    head["seal"] = _seal(key, head, tensors)
    content = save(tensors, {_HEAD: json.dumps(head)})
    write_whole(file, content, modified_s=int(str(head["written_s"])))


def read_entry(file: Path, key: str) -> PreparedCase | None:
    """The case kept in `file` under `key`; None if it does not hold exactly that.

    The tensors are the file's own pages, shared with every process that maps it; a tensor that is
    written to has pages of its own from then on. They stay when the file is removed.
    """
    try:
        with safe_open(file, "pt") as opened:
            head: dict[str, Any] = json.loads((opened.metadata() or {})[_HEAD])
            tensors = {name: opened.get_tensor(name) for name in opened.keys()}  # noqa: SIM118
        if head.pop("seal") != _seal(key, head, tensors):
            return None
        if not _is_untouched(file, head, tensors):
            return None
        return _assemble(head, tensors)
    except (OSError, SafetensorError, ValueError, KeyError, TypeError, AttributeError):
        return None  # whatever is no entry


def _seal(key: str, head: Mapping[str, object], tensors: Mapping[str, Tensor]) -> str:
    """A checksum of all that a head says of an entry, and of its name."""
    layout = [(name, str(t.dtype), tuple(t.shape)) for name, t in sorted(tensors.items())]
    said = json.dumps([key, dict(head), layout], sort_keys=True)
    return hashlib.sha256(said.encode()).hexdigest()


def _content_digest(tensors: Mapping[str, Tensor]) -> str:
    digest = hashlib.sha256()
    for _, tensor in sorted(tensors.items()):
        digest.update(tensor.numpy().reshape(-1).view(np.uint8).data)
    return digest.hexdigest()


def _is_untouched(file: Path, head: Mapping[str, Any], tensors: Mapping[str, Tensor]) -> bool:
    """Whether nothing was written to `file` since; one that is only copied is marked as such."""
    if file.stat().st_mtime_ns == head["written_s"] * 10**9:
        return True
    if _content_digest(tensors) != head["content"]:
        return False
    with contextlib.suppress(OSError):
        os.utime(file, (head["written_s"], head["written_s"]))
    return True


def _assemble(head: Mapping[str, Any], tensors: Mapping[str, Tensor]) -> PreparedCase:
    x, y, z = head["spacing_mm"]
    points = {
        name.removeprefix("points."): tensor
        for name, tensor in tensors.items()
        if name.startswith("points.")
    }
    volumes = {name: tensors[name] for name in _VOLUMES}
    return PreparedCase(
        case_id=head["case_id"],
        **volumes,
        spacing_mm=(x, y, z),
        points=SamplingPoints.from_tensors(points),
    )
