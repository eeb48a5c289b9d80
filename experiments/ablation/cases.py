"""The data of the ablation: phantoms with a noisy rater, and blocks of two real gliomas."""

from dataclasses import replace
from pathlib import Path

import nibabel as nib
import numpy as np
import torch
from scipy import ndimage

from trainables.data.config import DataConfig
from trainables.data.distances import compact_distances
from trainables.data.phantom import write_phantom
from trainables.data.phantom.lesions import Kind, kind_of
from trainables.data.preparing import Prepared, prepare_cases
from trainables.data.preprocessing import PreparedCase
from trainables.data.sampling_points import find_points
from trainables.distance import signed_distance

TRAIN, VALIDATION, TEST = 8, 4, 12
"""Phantom patients for each purpose; every seed has patients and raters of its own."""

_NUM_PHANTOMS = 29
"""Every sixth has no enhancing tumour and is left out: there one false voxel turns scores from 1
to 0, which is another question and drowned this one (experiments/LOG.md)."""

_SIZE, _SPACING_MM = (80, 80, 64), (1.5, 1.5, 1.5)
_ROUGH_MM, _ROUGH_LENGTH_MM = 2.0, 6.0
"""How far a rough outline wanders (standard deviation), and over what length it does."""

_BLOCKS, _JUDGED = 6, 3
"""Blocks of each glioma, and those of both that are not trained on: one to validate, two to test.
"""


def prepare(data: str, seed: int, work: Path, shared: Path) -> Prepared:
    """Phantoms by training label (`truth`, `rater`, `rough`), or blocks of gliomas (`real`).

    `rater` is one rater of the phantom, `rough` one whose outlines wander by about 2 mm. Whatever
    the phantoms' training labels are, validation and test cases carry the latent truth.
    """
    if data == "real":
        return _prepare_real(seed, work, shared)
    true = _prepare_phantom(seed, work, "truth")
    if data == "rater":
        return replace(true, train=_prepare_phantom(seed, work, "seg").train)
    if data == "rough":
        drawn = [_redraw(case, seed, number) for number, case in enumerate(true.train)]
        return replace(true, train=tuple(drawn))
    return true


def _redraw(case: PreparedCase, seed: int, number: int) -> PreparedCase:
    """The case as someone outlines it who wanders; nested regions stay nested."""
    rng = np.random.default_rng([seed, number])
    sigma = [_ROUGH_LENGTH_MM / 2 / step for step in case.spacing_mm]
    label = case.label.clone()
    for channel, region in enumerate(case.label):
        field = ndimage.gaussian_filter(rng.standard_normal(region.shape), sigma)
        height = torch.from_numpy(field / field.std()) * _ROUGH_MM
        phi = signed_distance(region, case.spacing_mm)
        label[channel] = phi + height > 0
        if channel:
            label[channel] &= label[channel - 1]
    phi, depth = compact_distances(label, case.spacing_mm)
    points = find_points(label, phi, case.spacing_mm)
    return replace(case, label=label, phi=phi, depth=depth, points=points)


def _prepare_phantom(seed: int, work: Path, label: str) -> Prepared:
    """The phantoms of `seed`, with CASE_`label` as the label; made once."""
    total = TRAIN + VALIDATION + TEST
    source = work / f"phantom-{seed}"
    if not (source / "done").exists():
        write_phantom(source, _NUM_PHANTOMS, seed, _SIZE, _SPACING_MM, raters=1)
        (source / "done").touch()
    root = work / f"phantom-{seed}-{label}"
    for index, case in enumerate(sorted(source.glob("*/"))):
        if kind_of(index) is Kind.LOW_GRADE:
            continue
        (root / case.name).mkdir(parents=True, exist_ok=True)
        for kind in ("t1", "t1ce", "t2", "flair", "seg"):
            file = case / f"{case.name}_{label if kind == 'seg' else kind}.nii.gz"
            link = root / case.name / f"{case.name}_{kind}.nii.gz"
            if not link.exists():
                link.symlink_to(file.resolve())
    fractions = [part / total for part in (TRAIN, VALIDATION, TEST)]
    return prepare_cases(
        DataConfig(
            root=str(root),
            train_fraction=fractions[0],
            validation_fraction=fractions[1],
            test_fraction=fractions[2],
            split_seed=seed,
        )
    )


def _prepare_real(seed: int, work: Path, shared: Path) -> Prepared:
    """Blocks of two gliomas, dealt out by `seed`. Blocks of one patient straddle the split.

    Those for validation and test hold every region, for the reason that phantoms do.
    """
    root = work / "real"
    _link_brats(shared / "brats2018", root)
    _convert_msd(shared / "msd", root)
    found = prepare_cases(DataConfig(root=str(root), blocks=_BLOCKS))
    blocks = sorted((*found.train, *found.validation, *found.test), key=lambda case: case.case_id)
    whole = [case for case in blocks if case.label.flatten(1).any(dim=1).all()]
    judged = [whole[n] for n in np.random.default_rng(seed).permutation(len(whole))][:_JUDGED]
    names = {case.case_id for case in judged}
    train = tuple(case for case in blocks if case.case_id not in names)
    return replace(found, train=train, validation=tuple(judged[:1]), test=tuple(judged[1:]))


def _link_brats(source: Path, root: Path) -> None:
    for folder in sorted(source.glob("*/")):
        (root / folder.name).mkdir(parents=True, exist_ok=True)
        for file in folder.glob("*.nii.gz"):
            link = root / folder.name / file.name
            if not link.exists():
                link.symlink_to(file.resolve())


def _convert_msd(source: Path, root: Path) -> None:
    """Decathlon Task01 (FLAIR, T1, T1gd, T2; 1 ED, 2 NET, 3 ET) in the naming of BraTS 2018."""
    for label_file in sorted((source / "labelsTr").glob("*.nii.gz")):
        name = label_file.name.removesuffix(".nii.gz")
        folder = root / name
        if (folder / f"{name}_seg.nii.gz").exists():
            continue
        folder.mkdir(parents=True, exist_ok=True)
        image = nib.load(source / "imagesTr" / label_file.name)
        volume = np.asarray(image.dataobj)
        for channel, kind in enumerate(("flair", "t1", "t1ce", "t2")):
            scan = nib.Nifti1Image(volume[..., channel].astype(np.float32), image.affine)
            nib.save(scan, folder / f"{name}_{kind}.nii.gz")
        label = nib.load(label_file)
        codes = np.array([0, 2, 1, 4], np.uint8)[np.asarray(label.dataobj).astype(np.int64)]
        nib.save(nib.Nifti1Image(codes, label.affine), folder / f"{name}_seg.nii.gz")
