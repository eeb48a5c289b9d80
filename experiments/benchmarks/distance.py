"""Signed distances of three regions, ours against scipy, MONAI and the package edt.

    python experiments/benchmarks/distance.py --data ../shared/data

Everyone computes the same thing from the same masks: the distance inside and the distance outside
each of three regions, at a spacing of 1 x 1 x 3 mm, on 240 x 240 x 155 voxels. Ours is exact up to
8 mm and clipped there, theirs goes on; that, and working only around the lesions, is where the
time goes. The last peer shows how much of it: edt in the box of each region plus 8.5 mm. They take
turns, so that whatever else the machine does meets all of them; ratios are of neighbours in time.
edt is installed into a temporary folder, never into the environment. The table is written to
`distance.md` beside this file.

Volumes: a phantom of this project; the glioma of `brats2018`; two patients with many lesions of
`ms`, cut to this size around them, with one label, of which three nested regions are made: dilated
by a voxel, as it is, eroded by a voxel.
"""

import importlib.metadata
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Annotated

import nibabel as nib
import numpy as np
import numpy.typing as npt
import torch
import typer
from monai.transforms.utils import distance_transform_edt
from scipy import ndimage

from trainables.boxes import box_around
from trainables.data.cases import load_regions
from trainables.data.labels import find_label_map
from trainables.data.phantom import write_phantom
from trainables.distance import signed_distance

HERE = Path(__file__).parent
SPACING_MM = (1.0, 1.0, 3.0)
FULL_SIZE = (240, 240, 155)
LIMIT_MM = 8.0
TOLERANCE_MM = 1e-4
OURS = "trainables"
BARS = {"scipy": 40, "edt": 5}
"""How many times as fast as a peer we want to be."""

Masks = npt.NDArray[np.bool_]
Run = Callable[[Masks, int], object]


@dataclass(frozen=True, slots=True)
class Result:
    """Seconds of each program, in the order of the turns, on one volume with so many threads."""

    volume: str
    threads: int
    seconds: dict[str, list[float]] = field(default_factory=dict)

    def ratios(self, name: str) -> list[float]:
        """How many times as long as ours `name` took, turn by turn."""
        pairs = zip(self.seconds[name], self.seconds[OURS], strict=True)
        return [theirs / ours for theirs, ours in pairs]


def main(
    data: Annotated[Path, typer.Option(help="Folder of the real scans.")] = HERE.parents[1]
    / "../shared/data",
    repeats: Annotated[int, typer.Option(min=1, help="Turns of each program.")] = 5,
    out: Annotated[Path, typer.Option(help="Where the table goes.")] = HERE / "distance.md",
    quick: Annotated[bool, typer.Option(help="A small phantom: does all of it run?")] = False,
    install: Annotated[bool, typer.Option(help="Install edt for the time being.")] = True,
) -> None:
    """Check that ours is exact, time everyone, print the table and write it."""
    volumes = dict(load_volumes(data, quick))
    with edt_package(install) as edt:
        programs = make_programs(edt)
        errors = {name: largest_error(masks) for name, masks in volumes.items()}
        results = [
            time_in_turns(name, masks, programs, threads, repeats)
            for name, masks in volumes.items()
            for threads in (1, 2)
        ]
        table = describe(volumes, errors, results, edt)
    out.write_text(table)
    print(table)
    if max(errors.values()) > TOLERANCE_MM:
        raise typer.Exit(1)


def load_volumes(data: Path, quick: bool) -> Iterator[tuple[str, Masks]]:
    """Names and nested regions (3, X, Y, Z); a sentence for what is not there."""
    yield "phantom", make_phantom((48, 48, 32), 5.0) if quick else make_phantom(FULL_SIZE, 1.0)
    if quick:
        return
    for file in sorted(data.glob("brats2018/*/*_seg.nii.gz")):
        yield "glioma", load_regions(file, find_label_map("brats2018")).numpy()
    for file in sorted(data.glob("ms/*/consensus_seg.nii.gz")):
        yield f"many lesions, {file.parent.name}", nest(cut_to_size(file))
    if not data.is_dir():
        print(f"No real scans in {data}: the phantom alone.")


def make_phantom(size: tuple[int, int, int], voxel_mm: float) -> Masks:
    with tempfile.TemporaryDirectory() as folder:
        write_phantom(Path(folder), 1, seed=0, size=size, spacing_mm=(voxel_mm,) * 3, raters=1)
        (file,) = Path(folder).glob("*/*_seg.nii.gz")
        return load_regions(file, find_label_map("brats2018")).numpy()


