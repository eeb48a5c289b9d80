"""How large a checkpoint of the repository's networks is, and what one costs to drop."""

import shutil
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from driving.rows import Row, quantiles

NETWORKS = ("unet", "dynunet", "mednext")
_DROPPED = 20


def size_of(kind: str) -> Row:
    """Bytes of what a training of the network `kind`, else by default, saves; metrics it reports.

    One step on two small phantoms: neither their number nor their size is in a checkpoint.
    """
    from trainables.data.phantom import write_phantom
    from trainables.segmentation import train

    found: dict[str, Any] = {}

    def report(
        metrics: Mapping[str, float], _step: int, save: Callable[[Path], None] | None = None
    ) -> None:
        found.setdefault("metrics", len(metrics))
        if save is not None and "bytes" not in found:
            place = Path(folder) / "checkpoint"
            place.mkdir()
            save(place)
            found["bytes"] = sum(file.stat().st_size for file in place.iterdir())
            found["files"] = len(list(place.iterdir()))

    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "phantom"
        write_phantom(root, 6, seed=0, size=(40, 40, 32), spacing_mm=(2.0,) * 3, raters=1)
        train(
            {
                "data": {"root": str(root)}, "network": {"kind": kind}, "epochs": 2, "threads": 1,
                "steps_per_epoch": 1, "batch_size": 1, "patch_size": [32] * 3,
            },
            report,
        )  # fmt: skip
    return found


def dropping(num_bytes: int) -> Row:
    """Milliseconds of wall time in which this disk drops a checkpoint of `num_bytes`, as Tune's
    event loop waits for it.
    """
    seconds = []
    with tempfile.TemporaryDirectory() as folder:
        for place in range(_DROPPED):
            checkpoint = Path(folder) / f"checkpoint_{place:06d}"
            checkpoint.mkdir()
            for name, share in (("state.pt", 2 / 3), ("weights.safetensors", 1 / 3)):
                (checkpoint / name).write_bytes(b"\1" * int(num_bytes * share))
            (checkpoint / "channels.json").write_text("{}")
            began = time.perf_counter()
            shutil.rmtree(checkpoint)
            seconds.append(time.perf_counter() - began)
    return quantiles(seconds)
