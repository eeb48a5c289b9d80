"""How wide should a label be softened, if it is to say what another rater would say?

    python experiments/rater_agreement.py --data ../shared/data

One rater's fuzzy label is judged against the crisp labels of the others, by the Brier score: the
mean over ordered pairs of raters and over a fixed set of voxels, those within 8 mm of any rater's
interface of the region. The set does not depend on the width. Raters are five algorithms that
outlined one real glioma, and the raters of phantoms (where the disagreement is one we chose).
Writes `rater_agreement.md` and `.png`. The answers are in experiments/LOG.md.
"""

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import nibabel as nib
import numpy as np
import torch
import typer
from rater_summary import REGIONS, Array, Group, write_summary
from scipy import ndimage
from torch import Tensor

from trainables.components import component_depth
from trainables.data.labels import find_label_map
from trainables.data.phantom import write_phantom
from trainables.distance import signed_distance
from trainables.fuzzy import FuzzyConfig, fuzzy_label

HERE = Path(__file__).parent
NEAR_MM = 8.0
WIDTHS_MM = (0.0, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0, 2.5, 3.0, 4.0)
BIN_MM = 0.125
VARIANTS = {
    "membership, smoothstep": {"hesitation": 0.0},
    "membership, linear": {"hesitation": 0.0, "profile": "linear"},
    "membership, cosine": {"hesitation": 0.0, "profile": "cosine"},
    "membership, strength 0.5": {"hesitation": 0.0, "strength": 0.5},
    "membership, strength 0.75": {"hesitation": 0.0, "strength": 0.75},
    "target, hesitation 0.5": {"hesitation": 0.5},
    "target, hesitation 1": {"hesitation": 1.0},
    "target, sugeno lambda 1": {"complement": "sugeno", "sugeno_lambda": 1.0},
    "target, yager alpha 0.8": {"complement": "yager", "yager_alpha": 0.8},
    "target, yager alpha 0.5": {"complement": "yager", "yager_alpha": 0.5},
}
"""What is judged at each width, as changes to the defaults; the first is what the figure shows."""
EXPLANATION = (
    "Brier score of one rater's label against the other raters' crisp labels, as a part of the "
    f"crisp label's: mean over ordered pairs of raters, over the voxels within {NEAR_MM:g} mm of "
    "any rater's interface. Below 1 is better than crisp. ± is the standard deviation over raters "
    "(one patient) or over patients (several). *Calibrated* is the least that any function of the "
    "signed distance reaches, fitted to the same voxels; labels look at depth and nestedness too."
)


@dataclass(frozen=True, slots=True)
class Outlines:
    """What R raters drew of one patient, at the N voxels near any of their interfaces.

    `phi` and `depth` (R, C, N) in mm; `near` (C, N), whether the voxel is near one of the
    region's; `spacing_mm` the smallest spacing, all that a label needs of it voxel by voxel.
    """

    phi: Tensor
    depth: Tensor
    near: Tensor
    spacing_mm: float

    @property
    def others(self) -> Tensor:
        """For each rater the mean of the other raters' crisp labels, (R, C, N)."""
        labels = (self.phi > 0).float()
        return (labels.sum(0) - labels) / (len(labels) - 1)


def main(
    data: Annotated[Path, typer.Option(help="Folder that holds brats2018/.")] = (
        HERE.parents[1] / "shared" / "data"
    ),
    out: Annotated[Path, typer.Option(help="Folder of the table and the figure.")] = (
        HERE / "rater_agreement"
    ),
    phantoms: Annotated[int, typer.Option(min=2, help="Phantom patients, 4 raters each.")] = 12,
    quick: Annotated[bool, typer.Option(help="Two small phantoms alone: does it run?")] = False,
) -> None:
    """Measure, and write the table and the figure."""
    if quick:
        groups = [measure("Phantoms", phantom_raters(2, (64, 64, 48)))]
    else:
        patients = sorted(path.parent for path in (data / "brats2018").glob("*/raters"))
        if not patients:
            raise typer.BadParameter(f"`--data` should hold brats2018/CASE/raters. Found {data}.")
        real = (read_raters(patient / "raters") for patient in patients)
        groups = [
            measure("Glioma", real),
            measure("Phantoms", phantom_raters(phantoms, (240, 240, 155))),
        ]
    write_summary(groups, EXPLANATION, out)
    print(f"Written to {out}.")


