"""Signed distances and component depths of a label, computed once and kept on disk."""

import contextlib
import hashlib
import io
import os
import sys
import threading
import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import scipy
import torch
from torch import Tensor

from trainables import boxes, compact, components, distance
from trainables.boxes import box_around
from trainables.compact import LIMIT_MM, STEP_MM, to_steps
from trainables.components import component_depth
from trainables.data.loaded_code import code_digest
from trainables.distance import signed_distance

_SEAL_BYTES = 32


def compact_distances(
    label: Tensor, spacing_mm: Sequence[float], folder: Path | None = None
) -> tuple[Tensor, Tensor]:
    """Signed distance and component depth of the regions of `label`, in steps of 1/16 mm.

    With a `folder` they are kept there, under a name made of everything they depend on: the
    label's voxels and shape, the spacing, the limit, and the code that computes them, as it is
    loaded in this process. So an entry is never out of date, not even where the code's files are
    replaced under a running sweep; one that is torn, or not what its name says, is made
    anew. Several processes may share the folder: entries appear whole or not at all. One that
    cannot be written to is read from; a warning says so, and what it lacks is computed each time.

    Args:
        label: bool (C, X, Y, Z), the whole volume.
        spacing_mm: Spacing along X, Y, Z, mm.
        folder: Where to keep them; made where it is missing.

    Returns:
        Two int8 tensors (C, X, Y, Z), see `trainables.compact`.
    """
    if folder is None:
        return _compute(label, spacing_mm)
    key = cache_key(label, spacing_mm)
    file = folder / f"{key}.npz"
    kept = _read(file, key, label.shape)
    if kept is None:
        kept = _compute(label, spacing_mm)
        _write(file, key, kept)
    return kept


def cache_key(label: Tensor, spacing_mm: Sequence[float]) -> str:
    """64 hexadecimal digits that name the distances of `label`.

    >>> label = torch.zeros(1, 2, 2, 2, dtype=torch.bool)
    >>> cache_key(label, (1.0, 1.0, 1.0)) == cache_key(label, (1.0, 1.0, 1.5))
    False
    """
    digest = hashlib.sha256(_versions().encode())
    spacing = [float(step).hex() for step in spacing_mm]
    digest.update(repr((tuple(label.shape), spacing, LIMIT_MM, STEP_MM)).encode())
    digest.update(np.packbits(label.cpu().numpy().astype(bool)).tobytes())
    return digest.hexdigest()


def _versions() -> str:
    """The version of the code, which nobody can forget to raise.

    It is told anew for each label, in milliseconds: so a module that is loaded again, in a
    notebook, counts as it is by then.
    """
    code = code_digest((boxes, distance, components, compact, sys.modules[__name__]))
    return f"{code} {torch.__version__} {scipy.__version__}"


def _compute(label: Tensor, spacing_mm: Sequence[float]) -> tuple[Tensor, Tensor]:
    phi = signed_distance(label, spacing_mm, LIMIT_MM)
    depth = component_depth(label, phi, spacing_mm, LIMIT_MM)
    return to_steps(phi), to_steps(depth)


def _read(file: Path, key: str, shape: torch.Size) -> tuple[Tensor, Tensor] | None:
    """What `file` keeps, or None if it is not exactly what was once written under `key`."""
    try:
        content = file.read_bytes()
    except OSError:
        return None
    payload = content[_SEAL_BYTES:]
    if content[:_SEAL_BYTES] != _seal(key, payload):
        return None
    with np.load(io.BytesIO(payload), allow_pickle=False) as kept:
        box = tuple(slice(int(a), int(b)) for a, b in kept["box"])
        phi, depth = (torch.full(shape, far, dtype=torch.int8) for far in (-127, 127))
        phi[:, *box], depth[:, *box] = (torch.from_numpy(kept[n]) for n in ("phi", "depth"))
    return phi, depth


def _write(file: Path, key: str, distances: tuple[Tensor, Tensor]) -> None:
    """Keep the box off which both are at their limit."""
    phi, depth = distances
    near = ((phi != -127) | (depth != 127)).any(dim=0)
    box = box_around(near, (1.0,) * near.ndim, 1.0) or (slice(0, 0),) * near.ndim
    corners = [side.indices(size)[:2] for side, size in zip(box, near.shape, strict=True)]
    payload = io.BytesIO()
    kept = {"phi": phi[:, *box].cpu().numpy(), "depth": depth[:, *box].cpu().numpy()}
    np.savez_compressed(payload, allow_pickle=False, box=np.array(corners), **kept)
    partial = file.with_name(f"{file.name}.{os.getpid()}-{threading.get_ident()}.partial")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        partial.write_bytes(_seal(key, payload.getvalue()) + payload.getvalue())
        partial.replace(file)
    except OSError as error:
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)
        warnings.warn(  # the same words for every label, so that Python says it once
            f"Distances cannot be kept in `data.distance_cache` {file.parent}: {error.strerror}. "
            "They are computed each time.",
            stacklevel=2,
        )


def _seal(key: str, payload: bytes) -> bytes:
    """A checksum of the content and the name: what is torn, altered or renamed breaks it."""
    return hashlib.sha256(key.encode() + payload).digest()
