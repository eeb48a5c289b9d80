"""Phantoms with four raters, and predictions of them in a folder."""

import shutil

import nibabel as nib
import numpy as np
import pytest

from trainables.data.config import DataConfig
from trainables.data.datasets import list_dataset
from trainables.data.phantom import write_phantom


@pytest.fixture(scope="package")
def rated(tmp_path_factory):
    """Two cases that four raters have labelled."""
    root = tmp_path_factory.mktemp("rated")
    write_phantom(root, 2, seed=0, size=(28, 32, 24), spacing_mm=(5.0, 5.0, 6.0), raters=4)
    return root


@pytest.fixture(scope="package")
def dataset(rated):
    return list_dataset(DataConfig(root=str(rated)))


@pytest.fixture
def second_rater(rated, tmp_path):
    """The labels of the second rater, as if they were predictions, with the mean vote as map."""
    for case in rated.iterdir():
        shutil.copy(case / "raters" / "rater-2.nii.gz", tmp_path / f"{case.name}_seg.nii.gz")
        images = [nib.load(path) for path in sorted((case / "raters").iterdir())]
        codes = np.stack([np.asarray(image.dataobj) for image in images])
        votes = np.stack([np.isin(codes, c).mean(0) for c in ([1, 2, 4], [1, 4], [4])], axis=-1)
        spread = (4 * votes * (1 - votes)).max(-1)
        for name, voxels in (("prob", votes), ("uncertainty", spread)):
            image = nib.Nifti1Image(voxels.astype(np.float32), images[0].affine)
            nib.save(image, tmp_path / f"{case.name}_{name}.nii.gz")
    return tmp_path