def phantom_raters(patients: int, size: tuple[int, int, int]) -> Iterator[Outlines]:
    """The raters of phantoms of 1 mm, one patient after another; nothing is kept on disk."""
    with tempfile.TemporaryDirectory() as folder:
        for case in write_phantom(Path(folder), patients, seed=0, size=size):
            yield read_raters(case / "raters")


def read_raters(folder: Path) -> Outlines:
    """The outlines of all raters below `folder`, BraTS 2018 codes, one grid."""
    images = [nib.load(path) for path in sorted(folder.glob("*.nii.gz"))]
    labels = find_label_map("brats2018")
    masks = [labels.to_regions(np.asarray(image.dataobj)) for image in images]
    spacing = [float(step) for step in images[0].header.get_zooms()[:3]]
    return outlines(torch.from_numpy(np.stack(masks)), spacing)


def outlines(masks: Tensor, spacing_mm: Sequence[float]) -> Outlines:
    """The outlines of `masks`, boolean (R, C, X, Y, Z)."""
    (tight,) = ndimage.find_objects(masks.flatten(0, 1).any(0).numpy().astype(np.uint8))
    margins = [int(2 * NEAR_MM / step) for step in spacing_mm]
    sides = zip(tight, margins, strict=True)
    cropped = masks[(..., *(slice(max(0, s.start - m), s.stop + m) for s, m in sides))]
    phi = torch.stack([signed_distance(mask, spacing_mm, NEAR_MM) for mask in cropped])
    depth = torch.stack(
        [component_depth(*both, spacing_mm, NEAR_MM) for both in zip(cropped, phi, strict=True)]
    )
    near = (phi.abs() < NEAR_MM).any(0)
    seen = near.any(0)
    return Outlines(phi[..., seen], depth[..., seen], near[:, seen], min(spacing_mm))


def measure(name: str, patients: Iterable[Outlines]) -> Group:
    """Every variant at every width, for each patient."""
    scores, bounds, tables = [], [], []
    for patient in patients:
        scores.append([[brier(patient, v, width) for width in WIDTHS_MM] for v in VARIANTS])
        tables.append(calibration(patient))
        bounds.append(least_brier(tables[-1]))
    counts, distances, hits = np.sum(tables, axis=0)
    with np.errstate(invalid="ignore"):
        curve = np.stack([distances / counts, hits / counts], axis=1)
    return Group(name, list(VARIANTS), WIDTHS_MM, np.array(scores), np.array(bounds), curve)


def brier(patient: Outlines, variant: str, width_mm: float) -> Array:
    """Mean of (fuzzy label - another's label)², (R, C), over the others and the near voxels.

    A label y is 0 or 1, so that with m the mean of the others it is ``q² - 2 q m + m`` at a voxel.
    """
    config = FuzzyConfig(width_mm=width_mm, **VARIANTS[variant])
    label = patient.phi > 0
    spacing = [patient.spacing_mm]
    q = fuzzy_label(label, patient.phi, patient.depth, spacing, config, nested=True).target
    others = patient.others
    return _mean_near(q.square() - 2 * q * others + others, patient.near)


def _mean_near(values: Tensor, near: Tensor) -> Array:
    """The mean (R, C) of `values` (R, C, N) over near voxels; NaN for a region nobody drew."""
    return ((values * near).sum(2, dtype=torch.float64) / near.sum(1)).numpy()


def calibration(patient: Outlines) -> Array:
    """By bins of a rater's phi: near voxels, sum of phi, sum of the others' mean labels.

    (3, C, bins), over all raters. The last divided by the first is the calibrated membership.
    """
    edges = np.arange(-NEAR_MM, NEAR_MM + BIN_MM / 2, BIN_MM)
    table = np.zeros((3, len(REGIONS), len(edges) - 1))
    for phi, others in zip(patient.phi, patient.others, strict=True):
        for c, near in enumerate(patient.near):
            own, labels = phi[c][near].double().numpy(), others[c][near].double().numpy()
            for k, weights in enumerate((np.ones_like(own), own, labels)):
                table[k, c] += np.histogram(own, edges, weights=weights)[0]
    return table


def least_brier(table: Array) -> Array:
    """The Brier score (C,) of the calibrated membership, which no function of phi's bin beats.

    With the n voxels of a bin and h of them (on average over the others) inside, it is
    ``sum h (1 - h / n) / sum n``. Labels that also depend on depth and nestedness may beat it.
    """
    counts, _, hits = table
    with np.errstate(invalid="ignore"):
        return (hits * (1 - hits / np.maximum(counts, 1))).sum(1) / counts.sum(1)


if __name__ == "__main__":
    typer.run(main)