def cut_to_size(file: Path, size: tuple[int, int, int] = FULL_SIZE) -> Masks:
    """The mask in the middle of a volume of `size`; no lesion is lost."""
    mask = nib.load(file).get_fdata() > 0.5
    volume = np.zeros(size, dtype=bool)
    places = np.argwhere(mask)
    middle = (places.min(0) + places.max(0) + 1) // 2
    volume[tuple((places - middle + np.array(size) // 2).T)] = True
    return volume


def nest(mask: Masks) -> Masks:
    return np.stack([ndimage.binary_dilation(mask), mask, ndimage.binary_erosion(mask)])


@contextmanager
def edt_package(install: bool) -> Iterator[ModuleType | None]:
    """The package edt, from a folder that is gone afterwards; None where it cannot be had."""
    with tempfile.TemporaryDirectory() as folder:
        if install:
            command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps"]
            command += ["--disable-pip-version-check", "--only-binary=:all:", "--retries=1"]
            subprocess.run([*command, "--target", folder, "edt"], check=False)
        sys.path.insert(0, folder)
        try:
            yield importlib.import_module("edt")
        except ModuleNotFoundError:
            print("The package edt cannot be had: the table is without it.")
            yield None
        finally:
            sys.path.remove(folder)


def make_programs(edt: ModuleType | None) -> dict[str, Run]:
    """What is timed, by name: a call on masks (3, X, Y, Z) and a number of threads."""

    def ours(masks: Masks, threads: int) -> object:
        torch.set_num_threads(threads)
        return signed_distance(torch.from_numpy(masks), SPACING_MM, LIMIT_MM)

    def scipy(masks: Masks, threads: int) -> object:  # noqa: ARG001 - it has one thread
        return [by_scipy(side) for mask in masks for side in (mask, ~mask)]

    def monai(masks: Masks, threads: int) -> object:  # noqa: ARG001 - it calls scipy on a CPU
        return [distance_transform_edt(side, list(SPACING_MM)) for side in (masks, ~masks)]

    programs = {OURS: ours, "scipy": scipy, "MONAI": monai}
    if edt is None:
        return programs

    def package(masks: Masks, threads: int) -> object:
        sides = (side for mask in masks for side in (mask, ~mask))
        return [edt.edt(side, anisotropy=SPACING_MM, parallel=threads) for side in sides]

    def in_box(masks: Masks, threads: int) -> object:
        boxes = [box_around(torch.from_numpy(m), SPACING_MM, LIMIT_MM + 0.5) for m in masks]
        cut = (mask[box] for mask, box in zip(masks, boxes, strict=True) if box)
        return [package(np.ascontiguousarray(mask)[None], threads) for mask in cut]

    return {**programs, "edt": package, "edt in our box": in_box}


def by_scipy(mask: Masks) -> npt.NDArray[np.float64]:
    return ndimage.distance_transform_edt(mask, sampling=SPACING_MM)


def largest_error(masks: Masks) -> float:
    """Of our signed distance against scipy's up to the limit, mm."""
    found = signed_distance(torch.from_numpy(masks), SPACING_MM, LIMIT_MM).numpy()
    half = min(SPACING_MM) / 2
    errors = [0.0]
    for mask, phi in zip(masks, found, strict=True):
        if mask.any():
            expected = np.where(mask, by_scipy(mask) - half, half - by_scipy(~mask))
            errors.append(float(np.abs(phi - expected.clip(-LIMIT_MM, LIMIT_MM)).max()))
    return max(errors)


def time_in_turns(
    volume: str, masks: Masks, programs: dict[str, Run], threads: int, repeats: int
) -> Result:
    """Each program once a turn, in an order that rotates; ours warms up once."""
    result = Result(volume, threads, {name: [] for name in programs})
    names = list(programs)
    programs[OURS](masks, threads)
    for turn in range(repeats):
        start = turn % len(names)
        for name in names[start:] + names[:start]:
            began = time.perf_counter()
            programs[name](masks, threads)
            result.seconds[name].append(time.perf_counter() - began)
    return result


def describe(
    volumes: dict[str, Masks],
    errors: dict[str, float],
    results: list[Result],
    edt: ModuleType | None,
) -> str:
    packages = ["torch", "scipy", "monai"]
    versions = [f"{name} {importlib.metadata.version(name)}" for name in packages]
    versions += [f"edt {importlib.metadata.version('edt')}" if edt else "edt could not be had"]
    (shape,) = {masks.shape[1:] for masks in volumes.values()}
    lines = [
        "# Signed distance of three regions, inside and outside",
        "",
        f"{datetime.now(UTC):%Y-%m-%d}, {processor()}, Python {platform.python_version()}, "
        f"{', '.join(versions)}. {' x '.join(map(str, shape))} voxels of 1 x 1 x 3 mm, "
        f"{len(results[0].seconds[OURS])} turns. `times ours` is the median of the ratios of "
        "neighbours. scipy and MONAI have one thread at all times.",
        "",
        "| volume | threads | program | median s | min | max | times ours | min | max |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    lines += [row for result in results for row in rows(result)]
    lines += ["", *(f"Largest error, {name}: {error:.1e} mm." for name, error in errors.items())]
    if shape == FULL_SIZE:
        lines += ["", *(verdict(name, bar, results) for name, bar in BARS.items())]
    else:
        lines += ["", "A small volume: this says that all of it runs, and nothing of speed."]
    lines.append("")
    return "\n".join(lines)


def rows(result: Result) -> Iterator[str]:
    for name, took in result.seconds.items():
        ratios = result.ratios(name)
        numbers = f"{statistics.median(took):.3f} | {min(took):.3f} | {max(took):.3f}"
        times = f"{statistics.median(ratios):.1f} | {min(ratios):.1f} | {max(ratios):.1f}"
        yield f"| {result.volume} | {result.threads} | {name} | {numbers} | {times} |"


def verdict(name: str, bar: int, results: list[Result]) -> str:
    """Whether ours is `bar` times as fast as `name` on every volume."""
    found = [statistics.median(r.ratios(name)) for r in results if name in r.seconds]
    if not found:
        return f"{name} was not measured."
    reached = "reached" if min(found) >= bar else "NOT reached"
    return f"At least {bar} times as fast as {name}: {reached} (worst x{min(found):.1f})."


def processor() -> str:
    """The name of the CPU, where the system tells."""
    file = Path("/proc/cpuinfo")
    lines = file.read_text().splitlines() if file.is_file() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return f"{names[0]} ({len(names)} processors)" if names else platform.machine()


if __name__ == "__main__":
    typer.run(main)
