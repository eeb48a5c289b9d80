"""Small data sets in every layout, in the naming of the releases."""

import csv
import json
from dataclasses import dataclass, field

import nibabel as nib
import numpy as np

AFFINE = np.diag([-1.0, -1.0, 2.0, 1.0])
SHAPE = (7, 6, 5)


@dataclass
class Scan:
    """A case to be written: `channels` voxels by position, codes of a label or None."""

    name: str
    channels: list[np.ndarray]
    codes: np.ndarray | None = None
    raters: list[np.ndarray] = field(default_factory=list)


def draw_scans(names, num_channels, codes, seed=0):
    """Scans of noise; labels have a block of every code, and one voxel apart of its own."""
    rng = np.random.default_rng(seed)
    return [_draw(rng, place, name, num_channels, codes) for place, name in enumerate(names)]


def _draw(rng, number, name, num_channels, codes):
    label = np.zeros(SHAPE, np.uint8)
    for place, code in enumerate(codes):
        label[1 + place, 1:4, 1:3] = code
    label[6, number % 6, 4 - number // 6] = codes[-1]
    channels = [rng.normal(100, 20, SHAPE).astype(np.float32) for _ in range(num_channels)]
    for voxels in channels[1:3]:  # t1ce, wherever it stands
        voxels[label == codes[-1]] += 100
    return Scan(name, channels, label)


def save(voxels, path, affine=AFFINE):
    path.parent.mkdir(parents=True, exist_ok=True)
    nib.save(nib.Nifti1Image(voxels, affine), path)


def write_folders(root, scans, joint, roles, suffix=".nii.gz"):
    """NAME/NAME-ROLE.nii.gz; a name may lead through folders: SITE/NAME."""
    for scan in scans:
        folder = root / scan.name
        for role, voxels in zip(roles, scan.channels, strict=True):
            save(voxels, folder / f"{folder.name}{joint}{role}{suffix}")
        if scan.codes is not None:
            save(scan.codes, folder / f"{folder.name}{joint}seg{suffix}")


def write_brats(root, scans):
    write_folders(root, scans, "_", ("t1", "t1ce", "t2", "flair"))


def write_brats2023(root, scans):
    write_folders(root, scans, "-", ("t1n", "t1c", "t2w", "t2f"))


def write_msd(root, scans, labels=None):
    modality = dict(zip("0123", ("FLAIR", "T1w", "t1gd", "T2w"), strict=True))
    names = {"0": "background", "1": "edema", "2": "non-enhancing tumor", "3": "enhancing tumour"}
    training = []
    for scan in scans:
        save(np.stack(scan.channels, axis=-1), root / "imagesTr" / f"{scan.name}.nii.gz")
        entry = {"image": f"./imagesTr/{scan.name}.nii.gz"}
        if scan.codes is not None:
            save(scan.codes, root / "labelsTr" / f"{scan.name}.nii.gz")
            entry["label"] = f"./labelsTr/{scan.name}.nii.gz"
        training.append(entry)
    describe(root, modality=modality, labels=labels or names, training=training, test=[])


def write_nnunet(root, scans, labels=None):
    for scan in scans:
        for number, voxels in enumerate(scan.channels):
            save(voxels, root / "imagesTr" / f"{scan.name}_{number:04d}.nii.gz")
        if scan.codes is not None:
            save(scan.codes, root / "labelsTr" / f"{scan.name}.nii.gz")
    describe(
        root,
        channel_names=dict(zip("0123", ("T1", "T1ce", "T2", "FLAIR"), strict=True)),
        labels=labels or {"background": 0, "WT": [1, 2, 3], "TC": [2, 3], "ET": 3},
        regions_class_order=[1, 2, 3],
        numTraining=len(scans),
        file_ending=".nii.gz",
    )


def write_table(root, scans):
    roles = ("t1", "t1post", "t2", "flair")
    rows = [["case", "patient", *roles, "label", "rater_1"]]
    for scan in scans:
        paths = [f"scans/{scan.name}/{role}.nii.gz" for role in roles]
        for path, voxels in zip(paths, scan.channels, strict=True):
            save(voxels, root / path)
        label = f"masks/{scan.name}.nii" if scan.codes is not None else ""
        if label:
            save(scan.codes, root / label)
        rows.append([scan.name, scan.name.rpartition("-")[0], *paths, label, label])
    root.mkdir(parents=True, exist_ok=True)
    with (root / "cases.csv").open("w", newline="") as file:
        csv.writer(file).writerows(rows)


def describe(root, **content):
    (root / "dataset.json").write_text(json.dumps(content))
